/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/sampling.h"
#include "libcommon/nn/data/sweep.h"

void evaluate_outputs(struct engine *g, int n, const int32_t *labels, size_t at,
                      evaluate_fn *fn, void *ctx)
{
    const struct net *net = engine_net(g);
    int units[NET_MAX_EXITS];
    real *out[NET_MAX_EXITS];
    const struct engine_outputs o = {
        .n = n,
        .exits = (int)net->exits.n,
        .classes = (int)net->classes,
        .units = units,
        .out = out,
    };

    for (int i = 0; i < o.exits; i++) {
        units[i] = engine_units(g, i);
        out[i] = (real *)(uintptr_t)engine_logits(g, i);
    }
    fn(ctx, &o, labels, at);
}

void evaluate_split(struct engine *g, const struct input_spec *in,
                    const struct split *split, size_t batch, evaluate_fn *fn,
                    void *ctx)
{
    struct sweep s;

    sweep_init(&s, in, split, batch);
    for (size_t at = 0, n;
         (n = sweep_fill(&s, engine_pool(g), NULL, at, split->n)) > 0;
         at += n) {
        engine_forward(g, s.images, (int)n, ENGINE_EVAL);
        evaluate_outputs(g, (int)n, s.labels, at, fn, ctx);
    }
    sweep_fini(&s);
}

bool evaluate_is_right(const real *f, int classes, int32_t label)
{
    return argmax(f, (size_t)classes) == (size_t)label;
}

static void count_right(void *ctx, const struct engine_outputs *o,
                        const int32_t *labels, size_t at)
{
    double *right = ctx;

    (void)at;
    for (int i = 0; i < o->exits; i++)
        for (int j = 0; j < o->n; j++)
            right[i] += evaluate_is_right(o->out[i] + j * o->units[i],
                                          o->classes, labels[j]);
}

void evaluate_accuracy(struct engine *g, const struct input_spec *in,
                       const struct split *split, size_t batch,
                       double *accuracy)
{
    size_t exits = engine_net(g)->exits.n;

    memset(accuracy, 0, exits * sizeof *accuracy);
    evaluate_split(g, in, split, batch, count_right, accuracy);
    for (size_t i = 0; i < exits; i++)
        accuracy[i] /= (double)split->n;
}

void recalibrate(struct engine *g, const struct input_spec *in,
                 const struct split *train, size_t n, size_t batch,
                 uint64_t seed)
{
    uint32_t *chosen = xcalloc(n < train->n ? n : train->n, sizeof *chosen);
    struct sweep s;

    n = n < train->n ? n : train->n;
    stratified_pick(train->labels, train->n, in->classes, n, seed,
                    "recalibrate", 0, chosen);
    sweep_init(&s, in, train, batch);
    engine_calibrate_begin(g);
    for (size_t at = 0, m;
         (m = sweep_fill(&s, engine_pool(g), chosen, at, n)) > 0; at += m)
        engine_forward(g, s.images, (int)m, ENGINE_BATCH_STATS);
    engine_calibrate_end(g);
    sweep_fini(&s);
    free(chosen);
}
