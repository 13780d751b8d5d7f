/* SPDX-License-Identifier: MIT
 * A supernet is measured at the end of a phase: its smallest, its largest and
 * some random sub-networks are evaluated on the validation split, once with
 * re-calibrated batch-norm statistics and once with the supernet's own.  After a
 * phase with heads they have early exits. */
#ifndef MEASURE_H
#define MEASURE_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/train/weights.h"
#include "tools/ofa-train/phases.h"
#include "tools/ofa-train/supernet.h"

struct measure_job {
    const struct supernet *supernet;
    const struct phases *phases;
    const struct shrink_phase *phase;
    const struct dataset *data; /* train and val */
    struct engine_opts engine;
    uint64_t calibrate; /* images to re-calibrate on */
    uint64_t random;    /* number of random sub-networks */
    uint64_t seed;      /* of their choice: phases that allow the
                                     * same sizes measure the same ones */
    void (*done)(void *ctx, const struct subnet *row);
    void *ctx;
};

/* Measure the sub-networks of m->phase and call m->done with each row, which it
 * borrows until it returns.  A phase that trains a single network has one row.
 * Returns 0 or ERR_*. */
int measure_phase(const struct measure_job *m, struct err *e) MUST_CHECK;

#endif
