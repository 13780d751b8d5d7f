/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/descent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

#define SWEEPS 20           /* at most, from one start */
#define BISECTIONS 12
#define STARTS 8            /* of the last phase, besides the caller's */

struct descent_point {
    uint16_t choice[NET_MAX_EXITS];
    struct outcome outcome;
};

struct walker {
    struct tunespace *s;
    double price;           /* per MAC; NAN: moves by the order of outcomes */
    uint16_t at[NET_MAX_EXITS];
    uint8_t *first;         /* (samples) the exit where each leaves */
    uint8_t *later;         /* (samples) of those that come to the exit at
                             * hand: where they leave if they pass it */
    uint8_t *without;       /* (samples) the same if it is off */
    struct totals *bin;     /* (values + 1) leaving at the exit at hand */
    struct totals *pass;    /* (values + 1) passing it */
    struct totals *option;  /* (values + 1) what each choice comes to */
    struct descent_point best;      /* of everything ever looked at */
    struct descent_point end[2 * BISECTIONS + 8];   /* where descents ended, best
                                             * first, all different */
    size_t ends;
};

static bool better(const struct outcome *a, const struct outcome *b)
{
    return outcome_compare(a, b) < 0;
}

/* ---- one exit, all its options ---- */

/* Costs of leaving at each exit with the exits of the mask on. */
static void leaving_costs(const struct tunespace *s, uint64_t mask,
                          double *cost)
{
    double fees = 0;
    for (size_t i = 0; i <= s->early; i++) {
        cost[i] = s->base[i] + fees;
        fees += i < s->early && mask >> i & 1 ? s->fee[i] : 0;
    }
}

/* Where samples leave by the exits from..early, the final one at last. */
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

/* Sums over those that come to exit i, by their bin there, and over those that
 * left before (returned). */
static struct totals count(struct walker *w, size_t i, uint64_t mask,
                           struct totals *off)
{
    struct tunespace *s = w->s;
    uint64_t bit = UINT64_C(1) << i;
    const uint16_t *bin = tunespace_bins(s, i, mask);
    const unsigned char *right = s->t->right;
    const uint8_t *without = s->rule->chained ? w->without : w->later;
    double on_cost[NET_MAX_EXITS], off_cost[NET_MAX_EXITS];
    struct totals before = { 0, 0 };
    leaving_costs(s, mask | bit, on_cost);
    leaving_costs(s, mask & ~bit, off_cost);
    memset(w->bin, 0, ((size_t)s->values + 1) * sizeof *w->bin);
    memset(w->pass, 0, ((size_t)s->values + 1) * sizeof *w->pass);
    *off = before;
    for (size_t k = 0; k < s->samples; k++) {
        if (w->first[k] < i) {
            before.right += right[w->first[k] * s->samples + k];
            before.cost += on_cost[w->first[k]];
            continue;
        }
        struct totals *b = &w->bin[bin[k]], *p = &w->pass[bin[k]];
        b->right += right[i * s->samples + k];
        b->cost += on_cost[i];
        p->right += right[w->later[k] * s->samples + k];
        p->cost += on_cost[w->later[k]];
        off->right += right[without[k] * s->samples + k];
        off->cost += off_cost[without[k]];
    }
    return before;
}

/* What each choice at exit i comes to, the others held. */
static void list_options(struct walker *w, size_t i, uint64_t mask)
{
    const struct tunespace *s = w->s;
    struct totals off, before = count(w, i, mask, &off);
    struct totals leave = { 0, 0 }, pass = { 0, 0 };
    for (size_t b = 0; b <= s->values; b++) {
        leave.right += w->bin[b].right;
        leave.cost += w->bin[b].cost;
    }
    for (size_t c = 0; c < s->values; c++) {
        leave.right -= w->bin[c].right;
        leave.cost -= w->bin[c].cost;
        pass.right += w->pass[c].right;
        pass.cost += w->pass[c].cost;
        w->option[c] = (struct totals){
            before.right + leave.right + pass.right,
            before.cost + leave.cost + pass.cost };
    }
    w->option[s->off] = (struct totals){ before.right + off.right,
                                         before.cost + off.cost };
}

static bool preferred(const struct walker *w, uint16_t a, uint16_t b)
{
    const struct totals *x = &w->option[a], *y = &w->option[b];
    if (isnan(w->price)) {
        struct outcome p = tunespace_outcome(w->s, x),
                       q = tunespace_outcome(w->s, y);
        return better(&p, &q);
    }
    double p = x->right - w->price * x->cost, q = y->right -
                                                  w->price * y->cost;
    return p != q ? p > q : x->cost < y->cost;
}

/* The present choice, or the first of those better than it and all others;
 * whatever is best of all time is noted. */
static uint16_t pick(struct walker *w, size_t i)
{
    const struct tunespace *s = w->s;
    uint16_t to = w->at[i];
    for (uint16_t c = 0; c <= s->off; c++) {
        struct outcome o = tunespace_outcome(s, &w->option[c]);
        if (better(&o, &w->best.outcome)) {
            memcpy(w->best.choice, w->at, sizeof w->at);
            w->best.choice[i] = c;
            w->best.outcome = o;
        }
        if (preferred(w, c, to))
            to = c;
    }
    return to;
}

/* ---- all exits ---- */

/* From the last exit to the first; did anything move? */
static bool sweep(struct walker *w)
{
    struct tunespace *s = w->s;
    uint64_t mask = tunespace_mask(s, w->at);
    bool moved = false;
    tunespace_room(s, s->early);
    leave_from(w, 0, mask, w->first);
    memset(w->later, (int)s->early, s->samples);
    for (size_t i = s->early; i-- > 0;) {
        uint64_t bit = UINT64_C(1) << i;
        tunespace_room(s, 2 * s->early + 1);
        if (s->rule->chained) {         /* later scores know whether i is on */
            leave_from(w, i + 1, mask | bit, w->later);
            leave_from(w, i + 1, mask & ~bit, w->without);
        }
        list_options(w, i, mask);
        uint16_t to = pick(w, i);
        moved |= to != w->at[i];
        w->at[i] = to;
        mask = to == s->off ? mask & ~bit : mask | bit;
        if (s->rule->chained || to == s->off)
            continue;
        const uint16_t *bin = tunespace_bins(s, i, mask);
        for (size_t k = 0; k < s->samples; k++)
            w->later[k] = to < bin[k] ? (uint8_t)i : w->later[k];
    }
    return moved;
}

static void settle(struct walker *w)
{
    for (int n = 0; n < SWEEPS && sweep(w); n++)
        ;
}

/* ---- starts ---- */

/* The best choices at a price if exits were independent: what is said of each
 * exit is counted over all samples, with every exit on. */
static void induce(struct walker *w)
{
    struct tunespace *s = w->s;
    double n = (double)s->samples, m = w->price;
    double worth = s->t->accuracy[s->early] - m * s->base[s->early];
    for (size_t i = s->early; i-- > 0;) {
        tunespace_room(s, 1);
        const uint16_t *bin = tunespace_bins(s, i, UINT64_MAX);
        const unsigned char *right = s->t->right + i * s->samples;
        memset(w->bin, 0, ((size_t)s->values + 1) * sizeof *w->bin);
        for (size_t k = 0; k < s->samples; k++) {
            w->bin[bin[k]].right += right[k];
            w->bin[bin[k]].cost++;              /* here: how many */
        }
        double going_on = worth - m * s->fee[i], p = 0, sure = 0;
        w->at[i] = s->off;
        for (uint16_t c = s->values; c-- > 0;) {
            p += w->bin[c + 1].cost / n;
            sure += w->bin[c + 1].right / n;
            double v = sure - p * m * s->base[i] + (1 - p) * going_on;
            if (v >= worth) {
                worth = v;
                w->at[i] = c;
            }
        }
    }
}

/* Where all samples leave, and what that comes to. */
static struct outcome outcome_at(struct walker *w)
{
    struct tuned x = { .rule = w->s->rule };
    tunespace_thresholds(w->s, w->at, x.thresholds);
    tuned_judge(w->s->t, w->s->o, &x);
    return x.outcome;
}

/* Note where a descent ended, in the order of outcomes, once. */
static void note_end(struct walker *w, const struct outcome *o)
{
    size_t n = w->s->early * sizeof *w->at, to = w->ends;
    for (size_t i = 0; i < w->ends; i++)
        if (!memcmp(w->end[i].choice, w->at, n))
            return;
    if (to == ARRAY_LEN(w->end))
        return;
    for (; to > 0 && better(o, &w->end[to - 1].outcome); to--)
        w->end[to] = w->end[to - 1];
    w->end[to].outcome = *o;
    memcpy(w->end[to].choice, w->at, sizeof w->at);
    w->ends++;
}

/* Descend at a price; does the limit on MACs hold then? */
static bool try_price(struct walker *w, double price)
{
    w->price = price;
    induce(w);
    settle(w);
    struct outcome o = outcome_at(w);
    note_end(w, &o);
    return !(o.macs > w->s->o->limits.max_macs);
}

/* The price of a MAC above which the cheapest exit is best for everyone, even
 * where it is wrong and any other is right. */
static double highest_price(const struct tunespace *s)
{
    double least = INFINITY;
    for (size_t i = 0; i <= s->early; i++)
        for (size_t j = 0; j < i; j++) {
            double gap = fabs(s->base[i] - s->base[j]);
            if (gap > 0 && gap < least)
                least = gap;
        }
    return isinf(least) ? 1 : 2 / least;
}

static double try_prices(struct walker *w)
{
    const struct limits *l = &w->s->o->limits;
    double hi = highest_price(w->s), lo = 1e-6 * hi;
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

static void finish_from(struct walker *w, const uint16_t *choice)
{
    memcpy(w->at, choice, sizeof w->at);
    w->price = NAN;
    settle(w);
}

static void walker_init(struct walker *w, struct tunespace *s,
                        const struct tuned *from)
{
    size_t options = (size_t)s->values + 1;
    *w = (struct walker){ .s = s };
    w->first = xcalloc(s->samples, 1);
    w->later = xcalloc(s->samples, 1);
    w->without = xcalloc(s->samples, 1);
    w->bin = xcalloc(options, sizeof *w->bin);
    w->pass = xcalloc(options, sizeof *w->pass);
    w->option = xcalloc(options, sizeof *w->option);
    tunespace_choice(s, from->thresholds, w->at);
    memcpy(w->best.choice, w->at, sizeof w->at);
    w->best.outcome = outcome_at(w);    /* the values may be others */
}

static void walker_fini(struct walker *w)
{
    free(w->first);
    free(w->later);
    free(w->without);
    free(w->bin);
    free(w->pass);
    free(w->option);
}

void descend(struct tunespace *s, const struct tuned *from,
             struct descent *d)
{
    struct walker w;
    uint16_t start[NET_MAX_EXITS];
    walker_init(&w, s, from);
    memcpy(start, w.at, sizeof start);
    d->multiplier = try_prices(&w);
    finish_from(&w, start);
    size_t n = w.ends < STARTS ? w.ends : STARTS;
    for (size_t i = 0; i < n; i++)
        finish_from(&w, w.end[i].choice);
    finish_from(&w, w.best.choice);
    memcpy(d->choice, w.best.choice, sizeof d->choice);
    walker_fini(&w);
}
