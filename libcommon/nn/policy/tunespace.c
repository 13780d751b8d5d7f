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
    memset(s, 0, sizeof *s);
    s->t = t;
    s->o = o;
    s->rule = rule;
    s->samples = t->samples;
    s->early = t->exits - 1;
    s->values = s->off = (uint16_t)o->values;
    s->base = t->costs.v[o->cost].base;
    s->fee = t->costs.v[o->cost].fee;
    s->bounds = tune_bounds(t, o);
    BUG_IF(!halt_cost_known(&t->costs.v[o->cost]));
}

void tunespace_fini(struct tunespace *s)
{
    for (size_t i = 0; i < TUNESPACE_CACHE; i++)
        free(s->cache[i].bin);
    memset(s, 0, sizeof *s);
}

/* Returns how many of n ascending values are at most x. */
static uint16_t reached(const double *value, size_t n, double x)
{
    size_t at = 0;
    while (n > 0) {
        size_t half = n / 2;
        bool up = x >= value[at + half];
        at += up ? half + 1 : 0;
        n = up ? n - half - 1 : half;
    }
    return (uint16_t)at;
}

void tunespace_room(struct tunespace *s, size_t n)
{
    BUG_IF(n > TUNESPACE_CACHE);
    if (s->cached + n > TUNESPACE_CACHE)
        s->cached = 0;
}

const uint16_t *tunespace_bins(struct tunespace *s, size_t exit, uint64_t mask)
{
    const double *value = halt_table_values(s->t, s->rule);
    struct tunespace_bins *b;
    size_t on[NET_MAX_EXITS], n = 0;

    mask &= s->rule->chained ? (UINT64_C(1) << exit) - 1 : 0;
    for (size_t i = 0; i < s->cached; i++)
        if (s->cache[i].exit == exit && s->cache[i].mask == mask)
            return s->cache[i].bin;
    BUG_IF(s->cached == TUNESPACE_CACHE);
    b = &s->cache[s->cached++];
    b->exit = exit;
    b->mask = mask;
    if (!b->bin)
        b->bin = xcalloc(s->samples, sizeof *b->bin);

    for (size_t i = 0; i < exit; i++)
        if (mask >> i & 1)
            on[n++] = i * s->samples;
    on[n] = exit * s->samples;
    for (size_t k = 0; k < s->samples; k++) {
        double rest = 1;

        for (size_t i = 0; i < n; i++)
            s->rule->score(value[on[i] + k], &rest);
        b->bin[k] = reached(s->o->value, s->o->values,
                            s->rule->score(value[on[n] + k], &rest));
    }
    return b->bin;
}

uint64_t tunespace_mask(const struct tunespace *s, const uint16_t *choice)
{
    uint64_t mask = 0;
    for (size_t i = 0; i < s->early; i++)
        mask |= (uint64_t)(choice[i] != s->off) << i;
    return mask;
}

struct outcome tunespace_outcome(const struct tunespace *s,
                                 const struct totals *x)
{
    return outcome_make(&s->bounds, x->right / (double)s->samples,
                        x->cost / (double)s->samples);
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
