/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* Sums over the samples of some bins at an exit. */
struct bin_sums {
    uint32_t n;
    uint32_t right;        /* at this exit */
    uint32_t right_bound;  /* samples that some later exit gets right */
    double lagrange_bound; /* the largest a right - b base at any later exit */
};

/* What the search holds for one exit: the bounds, whatever was chosen before,
 * and the samples in flight of the branch at hand.  The values of the exit before
 * pass on longer and longer prefixes of one list, so that only the samples that
 * come new are counted. */
struct level {
    size_t counted;               /* samples of the list from before, in bins */
    struct bin_sums *bins;        /* (values + 1) over these */
    struct bin_sums *prefix_sums; /* (values + 2) over the bins 0 .. b - 1 */
    bool sorted;                  /* list is that of the branch at hand */
    uint32_t *list;               /* (samples) in flight, sorted by bin */
    uint16_t *ahead; /* (samples) 2 mark of the exit from here on where
                      * a right - b base is largest
                      * + (1 where some exit from here on is right, else 0) */
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
    double term[2 * NET_MAX_EXITS]; /* by mark, a right - b base */
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

/* Forget the samples counted at a level. */
static void count_none(const struct exact *x, struct level *l)
{
    l->counted = 0;
    memset(l->bins, 0, ((size_t)x->s->values + 1) * sizeof *l->bins);
}

/* Count the samples in flight by their bin at exit from->i and set that level's
 * prefix_sums. */
static void count_list(struct exact *x, const struct branch *from,
                       const uint32_t *list)
{
    const struct tunespace *s = x->s;
    struct level *l = &x->level[from->i];
    const uint16_t *ahead = l[1].ahead;
    tunespace_room(x->s, 1);
    const int16_t *code = tunespace_codes(x->s, from->i, x->choice);
    struct bin_sums *p = l->prefix_sums;
    for (size_t j = l->counted; j < from->n; j++) {
        uint32_t k = list[j];
        struct bin_sums *b = &l->bins[code[k] >> 1];
        b->n++;
        b->right += code[k] & 1;
        b->right_bound += ahead[k] & 1;
        b->lagrange_bound += x->term[ahead[k] >> 1];
    }
    l->counted = from->n;
    l->sorted = false;
    for (size_t b = 0; b <= s->values; b++) {
        p[b + 1].n = p[b].n + l->bins[b].n;
        p[b + 1].right = p[b].right + l->bins[b].right;
        p[b + 1].right_bound = p[b].right_bound + l->bins[b].right_bound;
        p[b + 1].lagrange_bound = p[b].lagrange_bound +
                                  l->bins[b].lagrange_bound;
    }
    /* What choices would cost if all samples were counted anew. */
    x->work += from->n + 8 * (uint64_t)s->values;
}

/* Returns the samples in flight sorted by their bin at exit from->i, where they
 * are counted. */
static const uint32_t *sorted_list(struct exact *x, const struct branch *from,
                                   const uint32_t *list)
{
    struct level *l = &x->level[from->i];
    uint32_t at[TUNE_VALUES_MAX + 1];
    if (l->sorted)
        return l->list;
    tunespace_room(x->s, 1);
    const int16_t *code = tunespace_codes(x->s, from->i, x->choice);
    for (size_t b = 0; b <= x->s->values; b++)
        at[b] = l->prefix_sums[b].n;
    for (size_t j = 0; j < from->n; j++)
        l->list[at[code[list[j]] >> 1]++] = list[j];
    l->sorted = true;
    return l->list;
}

static void search(struct exact *x, const struct branch *from,
                   const uint32_t *list);

/* Choose c for exit from->i: samples of bins up to c stay in flight, those
 * above leave (none with c = off). */
static void choose(struct exact *x, const struct branch *from,
                   const uint32_t *list, uint16_t c)
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
    search(x, &to, sorted_list(x, from, list));
}

static void search(struct exact *x, const struct branch *from,
                   const uint32_t *list)
{
    const struct tunespace *s = x->s;
    const struct bin_sums *p = x->level[from->i].prefix_sums;
    if (x->work >= x->max_work)
        return;
    count_list(x, from, list);
    count_none(x, &x->level[from->i + 1]);
    for (uint16_t c = 0; c < s->values; c++)
        if (c == 0 || p[c + 1].n != p[c].n) /* else c does what c - 1 did */
            choose(x, from, list, c);
    if (s->rule->chained) /* later scores know that it is off */
        count_none(x, &x->level[from->i + 1]);
    choose(x, from, list, s->off);
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

/* Set the bounds of exit i from those of the next one. */
static void level_init(struct exact *x, size_t i)
{
    const struct tunespace *s = x->s;
    const unsigned char *right = s->t->right + i * s->samples;
    struct level *l = &x->level[i], *next = i < s->early ? l + 1 : NULL;
    uint16_t ahead[2][4 * NET_MAX_EXITS]; /* by right here and ahead of next */

    l->bins = xcalloc((size_t)s->values + 1, sizeof *l->bins);
    l->prefix_sums = xcalloc((size_t)s->values + 2, sizeof *l->prefix_sums);
    l->list = xmalloc(s->samples * sizeof *l->list);
    l->ahead = xmalloc(s->samples * sizeof *l->ahead);
    for (size_t k = 0; k < s->costs; k++) {
        double base = s->cost[k]->base[i];
        l->min_cost[k] = next ? fmin(base, next->min_cost[k]) : base;
    }
    for (size_t r = 0; r < 2; r++) {
        size_t mark = 2 * i + r;
        x->term[mark] = x->a * (double)r - x->b * s->cost[0]->base[i];
        ahead[r][0] = (uint16_t)(2 * mark + r);
        for (size_t m = 4 * (i + 1); next && m < 4 * (s->early + 1); m++) {
            double later = x->term[m >> 1];
            ahead[r][m] = fmax(x->term[mark], later) == later
                              ? (uint16_t)(m | r)
                              : (uint16_t)(2 * mark + (r | (m & 1)));
        }
    }
    for (size_t k = 0; k < s->samples; k++)
        l->ahead[k] = ahead[right[k]][next ? next->ahead[k] : 0];
}

bool exact_search(struct tunespace *s, const struct outcome *than, double price,
                  uint64_t work, uint16_t *choice)
{
    struct exact x = {
        .s = s, .best = *than, .answer = choice, .max_work = work};
    set_weights(&x, than, price);
    for (size_t i = s->early + 1; i-- > 0;)
        level_init(&x, i);
    uint32_t *all = xcalloc(s->samples, sizeof *all);
    for (size_t k = 0; k < s->samples; k++)
        all[k] = (uint32_t)k;
    struct branch root = {.i = 0, .n = s->samples};
    search(&x, &root, all);
    free(all);
    for (size_t i = 0; i <= s->early; i++) {
        free(x.level[i].bins);
        free(x.level[i].prefix_sums);
        free(x.level[i].list);
        free(x.level[i].ahead);
    }
    return x.work < work;
}
