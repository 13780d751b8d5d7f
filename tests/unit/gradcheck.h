/* SPDX-License-Identifier: MIT
 * Every gradient of a net against central differences, in double.
 *
 *     gradcheck(&net, 6, 1);       batch of 6 random images, seed 1
 *     gradcheck_frozen(&net, 6, 1);        of the heads on a frozen backbone
 *
 * The loss is a fixed random mixture of all outputs and their squares, so that
 * every output of every exit matters.  Parameters get random values that are
 * not the usual first ones (gamma, beta and biases included). */
#ifndef TESTS_GRADCHECK_H
#define TESTS_GRADCHECK_H

#ifndef REAL_DOUBLE
#error "gradients are checked in double"
#endif

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/engine/engine.h"

/* A central difference is off where a kink (of ReLU, h-swish ...) lies within
 * the step, so a smaller step follows: those that are still off count. */
static const double gradcheck_steps[] = {1e-5, 2e-6, 4e-7, 8e-8};
static const double gradcheck_rtol[] = {1e-6, 1e-6, 1e-6, 4e-6};

static inline double gradcheck_loss(void *ctx, const struct engine_outputs *o)
{
    double sum = 0;

    (void)ctx;
    for (int x = 0; x < o->exits; x++) {
        struct rng r = rng_make(7, "mixture", (uint64_t)x, 0);
        for (int i = 0; i < o->n * o->units[x]; i++) {
            double w = rng_normal(&r), v = o->out[x][i];
            sum += w * v + 0.05 * (x + 1) * v * v;
            o->grad[x][i] = w + 0.1 * (x + 1) * v;
        }
    }
    return sum;
}

/* Values around those that keep activations alive. */
static inline void gradcheck_fill(struct engine *g, uint64_t seed)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    engine_init(g, seed);
    for (size_t i = 0; i < n; i++) {
        struct rng r = rng_make(seed, p[i].binding->tensor, 1, 0);
        const char *slot = p[i].binding->slot;
        for (size_t k = 0; k < p[i].n; k++) {
            double v = rng_normal(&r);
            if (strcmp(slot, "gamma") == 0)
                p[i].value[k] = 1 + 0.2 * v;
            else if (!p[i].stat && !p[i].decay)
                p[i].value[k] = 0.3 * v;
            else if (strcmp(slot, "mean") == 0)
                p[i].value[k] = 0.1 * v;
            else if (strcmp(slot, "var") == 0)
                p[i].value[k] = 0.5 + v * v;
        }
    }
}

static inline real *gradcheck_images(const struct net *net, int n,
                                     uint64_t seed)
{
    size_t size = (size_t)(net->input.v[0] * net->input.v[1] *
                           net->input.v[2]) *
                  (size_t)n;
    real *x = xcalloc(size, sizeof *x);
    struct rng r = rng_make(seed, "images", 0, 0);

    for (size_t i = 0; i < size; i++)
        x[i] = (real)rng_normal(&r);
    return x;
}

static inline double gradcheck_slope(struct engine *g, double *value,
                                     double step, const real *images, int n)
{
    double was = *value, up, down;

    *value = was + step;
    up = engine_step(g, images, n, gradcheck_loss, NULL);
    *value = was - step;
    down = engine_step(g, images, n, gradcheck_loss, NULL);
    *value = was;
    return (up - down) / (2 * step);
}

static inline bool gradcheck_element(struct engine *g, double *value,
                                     double grad, double scale,
                                     const real *images, int n)
{
    for (int i = 0; i < 4; i++) {
        double slope = gradcheck_slope(g, value, gradcheck_steps[i], images, n);
        if (fabs(slope - grad) <= gradcheck_rtol[i] * scale)
            return true;
        if (i == 3)
            print_message("slope %.12g, gradient %.12g\n", slope, grad);
    }
    return false;
}

/* At most 30 elements of each parameter, spread over it. */
static inline int gradcheck_param(struct engine *g, struct engine_param *p,
                                  const real *images, int n)
{
    size_t step = p->n / 30 + 1;
    real *grad = xmemdup(p->grad, p->n * sizeof *grad);
    double scale = 1e-2;
    int bad = 0;

    for (size_t k = 0; k < p->n; k++)
        scale = fmax(scale, fabs(grad[k]));
    for (size_t k = 0; k < p->n && bad < 3; k += step) {
        if (gradcheck_element(g, &p->value[k], grad[k], scale, images, n))
            continue;
        print_message("%s[%zu]\n", p->binding->tensor, k);
        bad++;
    }
    free(grad);
    return bad;
}

static inline void gradcheck_with(const struct net *net, int batch,
                                  uint64_t seed, bool frozen)
{
    struct engine_opts o = {.batch = batch + 1,
                            .shards = 3,
                            .threads = 1,
                            .training = true,
                            .frozen_backbone = frozen};
    struct engine *g = engine_new(net, &o);
    size_t n;
    int bad = 0;

    gradcheck_fill(g, seed);
    real *images = gradcheck_images(net, batch, seed);
    struct engine_param *p = engine_params(g, &n);
    for (size_t i = 0; i < n; i++) {
        if (!p[i].grad)
            continue;
        engine_step(g, images, batch, gradcheck_loss, NULL);
        bad += gradcheck_param(g, &p[i], images, batch);
    }
    free(images);
    engine_free(g);
    assert_int_equal(bad, 0);
}

static inline void gradcheck(const struct net *net, int batch, uint64_t seed)
{
    gradcheck_with(net, batch, seed, false);
}

static inline void gradcheck_frozen(const struct net *net, int batch,
                                    uint64_t seed)
{
    gradcheck_with(net, batch, seed, true);
}

#endif
