/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/halting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/argmax.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/calibration.h"

/* ---- rules ---- */

static double value_confidence(const float *logits, size_t classes,
                               float confidence, double temperature)
{
    (void)logits, (void)classes, (void)temperature;
    return (double)confidence;
}

static double value_max(const float *logits, size_t classes, float confidence,
                        double temperature)
{
    (void)confidence;
    return softmax_max(logits, classes, temperature);
}

static double value_margin(const float *logits, size_t classes,
                           float confidence, double temperature)
{
    (void)confidence;
    return softmax_margin(logits, classes, temperature);
}

static double value_entropy(const float *logits, size_t classes,
                            float confidence, double temperature)
{
    (void)confidence;
    return softmax_certainty(logits, classes, temperature);
}

/* The score is 1 - prod(1 - c_k) over k <= i. */
static double score_cumulative(double value, double *rest)
{
    *rest *= 1 - value;
    return 1 - *rest;
}

/* The score is Eq. 8's c^r_i = c_i prod(1 - c_k) over k < i. */
static double score_eq8(double value, double *rest)
{
    double score = value * *rest;
    *rest *= 1 - value;
    return score;
}

/* The score is the exit's own value, whatever the others' are. */
static double score_own(double value, double *rest)
{
    (void)rest;
    return value;
}

const struct halt_rule halt_rules[] = {
    [HALT_CUMULATIVE] = {"cumulative", true, true, value_confidence,
                         score_cumulative},
    [HALT_EQ8] = {"eq8", true, true, value_confidence, score_eq8},
    [HALT_MAX_SOFTMAX] = {"max-softmax", false, false, value_max, score_own},
    [HALT_MARGIN] = {"margin", false, false, value_margin, score_own},
    [HALT_ENTROPY] = {"entropy", false, false, value_entropy, score_own},
};

const char *const halt_rule_names[] = {
    [HALT_CUMULATIVE] = "cumulative",   [HALT_EQ8] = "eq8",
    [HALT_MAX_SOFTMAX] = "max-softmax", [HALT_MARGIN] = "margin",
    [HALT_ENTROPY] = "entropy",         NULL};

const struct halt_rule *halt_rule_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(halt_rules); i++)
        if (!strcmp(halt_rules[i].name, name))
            return &halt_rules[i];
    return NULL;
}

float halt_confidence(float raw)
{
    return (float)(1 / (1 + exp(-(double)raw)));
}

size_t halt_exit(const struct halt_rule *rule, const double *thresholds,
                 size_t exits, const double *values, size_t stride)
{
    double rest = 1;
    for (size_t i = 0; i + 1 < exits; i++)
        if (!isnan(thresholds[i]) &&
            rule->score(values[i * stride], &rest) >= thresholds[i])
            return i;
    return exits - 1;
}

/* ---- costs ---- */

const char *const halt_cost_names[] =
    {[COST_SEQUENTIAL] = "sequential", [COST_PAPER] = "paper", NULL};

void halt_costs_init(struct halt_costs *c, size_t exits, const int64_t *prefix,
                     const int64_t *head, const int64_t *paper)
{
    struct halt_cost *sequential = &c->v[COST_SEQUENTIAL],
                     *eq13 = &c->v[COST_PAPER];
    bool known = prefix && head;

    memset(c, 0, sizeof *c);
    c->exits = exits;
    for (size_t k = 0; k < HALT_COSTS; k++)
        c->v[k].name = halt_cost_names[k];
    for (size_t i = 0; i < exits; i++) {
        sequential->base[i] = known ? (double)prefix[i] + (double)head[i] : NAN;
        sequential->fee[i] = known ? (double)head[i] : 0;
        eq13->base[i] = paper ? (double)paper[i] : NAN;
    }
}

void halt_costs_of(struct halt_costs *c, const struct summary *s, size_t exits)
{
    halt_costs_init(c, exits, s->prefix.n == exits ? s->prefix.v : NULL,
                    s->head.n == exits ? s->head.v : NULL,
                    s->gamma_paper.n == exits ? s->gamma_paper.v : NULL);
}

bool halt_cost_known(const struct halt_cost *c)
{
    return !isnan(c->base[0]);
}

void halt_cost_leaving(const struct halt_cost *c, size_t exits,
                       const double *thresholds, double *out)
{
    double fees = 0;

    for (size_t i = 0; i < exits; i++) {
        bool on = i + 1 == exits || !isnan(thresholds[i]);

        out[i] = c->base[i] + fees - (on ? 0 : c->fee[i]);
        fees += on ? c->fee[i] : 0;
    }
}

double halt_costs_final(const struct halt_costs *c, int which)
{
    return c->v[which].base[c->exits - 1];
}

double halt_mean_cost(const uint64_t *left, const double *cost, size_t exits)
{
    double sum = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < exits; i++) {
        sum += cost[i] * (double)left[i];
        n += left[i];
    }
    return n ? sum / (double)n : NAN;
}

/* ---- tables ---- */

void halt_table_init(struct halt_table *t, unsigned rules, size_t samples,
                     size_t exits, size_t classes)
{
    BUG_IF(exits < 1 || exits > NET_MAX_EXITS);
    memset(t, 0, sizeof *t);
    t->rules = rules;
    t->samples = samples;
    t->exits = exits;
    t->classes = classes;
}

void halt_table_reserve(struct halt_table *t, size_t n)
{
    BUG_IF(n > t->exits);
    if (n <= t->rows)
        return;
    t->rows = n;
    for (size_t r = 0; r < HALT_RULES; r++)
        if (t->rules & 1u << r)
            t->value[r] = xreallocarray(t->value[r], n,
                                        t->samples * sizeof(double));
    t->right = xreallocarray(t->right, n, t->samples);
    t->answer = xreallocarray(t->answer, n, t->samples * sizeof *t->answer);
}

void halt_table_fini(struct halt_table *t)
{
    for (size_t r = 0; r < HALT_RULES; r++)
        free(t->value[r]);
    free(t->right);
    free(t->answer);
    free(t->label);
    memset(t, 0, sizeof *t);
}

const double *halt_table_values(const struct halt_table *t,
                                const struct halt_rule *rule)
{
    const double *v = t->value[rule - halt_rules];
    BUG_IF(!v);
    return v;
}

void halt_table_exit(struct halt_table *t, size_t i, const float *logits,
                     const float *confidence, const int32_t *labels,
                     double temperature)
{
    halt_table_reserve(t, i + 1);
    if (labels && !t->label)
        t->label = xmemdup(labels, t->samples * sizeof *labels);
    unsigned char *right = t->right + i * t->samples;
    uint16_t *answer = t->answer + i * t->samples;
    uint64_t n_right = 0;
    for (size_t r = 0; r < HALT_RULES; r++) {
        double *value = t->value[r] ? t->value[r] + i * t->samples : NULL;

        for (size_t k = 0; value && k < t->samples; k++)
            value[k] = halt_rules[r].value(logits + k * t->classes, t->classes,
                                           confidence ? confidence[k] : 1,
                                           temperature);
    }
    for (size_t k = 0; k < t->samples; k++) {
        answer[k] = (uint16_t)argmax(logits + k * t->classes, t->classes);
        right[k] = labels && answer[k] == labels[k];
        n_right += right[k];
    }
    t->accuracy[i] = labels ? (double)n_right / (double)t->samples : NAN;
    t->ece[i] = labels ? ece_of_logits(logits, labels, t->samples, t->classes,
                                       ECE_BINS, temperature)
                       : NAN;
}

void halt_judge(const struct halt_table *t, const struct halt_rule *rule,
                const double *thresholds, struct halt_metrics *f)
{
    BUG_IF(t->rows < t->exits);
    const double *value = halt_table_values(t, rule);
    memset(f, 0, sizeof *f);
    f->samples = t->samples;
    f->exits = t->exits;
    for (size_t k = 0; k < t->samples; k++) {
        size_t i = halt_exit(rule, thresholds, t->exits, value + k, t->samples);
        f->left[i]++;
        f->right[i] += t->right[i * t->samples + k];
    }
    halt_metrics_finish(f, t, thresholds);
}

void halt_metrics_finish(struct halt_metrics *f, const struct halt_table *t,
                         const double *thresholds)
{
    uint64_t n_right = 0;

    for (size_t i = 0; i < f->exits; i++)
        n_right += f->right[i];
    f->accuracy = (double)n_right / (double)f->samples;
    for (size_t c = 0; c < HALT_COSTS; c++) {
        double cost[NET_MAX_EXITS];

        halt_cost_leaving(&t->costs.v[c], t->exits, thresholds, cost);
        f->cost[c] = halt_mean_cost(f->left, cost, t->exits);
    }
}
