/* SPDX-License-Identifier: MIT
 * From networks' traces to results, one network at a time. */
#ifndef TUNING_H
#define TUNING_H

#include "formats/io.h"
#include "libcommon/base/notes.h"
#include "libcommon/nn/policy/guarantee.h"
#include "libcommon/search/limits.h"

struct tuning_opts {
    struct tune_opts tune;
    struct limits limits; /* all there are: the two of tune.bounds, which
                           * thresholds can meet, and those that are judged */
    unsigned rules;       /* 1 << HALT_..: those to try */
    bool temperatures;    /* fit one per exit; else all are 1 */
    /* Results per network, each under its own limit on the cost, which has no
     * bound in `limits` then; 0 = one result, under tune.bounds. */
    uint64_t curve;
    /* Limits to be certified, n > 0: then one half of the samples, drawn by the
     * seed, chooses temperatures and a sequence of policies, and the other tests
     * them.  The metrics of the result are those of the second half. */
    struct guarantee_opts guarantee;
    uint64_t seed;
    /* The answers of the final exit are right, and labels are not looked at:
     * tune.bounds.min_accuracy is about them. */
    bool by_final;
    const struct origin *origin; /* of the results; NULL = the networks' own */
};

/* What is to be said once all results are written; zeroed at first, the notes are
 * owned (notes_free). */
struct tuning_outcome {
    uint64_t networks;
    uint64_t unmet;     /* of them: a limit is broken, or the training failed */
    struct notes notes; /* which limits a result breaks, and what it has; a
                         * policy that costs more than the final exit alone */
};

/* Read a trained or trace stream to its end; for each network with a trace
 * write the result that tune_thresholds finds, for each failed one a failed
 * result.  With how->curve a network has several results: their limits on the
 * cost are spread evenly from the cost of the cheapest policy to that of the
 * final exit alone, in whole MACs.  Rules that need a confidence unit are left
 * out where an exit has none; ERR_FORMAT when none is left, when an exact search
 * was asked for and is too much work, or when a network lacks a figure that is
 * limited.  Only one network's table is in memory at a time, and tensors are
 * skipped undecoded. */
int tuning_run(struct reader *r, struct writer *w,
               const struct tuning_opts *how, struct tuning_outcome *outcome,
               struct err *e) MUST_CHECK;

#endif
