/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/nettuning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/result.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

static struct reals new_reals(struct arena *a, size_t n)
{
    return (struct reals){arena_alloc(a, n, sizeof(double)), n};
}

/* Set the arrays of a result, each of them with an entry per exit.  Without
 * labels those of accuracies stay empty. */
static void report_exits(struct result *x, struct tuning *u,
                         const struct halt_table *t, const struct tuned *best)
{
    const struct halt_metrics *f = &best->metrics;
    size_t n = f->exits;
    x->thresholds = new_reals(&u->arena, n - 1);
    x->utilisation = new_reals(&u->arena, n);
    if (t->label) {
        x->exit_accuracy = new_reals(&u->arena, n);
        x->exit_accuracy_all = new_reals(&u->arena, n);
        x->ece = new_reals(&u->arena, n);
    }
    if (u->how->temperatures) {
        x->temperatures = new_reals(&u->arena, n);
        memcpy(x->temperatures.v, u->of.temperature, n * sizeof(double));
    }
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n)
            x->thresholds.v[i] = best->thresholds[i];
        x->utilisation.v[i] = (double)f->left[i] / (double)f->samples;
        if (!t->label)
            continue;
        x->exit_accuracy.v[i] = f->left[i]
                                    ? (double)f->right[i] / (double)f->left[i]
                                    : NAN;
        bool off = i + 1 < n && isnan(best->thresholds[i]);
        x->exit_accuracy_all.v[i] = off ? NAN : t->accuracy[i];
        x->ece.v[i] = off ? NAN : t->ece[i];
    }
}

const char *tuning_net(const struct tuning *u)
{
    return u->summary.net ? u->summary.net : "(no id)";
}

void result_begin(struct result *x, const struct tuning *u,
                  const struct summary *s)
{
    result_init(x);
    x->summary = *s;
    if (u->how->origin)
        x->summary.origin = *u->how->origin;
}

void note_limits(const struct tuning *u, const struct result *x)
{
    struct buf unmet = {0};
    struct err never;
    double value;

    for (size_t i = 0; i < u->limits.n; i++)
        if (result_metric(x, u->limits.v[i].name, &value, &never) == 0)
            limit_unmet(&unmet, &u->limits.v[i], value);
    notes_add(&u->outcome->notes, "net %s: limits are not met: %s",
              tuning_net(u), unmet.data);
    buf_free(&unmet);
}

int result_measure(struct result *x, struct tuning *u,
                   const struct halt_table *t, struct tuned *policy,
                   struct err *e)
{
    struct agreement_rates r;

    halt_judge(t, policy->rule, policy->thresholds, &policy->metrics);
    x->status = RESULT_OK;
    report_exits(x, u, t, policy);
    agreement_rate(&r, t, policy->rule, policy->thresholds);
    x->min_class_accuracy = r.min_class;
    x->balanced_accuracy = r.balanced;
    x->lost_answers = r.lost_answers;
    x->disagreement = r.disagreement;
    x->accuracy = t->label ? policy->metrics.accuracy : NAN;
    x->macs = policy->metrics.cost[COST_SEQUENTIAL];
    x->macs_paper = policy->metrics.cost[COST_PAPER];
    x->final_accuracy = t->accuracy[t->exits - 1];
    x->final_macs = halt_costs_final(&t->costs, COST_SEQUENTIAL);
    x->split = u->split;
    x->dataset = u->dataset;
    x->samples = (int64_t)t->samples;
    x->rule = (char *)policy->rule->name;
    x->limits = limits_list(&u->limits);
    if (limits_violation(&u->limits, x, &x->violation, e) < 0)
        return reader_locate(u->r, e);
    x->feasible = !(x->violation > 0);
    return 0;
}

int put_tuned(struct tuning *u, struct err *e)
{
    struct halt_table view;
    struct tuned best;
    struct result x;
    double final;

    if (u->of.table.label) {
        tune_thresholds(&u->of.table, &u->tune, &best);
    } else { /* what is right is then the final exit's answer */
        risk_view(&view, &u->of.table, RISK_DIFFERENT);
        tune_thresholds(&view, &u->tune, &best);
        risk_view_fini(&view);
    }
    if (best.given_up && u->tune.method == TUNE_EXACT)
        return reader_fail(u->r, e,
                           "net %s: exact search over %zu values of "
                           "%zu early exits is too much work; try "
                           "--method=descent, a coarser --grid-step or more "
                           "--max-work",
                           tuning_net(u), u->tune.values,
                           u->of.table.exits - 1);
    if (best.given_up && !u->given_up)
        log_warn("net %s: an exact search is too much work (--max-work); its "
                 "thresholds may not be the best",
                 tuning_net(u));
    u->given_up |= best.given_up;
    result_begin(&x, u, &u->summary);
    if (result_measure(&x, u, &u->of.table, &best, e) < 0)
        return e->code;
    u->broken += !x.feasible;
    if (!x.feasible && !u->how->curve)
        note_limits(u, &x);
    final = halt_costs_final(&u->of.table.costs, u->tune.cost);
    if (best.outcome.macs > final && !u->how->curve)
        notes_add(&u->outcome->notes,
                  "net %s: the policy costs %.10g MACs, more than the final "
                  "exit alone: --max-macs=%.10g rules that out",
                  tuning_net(u), best.outcome.macs, final);
    return writer_put(u->w, &schema_result, &x, e);
}

int put_curve(struct tuning *u, struct err *e)
{
    const struct halt_cost *cost = &u->of.table.costs.v[u->tune.cost];
    size_t n = u->how->curve, moved = 0;
    double low = cost->base[0], high = cost->base[u->of.table.exits - 1];
    int rc = 0;

    for (size_t i = 1; i < u->of.table.exits; i++)
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
        notes_add(&u->outcome->notes,
                  "net %s: limits are not met by %zu of the %zu policies",
                  tuning_net(u), u->broken, n);
    return rc;
}
