/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* Sums over the samples of some bins at an exit. */
struct bin_sums {
    uint32_t n;
    double right;          /* at this exit */
    double right_bound;    /* samples that some later exit gets right */
    double lagrange_bound; /* the largest right - m base at any later exit */
};

/* What the search holds for one exit: the bounds, whatever was chosen before,
 * and the samples in flight of the branch at hand. */
struct level {
    uint32_t *list;               /* (samples) in flight, sorted by bin */
    struct bin_sums *prefix_sums; /* (values + 2) over the bins 0 .. b - 1 */
    unsigned char *right_bound;   /* (samples) right at some exit from here */
    double *lagrange_bound;       /* (samples) largest right - m base from
                                     * here on */
    double min_cost;              /* the smallest base from here on */
};

struct exact {
    struct tunespace *s;
    struct level level[NET_MAX_EXITS];
    struct outcome best; /* of the incumbent */
    double best_right;
    double multiplier;              /* m */
    double budget;                  /* limit on the sum of costs, NAN = none */
    double slack;                   /* rounding error that a sum may have */
    uint64_t work;                  /* samples looked at */
    uint16_t choice[NET_MAX_EXITS]; /* of the branch at hand */
    uint16_t *answer;               /* the incumbent, in the caller's array */
};

/* Choices made for the exits before i, and their sums. */
struct branch {
    size_t i, n;           /* the exit to choose for; samples in flight */
    uint64_t mask;         /* the exits that are on */
    struct totals partial; /* of the samples that have left */
    double fees;           /* of the exits that are on */
};

/* ---- bounds ---- */

/* Returns false when the bounds show that a branch with these samples in flight
 * cannot beat the incumbent. */
static bool may_win(const struct exact *x, const struct branch *to,
                    const struct bin_sums *in_flight)
{
    const struct level *l = &x->level[to->i];
    struct totals t = {
        to->partial.right + in_flight->right_bound,
        to->partial.cost + (double)in_flight->n * (l->min_cost + to->fees),
    };
    struct outcome o = tunespace_outcome(x->s, &t);
    if (outcome_compare(&o, &x->best) >= 0)
        return false;
    if (x->best.excess > 0 || x->best.violation > 0 || isnan(x->budget))
        return true;
    double right = to->partial.right + in_flight->lagrange_bound +
                   x->multiplier * (x->budget - to->partial.cost -
                                    (double)in_flight->n * to->fees);
    return right + x->slack >= x->best_right;
}

/* ---- the search ---- */

/* Sort the samples in flight by their bin at exit from->i into that level's
 * list and set its prefix_sums. */
static void sort_list(struct exact *x, const struct branch *from,
                      const uint32_t *list)
{
    const struct tunespace *s = x->s;
    struct level *l = &x->level[from->i], *next = l + 1;
    tunespace_room(x->s, 1);
    const uint16_t *bin = tunespace_bins(x->s, from->i, from->mask);
    const unsigned char *right = s->t->right + from->i * s->samples;
    struct bin_sums *p = l->prefix_sums;
    memset(p, 0, ((size_t)s->values + 2) * sizeof *p);
    for (size_t j = 0; j < from->n; j++) {
        uint32_t k = list[j];
        struct bin_sums *b = &p[bin[k] + 1];
        b->n++;
        b->right += right[k];
        b->right_bound += next->right_bound[k];
        b->lagrange_bound += next->lagrange_bound[k];
    }
    for (size_t b = 1; b < (size_t)s->values + 2; b++) {
        p[b].n += p[b - 1].n;
        p[b].right += p[b - 1].right;
        p[b].right_bound += p[b - 1].right_bound;
        p[b].lagrange_bound += p[b - 1].lagrange_bound;
    }
    x->work += from->n + s->values;
    if (from->i + 1 == s->early)
        return; /* the last early exit needs only the sums */
    uint32_t at[TUNE_VALUES_MAX + 1];
    for (size_t b = 0; b <= s->values; b++)
        at[b] = p[b].n;
    for (size_t j = 0; j < from->n; j++)
        l->list[at[bin[list[j]]]++] = list[j];
}

static void search(struct exact *x, const struct branch *from,
                   const uint32_t *list);

/* Choose c for exit from->i: samples of bins up to c stay in flight, those
 * above leave (none with c = off). */
static void choose(struct exact *x, const struct branch *from, uint16_t c)
{
    const struct tunespace *s = x->s;
    const struct level *l = &x->level[from->i];
    const struct bin_sums *all = &l->prefix_sums[s->values + 1],
                          *stay = c == s->off ? all : &l->prefix_sums[c + 1];
    bool on = c != s->off;
    struct branch to = {
        .i = from->i + 1,
        .n = stay->n,
        .mask = from->mask | (uint64_t)on << from->i,
        .fees = from->fees + (on ? s->fee[from->i] : 0),
        .partial = {from->partial.right + (all->right - stay->right),
                    from->partial.cost + (double)(all->n - stay->n) *
                                             (s->base[from->i] + from->fees)},
    };
    if (to.i == s->early || stay->n == 0) {
        /* Here right_bound counts the samples that the final exit gets right,
         * or none are in flight. */
        to.partial.right += stay->right_bound;
        to.partial.cost += (double)stay->n * (s->base[to.i] + to.fees);
        memset(x->choice + to.i, 0, (s->early - to.i) * sizeof *x->choice);
        struct outcome o = tunespace_outcome(s, &to.partial);
        if (outcome_compare(&o, &x->best) >= 0)
            return;
        x->best = o; /* the new incumbent */
        x->best_right = to.partial.right;
        x->choice[from->i] = c;
        memcpy(x->answer, x->choice, s->early * sizeof *x->answer);
        return;
    }
    if (!may_win(x, &to, stay))
        return;
    x->choice[from->i] = c;
    search(x, &to, l->list);
}

static void search(struct exact *x, const struct branch *from,
                   const uint32_t *list)
{
    const struct tunespace *s = x->s;
    const struct bin_sums *p = x->level[from->i].prefix_sums;
    if (x->work >= x->s->o->work)
        return;
    sort_list(x, from, list);
    for (uint16_t c = 0; c < s->values; c++)
        if (c == 0 || p[c + 1].n != p[c].n) /* else c does what c - 1 did */
            choose(x, from, c);
    choose(x, from, s->off);
}

bool exact_search(struct tunespace *s, const struct outcome *than,
                  double multiplier, uint16_t *choice)
{
    struct exact x = {
        .s = s, .best = *than, .answer = choice, .multiplier = multiplier};
    x.best_right = than->accuracy * (double)s->samples;
    x.slack = 1e-3 + 1e-9 * (double)s->samples;
    x.budget = s->bounds.max_macs * (double)s->samples;
    for (size_t i = s->early + 1; i-- > 0;) {
        const unsigned char *right = s->t->right + i * s->samples;
        struct level *l = &x.level[i], *next = i < s->early ? l + 1 : NULL;
        l->list = xcalloc(s->samples, sizeof *l->list);
        l->prefix_sums = xcalloc((size_t)s->values + 2, sizeof *l->prefix_sums);
        l->right_bound = xcalloc(s->samples, 1);
        l->lagrange_bound = xcalloc(s->samples, sizeof *l->lagrange_bound);
        l->min_cost = next ? fmin(s->base[i], next->min_cost) : s->base[i];
        for (size_t k = 0; k < s->samples; k++) {
            double bound = right[k] - x.multiplier * s->base[i];
            l->right_bound[k] = right[k] || (next && next->right_bound[k]);
            l->lagrange_bound[k] = next ? fmax(bound, next->lagrange_bound[k])
                                        : bound;
        }
    }
    uint32_t *all = xcalloc(s->samples, sizeof *all);
    for (size_t k = 0; k < s->samples; k++)
        all[k] = (uint32_t)k;
    struct branch root = {.i = 0, .n = s->samples};
    search(&x, &root, all);
    free(all);
    for (size_t i = 0; i <= s->early; i++) {
        free(x.level[i].list);
        free(x.level[i].prefix_sums);
        free(x.level[i].right_bound);
        free(x.level[i].lagrange_bound);
    }
    return x.work < s->o->work;
}
