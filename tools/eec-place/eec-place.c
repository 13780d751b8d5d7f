/* SPDX-License-Identifier: MIT
 * eec-place: networks with early exits from designs. */
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
    struct limits limits;
    struct common_opts common;
} o = {.limits = {NAN, NAN, NAN, NAN}, .common = COMMON_OPTS_INIT};

#define MOST 9007199254740991.

static const struct opt rows[] = {
    OPT_ENUM(0, "mac-rule", &o.mac_rule, mac_rule_names, "RULE",
             "how MACs are counted"),
    OPT_ENUM(0, "pool-rule", &o.pool_rule, pool_rule_names, "RULE",
             "which windows an exit may pool with"),
    OPT_HEADING("Hard limits; a network that breaks one is left out"),
    OPT_F64_NIL(0, "max-params", &o.limits.params, 0, MOST, "N",
                "trainable parameters"),
    OPT_F64_NIL(0, "max-peak-bytes", &o.limits.peak_bytes, 0, MOST, "N",
                "activations alive at once, one image, float32"),
    OPT_F64_NIL(0, "max-size-bytes", &o.limits.size_bytes, 0, MOST, "N",
                "parameters and running statistics, float32"),
    OPT_F64_NIL(0, "max-final-macs", &o.limits.final_macs, 0, MOST, "N",
                "MACs of the network without its early exits"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "eec-place",
    .purpose = "build networks with early exits from designs",
    .rows = rows, .operands = "[FILE...]",
    .reads = "arch 1.x, result 1.x", .writes = "net 1.0",
    .stdin_is = "an arch or result stream", .stdout_is = "a net stream",
    .example = "ofa-sample | eec-place -o net.mpz",
};

/* What both kinds of input say about a design. */
struct design {
    const char *spec;
    const struct ints *genome;
    struct origin origin;
};

static struct design design_of(const struct record *rec)
{
    if (rec->schema == &schema_arch) {
        const struct arch *a = rec->data;

        return (struct design){a->space, &a->genome, a->origin};
    }
    const struct summary *s = &((const struct result *)rec->data)->summary;

    return (struct design){s->space, &s->genome, s->origin};
}

/* The latest space; streams rarely change it. */
static int use_space(struct space **s, const char *spec, struct err *e)
{
    if (*s && strcmp((*s)->spec, spec) == 0)
        return 0;
    space_free(*s);
    return space_open_spec(spec, s, e);
}

static int place(struct space **s, const struct record *rec, struct arena *a,
                 struct net *net, struct err *e)
{
    const struct place_opts how = {(enum mac_rule)o.mac_rule,
                                   (enum pool_rule)o.pool_rule};
    struct design d = design_of(rec);
    int rc;

    if (!d.spec)
        return err_set(e, ERR_FORMAT, "no space and genome to build a network "
                       "from");
    if ((rc = use_space(s, d.spec, e)) < 0 ||
        (rc = place_net(*s, d.genome, &how, a, net, e)) < 0)
        return rc;
    net->origin = d.origin;
    return 0;
}

struct tally {
    uint64_t nets, left_out, violations;
};

static void count_violations(const struct net *net, struct tally *t)
{
    for (size_t i = 0; i < net->exits.n; i++) {
        if (!net_exit_at(net, i)->violation)
            continue;
        t->violations++;
        log_info("%s: no pool makes exit %zu as cheap as the next", net->arch,
                 i);
    }
}

static int run(struct reader *r, struct writer *w, struct tally *t,
               struct err *e)
{
    struct arena a = {0};
    struct space *s = NULL;
    struct buf why = {0};
    struct record rec;
    struct net net;
    int rc;

    while ((rc = reader_next(r, &rec, e)) > 0) {
        struct err what;

        arena_reset(&a);
        buf_clear(&why);
        if (place(&s, &rec, &a, &net, &what) < 0) {
            rc = reader_fail(r, e, "%s", what.text);
            break;
        }
        if (!limits_hold(&o.limits, &net, &why)) {
            log_warn("%s is left out: %s", net.arch, why.data);
            t->left_out++;
            continue;
        }
        count_violations(&net, t);
        if ((rc = writer_put(w, &schema_net, &net, e)) < 0)
            break;
        t->nets++;
    }
    buf_free(&why);
    space_free(s);
    arena_free(&a);
    return rc;
}

int main(int argc, char **argv)
{
    const struct kind *const accept[] = {&kind_arch, &kind_result, NULL};
    struct operands in = tool_start(&tool, argc, argv);
    struct writer_opts opts = {.tool = &tool, .level = (int)o.common.level};
    struct reader *r = NULL;
    struct writer *w = NULL;
    struct tally t = {0};
    struct err e;

    if (!(r = reader_open(in.v, in.n, accept, &e)) ||
        !(w = writer_open(o.common.output, &kind_net, &opts, &e)) ||
        run(r, w, &t, &e) < 0 ||
        writer_finish(w, &r, 1, &e) < 0) {
        writer_free(w);
        reader_close(r);
        return tool_fail(&tool, &e);
    }
    if (t.left_out)
        log_warn("%" PRIu64 " of %" PRIu64 " networks break a limit",
                 t.left_out, t.left_out + t.nets);
    tool_report("networks: %" PRIu64 ", left out: %" PRIu64
                ", exits still above the next: %" PRIu64, t.nets, t.left_out,
                t.violations);
    writer_free(w);
    reader_close(r);
    return tool_done(&tool);
}
