/* SPDX-License-Identifier: MIT */
#include "tools/thresh-tune/exact.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* What is known of the samples in one bin, and of those in the bins up to
 * it. */
struct pile {
    uint32_t n;
    double right;       /* at this exit */
    double most;        /* right at this one's successor if that is the last,
                         * else at some later exit */
    double gain;        /* sum of the largest right - m base from there on */
};

struct level {
    uint32_t *list;         /* (samples) in flight, sorted by bin */
    struct pile *upto;      /* (values + 2) bins 0 .. b - 1 together */
    unsigned char *most;    /* (samples) right at some exit from here on */
    double *gain;           /* (samples) the largest right - m base from here */
    double least;           /* the smallest base from here on */
};

struct search {
    struct tunespace *s;
    struct level level[NET_MAX_EXITS];
    struct outcome best;
    double best_right, multiplier, budget;  /* budget: the limit on the sum of
                                             * costs, NAN = none */
    double slack;           /* what rounding may do to a sum */
    uint64_t work;
    uint16_t choice[NET_MAX_EXITS], *answer;
};

/* On the way down: what was chosen, and what it has come to. */
struct exact_node {
    size_t i, n;            /* exit to choose for; samples in flight */
    uint64_t mask;
    struct totals so_far;
    double fees;            /* of the exits that are on */
};

/* ---- bounds ---- */

static void level_init(struct search *x, size_t i)
{
    const struct tunespace *s = x->s;
    const unsigned char *right = s->t->right + i * s->samples;
    struct level *l = &x->level[i], *next = i < s->early ? l + 1 : NULL;
    l->list = xcalloc(s->samples, sizeof *l->list);
    l->upto = xcalloc((size_t)s->values + 2, sizeof *l->upto);
    l->most = xcalloc(s->samples, 1);
    l->gain = xcalloc(s->samples, sizeof *l->gain);
    l->least = next ? fmin(s->base[i], next->least) : s->base[i];
    for (size_t k = 0; k < s->samples; k++) {
        double gain = right[k] - x->multiplier * s->base[i];
        l->most[k] = right[k] || (next && next->most[k]);
        l->gain[k] = next ? fmax(gain, next->gain[k]) : gain;
    }
}

static void level_fini(struct level *l)
{
    free(l->list);
    free(l->upto);
    free(l->most);
    free(l->gain);
}

/* Can a node with these samples in flight still lead to a better outcome? */
static bool promises(const struct search *x, const struct exact_node *to,
                     const struct pile *p)
{
    const struct level *l = &x->level[to->i];
    struct totals t = {
        to->so_far.right + p->most,
        to->so_far.cost + (double)p->n * (l->least + to->fees),
    };
    struct outcome o = tunespace_outcome(x->s, &t);
    if (outcome_compare(&o, &x->best) >= 0)
        return false;
    if (x->best.violation > 0 || isnan(x->budget))
        return true;
    double right = to->so_far.right + p->gain +
                   x->multiplier * (x->budget - to->so_far.cost -
                                    (double)p->n * to->fees);
    return right + x->slack >= x->best_right;
}

/* ---- the walk ---- */

static void offer(struct search *x, const struct exact_node *from, uint16_t c,
                  const struct totals *t)
{
    struct outcome o = tunespace_outcome(x->s, t);
    if (outcome_compare(&o, &x->best) >= 0)
        return;
    x->best = o;
    x->best_right = t->right;
    x->choice[from->i] = c;
    memcpy(x->answer, x->choice, x->s->early * sizeof *x->answer);
}

/* Sort the samples in flight by their bin, and sum up each bin's. */
static void sort_list(struct search *x, const struct exact_node *from,
                      const uint32_t *list)
{
    const struct tunespace *s = x->s;
    struct level *l = &x->level[from->i], *next = l + 1;
    tunespace_room(x->s, 1);
    const uint16_t *bin = tunespace_bins(x->s, from->i, from->mask);
    const unsigned char *right = s->t->right + from->i * s->samples;
    struct pile *p = l->upto;
    memset(p, 0, ((size_t)s->values + 2) * sizeof *p);
    for (size_t j = 0; j < from->n; j++) {
        uint32_t k = list[j];
        struct pile *b = &p[bin[k] + 1];
        b->n++;
        b->right += right[k];
        b->most += next->most[k];
        b->gain += next->gain[k];
    }
    for (size_t b = 1; b < (size_t)s->values + 2; b++) {
        p[b].n += p[b - 1].n;
        p[b].right += p[b - 1].right;
        p[b].most += p[b - 1].most;
        p[b].gain += p[b - 1].gain;
    }
    x->work += from->n + s->values;
    if (from->i + 1 == s->early)
        return;                         /* counting is enough */
    uint32_t at[TUNE_VALUES_MAX + 1];
    for (size_t b = 0; b <= s->values; b++)
        at[b] = p[b].n;
    for (size_t j = 0; j < from->n; j++)
        l->list[at[bin[list[j]]]++] = list[j];
}

static void walk(struct search *x, const struct exact_node *from,
                 const uint32_t *list);

/* Choose c for exit from->i: samples of bins up to c stay in flight, those
 * above leave (none with c = off). */
static void choose(struct search *x, const struct exact_node *from, uint16_t c)
{
    const struct tunespace *s = x->s;
    const struct level *l = &x->level[from->i];
    const struct pile *all = &l->upto[s->values + 1],
                      *stay = c == s->off ? all : &l->upto[c + 1];
    bool on = c != s->off;
    struct exact_node to = {
        .i = from->i + 1, .n = stay->n,
        .mask = from->mask | (uint64_t)on << from->i,
        .fees = from->fees + (on ? s->fee[from->i] : 0),
        .so_far = {
            from->so_far.right + (all->right - stay->right),
            from->so_far.cost + (double)(all->n - stay->n) *
                                (s->base[from->i] + from->fees) },
    };
    if (to.i == s->early || stay->n == 0) {
        /* Here `most` counts those right at the final exit, or nobody. */
        to.so_far.right += stay->most;
        to.so_far.cost += (double)stay->n * (s->base[to.i] + to.fees);
        memset(x->choice + to.i, 0, (s->early - to.i) * sizeof *x->choice);
        offer(x, from, c, &to.so_far);
        return;
    }
    if (!promises(x, &to, stay))
        return;
    x->choice[from->i] = c;
    walk(x, &to, l->list);
}

static void walk(struct search *x, const struct exact_node *from,
                 const uint32_t *list)
{
    const struct tunespace *s = x->s;
    const struct pile *p = x->level[from->i].upto;
    if (x->work >= x->s->o->work)
        return;
    sort_list(x, from, list);
    for (uint16_t c = 0; c < s->values; c++)
        if (c == 0 || p[c + 1].n != p[c].n)     /* else the same as before */
            choose(x, from, c);
    choose(x, from, s->off);
}

bool exact_search(struct tunespace *s, const struct outcome *than,
                  double multiplier, uint16_t *choice)
{
    struct search x = { .s = s, .best = *than, .answer = choice,
                        .multiplier = multiplier };
    x.best_right = than->accuracy * (double)s->samples;
    x.slack = 1e-3 + 1e-9 * (double)s->samples;
    x.budget = s->o->limits.max_macs * (double)s->samples;
    for (size_t i = s->early + 1; i-- > 0;)
        level_init(&x, i);
    uint32_t *all = xcalloc(s->samples, sizeof *all);
    for (size_t k = 0; k < s->samples; k++)
        all[k] = (uint32_t)k;
    struct exact_node root = { .i = 0, .n = s->samples };
    walk(&x, &root, all);
    free(all);
    for (size_t i = 0; i <= s->early; i++)
        level_fini(&x.level[i]);
    return x.work < s->o->work;
}
