/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/descent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/policy/moves.h"
#include "libcommon/nn/policy/pairs.h"

#define SWEEPS 20 /* at most this many from one start */
#define BISECTIONS 12
#define STARTS 8 /* of the last phase, besides the caller's */
#define ENDS 32
/* A chained rule starts from each exit alone, too, up to so many. */
#define CHAINED_EXITS 12
/* Moves of two exits, for so many exits and values: */
#define PAIR_STARTS 2
#define PAIR_SWEEPS 4
#define PAIR_EXITS 16
#define PAIR_VALUES 64

/* A choice for every early exit, and its outcome. */
struct visited {
    uint16_t choice[NET_MAX_EXITS];
    struct outcome outcome;
};

struct walker {
    struct tunespace *s;
    struct moves moves;
    double price; /* per unit of the judged cost; NAN: moves by the order of
                   * outcomes */
    double price_also;          /* per unit of cost `also' */
    size_t also;                /* one of s->cost, 0 = none */
    uint16_t at[NET_MAX_EXITS]; /* the present choices */
    struct figures now;         /* theirs, after a sweep */
    struct visited best;        /* of all the choices ever looked at */
    struct visited end[ENDS];   /* where descents ended, best first, all
                                 * different */
    size_t ends;
    uint16_t seen[PAIR_STARTS][NET_MAX_EXITS]; /* where no pair moves */
    size_t pairs_seen;
    uint32_t *by_bin; /* (early, choices, 2) samples that are wrong and right at
                       * an exit, every exit on; NULL until asked for */
};

static bool better(const struct outcome *a, const struct outcome *b)
{
    return outcome_compare(a, b) < 0;
}

/* ---- sweeps ---- */

/* Returns the best choice at exit i, at the prices or without one in the order
 * of outcomes.  Of equally good ones the present choice wins, then the first.
 * w->best and w->now are kept up to date. */
static uint16_t pick(struct walker *w, size_t i)
{
    const struct tunespace *s = w->s;
    const double *right = moves_at(&w->moves, w->at, i),
                 *cost = right + w->moves.choices,
                 *also = cost + w->also * w->moves.choices;
    double m = w->price, q = w->also ? w->price_also : 0;
    uint16_t to = w->at[i];
    struct figures now = moves_figures(&w->moves, right, to);
    struct outcome best = outcome_of(&s->bounds, &now);

    for (uint16_t c = 0; c <= s->off; c++) {
        struct figures f = moves_figures(&w->moves, right, c);
        struct outcome o = outcome_of(&s->bounds, &f);

        if (better(&o, &w->best.outcome)) {
            memcpy(w->best.choice, w->at, sizeof w->at);
            w->best.choice[i] = c;
            w->best.outcome = o;
        }
        double worth = right[c] - m * cost[c] - q * also[c],
               most = right[to] - m * cost[to] - q * also[to];
        if (isnan(m)        ? better(&o, &best)
            : worth != most ? worth > most
                            : cost[c] < cost[to]) {
            to = c;
            now = f;
            best = o;
        }
    }
    w->now = now;
    return to;
}

/* Move each exit, from the last to the first, to its best choice, until nothing
 * moves, at most SWEEPS times. */
static void settle(struct walker *w)
{
    bool moved = true;

    for (int n = 0; n < SWEEPS && moved; n++) {
        moved = false;
        for (size_t i = w->s->early; i-- > 0;) {
            uint16_t to = pick(w, i);

            moved |= to != w->at[i];
            w->at[i] = to;
        }
    }
}

/* Descend from a choice by the order of outcomes. */
static void finish_from(struct walker *w, const uint16_t *choice)
{
    memmove(w->at, choice, w->s->early * sizeof *w->at);
    w->price = NAN;
    settle(w);
}

/* ---- starts ---- */

/* Set w->at to the choices that would be best at the prices if exits were
 * independent: each exit's sums are taken over all samples, with every exit
 * on. */
static void induce(struct walker *w)
{
    static const uint16_t all_on[NET_MAX_EXITS];
    size_t row = 2 * w->moves.choices;
    struct tunespace *s = w->s;
    const struct halt_cost *cost = s->cost[0], *also = s->cost[w->also];
    double n = (double)s->samples, m = w->price,
           m_also = w->also ? w->price_also : 0;
    double worth = s->t->accuracy[s->early] - m * cost->base[s->early] -
                   m_also * also->base[s->early];

    if (!w->by_bin) {
        w->by_bin = xcalloc(s->early, row * sizeof *w->by_bin);
        for (size_t i = 0; i < s->early; i++) {
            tunespace_room(s, 1);
            const int16_t *code = tunespace_codes(s, i, all_on);

            for (size_t k = 0; k < s->samples; k++)
                w->by_bin[i * row + (size_t)code[k]]++;
        }
    }
    for (size_t i = s->early; i-- > 0;) {
        const uint32_t *bin = w->by_bin + i * row;
        double going_on = worth - m * cost->fee[i] - m_also * also->fee[i],
               p = 0, sure = 0;

        w->at[i] = s->off;
        for (uint16_t c = s->values; c-- > 0;) {
            p += ((double)bin[2 * (c + 1)] + bin[2 * (c + 1) + 1]) / n;
            sure += bin[2 * (c + 1) + 1] / n;
            double v = sure - p * m * cost->base[i] -
                       p * m_also * also->base[i] + (1 - p) * going_on;
            if (v >= worth) {
                worth = v;
                w->at[i] = c;
            }
        }
    }
}

/* Descend at the prices, and note where that ended. */
static void try_prices(struct walker *w, double price, double price_also)
{
    size_t n = w->s->early * sizeof *w->at, to = w->ends;
    struct outcome now;

    w->price = price;
    w->price_also = price_also;
    induce(w);
    settle(w);
    now = outcome_of(&w->s->bounds, &w->now);
    for (size_t i = 0; i < w->ends; i++)
        if (!memcmp(w->end[i].choice, w->at, n))
            return;
    if (to == ENDS)
        return;
    for (; to > 0 && better(&now, &w->end[to - 1].outcome); to--)
        w->end[to] = w->end[to - 1];
    w->end[to].outcome = now;
    memcpy(w->end[to].choice, w->at, sizeof w->at);
    w->ends++;
}

/* Returns a price above which the cheapest exit is best for everyone, even where
 * it is wrong and any other is right. */
static double highest_price(const struct halt_cost *c, size_t exits)
{
    double min_gap = INFINITY;

    for (size_t i = 0; i < exits; i++)
        for (size_t j = 0; j < i; j++) {
            double gap = fabs(c->base[i] - c->base[j]);
            if (gap > 0 && gap < min_gap)
                min_gap = gap;
        }
    return isinf(min_gap) ? 1 : 2 / min_gap;
}

/* Which limits the present choices break. */
static bool too_dear(const struct walker *w)
{
    const struct bounds *b = &w->s->bounds;

    return w->also ? w->now.also[w->also - 1] > b->also[w->also - 1].max
                   : w->now.macs > b->max_macs;
}

static bool too_often_wrong(const struct walker *w)
{
    const struct bounds *b = &w->s->bounds;

    return w->now.accuracy < b->min_accuracy ||
           w->now.balanced < b->min_balanced || w->now.min_class < b->min_class;
}

/* Descend at prices, of w->also or the judged cost, between lo and hi that close
 * in on where a limit starts to hold: broken says whether it is, as below that
 * price where `up', else as above.  Returns the price where it holds. */
static double bisect(struct walker *w, double lo, double hi, bool up,
                     bool (*broken)(const struct walker *w))
{
    double base = w->price;

    for (int n = 0; n < BISECTIONS; n++) {
        double mid = sqrt(lo * hi);

        try_prices(w, w->also ? base : mid, w->also ? mid : 0);
        *(broken(w) == up ? &lo : &hi) = mid;
    }
    return up ? hi : lo;
}

/* Descend at all prices.  Returns the price of the judged cost where its limit
 * or those from below start to hold, or that of the weight. */
static double try_all_prices(struct walker *w)
{
    const struct tunespace *s = w->s;
    const struct bounds *b = &s->bounds;
    double hi = highest_price(s->cost[0], s->early + 1), lo = 1e-6 * hi,
           base = b->weight / ((1 - b->weight) * b->unit), price;
    struct figures first;

    price = base = b->weight > 0 ? fmin(base, hi) : 0; /* W = 1: infinite */
    try_prices(w, base, 0);
    first = w->now;
    if (too_dear(w)) {
        price = bisect(w, fmax(lo, base), hi, true, too_dear);
        if (b->min_accuracy > 0 && b->max_macs > 0)
            try_prices(w, b->min_accuracy / b->max_macs, 0);
    } else if (base > 0 && too_often_wrong(w)) {
        price = bisect(w, lo, base, false, too_often_wrong);
    }
    for (size_t k = 1; k < s->costs; k++)
        if (first.also[k - 1] > b->also[k - 1].max) {
            hi = highest_price(s->cost[k], s->early + 1);
            w->also = k;
            w->price = price;
            bisect(w, 1e-6 * hi, hi, true, too_dear);
        }
    w->also = 0;
    return price;
}

/* Move two exits at a time from where a descent ended, by the order of outcomes,
 * until nothing moves or it has been there. */
static void improve_pairs(struct walker *w)
{
    size_t n = w->s->early, still = 0, pairs = n * (n - 1) / 2, i = 0, j = 0;
    struct outcome now = outcome_of(&w->s->bounds, &w->now);

    for (size_t k = 0; k < w->pairs_seen; k++)
        if (!memcmp(w->seen[k], w->at, n * sizeof *w->at))
            return;
    for (size_t tries = 0; tries < PAIR_SWEEPS * pairs && still < pairs;
         tries++) {
        if (i-- == 0) { /* the next pair, from the last exits on */
            j = j > 1 ? j - 1 : n - 1;
            i = j - 1;
        }
        still = pairs_improve(w->s, i, j, w->at, &now) ? 0 : still + 1;
    }
    if (w->pairs_seen < PAIR_STARTS)
        memcpy(w->seen[w->pairs_seen++], w->at, n * sizeof *w->at);
    if (better(&now, &w->best.outcome)) {
        memcpy(w->best.choice, w->at, sizeof w->at);
        w->best.outcome = now;
    }
}

void descend(struct tunespace *s, const uint16_t *from, struct descent *d)
{
    struct walker *w = xcalloc(1, sizeof *w);
    struct tuned x;

    w->s = s;
    moves_init(&w->moves, s);
    memcpy(w->best.choice, from, s->early * sizeof *from);
    tunespace_judge(s, from, &x);
    w->best.outcome = x.outcome;
    d->multiplier = try_all_prices(w);
    bool pairs = s->bounds.weight > 0 && !s->rule->chained &&
                 s->early <= PAIR_EXITS && s->values <= PAIR_VALUES;
    finish_from(w, from);
    for (size_t i = 0; i < w->ends && i < STARTS; i++) {
        finish_from(w, w->end[i].choice);
        if (pairs && i < PAIR_STARTS)
            improve_pairs(w);
    }
    if (s->bounds.weight > 0 && s->rule->chained && s->early <= CHAINED_EXITS)
        for (size_t on = 0; on < s->early; on++) {
            uint16_t one[NET_MAX_EXITS]; /* induction has all of them on */

            for (size_t i = 0; i < s->early; i++)
                one[i] = i == on ? s->values / 2 : s->off;
            finish_from(w, one);
        }
    finish_from(w, w->best.choice);
    if (pairs)
        improve_pairs(w);
    memcpy(d->choice, w->best.choice, sizeof d->choice);
    moves_fini(&w->moves);
    free(w->by_bin);
    free(w);
}
