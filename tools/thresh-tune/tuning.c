/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/tuning.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/result.h"
#include "formats/trained.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/exits/agreement.h"
#include "libcommon/nn/exits/calibration.h"

struct tuning {
    struct reader *r;
    struct writer *w;
    const struct tuning_opts *how;
    /* Copies of those of `how`; --curve moves the limit on the cost in both. */
    struct tune_opts tune;
    struct limits limits;
    bool remarked;      /* a warning of the split has been given */
    bool given_up;      /* one of the exact search, for the network at hand */
    size_t broken;      /* results of the network at hand that break a limit */
    struct arena arena; /* what is kept of the head of the network at hand */
    struct summary summary;
    char *split, *dataset;
    char untraced[HASH_HEX]; /* id of the network whose trace is due, or "" */
    int32_t *labels;         /* (samples) */
    double temperature[NET_MAX_EXITS];
    struct halt_table table;
    struct tuning_outcome *outcome;
};

/* ---- writing ---- */

static struct reals new_reals(struct arena *a, size_t n)
{
    return (struct reals){arena_alloc(a, n, sizeof(double)), n};
}

/* Set the arrays of a result, each of them with an entry per exit. */
static void report_exits(struct result *x, struct tuning *u,
                         const struct tuned *best)
{
    const struct halt_metrics *f = &best->metrics;
    size_t n = f->exits;
    x->thresholds = new_reals(&u->arena, n - 1);
    x->utilisation = new_reals(&u->arena, n);
    x->exit_accuracy = new_reals(&u->arena, n);
    x->exit_accuracy_all = new_reals(&u->arena, n);
    x->ece = new_reals(&u->arena, n);
    if (u->how->temperatures) {
        x->temperatures = new_reals(&u->arena, n);
        memcpy(x->temperatures.v, u->temperature, n * sizeof(double));
    }
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n)
            x->thresholds.v[i] = best->thresholds[i];
        x->utilisation.v[i] = (double)f->left[i] / (double)f->samples;
        x->exit_accuracy.v[i] = f->left[i]
                                    ? (double)f->right[i] / (double)f->left[i]
                                    : NAN;
        bool off = i + 1 < n && isnan(best->thresholds[i]);
        x->exit_accuracy_all.v[i] = off ? NAN : u->table.accuracy[i];
        x->ece.v[i] = off ? NAN : u->table.ece[i];
    }
}

/* Set the metrics that count answers of the policy. */
static void report_answers(struct result *x, const struct halt_table *t,
                           const struct tuned *best)
{
    struct agreement a;
    double n = (double)t->samples;

    agreement_init(&a, t->classes);
    agreement_count(&a, t, best->rule, best->thresholds);
    x->min_class_accuracy = agreement_min_class(&a);
    x->balanced_accuracy = agreement_balanced(&a);
    x->lost_answers = t->label ? (double)a.lost / n : NAN;
    x->disagreement = (double)a.different / n;
    agreement_fini(&a);
}

static const char *net_of(const struct tuning *u)
{
    return u->summary.net ? u->summary.net : "(no id)";
}

static void result_begin(struct result *x, const struct tuning *u,
                         const struct summary *s)
{
    result_init(x);
    x->summary = *s;
    if (u->how->origin)
        x->summary.origin = *u->how->origin;
}

static void add_unmet(struct buf *b, const char *name, double value,
                      const char *beyond, double bound)
{
    buf_addf(b, "%s%s is %.10g, %s %.10g", b->len ? "; " : "", name, value,
             beyond, bound);
}

/* Note a warning about the network at hand; the text is consumed. */
static void note(const struct tuning *u, char *text)
{
    struct tuning_outcome *o = u->outcome;

    GROW(o->warnings, o->n, o->cap);
    o->warnings[o->n++] = xasprintf("net %s: %s", net_of(u), text);
    free(text);
}

/* Note which limits the result does not meet, and what was reached. */
static void note_unmet(const struct tuning *u, const struct result *x)
{
    const struct limits *l = &u->limits;
    struct buf unmet = {0};
    struct err never;

    for (size_t i = 0; i < l->n; i++) {
        const struct limit *v = &l->v[i];
        double value;

        if (result_metric(x, v->name, &value, &never) < 0)
            continue;
        if (bound_violation(value, v->min, false) > 0)
            add_unmet(&unmet, v->name, value, "below", v->min);
        if (bound_violation(value, v->max, true) > 0)
            add_unmet(&unmet, v->name, value, "above", v->max);
    }
    note(u, xasprintf("limits are not met: %s", unmet.data));
    buf_free(&unmet);
}

/* Find the best policy under u->tune.bounds and write its result. */
static int put_tuned(struct tuning *u, struct err *e)
{
    struct tuned best;
    struct result x;
    double final;

    tune_thresholds(&u->table, &u->tune, &best);
    if (best.given_up && u->tune.method == TUNE_EXACT)
        return reader_fail(u->r, e,
                           "net %s: exact search over %zu values of "
                           "%zu early exits is too much work; try "
                           "--method=descent, a coarser --grid-step or more "
                           "--max-work",
                           net_of(u), u->tune.values, u->table.exits - 1);
    if (best.given_up && !u->given_up)
        log_warn("net %s: an exact search is too much work (--max-work); its "
                 "thresholds may not be the best",
                 net_of(u));
    u->given_up |= best.given_up;
    result_begin(&x, u, &u->summary);
    x.status = RESULT_OK;
    report_exits(&x, u, &best);
    report_answers(&x, &u->table, &best);
    x.accuracy = best.metrics.accuracy;
    x.macs = best.metrics.cost[COST_SEQUENTIAL];
    x.macs_paper = best.metrics.cost[COST_PAPER];
    x.final_accuracy = u->table.accuracy[u->table.exits - 1];
    x.final_macs = halt_costs_final(&u->table.costs, COST_SEQUENTIAL);
    x.split = u->split;
    x.dataset = u->dataset;
    x.samples = (int64_t)u->table.samples;
    x.rule = (char *)best.rule->name;
    x.limits = limits_list(&u->limits);
    if (limits_violation(&u->limits, &x, &x.violation, e) < 0)
        return reader_locate(u->r, e);
    x.feasible = !(x.violation > 0);
    u->broken += !x.feasible;
    if (!x.feasible && !u->how->curve)
        note_unmet(u, &x);
    final = halt_costs_final(&u->table.costs, u->tune.cost);
    if (best.outcome.macs > final && !u->how->curve)
        note(u, xasprintf("the policy costs %.10g MACs, more than the final "
                          "exit alone: --max-macs=%.10g rules that out",
                          best.outcome.macs, final));
    return writer_put(u->w, &schema_result, &x, e);
}

/* Write a result for each limit of the curve. */
static int put_curve(struct tuning *u, struct err *e)
{
    const struct halt_cost *cost = &u->table.costs.v[u->tune.cost];
    size_t n = u->how->curve, moved = 0;
    double low = cost->base[0], high = cost->base[u->table.exits - 1];
    int rc = 0;

    for (size_t i = 1; i < u->table.exits; i++)
        low = fmin(low, cost->base[i]);
    while (strcmp(u->limits.v[moved].name, cost_metrics[u->tune.cost]) != 0)
        moved++;
    for (size_t below = n; rc == 0 && below-- > 0;) {
        double share = n > 1 ? (double)below / (double)(n - 1) : 0,
               limit = round(high - share * (high - low));

        u->tune.bounds.max_macs = u->limits.v[moved].max = limit;
        rc = put_tuned(u, e);
    }
    u->tune.bounds.max_macs = u->limits.v[moved].max = NAN;
    if (u->broken)
        note(u, xasprintf("limits are not met by %zu of the %zu policies",
                          u->broken, n));
    return rc;
}

static int put_network(struct tuning *u, struct err *e)
{
    int rc;

    u->given_up = false;
    u->broken = 0;
    rc = u->how->curve ? put_curve(u, e) : put_tuned(u, e);
    u->outcome->networks++;
    u->outcome->unmet += u->broken > 0;
    return rc;
}

/* ---- reading ---- */

static int begin_trace(struct tuning *u, const struct trace_head *h,
                       struct err *e)
{
    if (h->policy)
        return reader_fail(u->r, e,
                           "this trace was made with a policy and "
                           "holds one exit per sample; tune on a trace made "
                           "without a policy");
    if (!u->remarked && (!strcmp(h->split, split_names[SPLIT_TEST]) ||
                         !strcmp(h->split, split_names[SPLIT_TRAIN]))) {
        log_warn(
            "thresholds are tuned on the %s split, which makes accuracy on "
            "it optimistic; tune on the validation split (eenn-run "
            "--split=val)",
            h->split);
        u->remarked = true;
    }
    u->untraced[0] = '\0';
    arena_reset(&u->arena);
    summary_copy(&u->summary, &h->summary, &u->arena);
    u->split = arena_strdup(&u->arena, h->split);
    u->dataset = arena_strdup(&u->arena, h->dataset);
    halt_table_fini(&u->table);
    halt_table_init(&u->table, u->how->rules, (size_t)h->samples,
                    (size_t)h->exits, (size_t)h->classes);
    for (size_t r = 0; r < HALT_RULES; r++)
        if (!tune_takes(&u->table, &halt_rules[r]))
            u->table.rules &= ~(1u << r);
    if (!u->table.rules)
        return reader_fail(u->r, e,
                           "the network has %" PRId64 " exits, and rules that "
                           "take earlier exits into account are tuned for %d "
                           "at most; try --rule=max-softmax",
                           h->exits, TUNESPACE_CHAIN + 1);
    halt_costs_of(&u->table.costs, &u->summary, (size_t)h->exits);
    if (!halt_cost_known(&u->table.costs.v[COST_SEQUENTIAL]))
        return reader_fail(u->r, e,
                           "the summary does not have the costs of "
                           "all %" PRId64 " exits",
                           h->exits);
    if (!halt_cost_known(&u->table.costs.v[u->tune.cost]))
        return reader_fail(u->r, e,
                           "the summary does not have the costs by "
                           "Eq. 13 of all %" PRId64 " exits",
                           h->exits);
    u->labels = xreallocarray(u->labels, (size_t)h->samples, sizeof *u->labels);
    memcpy(u->labels, h->labels.data, tensor_bytes(&h->labels));
    return 0;
}

/* Returns a copy of the tensor's data, since floats may stand unaligned in the
 * stream's buffer; NULL when it is empty. */
static float *aligned_copy(const struct tensor *t)
{
    return tensor_count(t) ? xmemdup(t->data, tensor_bytes(t)) : NULL;
}

static int add_exit(struct tuning *u, const struct exit_trace *x, struct err *e)
{
    bool last = (size_t)x->exit + 1 == u->table.exits;
    if (!last && !tensor_count(&x->confidence)) {
        /* Drop the rules that need a confidence unit: this exit has none. */
        unsigned *rules = &u->table.rules, left = 0;
        const char *dropped = "";
        for (size_t r = 0; r < HALT_RULES; r++)
            if (*rules & 1u << r && halt_rules[r].confidence)
                dropped = halt_rules[r].name;
            else
                left |= *rules & 1u << r;
        *rules = left;
        if (!left)
            return reader_fail(u->r, e,
                               "exit %" PRId64 " has no confidence "
                               "unit, which the rule %s needs",
                               x->exit, dropped);
    }
    float *logits = aligned_copy(&x->logits);
    float *confidence = last ? NULL : aligned_copy(&x->confidence);
    double *t = &u->temperature[x->exit];
    *t = u->how->temperatures
             ? fit_temperature(logits, u->labels, u->table.samples,
                               u->table.classes)
             : 1;
    halt_table_exit(&u->table, (size_t)x->exit, logits, confidence, u->labels,
                    *t);
    free(logits);
    free(confidence);
    return last ? put_network(u, e) : 0;
}

/* A network that nothing has run yet, such as an imported one, has no trace. */
static int check_traced(struct tuning *u, struct err *e)
{
    return u->untraced[0]
               ? reader_fail(u->r, e,
                             "net %s has no trace, since nothing has run it "
                             "yet: tune on what eenn-run --split=val makes of "
                             "it",
                             u->untraced)
               : 0;
}

static int one_record(struct tuning *u, struct record *rec, struct err *e)
{
    if (rec->schema != &schema_tensor && reader_decode(u->r, rec, e) < 0)
        return e->code;
    if (rec->schema == &schema_trace)
        return begin_trace(u, rec->data, e);
    if (rec->schema == &schema_exit_trace)
        return add_exit(u, rec->data, e);
    const struct trained *t = rec->data;
    if (rec->schema != &schema_trained)
        return 0;
    if (check_traced(u, e) < 0)
        return e->code;
    if (t->status != TRAINED_FAILED) {
        snprintf(u->untraced, sizeof u->untraced, "%s", t->summary.net);
        return 0;
    }
    struct result failed;
    result_begin(&failed, u, &t->summary);
    failed.reason = t->reason;
    failed.limits = limits_list(&u->limits);
    u->outcome->networks++;
    u->outcome->unmet++;
    return writer_put(u->w, &schema_result, &failed, e);
}

int tuning_run(struct reader *r, struct writer *w,
               const struct tuning_opts *how, struct tuning_outcome *outcome,
               struct err *e)
{
    struct tuning u = {.r = r,
                       .w = w,
                       .how = how,
                       .tune = how->tune,
                       .limits = how->limits,
                       .outcome = outcome};
    struct record rec;
    int rc;
    while ((rc = reader_next_raw(r, &rec, e)) > 0)
        if ((rc = one_record(&u, &rec, e)) < 0)
            break;
    if (rc == 0)
        rc = check_traced(&u, e);
    halt_table_fini(&u.table);
    arena_free(&u.arena);
    free(u.labels);
    return rc;
}

void tuning_outcome_free(struct tuning_outcome *o)
{
    for (size_t i = 0; i < o->n; i++)
        free(o->warnings[i]);
    free(o->warnings);
    *o = (struct tuning_outcome){0};
}
