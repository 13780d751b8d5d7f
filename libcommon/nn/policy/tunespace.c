/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/tunespace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

void tunespace_init(struct tunespace *s, const struct halt_table *t,
                    const struct tune_opts *o, const struct halt_rule *rule)
{
    const unsigned char *right = t->right + (t->exits - 1) * t->samples;

    memset(s, 0, sizeof *s);
    s->t = t;
    s->o = o;
    s->rule = rule;
    s->samples = t->samples;
    s->padded = (t->samples + TUNESPACE_BLOCK - 1) / TUNESPACE_BLOCK *
                TUNESPACE_BLOCK;
    s->early = t->exits - 1;
    s->values = s->off = (uint16_t)o->values;
    s->bounds = tune_bounds(t, o);
    s->cost[s->costs++] = tune_cost(t, o, o->cost);
    for (size_t k = 0; k < s->bounds.also_n; k++)
        s->cost[s->costs++] = tune_cost(t, o, s->bounds.also[k].cost);
    for (size_t k = 0; k < s->costs; k++)
        BUG_IF(!halt_cost_known(s->cost[k]));
    BUG_IF(!tune_takes(t, rule));
    s->final = xcalloc(s->padded, sizeof *s->final);
    s->mark = xcalloc(s->padded, sizeof *s->mark);
    for (size_t k = 0; k < s->padded; k++)
        s->final[k] = (int16_t)(2 * s->early + (k < s->samples && right[k]));
    if (!bounds_classes(&s->bounds))
        return;
    BUG_IF(!t->label);
    s->of_class = xcalloc(t->classes, sizeof *s->of_class);
    s->right_of = xcalloc(t->classes, sizeof *s->right_of);
    for (size_t k = 0; k < s->samples; k++)
        s->of_class[t->label[k]]++;
}

void tunespace_fini(struct tunespace *s)
{
    for (size_t i = 0; i < TUNESPACE_CACHE; i++)
        free(s->cache[i].code);
    free(s->final);
    free(s->mark);
    free(s->of_class);
    free(s->right_of);
    memset(s, 0, sizeof *s);
}

/* Returns how many of n >= 1 ascending values are at most x.  No branch depends on
 * x, which no processor would foresee. */
static uint16_t reached(const double *value, size_t n, double x)
{
    const double *at = value;

    for (size_t half; n > 1; n -= half) {
        half = n / 2;
        at += half & -(size_t)(x >= at[half - 1]);
    }
    return (uint16_t)(at - value + (x >= *at));
}

void tunespace_room(struct tunespace *s, size_t n)
{
    if (!s->rule->chained)
        return; /* one for each exit, at most NET_MAX_EXITS */
    BUG_IF(n > TUNESPACE_CACHE);
    if (s->cached + n > TUNESPACE_CACHE)
        s->cached = 0;
}

const int16_t *tunespace_codes(struct tunespace *s, size_t exit,
                               const uint16_t *choice)
{
    const double *value = halt_table_values(s->t, s->rule);
    const unsigned char *right = s->t->right + exit * s->samples;
    struct tunespace_codes *b;
    size_t on[TUNE_CHAIN + 1], n = 0;
    uint64_t mask = 0;

    for (size_t i = 0; s->rule->chained && i < exit; i++)
        if (choice[i] != s->off) {
            mask |= UINT64_C(1) << i;
            on[n++] = i * s->samples;
        }
    for (size_t i = 0; i < s->cached; i++)
        if (s->cache[i].exit == exit && s->cache[i].on == mask)
            return s->cache[i].code;
    BUG_IF(s->cached == TUNESPACE_CACHE);
    b = &s->cache[s->cached++];
    b->exit = exit;
    b->on = mask;
    if (!b->code)
        b->code = xcalloc(s->padded, sizeof *b->code);

    on[n] = exit * s->samples;
    for (size_t k = 0; k < s->samples; k++) {
        double rest = 1;

        for (size_t i = 0; i < n; i++)
            s->rule->score(value[on[i] + k], &rest);
        b->code[k] = (int16_t)(right[k] +
                               2 * reached(s->o->value, s->o->values,
                                           s->rule->score(value[on[n] + k],
                                                          &rest)));
    }
    return b->code;
}

void tunespace_leave_at(const struct tunespace *s, size_t exit, uint16_t choice,
                        const int16_t *restrict code, int16_t *restrict mark)
{
    int16_t last = (int16_t)(2 * choice + 1), here = (int16_t)(2 * exit);

    /* Blocks of a known length, which compilers turn into vectors. */
    for (size_t k = 0; k < s->padded; k += TUNESPACE_BLOCK)
        for (size_t j = 0; j < TUNESPACE_BLOCK; j++)
            mark[k + j] = (int16_t)(code[k + j] > last
                                        ? here | (code[k + j] & 1)
                                        : mark[k + j]);
}

void tunespace_leave(struct tunespace *s, size_t from, const uint16_t *choice,
                     int16_t *mark)
{
    memcpy(mark, s->final, s->padded * sizeof *mark);
    for (size_t i = s->early; i-- > from;)
        if (choice[i] != s->off)
            tunespace_leave_at(s, i, choice[i], tunespace_codes(s, i, choice),
                               mark);
}

void tunespace_costs(const struct tunespace *s, size_t k,
                     const uint16_t *choice, double *cost)
{
    const struct halt_cost *c = s->cost[k];
    double fees = 0;

    for (size_t i = 0; i <= s->early; i++) {
        cost[i] = c->base[i] + fees;
        fees += i < s->early && choice[i] != s->off ? c->fee[i] : 0;
    }
}

void tunespace_recalls(const struct tunespace *s, const uint32_t *right,
                       struct figures *f)
{
    double sum = 0, least = NAN;
    size_t n = 0;

    for (size_t c = 0; c < s->t->classes; c++)
        if (s->of_class[c]) {
            double recall = (double)right[c] / (double)s->of_class[c];

            sum += recall;
            least = fmin(least, recall);
            n++;
        }
    f->balanced = n ? sum / (double)n : NAN;
    f->min_class = least;
}

void tunespace_judge(struct tunespace *s, const uint16_t *choice,
                     struct tuned *x)
{
    uint32_t count[4][2 * NET_MAX_EXITS] = {0}; /* each of every fourth sample,
                                                 * so that none waits */
    struct halt_metrics *f = &x->metrics;
    struct figures recalls = {.balanced = NAN, .min_class = NAN};
    size_t n = s->samples;

    tunespace_room(s, s->early);
    tunespace_leave(s, 0, choice, s->mark);
    for (size_t k = 0; k < n; k++)
        count[k % 4][s->mark[k]]++;
    memset(f, 0, sizeof *f);
    f->samples = n;
    f->exits = s->t->exits;
    for (size_t i = 0; i <= s->early; i++)
        for (size_t q = 0; q < 4; q++) {
            f->left[i] += count[q][2 * i] + count[q][2 * i + 1];
            f->right[i] += count[q][2 * i + 1];
        }
    x->rule = s->rule;
    tunespace_thresholds(s, choice, x->thresholds);
    halt_metrics_finish(f, s->t, x->thresholds);
    if (s->of_class) {
        size_t classes = s->t->classes;

        memset(s->right_of, 0, classes * sizeof *s->right_of);
        for (size_t k = 0; k < n; k++)
            s->right_of[s->t->label[k]] += s->mark[k] & 1;
        tunespace_recalls(s, s->right_of, &recalls);
    }
    tuned_rank(s->t, s->o, recalls.balanced, recalls.min_class, x);
}

struct outcome tunespace_outcome(const struct tunespace *s,
                                 const struct totals *x)
{
    double n = (double)s->samples;
    struct figures f = {x->right / n, x->cost[0] / n, NAN, NAN, {0}};

    for (size_t k = 1; k < s->costs; k++)
        f.also[k - 1] = x->cost[k] / n;
    return outcome_of(&s->bounds, &f);
}

bool tunespace_beats(struct tunespace *s, const uint16_t *choice,
                     const struct totals *x, struct outcome *best)
{
    struct outcome o = tunespace_outcome(s, x);
    struct tuned judged;

    if (outcome_compare(&o, best) < 0 && bounds_classes(&s->bounds)) {
        tunespace_judge(s, choice, &judged);
        o = judged.outcome;
    }
    if (outcome_compare(&o, best) >= 0)
        return false;
    *best = o;
    return true;
}

void tunespace_thresholds(const struct tunespace *s, const uint16_t *choice,
                          double *thresholds)
{
    for (size_t i = 0; i < s->early; i++)
        thresholds[i] = choice[i] == s->off ? NAN : s->o->value[choice[i]];
}

void tunespace_choice(const struct tunespace *s, const double *thresholds,
                      uint16_t *choice)
{
    for (size_t i = 0; i < s->early; i++) {
        uint16_t n = reached(s->o->value, s->o->values, thresholds[i]);
        choice[i] = isnan(thresholds[i]) ? s->off : (uint16_t)(n ? n - 1 : 0);
    }
}
