/* SPDX-License-Identifier: MIT
 * A trained stream in, a trace stream out: each network in turn is built, given
 * its weights, run on the split and written down. */
#ifndef RUNNING_H
#define RUNNING_H

#include "formats/io.h"
#include "libcommon/base/progress.h"
#include "libcommon/nn/data/dataset.h"
#include "tools/eenn-run/policies.h"

struct run_job {
    const struct dataset *data;     /* holds the split */
    int split;                      /* enum split_id */
    size_t batch;
    int threads;
    const struct policies *policies;    /* NULL: run whole */
    size_t repeat;                      /* times through the split */
    bool baseline;                      /* with policies: time the nets without
                                         * early exits, too */
    struct progress *progress;
};

/* Reads r to its end.  Networks that failed in training are passed over with
 * a warning. */
int run_stream(struct reader *r, struct writer *w, const struct run_job *job,
               struct err *e) MUST_CHECK;

#endif
