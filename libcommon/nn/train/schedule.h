/* SPDX-License-Identifier: MIT
 * A schedule gives the learning rate as a function of the step alone. */
#ifndef NN_TRAIN_SCHEDULE_H
#define NN_TRAIN_SCHEDULE_H

#include <stdint.h>

enum schedule_kind { SCHEDULE_CONSTANT, SCHEDULE_COSINE, SCHEDULE_STEP };
extern const char *const schedule_names[]; /* "constant" "cosine" "step" */

/* Zeroed members mean a constant rate and no warm-up. */
struct schedule {
    int kind;        /* enum schedule_kind */
    double lr;       /* the full rate */
    uint64_t steps;  /* of the whole run, warm-up included */
    uint64_t warmup; /* steps: the rate rises linearly from
                                 * warmup_lr to lr */
    double warmup_lr;
    uint64_t every; /* SCHEDULE_STEP: steps after which the rate is
                                 * multiplied by gamma, again and again */
    double gamma;
};

/* Returns the steps of a warm-up of so many epochs, to the nearest. */
uint64_t schedule_warmup(double epochs, uint64_t steps_per_epoch);

/* Returns the rate of a step, counted from 0.  A cosine falls from lr to 0 over
 * the T steps after the warm-up: lr / 2 (1 + cos(pi t / T)) (D18). */
double schedule_lr(const struct schedule *s, uint64_t step);

#endif
