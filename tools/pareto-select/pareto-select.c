/* SPDX-License-Identifier: MIT
 * pareto-select: choose the non-dominated results, or the best among them, or
 * print the hypervolume. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/archive.h"
#include "formats/io.h"
#include "formats/result.h"
#include "libcommon/base/log.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/search/limits.h"
#include "libcommon/search/reference.h"
#include "tools/pareto-select/choose.h"

static struct {
    char *objectives, *by;
    double min_accuracy, max_macs, ref_macs;
    uint64_t k;
    bool all_fronts, volume;
    struct strs references;
    struct limit_options limits;
    struct common_opts common;
} o = {.objectives = (char *)OBJECTIVES_DEFAULT,
       .by = (char *)CHOOSE_AUTO,
       .min_accuracy = NAN,
       .max_macs = NAN,
       .ref_macs = NAN,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_STR(0, "objectives", &o.objectives, "LIST",
            "objectives: metrics with :min or :max, separated by commas"),
    OPT_LIMITS(&o.limits),
    OPT_F64_NIL(0, "min-accuracy", &o.min_accuracy, 0, 1, "A",
                "the same as --min=accuracy=A", .unit = NUMBER_SHARE),
    OPT_F64_NIL(0, "max-macs", &o.max_macs, 0, 1e300, "M",
                "the same as --max=macs=M, or as --max=macs_paper=M if the "
                "results have limits on macs_paper; without any limit each "
                "result's own key feasible is used",
                .unit = NUMBER_SI),
    OPT_U64('k', "count", &o.k, 0, 1e9, "N",
            "write the N best results of the front, best first (0 = the whole "
            "front)"),
    OPT_STR(0, "by", &o.by, "WHAT",
            "criterion of -k: tradeoff, the name of an objective, or auto: "
            "accuracy if there are limits, else tradeoff"),
    OPT_FLAG(0, "all-fronts", &o.all_fronts, "also write the dominated fronts"),
    OPT_HEADING("Hypervolume"),
    {.type = OPT_T_FLAG,
     .name = "hypervolume",
     .target = &o.volume,
     .flags = OPT_PLAIN,
     .help = "print the hypervolume of all results instead of a stream"},
    OPT_F64_NIL(0, "ref-macs", &o.ref_macs, 1e-300, 1e300, "M",
                "the same as --reference=macs=M", .unit = NUMBER_SI),
    OPT_STRS(0, "reference", &o.references, "NAME=WORST[:BEST]",
             "reference of an objective; the box from WORST to BEST (0 by "
             "default) has volume 1"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "pareto-select",
    .purpose = "select the non-dominated results and the best among them",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "result 1.x",
    .writes = {&kind_result.id},
    .stdin_is = "result streams: the archive of a search",
    .stdout_is = "result stream with rank, crowding and tradeoff; with "
                 "--hypervolume one line of text",
    .example = "pareto-select --max-macs=2.7e6 -k 1 archive.mpz -o best.mpz",
    .text_if = &o.volume,
};

/* Holds the options that are parsed from text. */
struct setup {
    struct choose_opts choose;
    struct reference reference;
};

static int set_up(struct setup *s, struct err *e)
{
    s->choose = (struct choose_opts){
        .k = o.k,
        .by = o.by,
        .all_fronts = o.all_fronts,
    };
    if (objectives_parse(o.objectives, &s->choose.objectives, e) < 0 ||
        limits_read(&s->choose.limits, &o.limits, e) < 0 ||
        limits_take(&s->choose.limits, "accuracy", false, &o.min_accuracy, e) <
            0 ||
        reference_read(&s->reference, &s->choose.objectives, o.ref_macs,
                       &o.references, e) < 0)
        return e->code;
    if (strcmp(o.by, CHOOSE_AUTO) != 0 && strcmp(o.by, CHOOSE_TRADEOFF) != 0 &&
        objectives_find(&s->choose.objectives, o.by) == s->choose.objectives.n)
        return err_set(e, ERR_ARG,
                       "--by=%s: not " CHOOSE_AUTO ", " CHOOSE_TRADEOFF
                       " or one of the objectives, %s",
                       o.by, o.objectives);
    limits_settle(&s->choose.limits, &o.limits);
    reference_settle(&s->reference, &s->choose.objectives,
                     &s->choose.limits.arena, &o.references);
    o.ref_macs = NAN;
    return o.volume
               ? reference_complete(&s->reference, &s->choose.objectives, e)
               : 0;
}

static int write_volume(const struct setup *s, const struct archive *a,
                        struct err *e)
{
    struct buf text = {0};
    double *f;
    size_t n;
    int rc = choose_rows(a, &s->choose.objectives, &f, &n, e);

    if (rc < 0)
        return rc;
    buf_addf(&text, "hypervolume\t%.17g\n",
             reference_volume(&s->reference, &s->choose.objectives, f, n));
    rc = output_put(o.common.output, text.data, text.len, e);
    buf_free(&text);
    free(f);
    return rc;
}

static int write_choice(struct setup *s, struct archive *a, struct reader *r,
                        struct err *e)
{
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct writer *w = NULL;
    struct choice c = {0};
    const char *cost = results_cost_metric(a->v, a->n);
    struct limits *l = &s->choose.limits;
    int rc = limits_add(l, cost, true, o.max_macs, e);

    /* What the results were judged by goes on with them. */
    if (rc == 0 && l->n && cost != cost_metrics[COST_SEQUENTIAL] &&
        !limits_find(l, cost_metrics[COST_SEQUENTIAL]))
        rc = limits_open(l, cost, e);

    if (rc == 0)
        rc = choose(a, &s->choose, &c, e);
    if (rc == 0) {
        if (!c.measured)
            log_warn("no result has metrics: %zu read, %zu failed", a->n,
                     (size_t)a->failed);
        else if (!c.feasible)
            log_warn("nothing is feasible: the %s of smallest violation "
                     "of the limits, %.4g, %s taken",
                     c.n == 1 ? "result" : "results", c.v[0]->violation,
                     c.n == 1 ? "is" : "are");
        log_info("%zu results, %zu failed, %zu replaced by later ones, %zu "
                 "feasible, %zu chosen%s%s",
                 a->n, (size_t)a->failed, (size_t)a->duplicates, c.feasible,
                 c.n, o.k ? " by " : "", o.k ? c.by : "");
        o.by = (char *)c.by; /* what the record tells */
        w = writer_open(o.common.output, &kind_result, &wo, e);
        rc = w ? 0 : e->code;
    }
    for (size_t i = 0; rc == 0 && i < c.n; i++)
        rc = writer_put(w, &schema_result, c.v[i], e);
    if (rc == 0)
        rc = writer_finish(w, &r, 1, e);
    writer_free(w);
    choice_fini(&c);
    return rc;
}

int main(int argc, char **argv)
{
    static const struct kind *const accept[] = {&kind_result, NULL};
    struct operands files = tool_start(&tool, argc, argv);
    struct archive archive;
    struct err e = {0};
    struct reader *r;
    struct setup s;
    int rc;

    if (set_up(&s, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    tool_checked(&tool);
    archive_init(&archive, false);
    r = reader_open(files.v, files.n, accept, &e);
    rc = r ? archive_read(&archive, r, &e) : e.code;
    if (rc == 0)
        rc = o.volume ? write_volume(&s, &archive, &e)
                      : write_choice(&s, &archive, r, &e);
    archive_free(&archive);
    limits_free(&s.choose.limits);
    reader_close(r);
    return rc < 0 ? tool_fail(&tool, &e) : tool_done(&tool);
}
