/* SPDX-License-Identifier: MIT
 * Stochastic gradient descent updates parameter arrays, which may be those of
 * an engine or of a bank that several nets share (bank.h).
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
 * Where nothing has to see all gradients of a batch before the update, the
 * engine can update each piece of the parameters as soon as its gradient is
 * known, which saves a pass through memory.  The result is the same to the bit:
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
    bool decay_all; /* biases, gamma and beta decay too */
};

/* Describes one array.  The optimiser owns `momentum`; read or fill it to carry
 * the optimiser's state through a stream. */
struct sgd_slot {
    const char *name; /* borrowed: the tensor's */
    size_t n;
    real *value;      /* (n) borrowed */
    const real *grad; /* (n) borrowed */
    real *momentum;   /* (n) zero at first */
    bool decay;
    double rate; /* factor on the step's learning rate; 1 at first,
                             * the caller may set it at any time */
    bool rests;  /* no step changes value or momentum; likewise */
};

struct sgd *sgd_new(const struct sgd_opts *o); /* owned (sgd_free) */
void sgd_free(struct sgd *s);                  /* accepts NULL */

/* Add an array; name, value and grad must outlive the optimiser. */
void sgd_add(struct sgd *s, const char *name, size_t n, real *value,
             const real *grad, bool decay);
/* Add every parameter of an engine that has a gradient. */
void sgd_add_engine(struct sgd *s, struct engine *g);
/* Add them likewise, and let the engine do their updates; the optimiser must
 * have no other arrays.  The engine must outlive the optimiser; sgd_free
 * separates them. */
void sgd_join_engine(struct sgd *s, struct engine *g);
struct sgd_slot *sgd_slots(struct sgd *s, size_t *n); /* in adding order */

/* Do one step with the present gradients, in the threads of pool (NULL = the
 * calling thread); the result is the same for any number of threads. */
void sgd_step(struct sgd *s, struct pool *pool, double lr);

/* Do a step in two parts: sgd_begin sets its learning rate before the gradients
 * are computed, and sgd_end does the updates that no engine has done. */
void sgd_begin(struct sgd *s, double lr);
void sgd_end(struct sgd *s, struct pool *pool);

#endif
