/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/agreement.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

void agreement_init(struct agreement *a, size_t classes)
{
    *a = (struct agreement){
        .classes = classes,
        .of_class = xcalloc(classes, sizeof *a->of_class),
        .wrong_of = xcalloc(classes, sizeof *a->wrong_of),
    };
}

void agreement_fini(struct agreement *a)
{
    free(a->of_class);
    free(a->wrong_of);
    *a = (struct agreement){0};
}

void agreement_count(struct agreement *a, const struct halt_table *t,
                     const struct halt_rule *rule, const double *thresholds)
{
    const double *value = halt_table_values(t, rule);
    size_t n = t->samples, last = (t->exits - 1) * n;

    a->samples = n;
    a->different = a->wrong = a->lost = 0;
    memset(a->of_class, 0, a->classes * sizeof *a->of_class);
    memset(a->wrong_of, 0, a->classes * sizeof *a->wrong_of);
    for (size_t k = 0; k < n; k++) {
        size_t at = n * halt_exit(rule, thresholds, t->exits, value + k, n) + k;
        bool wrong = !t->right[at];

        a->different += t->answer[at] != t->answer[last + k];
        if (!t->label)
            continue;
        a->wrong += wrong;
        a->lost += wrong && t->right[last + k];
        a->of_class[t->label[k]]++;
        a->wrong_of[t->label[k]] += wrong;
    }
}

/* Returns a class's recall, or NAN where it has no samples. */
static double recall(const struct agreement *a, size_t c)
{
    return (double)(a->of_class[c] - a->wrong_of[c]) / (double)a->of_class[c];
}

double agreement_min_class(const struct agreement *a)
{
    double least = NAN;

    for (size_t c = 0; c < a->classes; c++)
        least = fmin(least, recall(a, c));
    return least;
}

double agreement_balanced(const struct agreement *a)
{
    double sum = 0;
    size_t n = 0;

    for (size_t c = 0; c < a->classes; c++) {
        sum += a->of_class[c] ? recall(a, c) : 0;
        n += a->of_class[c] > 0;
    }
    return n ? sum / (double)n : NAN;
}

void agreement_rate(struct agreement_rates *r, const struct halt_table *t,
                    const struct halt_rule *rule, const double *thresholds)
{
    struct agreement a;

    agreement_init(&a, t->classes);
    agreement_count(&a, t, rule, thresholds);
    *r = (struct agreement_rates){
        .disagreement = (double)a.different / (double)a.samples,
        .lost_answers = t->label ? (double)a.lost / (double)a.samples : NAN,
        .balanced = agreement_balanced(&a),
        .min_class = agreement_min_class(&a),
    };
    agreement_fini(&a);
}
