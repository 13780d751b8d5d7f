/* SPDX-License-Identifier: MIT
 * A trained stream becomes a trace stream: each network in turn is built, given
 * its weights and run on the split, and its trace is written. */
#ifndef RUNNING_H
#define RUNNING_H

#include "formats/networks.h"
#include "libcommon/base/progress.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/run/policies.h"

struct run_job {
    const struct dataset *data; /* holds the split */
    int split;                  /* enum split_id */
    size_t batch;
    int threads;
    struct policies *policies; /* NULL: run whole */
    size_t repeat;             /* times through the split */
    bool baseline;             /* with policies: time the nets without
                                         * early exits, too */
    struct progress *progress;
};

/* Reads r to its end.  Networks that failed in training are passed over with
 * a warning. */
int run_stream(struct reader *r, struct writer *w, const struct run_job *job,
               struct err *e) MUST_CHECK;

#endif
