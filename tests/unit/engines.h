/* SPDX-License-Identifier: MIT
 * Engines for unit tests, in float: made, given something to learn, compared.
 * Include after cmocka.h; what fails ends the test. */
#ifndef TESTS_ENGINES_H
#define TESTS_ENGINES_H

#include "libcommon/base/rng.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/optimiser.h"

static inline struct engine *engines_new(const struct net *net,
                                         struct engine_opts opts)
{
    return engine_new(net, &opts);
}

/* Images: normal numbers. */
static inline void engines_fill(struct rng r, size_t n, float *images)
{
    for (size_t i = 0; i < n; i++)
        images[i] = (float)rng_normal(&r);
}

/* A loss_fn: mean over samples of squared distances to targets that differ
 * from unit to unit, of the exits that have outputs. */
static inline double engines_square_loss(void *ctx,
                                         const struct engine_outputs *o)
{
    double sum = 0;

    (void)ctx;
    for (int x = 0; x < o->exits; x++)
        for (int i = 0; o->out[x] && i < o->n * o->units[x]; i++) {
            double d = o->out[x][i] - (i % 3 - 1);
            sum += d * d / o->n;
            o->grad[x][i] = (float)(2 * d / o->n);
        }
    return sum;
}

/* Train on the images (most), of which a batch takes `most' to most - 2.  Returns
 * the last loss. */
static inline double engines_train(struct engine *g, const real *images,
                                   int most, int steps)
{
    struct sgd_opts o = {
        .momentum = 0.9, .weight_decay = 1e-4, .nesterov = true};
    struct sgd *s = sgd_new(&o);
    double loss = 0;

    sgd_add_engine(s, g);
    for (int i = 0; i < steps; i++) {
        loss = engine_step(g, images, most - i % 3, engines_square_loss, NULL);
        sgd_step(s, engine_pool(g), 0.005);
    }
    sgd_free(s);
    return loss;
}

/* Parameters equal to the bit? */
static inline void engines_assert_same(struct engine *a, struct engine *b)
{
    size_t n, m;
    struct engine_param *p = engine_params(a, &n), *q = engine_params(b, &m);

    assert_int_equal(n, m);
    for (size_t i = 0; i < n; i++)
        assert_memory_equal(p[i].value, q[i].value,
                            p[i].n * sizeof *p[i].value);
}

#endif
