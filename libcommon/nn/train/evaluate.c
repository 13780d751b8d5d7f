/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/batch.h"
#include "libcommon/nn/data/sampling.h"

/* Makes batches of images that are neither flipped nor cropped. */
struct plain {
    struct batch_maker maker;
    size_t batch;
    uint32_t *index;            /* (batch) */
    int32_t *labels;            /* (batch) */
    real *images;               /* (batch, h, w, c) */
};

static void plain_init(struct plain *p, const struct input_spec *in,
                       const struct split *split, size_t batch)
{
    batch_init(&p->maker, in, split, NULL);
    p->batch = batch;
    p->index = xcalloc(batch, sizeof *p->index);
    p->labels = xcalloc(batch, sizeof *p->labels);
    p->images = xaligned(batch * input_count(in),
                         sizeof *p->images);
}

static void plain_fini(struct plain *p)
{
    batch_fini(&p->maker);
    free(p->index);
    free(p->labels);
    free(p->images);
}

static size_t plain_size(const struct plain *p, size_t left)
{
    return left < p->batch ? left : p->batch;
}

void evaluate_outputs(struct engine *g, int n, const int32_t *labels,
                      size_t at, evaluate_fn *fn, void *ctx)
{
    const struct net *net = engine_net(g);
    int units[NET_MAX_EXITS];
    real *out[NET_MAX_EXITS];
    const struct engine_outputs o = {
        .n = n, .exits = (int)net->exits.n, .classes = (int)net->classes,
        .units = units, .out = out,
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
    struct plain p;

    plain_init(&p, in, split, batch);
    for (size_t at = 0, n; at < split->n; at += n) {
        n = plain_size(&p, split->n - at);
        for (size_t i = 0; i < n; i++)
            p.index[i] = (uint32_t)(at + i);
        batch_fill(&p.maker, engine_pool(g), p.index, n, 0, p.images,
                   p.labels);
        engine_forward(g, p.images, (int)n, ENGINE_EVAL);
        evaluate_outputs(g, (int)n, p.labels, at, fn, ctx);
    }
    plain_fini(&p);
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

void recalibrate(struct engine *g, const struct dataset *d, size_t n,
                 size_t batch, uint64_t seed)
{
    const struct split *train = &d->split[SPLIT_TRAIN];
    uint32_t *chosen = xcalloc(n < train->n ? n : train->n, sizeof *chosen);
    struct plain p;

    n = n < train->n ? n : train->n;
    stratified_pick(train->labels, train->n, d->input.classes, n, seed,
                    "recalibrate", 0, chosen);
    plain_init(&p, &d->input, train, batch);
    engine_calibrate_begin(g);
    for (size_t at = 0, m; at < n; at += m) {
        m = plain_size(&p, n - at);
        batch_fill(&p.maker, engine_pool(g), chosen + at, m, 0, p.images,
                   p.labels);
        engine_forward(g, p.images, (int)m, ENGINE_BATCH_STATS);
    }
    engine_calibrate_end(g);
    plain_fini(&p);
    free(chosen);
}
