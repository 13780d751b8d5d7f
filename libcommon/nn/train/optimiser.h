/* SPDX-License-Identifier: MIT
 * Stochastic gradient descent over parameter arrays, apart from the engine:
 * the arrays may be an engine's or those of a store that several nets share.
 *
 * Example (struct engine *g, const real *images, int n, engine_loss_fn *loss,
 *          void *ctx, const struct schedule *schedule):
 *     struct sgd *s = sgd_new(&(struct sgd_opts){.momentum = 0.9});
 *
 *     sgd_add_engine(s, g);                       // or sgd_add for any array
 *     for (uint64_t step = 0; step < schedule->steps; step++) {
 *         engine_step(g, images, n, loss, ctx);
 *         sgd_step(s, engine_pool(g), schedule_lr(schedule, step));
 *     }
 *     sgd_free(s);
 *
 * Where nothing stands between a batch's gradients and the step, the engine can
 * have the step done piece by piece as gradients come, which saves a walk
 * through all of memory.  The numbers are the same to the bit:
 *
 * Example (struct engine *g, const real *images, int n, engine_loss_fn *loss,
 *          void *ctx, const struct schedule *schedule, struct sgd *s):
 *     sgd_join_engine(s, g);                      // not sgd_add_engine
 *     for (uint64_t step = 0; step < schedule->steps; step++) {
 *         sgd_begin(s, schedule_lr(schedule, step));
 *         if (engine_step(g, images, n, loss, ctx) < 1e30)
 *             sgd_end(s, engine_pool(g));
 *     }
 *
 * The rule is that of PyTorch's SGD without dampening: with g the gradient plus
 * decay * w,
 *     v = momentum v + g;   w -= lr v,   Nesterov: w -= lr (g + momentum v). */
#ifndef NN_TRAIN_OPTIMISER_H
#define NN_TRAIN_OPTIMISER_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/pool.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/kern/real.h"
#include "libcommon/nn/train/schedule.h"

struct sgd;

struct sgd_opts {
    double momentum;
    double weight_decay;
    bool nesterov;
    bool decay_all;         /* biases, gamma and beta decay too */
};

/* One array.  momentum belongs to the optimiser; read or fill it to carry its
 * state through a stream. */
struct sgd_slot {
    const char *name;       /* borrowed: the tensor's */
    size_t n;
    real *value;            /* (n) borrowed */
    const real *grad;       /* (n) borrowed */
    real *momentum;         /* (n) zero at first */
    bool decay;
    double rate;            /* its learning rate, times the step's; 1 at first,
                             * to be written freely */
};

struct sgd *sgd_new(const struct sgd_opts *o);          /* owned (sgd_free) */
void sgd_free(struct sgd *s);                           /* accepts NULL */

/* All arrays must outlive the optimiser. */
void sgd_add(struct sgd *s, const char *name, size_t n, real *value,
             const real *grad, bool decay);
/* Every parameter of an engine that has a gradient. */
void sgd_add_engine(struct sgd *s, struct engine *g);
/* The same, and the engine does their steps; for an optimiser of this engine
 * alone.  The engine must outlive it, and has no optimiser after sgd_free. */
void sgd_join_engine(struct sgd *s, struct engine *g);
struct sgd_slot *sgd_slots(struct sgd *s, size_t *n);   /* in adding order */

/* One step with the gradients as they are.  pool NULL = the calling thread;
 * the result is the same for any number of threads. */
void sgd_step(struct sgd *s, struct pool *pool, double lr);

/* A step in two parts: its learning rate, and what no engine has done. */
void sgd_begin(struct sgd *s, double lr);
void sgd_end(struct sgd *s, struct pool *pool);

#endif
