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
#include "libcommon/base/mem.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/search/limits.h"
#include "libcommon/space/count.h"
#include "libcommon/space/nettable.h"

static struct {
    int mac_rule, pool_rule;
    double max_params, max_peak_bytes, max_size_bytes, max_final_macs;
    struct limit_options limits;
    char *rejects, *space;
    struct common_opts common;
} o = {.max_params = NAN,
       .max_peak_bytes = NAN,
       .max_size_bytes = NAN,
       .max_final_macs = NAN,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_ENUM(0, "mac-rule", &o.mac_rule, mac_rule_names, "RULE",
             "rule by which MACs are counted"),
    OPT_ENUM(0, "pool-rule", &o.pool_rule, pool_rule_names, "RULE",
             "rule for the windows of the max-pools in front of exits"),
    OPT_PATH(0, "space", &o.space, "FILE",
             "network table of designs whose space is not built in"),
    OPT_HEADING("Hard limits; a network that breaks a limit is left out"),
    OPT_LIMITS(&o.limits),
    OPT_F64_NIL(0, "max-params", &o.max_params, 0, INT_EXACT, "N",
                "trainable parameters", .unit = NUMBER_SI),
    OPT_F64_NIL(0, "max-peak-bytes", &o.max_peak_bytes, 0, INT_EXACT, "N",
                "peak memory of activations, one image, float32",
                .unit = NUMBER_SI),
    OPT_F64_NIL(0, "max-size-bytes", &o.max_size_bytes, 0, INT_EXACT, "N",
                "size of parameters and running statistics, float32",
                .unit = NUMBER_SI),
    OPT_F64_NIL(0, "max-final-macs", &o.max_final_macs, 0, INT_EXACT, "N",
                "MACs of the network without its early exits",
                .unit = NUMBER_SI),
    OPT_OUTPUT(0, "rejects", &o.rejects, "FILE",
               "write the designs left out to FILE, a result stream of "
               "failed candidates"),
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

static int read_limits(struct limits *l, struct err *e)
{
    const struct {
        const char *name;
        double *max;
    } short_forms[] = {
        {"params", &o.max_params},
        {"peak_bytes", &o.max_peak_bytes},
        {"size_bytes", &o.max_size_bytes},
        {"final_macs", &o.max_final_macs},
    };
    int rc = limits_read(l, &o.limits, e);

    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(short_forms); i++)
        rc = limits_take(l, short_forms[i].name, true, short_forms[i].max, e);
    for (size_t i = 0; rc == 0 && i < l->n; i++)
        if (count_find(l->v[i].name) < 0)
            rc = err_set(e, ERR_ARG,
                         "%s is not known before training: limits may be on "
                         "params, size_bytes, peak_bytes and final_macs",
                         l->v[i].name);
    return rc;
}

static void add_broken(struct buf *why, const char *name, double value,
                       const char *sign, double bound)
{
    buf_addf(why, "%s%s %.17g %s %.17g", why->len ? ", " : "", name, value,
             sign, bound);
}

/* Returns true when the net keeps every limit.  Else the limits that it breaks
 * are appended to *why: "params 3283602 > 2000000, peak_bytes ...". */
static bool limits_hold(const struct limits *l, const struct net *n,
                        struct buf *why)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct limit *x = &l->v[i];
        double value = count_of(n, count_find(x->name));

        if (value > x->max)
            add_broken(why, x->name, value, ">", x->max);
        if (value < x->min)
            add_broken(why, x->name, value, "<", x->min);
    }
    return !why->len;
}

/* Build the net of a record's design, by the user's table (or NULL) where its
 * space is not built in.  *s keeps the space from record to record, since
 * streams rarely change it.  Returns what place_net does. */
static int place(struct space **s, const struct net_table *users,
                 const struct record *rec, struct arena *a, struct net *net,
                 struct err *e)
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
                       "a result without the space and genome of its network");
    if (!*s || strcmp((*s)->spec, spec) != 0) {
        space_free(*s);
        rc = space_open_spec(spec, users, s, e);
    }
    if (rc == 0)
        rc = place_net(*s, from_arch ? &arch->genome : &result->summary.genome,
                       &how, a, net, e);
    if (rc >= 0)
        net->origin = from_arch ? arch->origin : result->summary.origin;
    return rc;
}

struct place_job {
    struct reader *in;
    struct writer *out;
    struct writer *rejects;  /* NULL = not asked for */
    struct net_table *users; /* NULL = not given */
    struct limits limits;
    uint64_t nets, left_out, violations;
};

/* Leave out a design.  It is written as a failed candidate, so that a search
 * that reads it does not propose it again. */
static int leave_out(struct place_job *j, const struct summary *candidate,
                     char *why, struct err *e)
{
    struct result r;

    log_warn("design %s is left out: %s", candidate->arch, why);
    j->left_out++;
    if (!j->rejects)
        return 0;
    result_init(&r);
    r.reason = why;
    r.summary = *candidate;
    return writer_put(j->rejects, &schema_result, &r, e);
}

static int put_net(struct place_job *j, const struct net *net, struct err *e)
{
    for (size_t i = 0; i < net->exits.n; i++) {
        if (!net_exit_at(net, i)->violation)
            continue;
        j->violations++;
        log_info("design %s: no pool brings exit %zu to the cost of the next",
                 net->arch, i);
    }
    j->nets++;
    return writer_put(j->out, &schema_net, net, e);
}

static int run(struct place_job *j, struct err *e)
{
    struct arena a = {0};
    struct space *s = NULL;
    struct buf why = {0};
    struct record rec;
    struct summary left_out;
    struct net net;
    int rc;

    while ((rc = reader_next(j->in, &rec, e)) > 0) {
        arena_reset(&a);
        buf_clear(&why);
        if ((rc = place(&s, j->users, &rec, &a, &net, e)) < 0) {
            reader_locate(j->in, e);
            e->code = rc; /* not the input's fault where --space is missing */
            break;
        }
        if (rc == PLACE_TOO_LARGE) {
            left_out = (struct summary){.arch = net.arch,
                                        .space = net.space,
                                        .genome = net.genome,
                                        .origin = net.origin,
                                        .params = NIL_INT,
                                        .peak_bytes = NIL_INT};
            buf_adds(&why, e->text);
            rc = leave_out(j, &left_out, why.data, e);
        } else if (!limits_hold(&j->limits, &net, &why)) {
            summary_of_net(&left_out, &net, NULL, &a);
            rc = leave_out(j, &left_out, why.data, e);
        } else {
            rc = put_net(j, &net, e);
        }
        if (rc < 0)
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

    if (read_limits(&j.limits, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    limits_settle(&j.limits, &o.limits);
    tool_checked(&tool);
    if (o.space && space_table_read(o.space, &j.users, &e) < 0)
        return tool_fail(&tool, &e);
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
    limits_free(&j.limits);
    net_table_free(j.users);
    if (rc < 0)
        return tool_fail(&tool, &e);
    if (j.left_out)
        log_warn("%" PRIu64 " of %" PRIu64 " networks break a limit",
                 j.left_out, j.left_out + j.nets);
    tool_report("networks: %" PRIu64 ", left out: %" PRIu64
                ", exits above the cost of the next: %" PRIu64,
                j.nets, j.left_out, j.violations);
    return tool_done(&tool);
}
