/* SPDX-License-Identifier: MIT
 * exit-map: which exits of a network are on, at which thresholds, and which
 * processor of a platform runs what. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/plan.h"
#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/nn/policy/certificate.h"
#include "tools/exit-map/planning.h"

enum { RULE_BEST = HALT_RULES }; /* --rule: a row of halt_rules, or best */
static const char *rule_names[HALT_RULES + 2];
static const char *const temperature_names[] = {"none", "fit", NULL};
static const char *minimise_names[MAP_METRICS + 1];

#define LOSS_DEFAULT (-1) /* --max-loss was not given */
#define LOSS 0.01

static struct {
    char *platform, *costs, *plan, *exits;
    int precision, rule, temperature, method, minimise;
    uint64_t per_processor, first, top, pareto, seed;
    double weight, max_loss, work, grid_step, confidence;
    struct limit_options limits;
    bool references, require;
    struct common_opts common;
} o = {.precision = PRECISION_INT8,
       .rule = HALT_MAX_SOFTMAX,
       .top = 10,
       .pareto = 20,
       .seed = 1,
       .weight = NAN,
       .max_loss = LOSS_DEFAULT,
       .work = MAP_WORK,
       .grid_step = NAN,
       .confidence = NAN,
       .references = true,
       .common = COMMON_OPTS_INIT};

static const struct opt rows[] = {
    OPT_PATH_REQUIRED(0, "platform", &o.platform, "FILE",
                      "platform stream: processors, memories and links"),
    OPT_ENUM(0, "precision", &o.precision, precision_names, "P",
             "numbers that the platform computes with; accuracies stay those "
             "of the float network"),
    OPT_PATH(0, "costs", &o.costs, "FILE",
             "measured costs, in place of what rates say: lines of a layer or "
             "two, a processor, seconds and joules, with tabs between"),
    OPT_HEADING("What is wanted"),
    OPT_ENUM(0, "minimise", &o.minimise, minimise_names, "METRIC",
             "make this small within the limits"),
    OPT_F64_NIL(0, "weight", &o.weight, 0, 1, "W",
                "minimise W times the metric / that of the base, plus 1 - W "
                "times the error",
                .unit = NUMBER_SHARE),
    {.type = OPT_T_F64,
     .name = "max-loss",
     .target = &o.max_loss,
     .max = 1,
     .arg = "L",
     .help = "the same as --max=loss=L: accuracy below that of the final exit "
             "alone; 0.01 without --weight and limits on answers",
     .flags = OPT_NIL | OPT_OPEN,
     .unit = NUMBER_SHARE},
    OPT_LIMITS(&o.limits),
    OPT_F64_NIL(0, "confidence", &o.confidence, 0, 1, "C",
                "certify with this probability that the limit on accuracy, "
                "lost_answers, disagreement or min_class_accuracy holds on "
                "unseen data",
                .unit = NUMBER_SHARE),
    OPT_SEED(&o.seed),
    OPT_HEADING("What there is to choose from"),
    OPT_U64(0, "exits-per-processor", &o.per_processor, 0, NET_MAX_EXITS, "N",
            "segments on a processor at most, each with an exit or without; 1 "
            "= exits between processors alone, 0 = any number"),
    OPT_U64(0, "first", &o.first, 0, NET_MAX_EXITS, "N",
            "first exit that may be on, counted from 0"),
    OPT_STR(0, "exits", &o.exits, "LAYER,...",
            "only the exits at the layers with these names may be on"),
    OPT_PATH(0, "plan", &o.plan, "FILE",
             "plan stream: keep the exits and processors of the best plan that "
             "fits, and search thresholds alone"),
    OPT_ENUM(0, "rule", &o.rule, rule_names, "RULE",
             "halting rule, not a chained one; best tries all of these"),
    OPT_ENUM(0, "temperature", &o.temperature, temperature_names, "HOW",
             "temperature scaling of each exit's logits before the softmax"),
    OPT_F64_NIL(0, "grid-step", &o.grid_step, 0.001, 0.5, "S",
                "thresholds to choose from: 0, S, 2S, .. below 1 (none: 13 "
                "values from 0 to 0.999)"),
    OPT_HEADING("How it is searched"),
    OPT_ENUM(0, "method", &o.method, map_method_names, "METHOD",
             "every plan, a dynamic programme with descent, the paper's graph "
             "of thresholds, or auto: every plan within --max-work"),
    OPT_F64(0, "max-work", &o.work, 1, 1e15, "N",
            "plans that the exact search and the paper's may look at",
            .unit = NUMBER_SI),
    OPT_HEADING("What is written"),
    OPT_U64(0, "top", &o.top, 1, 1000, "K",
            "best plans, each with other exits or processors",
            .flags = OPT_ASIDE),
    OPT_U64(0, "pareto", &o.pareto, 0, 1000, "N",
            "plans of the Pareto set of accuracy and what is minimised, at "
            "most",
            .flags = OPT_ASIDE),
    OPT_FLAG(0, "references", &o.references,
             "write the plans without early exits: on each processor alone, "
             "and the best on several",
             .flags = OPT_ASIDE),
    OPT_FLAG(0, "require", &o.require,
             "exit with status 1 if no plan of a network meets all limits; all "
             "plans are written nevertheless",
             .flags = OPT_NOPROV | OPT_PLAIN),
    OPT_COMMON(&o.common),
    OPT_END};

static const struct tool tool = {
    .name = "exit-map",
    .purpose = "place early exits, set thresholds and divide a network among "
               "processors",
    .rows = rows,
    .operands = "[FILE...]",
    .reads = "trained 1.x, platform 1.x, plan 1.x",
    .writes = {&kind_plan.id},
    .stdin_is = "trained stream: networks with many exits, and their traces",
    .stdout_is = "plan stream: the best plans of each network",
    .example = "exit-map --platform=platform.mpz trained.mpz -o plans.mpz",
};

/* ---- options ---- */

/* Read limits, what is minimised and what is to be certified; the loss is limited
 * by default where nothing else speaks of the answers. */
static int read_goal(struct planning_opts *how, struct err *e)
{
    struct map_goal *g = &how->goal;

    how->minimise = minimise_names[o.minimise];
    if (limits_read(&how->limits, &o.limits, e) < 0 ||
        map_goal_read(g, &how->limits, how->minimise, e) < 0)
        return e->code;
    if (o.max_loss == LOSS_DEFAULT)
        o.max_loss = isnan(o.weight) && !map_goal_answers(g) &&
                             g->minimise != MAP_ERROR
                         ? LOSS
                         : NAN;
    if (limits_take(&how->limits, "loss", true, &o.max_loss, e) < 0 ||
        map_goal_read(g, &how->limits, how->minimise, e) < 0)
        return e->code;
    if (!isnan(o.weight) && g->minimise == MAP_ERROR)
        return err_set(e, ERR_ARG,
                       "--weight weighs a cost against the error: choose the "
                       "cost by --minimise");
    g->weight = o.weight;
    if (!isnan(o.confidence)) {
        certificate_risks(&how->guarantee, &how->limits);
        if (certificate_confidence(&how->guarantee, o.confidence, e) < 0)
            return e->code;
    }
    return o.method == MAP_PAPER
               ? map_paper_takes(g, o.per_processor, o.plan != NULL, e)
               : 0;
}

/* Read what there is to choose from: rules, exits, and values of thresholds, which
 * by default are 0 and 12 that are the denser the nearer to 1, since trained exits
 * are sure of most samples. */
static int read_choices(struct planning_opts *how, struct namelist *taps,
                        struct err *e)
{
    static const double most[] = {0,   0.3,  0.4,  0.5,  0.6,   0.7,  0.8,
                                  0.9, 0.95, 0.98, 0.99, 0.995, 0.999};
    struct tune_opts t = {.values = ARRAY_LEN(most)};

    for (int r = 0; r < HALT_RULES; r++)
        if (!halt_rules[r].chained && (o.rule == RULE_BEST || o.rule == r))
            how->rules |= 1u << r;
    if (!how->rules)
        return err_set(e, ERR_ARG,
                       "--rule=%s is chained: what an exit says then depends "
                       "on which others are on; choose max-softmax, margin or "
                       "entropy",
                       rule_names[o.rule]);
    if (isnan(o.grid_step))
        memcpy(t.value, most, sizeof most);
    else
        tune_set_values(&t, o.grid_step);
    how->values = t.values;
    memcpy(how->value, t.value, t.values * sizeof *t.value);
    how->taps = taps;
    return namelist_read(taps, "--exits", &o.exits, e);
}

/* ---- inputs ---- */

struct map_inputs {
    struct reader *of[3]; /* trained, platform, plan */
    size_t n;
    struct platform_input platform;
    struct arena arena;
    struct list settled; /* struct plan */
};

/* Read the plans to keep to, the best ranked first, those without early exits
 * last. */
static int by_rank(const void *a, const void *b)
{
    const struct plan *x = a, *y = b;

    if (x->role != y->role)
        return x->role - y->role;
    if (x->rank == y->rank)
        return 0;
    return x->rank != NIL_INT && (y->rank == NIL_INT || x->rank < y->rank) ? -1
                                                                           : 1;
}

static int read_plans(struct map_inputs *in, struct err *e)
{
    static const struct kind *const accepted[] = {&kind_plan, NULL};
    struct plan *v = NULL;
    size_t cap = 0;
    struct record rec;
    int rc;

    if (!(in->of[in->n] = reader_open(&o.plan, 1, accepted, e)))
        return e->code;
    while ((rc = reader_next(in->of[in->n], &rec, e)) > 0) {
        GROW(v, in->settled.n, cap);
        plan_copy(&v[in->settled.n++], rec.data, &in->arena);
    }
    if (rc == 0 && !in->settled.n)
        rc = err_set(e, ERR_FORMAT, "%s has no plan", o.plan);
    in->n++;
    in->settled.v = v;
    if (in->settled.n)
        qsort(v, in->settled.n, sizeof *v, by_rank);
    return rc;
}

static int read_inputs(struct map_inputs *in, struct operands files,
                       struct err *e)
{
    static const struct kind *const trained[] = {&kind_trained, NULL};

    if (platform_read(&in->platform, o.platform, o.costs, e) < 0)
        return e->code;
    in->of[1] = in->platform.reader;
    in->n = 2;
    if (o.plan && read_plans(in, e) < 0)
        return e->code;
    in->of[0] = reader_open(files.v, files.n, trained, e);
    return in->of[0] ? 0 : e->code;
}

int main(int argc, char **argv)
{
    static const int order[] = {MAP_LATENCY, MAP_P50,    MAP_P95,  MAP_P99,
                                MAP_WORST,   MAP_ENERGY, MAP_MACS, MAP_MEMORY,
                                MAP_STORAGE, MAP_ERROR};
    struct planning_outcome outcome = {0};
    struct map_inputs in = {.n = 0};
    struct namelist taps = {0};
    struct err e;

    for (int i = 0; i < HALT_RULES; i++)
        rule_names[i] = halt_rule_names[i];
    rule_names[RULE_BEST] = "best";
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        minimise_names[i] = map_metric_names[order[i]];
    struct operands files = tool_start(&tool, argc, argv);
    struct writer_opts wo = {.tool = &tool, .level = (int)o.common.level};
    struct planning_opts how = {.platform = &in.platform,
                                .precision = o.precision,
                                .temperatures = o.temperature,
                                .per_processor = o.per_processor,
                                .first = o.first,
                                .settled = &in.settled,
                                .method = (enum map_method)o.method,
                                .work = o.work,
                                .top = o.top,
                                .front = o.pareto,
                                .references = o.references,
                                .seed = o.seed};

    if (read_goal(&how, &e) < 0 || read_choices(&how, &taps, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    limits_settle(&how.limits, &o.limits);
    tool_checked(&tool);
    struct writer *w = NULL;
    bool done = read_inputs(&in, files, &e) == 0;

    done = done && (w = writer_open(o.common.output, &kind_plan, &wo, &e)) &&
           planning_run(in.of[0], w, &how, &outcome, &e) == 0 &&
           writer_finish(w, in.of, in.n, &e) == 0;
    writer_free(w);
    reader_close(in.of[0]);
    reader_close(in.of[2]);
    if (done)
        notes_say(&outcome.notes);
    int status = done ? tool_done(&tool) : tool_fail(&tool, &e);
    if (status == EXIT_DONE && o.require && outcome.unmet)
        status = EXIT_NO;

    platform_input_free(&in.platform);
    arena_free(&in.arena);
    free(in.settled.v);
    limits_free(&how.limits);
    notes_free(&outcome.notes);
    namelist_free(&taps);
    return status;
}
