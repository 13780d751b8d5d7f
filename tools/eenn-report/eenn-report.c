/* SPDX-License-Identifier: MIT
 * eenn-report: tables and drawings of what the search has found. */
#include <math.h>

#include "formats/dataset.h"
#include "formats/io.h"
#include "formats/net.h"
#include "formats/plan.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "formats/trace.h"
#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"
#include "tools/eenn-report/gnuplot.h"
#include "tools/eenn-report/report.h"
#include "tools/eenn-report/traceanswers.h"

enum { FORMAT_SVG = TABLE_JSON + 1 };

static const char *const format_names[] = {
    [TABLE_TEXT] = "text", [TABLE_TSV] = "tsv",  [TABLE_MD] = "md",
    [TABLE_JSON] = "json", [FORMAT_SVG] = "svg", NULL};

static struct {
    int view, format;
    bool line, wide, no_legend, wrong;
    uint64_t exit;
    int64_t rank;
    struct strs ids;
    char *winner;
    char *objectives;
    struct limit_options limits;
    double max_macs, min_accuracy, ref_macs;
    struct strs references;
    struct common_opts common;
} o = {.rank = -1,
       .max_macs = NAN,
       .min_accuracy = NAN,
       .ref_macs = NAN,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_ENUM(0, "format", &o.format, format_names, "FORMAT",
             "text, tsv, md, json, or svg by gnuplot"),
    OPT_ENUM(
        0, "view", &o.view, report_view_names, "VIEW",
        "table: a row per network; front of the results; exits; "
        "iterations of a search; log of a training; pairs: a surrogate's "
        "measured and predicted; subnets of a supernet; line: a line per "
        "result; confusion: matrix of a trace; classes: a row per class; "
        "samples: a row per sample; net: layers and exits; curve: accuracy "
        "over cost as limits move; guarantees: a row per certified limit; "
        "differences: accuracy of each network of traces beside the first; "
        "plan: segments, exits and processors of a plan"),
    OPT_FLAG(0, "line", &o.line, "the same as --view=line"),
    OPT_FLAG(0, "wide", &o.wide,
             "text with all columns and long texts in full, not of 80 columns"),
    OPT_FLAG(0, "no-legend", &o.no_legend,
             "text without the lines that explain its columns"),
    OPT_STRS(0, "id", &o.ids, "ID",
             "report on the networks with this arch, net or recipe id alone, "
             "or its first digits (4 or more); repeatable"),
    OPT_HEADING("Traces: confusion, classes, samples, differences"),
    OPT_U64(
        0, "exit", &o.exit, 0, NET_MAX_EXITS, "N",
        "predictions of exit N, from 1; of a run with a policy the samples that left "
        "there; 0: the final exit, or all of the policy"),
    OPT_FLAG(0, "wrong", &o.wrong, "only samples that were predicted wrongly"),
    OPT_HEADING("Results"),
    OPT_STR(0, "winner", &o.winner, "ID",
            "mark this result in drawings, by the first digits of its arch or "
            "net id (default: of results with limits the most accurate that "
            "keeps them)"),
    OPT_STR(0, "objectives", &o.objectives, "LIST",
            "of front, drawing and iterations: metrics with :min or :max, "
            "comma-separated (default: " OBJECTIVES_DEFAULT ")"),
    OPT_LIMITS(&o.limits),
    OPT_F64_NIL(0, "max-macs", &o.max_macs, 1, INT_EXACT, "M",
                "the same as --max=macs=M, or as --max=macs_paper=M where the "
                "results were judged by that (default: their own limits)",
                .unit = NUMBER_SI),
    OPT_F64_NIL(0, "min-accuracy", &o.min_accuracy, 0, 1, "A",
                "the same as --min=accuracy=A", .unit = NUMBER_SHARE),
    OPT_STRS(0, "reference", &o.references, "NAME=WORST[:BEST]",
             "reference of an objective for the hypervolume; the box from "
             "WORST to BEST (0) has volume 1"),
    OPT_F64_NIL(0, "ref-macs", &o.ref_macs, 1, INT_EXACT, "M",
                "the same as --reference=macs=M (default: the dearest "
                "network)",
                .unit = NUMBER_SI),
    OPT_HEADING("Plans: plan"),
    OPT_I64(0, "rank", &o.rank, -1, 1000000000, "N",
            "show the plan of rank N; -1: the best"),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "eenn-report",
    .purpose = "print tables and draw figures of any stream",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "result 1.x, trace 1.x, trained 1.x, surrogate 1.x, weights 1.x, "
             "net 1.x, dataset 1.x, plan 1.x",
    .stdin_is = "result, trace, trained, surrogate, weights, net, dataset or "
                "plan",
    .stdout_is = "text, TSV, Markdown, JSON or SVG",
    .example = "eenn-report --max-macs=2.7e6 --format=svg archive.mpz "
               "-o front.svg",
    .text_output = true,
};

static int write_report(const struct report *rep, struct err *e)
{
    struct buf text = {0};
    int rc = 0;

    if (o.format == FORMAT_SVG)
        rc = gnuplot_run(&rep->script, &text, e);
    else
        tables_write(rep->tables, rep->n, (enum table_format)o.format, o.wide,
                     !o.no_legend, &text);
    buf_add(&text, rep->text.data ? rep->text.data : "", rep->text.len);
    if (rc == 0)
        rc = output_put(o.common.output, text.data, text.len, e);
    buf_free(&text);
    return rc;
}

static int set_up(struct report_opts *how, struct err *e)
{
    if (o.line)
        o.view = VIEW_LINE;
    o.line = false; /* --params shows it by its view */
    how->view = o.view;
    how->draw = o.format == FORMAT_SVG;
    how->people = o.format == TABLE_TEXT || o.format == TABLE_MD;
    how->wide = o.wide || o.format != TABLE_TEXT;
    how->exit = (size_t)o.exit;
    how->wrong = o.wrong;
    how->rank = o.rank < 0 ? NIL_INT : o.rank;
    how->max_macs = o.max_macs;
    how->objectives_given = o.objectives != NULL;
    if (how->view == VIEW_LINE && o.format != TABLE_TEXT)
        return err_set(e, ERR_ARG, "--view=line goes with --format=text alone");
    if (how->wrong && how->view != VIEW_SAMPLES)
        return err_set(e, ERR_ARG, "--wrong goes with --view=samples");
    if (how->exit && !view_of_answers(how))
        return err_set(e, ERR_ARG,
                       "--exit goes with --view=confusion, --view=classes, "
                       "--view=samples or --view=differences");
    if (o.rank >= 0 && how->view != VIEW_PLAN)
        return err_set(e, ERR_ARG, "--rank goes with --view=plan");
    if (o.winner && !(how->draw && how->view <= VIEW_FRONT))
        return err_set(e, ERR_ARG,
                       "--winner goes with --format=svg of results or of their "
                       "front");
    for (size_t i = 0; i < o.ids.n; i++)
        if (id_prefixes_add(how->ids, o.ids.v[i], e) < 0)
            return e->code;
    if (o.winner && id_prefixes_add(how->winner, o.winner, e) < 0)
        return e->code;
    if (!o.objectives)
        o.objectives = (char *)OBJECTIVES_DEFAULT;
    if (objectives_parse(o.objectives, &how->objectives, e) < 0 ||
        limits_read(how->limits, &o.limits, e) < 0 ||
        limits_take(how->limits, "accuracy", false, &o.min_accuracy, e) < 0 ||
        reference_read(&how->reference, &how->objectives, o.ref_macs,
                       &o.references, e) < 0)
        return e->code;
    limits_settle(how->limits, &o.limits);
    reference_settle(&how->reference, &how->objectives, &how->limits->arena,
                     &o.references);
    o.ref_macs = NAN;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct kind *const accept[] = {
        &kind_result,    &kind_trace,   &kind_trained,
        &kind_surrogate, &kind_weights, &kind_net,
        &kind_dataset,   &kind_plan,    NULL};
    struct operands in = tool_start(&tool, argc, argv);
    struct limits limits = {0};
    struct id_prefixes ids = {0};
    struct id_prefixes winner = {0};
    struct report_opts how = {
        .limits = &limits, .ids = &ids, .winner = &winner};
    struct report rep = {0};
    struct reader *r;
    struct err e;
    bool done;

    if (set_up(&how, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    tool_checked(&tool);
    r = reader_open(in.v, in.n, accept, &e);
    done = r && report_make(r, &how, &rep, &e) == 0 &&
           write_report(&rep, &e) == 0;
    report_fini(&rep);
    reader_close(r);
    limits_free(&limits);
    id_prefixes_free(&ids);
    id_prefixes_free(&winner);
    return done ? tool_done(&tool) : tool_fail(&tool, &e);
}
