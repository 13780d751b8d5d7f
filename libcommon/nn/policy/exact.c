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
    double lagrange_bound; /* the largest a right - b base at any later exit */
};

/* What the search holds for one exit: the bounds, whatever was chosen before,
 * and the samples in flight of the branch at hand. */
struct level {
    uint32_t *list;               /* (samples) in flight, sorted by bin */
    struct bin_sums *prefix_sums; /* (values + 2) over the bins 0 .. b - 1 */
    unsigned char *right_bound;   /* (samples) right at some exit from here */
    double *lagrange_bound;       /* (samples) largest a right - b base from
                                   * here on */
    double min_cost[1 + BOUNDS_ALSO]; /* the smallest base from here on */
};

struct exact {
    struct tunespace *s;
    struct level level[NET_MAX_EXITS];
    struct outcome best; /* of the incumbent */
    /* What is made large is the sum of right - cost, weighted (W, 1 - W); a and
     * b are these weights and a multiplier for the limit that is hard to meet. */
    double of_right, of_cost; /* without a multiplier */
    double a, b;
    double best_worth;              /* of the incumbent */
    double budget;                  /* limit on the sum of costs, or NAN */
    double least_right;             /* limit on right answers, 0 = none */
    double slack;                   /* rounding error that a sum may have */
    uint64_t work, max_work;        /* samples looked at, and at most */
    uint16_t choice[NET_MAX_EXITS]; /* of the branch at hand */
    uint16_t *answer;               /* the incumbent, in the caller's array */
};

/* Choices made for the exits before i, and their sums. */
struct branch {
    size_t i, n;           /* the exit to choose for; samples in flight */
    struct totals partial; /* of the samples that have left */
    double fees[1 + BOUNDS_ALSO]; /* of the exits that are on */
};

/* ---- bounds ---- */

/* Returns false when the bounds show that a branch with these samples in flight
 * cannot beat the incumbent. */
static bool may_win(const struct exact *x, const struct branch *to,
                    const struct bin_sums *in_flight)
{
    const struct level *l = &x->level[to->i];
    struct totals t = to->partial;
    double n = (double)in_flight->n;

    t.right += in_flight->right_bound;
    for (size_t k = 0; k < x->s->costs; k++)
        t.cost[k] += n * (l->min_cost[k] + to->fees[k]);
    struct outcome o = tunespace_outcome(x->s, &t);
    if (outcome_compare(&o, &x->best) >= 0)
        return false;
    if (x->best.excess > 0 || x->best.violation > 0 || !(x->b > 0))
        return true;
    double worth = x->a * to->partial.right + in_flight->lagrange_bound -
                   x->b * (to->partial.cost[0] + n * to->fees[0]);
    if (x->b > x->of_cost)
        worth += (x->b - x->of_cost) * x->budget;
    if (x->a > x->of_right)
        worth -= (x->a - x->of_right) * x->least_right;
    return worth + x->slack >= x->best_worth;
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
    const int16_t *code = tunespace_codes(x->s, from->i, x->choice);
    struct bin_sums *p = l->prefix_sums;
    memset(p, 0, ((size_t)s->values + 2) * sizeof *p);
    for (size_t j = 0; j < from->n; j++) {
        uint32_t k = list[j];
        struct bin_sums *b = &p[(code[k] >> 1) + 1];
        b->n++;
        b->right += code[k] & 1;
        b->right_bound += next->right_bound[k];
        b->lagrange_bound += next->lagrange_bound[k];
    }
    for (size_t b = 1; b < (size_t)s->values + 2; b++) {
        p[b].n += p[b - 1].n;
        p[b].right += p[b - 1].right;
        p[b].right_bound += p[b - 1].right_bound;
        p[b].lagrange_bound += p[b - 1].lagrange_bound;
    }
    x->work += from->n + 8 * (uint64_t)s->values; /* what choices cost */
    if (from->i + 1 == s->early)
        return; /* the last early exit needs only the sums */
    uint32_t at[TUNE_VALUES_MAX + 1];
    for (size_t b = 0; b <= s->values; b++)
        at[b] = p[b].n;
    for (size_t j = 0; j < from->n; j++)
        l->list[at[code[list[j]] >> 1]++] = list[j];
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
    struct branch to = *from;

    to.i++;
    to.n = stay->n;
    to.partial.right += all->right - stay->right;
    for (size_t k = 0; k < s->costs; k++) {
        to.partial.cost[k] += (double)(all->n - stay->n) *
                              (s->cost[k]->base[from->i] + from->fees[k]);
        to.fees[k] += c == s->off ? 0 : s->cost[k]->fee[from->i];
    }
    x->choice[from->i] = c;
    if (to.i == s->early || stay->n == 0) {
        /* Here right_bound counts the samples that the final exit gets right,
         * or none are in flight. */
        to.partial.right += stay->right_bound;
        for (size_t k = 0; k < s->costs; k++)
            to.partial.cost[k] += (double)stay->n *
                                  (s->cost[k]->base[to.i] + to.fees[k]);
        memset(x->choice + to.i, 0, (s->early - to.i) * sizeof *x->choice);
        if (!tunespace_beats(x->s, x->choice, &to.partial, &x->best))
            return;
        x->best_worth = x->of_right * to.partial.right -
                        x->of_cost * to.partial.cost[0];
        memcpy(x->answer, x->choice, s->early * sizeof *x->answer);
        return;
    }
    if (!may_win(x, &to, stay))
        return;
    search(x, &to, l->list);
}

static void search(struct exact *x, const struct branch *from,
                   const uint32_t *list)
{
    const struct tunespace *s = x->s;
    const struct bin_sums *p = x->level[from->i].prefix_sums;
    if (x->work >= x->max_work)
        return;
    sort_list(x, from, list);
    for (uint16_t c = 0; c < s->values; c++)
        if (c == 0 || p[c + 1].n != p[c].n) /* else c does what c - 1 did */
            choose(x, from, c);
    choose(x, from, s->off);
}

/* Set the weights: what the price is for is the limit that broke at the price
 * of the weight. */
static void set_weights(struct exact *x, const struct outcome *than,
                        double price)
{
    const struct bounds *b = &x->s->bounds;
    double n = (double)x->s->samples;

    x->a = x->of_right = 1 - b->weight;
    x->b = x->of_cost = b->weight > 0 ? b->weight / b->unit : 0;
    x->best_worth = n * (x->of_right * than->accuracy -
                         (x->of_cost > 0 ? x->of_cost * than->macs : 0));
    x->budget = b->max_macs * n;
    x->least_right = b->min_accuracy > 0 ? b->min_accuracy * n : 0;
    x->slack = 1e-3 + 1e-9 * n;
    if (price * x->of_right > x->of_cost && !isnan(b->max_macs))
        x->b = price * x->of_right;
    else if (price > 0 && price * x->of_right < x->of_cost &&
             x->least_right > 0)
        x->a = x->of_cost / price;
}

bool exact_search(struct tunespace *s, const struct outcome *than, double price,
                  uint64_t work, uint16_t *choice)
{
    struct exact x = {
        .s = s, .best = *than, .answer = choice, .max_work = work};
    set_weights(&x, than, price);
    for (size_t i = s->early + 1; i-- > 0;) {
        const unsigned char *right = s->t->right + i * s->samples;
        struct level *l = &x.level[i], *next = i < s->early ? l + 1 : NULL;
        l->list = xcalloc(s->samples, sizeof *l->list);
        l->prefix_sums = xcalloc((size_t)s->values + 2, sizeof *l->prefix_sums);
        l->right_bound = xcalloc(s->samples, 1);
        l->lagrange_bound = xcalloc(s->samples, sizeof *l->lagrange_bound);
        for (size_t k = 0; k < s->costs; k++) {
            double base = s->cost[k]->base[i];
            l->min_cost[k] = next ? fmin(base, next->min_cost[k]) : base;
        }
        for (size_t k = 0; k < s->samples; k++) {
            double bound = x.a * right[k] - x.b * s->cost[0]->base[i];
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
    return x.work < work;
}
