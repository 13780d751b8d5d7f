/* SPDX-License-Identifier: MIT
 * thresh-tune: thresholds of early exits under limits on accuracy and MACs,
 * from the traces of trained networks. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/io.h"
#include "formats/result.h"
#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/nn/policy/certificate.h"
#include "tools/thresh-tune/tuning.h"

enum { RULE_BEST = HALT_RULES }; /* --rule: a row of halt_rules, or best */
static const char *rule_names[HALT_RULES + 2];
enum { REFERENCE_LABEL, REFERENCE_FINAL };
static const char *const reference_names[] = {"label", "final", NULL};
static const char *const temperature_names[] = {"none", "fit", NULL};
enum { MINIMISE_ERROR, MINIMISE_LOSS, MINIMISE_COST };
static const char *const minimise_names[] = {
    "error", "loss", "macs", "macs_paper", NULL}; /* costs in their order */

static struct {
    int rule, temperature, method, cost, minimise;
    uint64_t work, curve;
    double weight;
    double max_macs, min_accuracy, min_class, max_lost, max_disagreement;
    double first_floor, grid_step, confidence;
    int reference;
    uint64_t seed;
    struct limit_options limits;
    char *origin, origin_text[48];
    bool require;
    struct common_opts common;
} o = {.rule = HALT_CUMULATIVE,
       .weight = NAN,
       .max_macs = NAN,
       .min_accuracy = NAN,
       .min_class = NAN,
       .max_lost = NAN,
       .max_disagreement = NAN,
       .first_floor = NAN,
       .grid_step = NAN,
       .work = TUNE_WORK,
       .confidence = NAN,
       .seed = 1,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_LIMITS(&o.limits),
    OPT_F64_NIL(0, "max-macs", &o.max_macs, 1, INT_EXACT, "M",
                "the same as --max=macs=M, or as --max=macs_paper=M with "
                "--cost=paper",
                .unit = NUMBER_SI),
    OPT_F64_NIL(0, "min-accuracy", &o.min_accuracy, 0, 1, "A",
                "the same as --min=accuracy=A", .unit = NUMBER_SHARE),
    OPT_F64_NIL(0, "min-class-accuracy", &o.min_class, 0, 1, "A",
                "the same as --min=min_class_accuracy=A: the accuracy on the "
                "samples of each class",
                .unit = NUMBER_SHARE),
    OPT_F64_NIL(0, "max-lost", &o.max_lost, 0, 1, "L",
                "the same as --max=lost_answers=L: the share of samples that "
                "only the final exit gets right",
                .unit = NUMBER_SHARE),
    OPT_F64_NIL(0, "max-disagreement", &o.max_disagreement, 0, 1, "D",
                "the same as --max=disagreement=D: the share of samples that "
                "are classified otherwise than by the final exit",
                .unit = NUMBER_SHARE),
    OPT_F64_NIL(0, "confidence", &o.confidence, 0, 1, "C",
                "certify with this probability that the limit on accuracy, "
                "lost_answers, disagreement or min_class_accuracy holds on "
                "unseen data",
                .unit = NUMBER_SHARE),
    OPT_ENUM(0, "reference", &o.reference, reference_names, "WHAT",
             "what a right answer is: the label, or that of the final exit, "
             "which needs no labels"),
    OPT_SEED(&o.seed),
    OPT_ENUM(0, "minimise", &o.minimise, minimise_names, "WHAT",
             "make this small within the limits: the error, and of equally "
             "accurate policies the cost; a cost, and of equally dear ones the "
             "error; or both (--weight)"),
    OPT_F64_NIL(0, "weight", &o.weight, 0, 1, "W",
                "minimise W times cost / cost of the final exit alone, plus "
                "1 - W times the error",
                .unit = NUMBER_SHARE),
    OPT_U64(0, "curve", &o.curve, 0, 1000, "N",
            "write N results per network, under limits on the cost that are "
            "spread evenly up to that of the final exit alone"),
    OPT_ENUM(
        0, "cost", &o.cost, halt_cost_names, "COST",
        "cost that is limited: with every head that ran, or by Eq. 13 of the "
        "paper, which a limit on macs_paper implies"),
    OPT_ENUM(
        0, "rule", &o.rule, rule_names, "RULE",
        "halting rule: the score that is compared with the threshold; best "
        "tries all rules"),
    OPT_ENUM(0, "temperature", &o.temperature, temperature_names, "HOW",
             "temperature scaling of each exit's logits before the softmax"),
    OPT_ENUM(
        0, "method", &o.method, tune_method_names, "METHOD",
        "grid and repair of the paper, coordinate descent, exact search, or "
        "auto: exact within --max-work"),
    OPT_F64_NIL(
        0, "grid-step", &o.grid_step, 0.001, 0.5, "S",
        "thresholds to choose from: S, 2S, .. below 1 (none: 0.1 to 0.8)"),
    OPT_U64(0, "max-work", &o.work, 1, 1e15, "N",
            "samples that the exact search may visit before it gives up",
            .unit = NUMBER_SI),
    OPT_F64_NIL(0, "first-floor", &o.first_floor, 0, 1, "T",
                "lowest threshold of the first exit in the grid (0.7 in the "
                "published tables)"),
    OPT_STR(0, "origin", &o.origin, "I/S",
            "iteration and slot of a search to record in the results; "
            "default: those of the networks",
            .flags = OPT_ASIDE),
    OPT_FLAG(0, "require", &o.require,
             "exit with status 1 if a result violates a limit or a network "
             "failed; all results are written nevertheless",
             .flags = OPT_NOPROV | OPT_PLAIN),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "thresh-tune",
    .purpose = "tune the thresholds of early exits under limits",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "trained 1.x, trace 1.x",
    .writes = {&kind_result.id},
    .stdin_is = "trained or trace streams: networks and their outputs",
    .stdout_is =
        "result stream: one record per network, or N with --curve, in the "
        "order of the input",
    .example = "thresh-tune --max-macs=2.7e6 --min-accuracy=0.65 "
               "trained.mpz -o result.mpz",
};

/* Read what is to be minimised; a cost that is becomes that of --cost. */
static int read_goal(struct tune_opts *t, struct err *e)
{
    bool named = o.minimise >= MINIMISE_COST;

    if (named && !isnan(o.weight) && o.weight < 1)
        return err_set(e, ERR_ARG,
                       "--weight weighs a cost against the error: leave out "
                       "--minimise=%s, or choose the cost by --cost",
                       minimise_names[o.minimise]);
    if (o.minimise == MINIMISE_LOSS && isnan(o.weight))
        return err_set(e, ERR_ARG, "--minimise=loss needs --weight");
    if (named && o.cost > o.minimise - MINIMISE_COST)
        return err_set(e, ERR_ARG, "--minimise=%s, while the cost is %s",
                       minimise_names[o.minimise], cost_metrics[o.cost]);
    if (named)
        o.cost = o.minimise - MINIMISE_COST;
    t->bounds.weight = named ? 1 : isnan(o.weight) ? 0 : o.weight;
    return 0;
}

/* The metrics that limits are on: those on costs and on what of the answers
 * thresholds can meet shape the choice, the others are judged. */
static const struct {
    const char *name;
    bool below, above; /* takes such a limit */
} limited[] = {
    {"accuracy", true, false},           {"balanced_accuracy", true, false},
    {"min_class_accuracy", true, false}, {"macs", false, true},
    {"macs_paper", false, true},         {"lost_answers", false, true},
    {"disagreement", false, true},       {"params", true, true},
    {"peak_bytes", true, true}};

/* Read the limits and find those that thresholds can meet; then the cost is
 * known, and what is minimised gets its one spelling.  Results show by a limit
 * that the cost is macs_paper, even where that has no bound, as --curve leaves
 * it. */
static int read_limits(struct limits *all, struct tune_opts *t, struct err *e)
{
    struct bounds *b = &t->bounds;

    if (limits_read(all, &o.limits, e) < 0 ||
        limits_take(all, cost_metrics[o.cost], true, &o.max_macs, e) < 0 ||
        limits_take(all, "accuracy", false, &o.min_accuracy, e) < 0 ||
        limits_take(all, "min_class_accuracy", false, &o.min_class, e) < 0 ||
        limits_take(all, "lost_answers", true, &o.max_lost, e) < 0 ||
        limits_take(all, "disagreement", true, &o.max_disagreement, e) < 0 ||
        (o.cost != COST_SEQUENTIAL &&
         limits_open(all, cost_metrics[o.cost], e) < 0))
        return e->code;
    t->cost = limits_find(all, cost_metrics[COST_PAPER]) ? COST_PAPER
                                                         : COST_SEQUENTIAL;
    if (o.minimise == MINIMISE_COST + COST_SEQUENTIAL && t->cost != o.cost)
        return err_set(e, ERR_ARG, "--minimise=macs, while the cost is %s",
                       cost_metrics[t->cost]);
    o.minimise = b->weight >= 1  ? MINIMISE_COST + t->cost
                 : b->weight > 0 ? MINIMISE_LOSS
                                 : MINIMISE_ERROR;
    if (o.minimise != MINIMISE_LOSS)
        o.weight = NAN;
    if (o.curve && limits_open(all, cost_metrics[t->cost], e) < 0)
        return e->code;
    b->min_accuracy = b->max_macs = NAN;
    for (size_t i = 0; i < all->n; i++) {
        const struct limit *l = &all->v[i];
        size_t k = 0;

        while (k < ARRAY_LEN(limited) && strcmp(l->name, limited[k].name) != 0)
            k++;
        if (k == ARRAY_LEN(limited))
            return err_set(e, ERR_ARG,
                           "%s takes no limit: limits are on accuracy, "
                           "min_class_accuracy, balanced_accuracy, "
                           "lost_answers, disagreement, macs, macs_paper, "
                           "params and peak_bytes",
                           l->name);
        if ((!isnan(l->max) && !limited[k].above) ||
            (!isnan(l->min) && !limited[k].below))
            return err_set(e, ERR_ARG, "%s takes no %s limit", l->name,
                           limited[k].above ? "lower" : "upper");
        if (!strcmp(l->name, cost_metrics[t->cost]))
            b->max_macs = l->max;
        else if (!strcmp(l->name, cost_metrics[COST_SEQUENTIAL]))
            b->also[b->also_n++] = (struct cost_bound){COST_SEQUENTIAL, l->max};
        else if (!strcmp(l->name, "accuracy"))
            b->min_accuracy = l->min;
        else if (!strcmp(l->name, "balanced_accuracy"))
            b->min_balanced = l->min;
        else if (!strcmp(l->name, "min_class_accuracy"))
            b->min_class = l->min;
    }
    if (o.curve && !isnan(b->max_macs))
        return err_set(e, ERR_ARG,
                       "--curve sets the limits on %s: leave out your own",
                       cost_metrics[t->cost]);
    return 0;
}

/* Read what is to be certified, and what --reference excludes, from the limits
 * that were read. */
static int read_guarantee(const struct limits *all, struct tuning_opts *how,
                          struct err *e)
{
    struct guarantee_opts *g = &how->guarantee;

    how->seed = o.seed;
    how->by_final = o.reference == REFERENCE_FINAL;
    certificate_risks(g, all);
    for (size_t i = 0; how->by_final && i < g->n; i++) {
        if (g->risk[i].kind != RISK_DIFFERENT)
            return err_set(e, ERR_ARG,
                           "--reference=final looks at no labels, which %s "
                           "needs: limit disagreement (--max-disagreement)",
                           risk_metrics[g->risk[i].kind]);
        how->tune.bounds.min_accuracy = 1 - g->risk[i].limit;
    }
    if (how->by_final &&
        (how->temperatures || limits_find(all, "balanced_accuracy")))
        return err_set(
            e, ERR_ARG, "--reference=final looks at no labels, which %s needs",
            how->temperatures ? "--temperature=fit" : "balanced_accuracy");
    if (isnan(o.confidence)) {
        g->n = 0;
        return 0;
    }
    if (certificate_confidence(g, o.confidence, e) < 0)
        return e->code;
    if (limits_find(all, "balanced_accuracy"))
        return err_set(e, ERR_ARG,
                       "balanced_accuracy cannot be certified, being no share "
                       "of samples: limit min_class_accuracy "
                       "(--min-class-accuracy)");
    if (how->tune.bounds.weight > 0)
        return err_set(e, ERR_ARG,
                       "--confidence chooses the cheapest policy that can be "
                       "certified: leave out --minimise and --weight");
    return o.curve
               ? err_set(e, ERR_ARG,
                         "--curve and --confidence exclude each other: a "
                         "policy with a guarantee is as cheap as its limits "
                         "allow")
               : 0;
}

/* Read --origin into *at, and settle how it is spelled. */
static int read_origin(struct origin *at, struct err *e)
{
    size_t n = strspn(o.origin, "0123456789");
    const char *slot = o.origin + n + 1;

    if (!n || n > 9 || o.origin[n] != '/' || !*slot || strlen(slot) > 9 ||
        slot[strspn(slot, "0123456789")])
        return err_set(e, ERR_ARG,
                       "--origin: '%s' is not ITERATION/SLOT, two numbers",
                       o.origin);
    at->iteration = strtoll(o.origin, NULL, 10);
    at->slot = strtoll(slot, NULL, 10);
    snprintf(o.origin_text, sizeof o.origin_text, "%" PRId64 "/%" PRId64,
             at->iteration, at->slot);
    o.origin = o.origin_text;
    return 0;
}

/* Say what came of the limits.  Returns the exit status. */
static int said(const struct tuning_outcome *x)
{
    int status;

    notes_say(&x->notes);
    if (o.require && x->unmet)
        log_warn("%" PRIu64 " of %" PRIu64
                 " networks are not within the limits",
                 x->unmet, x->networks);
    status = tool_done(&tool);
    return status == EXIT_DONE && o.require && x->unmet ? EXIT_NO : status;
}

int main(int argc, char **argv)
{
    static const struct kind *const accept[] = {&kind_trained, &kind_trace,
                                                NULL};
    for (int i = 0; i < HALT_RULES; i++)
        rule_names[i] = halt_rule_names[i];
    rule_names[RULE_BEST] = "best";
    struct operands in = tool_start(&tool, argc, argv);
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct tuning_opts how = {
        .tune =
            {
                .method = (enum tune_method)o.method,
                .cost = o.cost,
                .first_floor = o.first_floor,
                .work = o.work,
            },
        .rules = o.rule == RULE_BEST ? (1u << HALT_RULES) - 1 : 1u << o.rule,
        .temperatures = o.temperature,
        .curve = o.curve,
    };
    struct tuning_outcome outcome = {0};
    struct origin origin;
    struct err e;
    int status;

    tune_set_values(&how.tune, o.grid_step);
    if (read_goal(&how.tune, &e) < 0 ||
        read_limits(&how.limits, &how.tune, &e) < 0 ||
        read_guarantee(&how.limits, &how, &e) < 0 ||
        (o.origin && read_origin(&origin, &e) < 0))
        tool_usage(&tool, "%s", e.text);
    limits_settle(&how.limits, &o.limits);
    o.cost = how.tune.cost; /* a limit may have chosen it */
    tool_checked(&tool);
    how.origin = o.origin ? &origin : NULL;
    struct writer *w = NULL;
    struct reader *r = reader_open(in.v, in.n, accept, &e);
    bool done = r &&
                (w = writer_open(o.common.output, &kind_result, &wo, &e)) &&
                tuning_run(r, w, &how, &outcome, &e) == 0 &&
                writer_finish(w, &r, 1, &e) == 0;
    writer_free(w);
    reader_close(r);
    limits_free(&how.limits);
    status = done ? said(&outcome) : tool_fail(&tool, &e);
    notes_free(&outcome.notes);
    return status;
}
