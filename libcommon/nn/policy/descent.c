/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/descent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define SWEEPS 20 /* at most this many from one start */
#define BISECTIONS 12
#define STARTS 8 /* of the last phase, besides the caller's */

/* A choice for every early exit, and its outcome. */
struct visited {
    uint16_t choice[NET_MAX_EXITS];
    struct outcome outcome;
};

struct walker {
    struct tunespace *s;
    double price; /* per MAC; NAN: moves by the order of outcomes */
    uint16_t at[NET_MAX_EXITS]; /* the present choices */
    uint8_t *exit_now;          /* (samples) the exit where each leaves */
    /* These hold for the samples that come to exit i of a sweep: */
    uint8_t *exit_if_passed;         /* (samples) where each leaves if it passes
                                     * this exit */
    uint8_t *exit_if_off;            /* (samples) the same if the exit is off */
    struct totals *sums_leaving;     /* (values + 1) by bin, leaving here */
    struct totals *sums_passed;      /* (values + 1) by bin, passing it */
    struct totals *totals_by_choice; /* (values + 1) over all samples */
    struct visited best;             /* of all the choices ever looked at */
    struct visited end[2 * BISECTIONS + 8]; /* where descents ended, best
                                             * first, all different */
    size_t ends;
};

static bool better(const struct outcome *a, const struct outcome *b)
{
    return outcome_compare(a, b) < 0;
}

/* ---- one exit, all its choices ---- */

/* Set cost[i] to the cost of leaving at exit i with the exits of the mask
 * on. */
static void leaving_costs(const struct tunespace *s, uint64_t mask,
                          double *cost)
{
    double fees = 0;
    for (size_t i = 0; i <= s->early; i++) {
        cost[i] = s->base[i] + fees;
        fees += i < s->early && mask >> i & 1 ? s->fee[i] : 0;
    }
}

/* Set `where` to the exit where each sample leaves if it passes all exits
 * before `from`. */
static void leave_from(struct walker *w, size_t from, uint64_t mask,
                       uint8_t *where)
{
    struct tunespace *s = w->s;
    memset(where, (int)s->early, s->samples);
    for (size_t i = s->early; i-- > from;) {
        if (w->at[i] == s->off)
            continue;
        const uint16_t *bin = tunespace_bins(s, i, mask);
        uint16_t c = w->at[i];
        for (size_t k = 0; k < s->samples; k++)
            where[k] = c < bin[k] ? (uint8_t)i : where[k];
    }
}

/* Sum over the samples that come to exit i: by their bin there, for leaving at
 * i (sums_leaving) and for passing it (sums_passed), and as a whole for the
 * exit being off (*off).  Returns the sums over those that left before. */
static struct totals count(struct walker *w, size_t i, uint64_t mask,
                           struct totals *off)
{
    struct tunespace *s = w->s;
    uint64_t bit = UINT64_C(1) << i;
    const uint16_t *bin = tunespace_bins(s, i, mask);
    const unsigned char *right = s->t->right;
    const uint8_t *if_off = s->rule->chained ? w->exit_if_off
                                             : w->exit_if_passed;
    double on_cost[NET_MAX_EXITS], off_cost[NET_MAX_EXITS];
    size_t bins = (size_t)s->values + 1;
    struct totals before = {0, 0};
    leaving_costs(s, mask | bit, on_cost);
    leaving_costs(s, mask & ~bit, off_cost);
    memset(w->sums_leaving, 0, bins * sizeof *w->sums_leaving);
    memset(w->sums_passed, 0, bins * sizeof *w->sums_passed);
    *off = before;
    for (size_t k = 0; k < s->samples; k++) {
        if (w->exit_now[k] < i) {
            before.right += right[w->exit_now[k] * s->samples + k];
            before.cost += on_cost[w->exit_now[k]];
            continue;
        }
        struct totals *b = &w->sums_leaving[bin[k]],
                      *p = &w->sums_passed[bin[k]];
        b->right += right[i * s->samples + k];
        b->cost += on_cost[i];
        p->right += right[w->exit_if_passed[k] * s->samples + k];
        p->cost += on_cost[w->exit_if_passed[k]];
        off->right += right[if_off[k] * s->samples + k];
        off->cost += off_cost[if_off[k]];
    }
    return before;
}

/* Set totals_by_choice to the totals of each choice at exit i while the other
 * exits keep theirs. */
static void sum_choices(struct walker *w, size_t i, uint64_t mask)
{
    const struct tunespace *s = w->s;
    struct totals off, before = count(w, i, mask, &off);
    struct totals leave = {0, 0}, pass = {0, 0};
    for (size_t b = 0; b <= s->values; b++) {
        leave.right += w->sums_leaving[b].right;
        leave.cost += w->sums_leaving[b].cost;
    }
    for (size_t c = 0; c < s->values; c++) {
        leave.right -= w->sums_leaving[c].right;
        leave.cost -= w->sums_leaving[c].cost;
        pass.right += w->sums_passed[c].right;
        pass.cost += w->sums_passed[c].cost;
        w->totals_by_choice[c] = (struct totals){
            before.right + leave.right + pass.right,
            before.cost + leave.cost + pass.cost};
    }
    w->totals_by_choice[s->off] = (struct totals){before.right + off.right,
                                                  before.cost + off.cost};
}

/* Returns the best choice at exit i, at the price or without one in the order
 * of outcomes.  Of equally good ones the present choice wins, then the first.
 * w->best is kept up to date. */
static uint16_t pick(struct walker *w, size_t i)
{
    const struct tunespace *s = w->s;
    const struct totals *total = w->totals_by_choice;
    uint16_t to = w->at[i];

    for (uint16_t c = 0; c <= s->off; c++) {
        struct outcome o = tunespace_outcome(s, &total[c]);

        if (better(&o, &w->best.outcome)) {
            memcpy(w->best.choice, w->at, sizeof w->at);
            w->best.choice[i] = c;
            w->best.outcome = o;
        }
        if (isnan(w->price)) {
            struct outcome q = tunespace_outcome(s, &total[to]);

            if (better(&o, &q))
                to = c;
        } else {
            double p = total[c].right - w->price * total[c].cost,
                   q = total[to].right - w->price * total[to].cost;

            if (p != q ? p > q : total[c].cost < total[to].cost)
                to = c;
        }
    }
    return to;
}

/* ---- all exits ---- */

/* Move each exit, from the last to the first, to its best choice.  Returns true
 * when one moved. */
static bool sweep(struct walker *w)
{
    struct tunespace *s = w->s;
    uint64_t mask = tunespace_mask(s, w->at);
    bool moved = false;
    tunespace_room(s, s->early);
    leave_from(w, 0, mask, w->exit_now);
    memset(w->exit_if_passed, (int)s->early, s->samples);
    for (size_t i = s->early; i-- > 0;) {
        uint64_t bit = UINT64_C(1) << i;
        tunespace_room(s, 2 * s->early + 1);
        if (s->rule->chained) { /* later scores know whether i is on */
            leave_from(w, i + 1, mask | bit, w->exit_if_passed);
            leave_from(w, i + 1, mask & ~bit, w->exit_if_off);
        }
        sum_choices(w, i, mask);
        uint16_t to = pick(w, i);
        moved |= to != w->at[i];
        w->at[i] = to;
        mask = to == s->off ? mask & ~bit : mask | bit;
        if (s->rule->chained || to == s->off)
            continue;
        const uint16_t *bin = tunespace_bins(s, i, mask);
        for (size_t k = 0; k < s->samples; k++)
            if (to < bin[k])
                w->exit_if_passed[k] = (uint8_t)i;
    }
    return moved;
}

/* Sweep until nothing moves, at most SWEEPS times. */
static void settle(struct walker *w)
{
    for (int n = 0; n < SWEEPS && sweep(w); n++)
        ;
}

/* ---- starts ---- */

/* Set w->at to the choices that would be best at the price if exits were
 * independent: each exit's sums are taken over all samples, with every exit
 * on. */
static void induce(struct walker *w)
{
    struct tunespace *s = w->s;
    double n = (double)s->samples, m = w->price;
    double worth = s->t->accuracy[s->early] - m * s->base[s->early];
    for (size_t i = s->early; i-- > 0;) {
        tunespace_room(s, 1);
        const uint16_t *bin = tunespace_bins(s, i, UINT64_MAX);
        const unsigned char *right = s->t->right + i * s->samples;
        struct totals *sums = w->sums_leaving;
        memset(sums, 0, ((size_t)s->values + 1) * sizeof *sums);
        for (size_t k = 0; k < s->samples; k++) {
            sums[bin[k]].right += right[k];
            sums[bin[k]].cost++; /* here the number of samples */
        }
        double going_on = worth - m * s->fee[i], p = 0, sure = 0;
        w->at[i] = s->off;
        for (uint16_t c = s->values; c-- > 0;) {
            p += sums[c + 1].cost / n;
            sure += sums[c + 1].right / n;
            double v = sure - p * m * s->base[i] + (1 - p) * going_on;
            if (v >= worth) {
                worth = v;
                w->at[i] = c;
            }
        }
    }
}

/* Returns the outcome of the present choices. */
static struct outcome outcome_at(struct walker *w)
{
    struct tuned x = {.rule = w->s->rule};
    tunespace_thresholds(w->s, w->at, x.thresholds);
    tuned_judge(w->s->t, w->s->o, &x);
    return x.outcome;
}

/* Descend at a price.  Returns true when the limit on MACs holds then. */
static bool try_price(struct walker *w, double price)
{
    w->price = price;
    induce(w);
    settle(w);
    struct outcome o = outcome_at(w);
    bool holds = !(o.macs > w->s->bounds.max_macs);

    /* Note where the descent ended, in the order of outcomes, once. */
    size_t n = w->s->early * sizeof *w->at, to = w->ends;
    for (size_t i = 0; i < w->ends; i++)
        if (!memcmp(w->end[i].choice, w->at, n))
            return holds;
    if (to == ARRAY_LEN(w->end))
        return holds;
    for (; to > 0 && better(&o, &w->end[to - 1].outcome); to--)
        w->end[to] = w->end[to - 1];
    w->end[to].outcome = o;
    memcpy(w->end[to].choice, w->at, sizeof w->at);
    w->ends++;
    return holds;
}

/* Descend at prices that close in on where the limit on MACs starts to hold.
 * Returns that price. */
static double try_prices(struct walker *w)
{
    const struct tunespace *s = w->s;
    const struct bounds *l = &s->bounds;
    double min_gap = INFINITY, hi, lo;
    for (size_t i = 0; i <= s->early; i++)
        for (size_t j = 0; j < i; j++) {
            double gap = fabs(s->base[i] - s->base[j]);
            if (gap > 0 && gap < min_gap)
                min_gap = gap;
        }
    /* Above this price of a MAC the cheapest exit is best for everyone, even
     * where it is wrong and any other is right. */
    hi = isinf(min_gap) ? 1 : 2 / min_gap;
    lo = 1e-6 * hi;
    if (try_price(w, 0) || isnan(l->max_macs))
        return 0;
    for (int n = 0; n < BISECTIONS; n++) {
        double mid = sqrt(lo * hi);
        *(try_price(w, mid) ? &hi : &lo) = mid;
    }
    if (l->min_accuracy > 0 && l->max_macs > 0)
        try_price(w, l->min_accuracy / l->max_macs);
    return hi;
}

/* Descend from a choice by the order of outcomes. */
static void finish_from(struct walker *w, const uint16_t *choice)
{
    memcpy(w->at, choice, sizeof w->at);
    w->price = NAN;
    settle(w);
}

void descend(struct tunespace *s, const struct tuned *from, struct descent *d)
{
    struct walker w = {.s = s};
    uint16_t start[NET_MAX_EXITS];
    size_t choices = (size_t)s->values + 1;

    w.exit_now = xcalloc(s->samples, 1);
    w.exit_if_passed = xcalloc(s->samples, 1);
    w.exit_if_off = xcalloc(s->samples, 1);
    w.sums_leaving = xcalloc(choices, sizeof *w.sums_leaving);
    w.sums_passed = xcalloc(choices, sizeof *w.sums_passed);
    w.totals_by_choice = xcalloc(choices, sizeof *w.totals_by_choice);
    tunespace_choice(s, from->thresholds, w.at);
    memcpy(w.best.choice, w.at, sizeof w.at);
    w.best.outcome = outcome_at(&w); /* `from` may not be on the grid */
    memcpy(start, w.at, sizeof start);

    d->multiplier = try_prices(&w);
    finish_from(&w, start);
    size_t n = w.ends < STARTS ? w.ends : STARTS;
    for (size_t i = 0; i < n; i++)
        finish_from(&w, w.end[i].choice);
    finish_from(&w, w.best.choice);
    memcpy(d->choice, w.best.choice, sizeof d->choice);
    free(w.exit_now);
    free(w.exit_if_passed);
    free(w.exit_if_off);
    free(w.sums_leaving);
    free(w.sums_passed);
    free(w.totals_by_choice);
}
