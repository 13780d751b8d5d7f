/* SPDX-License-Identifier: MIT
 * eec-place: build networks with early exits from designs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/arch.h"
#include "formats/io.h"
#include "formats/net.h"
#include "formats/result.h"
#include "libcommon/base/log.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/space/place.h"
#include "tools/eec-place/limits.h"

static struct {
    int mac_rule, pool_rule;
    struct device_limits limits;
    char *rejects;
    struct common_opts common;
} o = {.limits = {NAN, NAN, NAN, NAN}, .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_ENUM(0, "mac-rule", &o.mac_rule, mac_rule_names, "RULE",
             "how MACs are counted"),
    OPT_ENUM(0, "pool-rule", &o.pool_rule, pool_rule_names, "RULE",
             "which windows an exit may pool with"),
    OPT_HEADING("Hard limits; a network that breaks one is left out"),
    OPT_F64_NIL(0, "max-params", &o.limits.params, 0, INT_EXACT, "N",
                "trainable parameters"),
    OPT_F64_NIL(0, "max-peak-bytes", &o.limits.peak_bytes, 0, INT_EXACT, "N",
                "activations alive at once, one image, float32"),
    OPT_F64_NIL(0, "max-size-bytes", &o.limits.size_bytes, 0, INT_EXACT, "N",
                "parameters and running statistics, float32"),
    OPT_F64_NIL(0, "max-final-macs", &o.limits.final_macs, 0, INT_EXACT, "N",
                "MACs of the network without its early exits"),
    OPT_PATH(0, "rejects", &o.rejects, "FILE",
             "write those left out to FILE, a "
             "result stream of failed candidates"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "eec-place",
    .purpose = "build networks with early exits from designs",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "arch 1.x, result 1.x",
    .writes = {&kind_net.id, &kind_result.id},
    .stdin_is = "an arch or result stream",
    .stdout_is = "a net stream",
    .example = "ofa-sample | eec-place -o net.mpz",
};

/* Build the net of a record's design.  *s keeps the space from record to
 * record, since streams rarely change it. */
static int place(struct space **s, const struct record *rec, struct arena *a,
                 struct net *net, struct err *e)
{
    const struct place_opts how = {(enum mac_rule)o.mac_rule,
                                   (enum pool_rule)o.pool_rule};
    const struct arch *arch = rec->data;
    const struct result *result = rec->data;
    bool from_arch = rec->schema == &schema_arch;
    const char *spec = from_arch ? arch->space : result->summary.space;
    int rc = 0;

    if (!spec)
        return err_set(e, ERR_FORMAT,
                       "no space and genome to build a network from");
    if (!*s || strcmp((*s)->spec, spec) != 0) {
        space_free(*s);
        rc = space_open_spec(spec, s, e);
    }
    if (rc == 0)
        rc = place_net(*s, from_arch ? &arch->genome : &result->summary.genome,
                       &how, a, net, e);
    if (rc == 0)
        net->origin = from_arch ? arch->origin : result->summary.origin;
    return rc;
}

struct place_job {
    struct reader *in;
    struct writer *out;
    struct writer *rejects; /* NULL = not asked for */
    uint64_t nets, left_out, violations;
};

static int run(struct place_job *j, struct err *e)
{
    struct arena a = {0};
    struct space *s = NULL;
    struct buf why = {0};
    struct record rec;
    struct result r;
    struct net net;
    int rc;

    while ((rc = reader_next(j->in, &rec, e)) > 0) {
        arena_reset(&a);
        buf_clear(&why);
        if (place(&s, &rec, &a, &net, e) < 0) {
            rc = reader_locate(j->in, e);
            break;
        }
        if (!device_limits_hold(&o.limits, &net, &why)) {
            log_warn("%s is left out: %s", net.arch, why.data);
            j->left_out++;
            if (!j->rejects)
                continue;
            /* The net is written as a failed candidate, so that a search that
             * reads it does not propose it again. */
            result_init(&r);
            r.reason = why.data;
            summary_of_net(&r.summary, &net, NULL, &a);
            if ((rc = writer_put(j->rejects, &schema_result, &r, e)) < 0)
                break;
            continue;
        }
        for (size_t i = 0; i < net.exits.n; i++) {
            if (!net_exit_at(&net, i)->violation)
                continue;
            j->violations++;
            log_info("%s: no pool makes exit %zu as cheap as the next",
                     net.arch, i);
        }
        j->nets++;
        if ((rc = writer_put(j->out, &schema_net, &net, e)) < 0)
            break;
    }
    buf_free(&why);
    space_free(s);
    arena_free(&a);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct kind *const accept[] = {&kind_arch, &kind_result, NULL};
    struct operands in = tool_start(&tool, argc, argv);
    struct writer_opts opts = {.tool = &tool, .level = (int)o.common.level};
    struct place_job j = {0};
    struct err e;
    int rc;

    if (!(j.in = reader_open(in.v, in.n, accept, &e)) ||
        !(j.out = writer_open(o.common.output, &kind_net, &opts, &e)) ||
        (o.rejects &&
         !(j.rejects = writer_open(o.rejects, &kind_result, &opts, &e))))
        rc = e.code;
    else
        rc = run(&j, &e);
    if (rc == 0 && j.rejects)
        rc = writer_finish(j.rejects, &j.in, 1, &e);
    if (rc == 0)
        rc = writer_finish(j.out, &j.in, 1, &e);
    writer_free(j.rejects);
    writer_free(j.out);
    reader_close(j.in);
    if (rc < 0)
        return tool_fail(&tool, &e);
    if (j.left_out)
        log_warn("%" PRIu64 " of %" PRIu64 " networks break a limit",
                 j.left_out, j.left_out + j.nets);
    tool_report("networks: %" PRIu64 ", left out: %" PRIu64
                ", exits still above the next: %" PRIu64,
                j.nets, j.left_out, j.violations);
    return tool_done(&tool);
}
