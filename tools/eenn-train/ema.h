/* SPDX-License-Identifier: MIT
 * The exponential moving average of an engine's weights over the steps of a stage
 * of training (--ema).  After step t, which counts from 0, it becomes
 *     average += (1 - d) (weights - average),   d = min(decay, (1 + t) / (10 + t)),
 * so that early on, where the weights move fast, the average is over about the
 * last tenth of the steps so far, and a short run is not spoilt by the weights that
 * it began with.  Running statistics are averaged alike: on CIFAR-10 statistics that
 * were computed anew for each validation, for a sixth more time, gave the same
 * losses from the fifth epoch on.
 *
 * Example (struct engine *g, uint64_t steps, void (*train)(struct engine *g)):
 *     float *average = ema_new(g);
 *
 *     for (uint64_t step = 0; step < steps; step++) {
 *         train(g);               // gradients and update
 *         ema_step(average, g, 0.999, step);
 *     }
 *     ema_swap(average, g);       // the engine has the average now
 *     ema_swap(average, g);       // and goes on with its own weights
 *     free(average);
 */
#ifndef TRAIN_EMA_H
#define TRAIN_EMA_H

#include <stdint.h>
#include <stdlib.h>

#include "libcommon/nn/engine/engine.h"

/* Return the average of an engine that has not made a step: a copy of its weights
 * (params_total), owned (free). */
float *ema_new(struct engine *g);

/* Take the engine's weights after a step into the average. */
void ema_step(float *average, struct engine *g, double decay, uint64_t step);

/* Exchange the engine's weights and the average. */
void ema_swap(float *average, struct engine *g);

#endif
