/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/data/sampling.h"
#include "libcommon/nn/train/evaluate.h"

/* Count how often each early exit is right about each class; ctx is the
 * matrix. */
static void add_rights(void *ctx, const struct engine_outputs *o,
                       const int32_t *labels, size_t at)
{
    double *matrix = ctx;
    int early = o->exits - 1;

    (void)at;
    for (int i = 0; i < early; i++)
        for (int j = 0; j < o->n; j++)
            matrix[labels[j] * early + i] += evaluate_is_right(
                o->out[i] + j * o->units[i], o->classes, labels[j]);
}

/* The support set is a split of its own, with copies of the chosen images. */
size_t support_matrix(struct engine *g, const struct input_spec *in,
                      const struct split *train, const struct support *s,
                      size_t batch, double *matrix)
{
    size_t bytes = input_item_bytes(in), classes = in->classes;
    size_t each = (size_t)(s->share * (double)train->n / (double)classes);
    size_t early = engine_net(g)->exits.n - 1, n;
    double *count = xcalloc(classes, sizeof *count);
    struct split set = {0};
    uint32_t *chosen;

    each = each ? each : 1;
    chosen = xcalloc(classes * each, sizeof *chosen);
    n = balanced_pick(train->labels, train->n, classes, each, s->seed,
                      "support", s->epoch, chosen);
    split_alloc(&set, n, bytes);
    for (size_t i = 0; i < n; i++) {
        memcpy(set.items + i * bytes, train->items + chosen[i] * bytes, bytes);
        set.labels[i] = train->labels[chosen[i]];
        count[set.labels[i]]++;
    }

    memset(matrix, 0, classes * early * sizeof *matrix);
    evaluate_split(g, in, &set, batch, add_rights, matrix);
    for (size_t k = 0; k < classes; k++)
        for (size_t i = 0; i < early; i++)
            matrix[k * early + i] = count[k] > 0
                                        ? matrix[k * early + i] / count[k]
                                        : NAN;
    split_fini(&set);
    free(chosen);
    free(count);
    return n;
}
