/* SPDX-License-Identifier: MIT
 * A trained network runs on a split: whole, every exit for every sample, or
 * really stopping, each sample up to the exit where it leaves (stopping.h).
 * Times are those of the network alone, without the making of its batches; where
 * they are wanted, they are taken after a warm-up. */
#ifndef NN_RUN_INFERENCE_H
#define NN_RUN_INFERENCE_H

#include <stdbool.h>

#include "libcommon/base/progress.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/exits/halting.h"

struct inference_job {
    const struct net *net;
    struct engine *engine; /* with the net's weights; takes `batch`
                                         * images or more */
    const struct input_spec *input;
    const struct split *split;
    size_t batch;
    const struct halt_rule *rule; /* NULL: whole */
    const double *thresholds;     /* (exits - 1) */
    const double *temperatures;   /* (exits), NULL: all 1 */
    bool scored;                  /* stopping: keep the score of each sample */
    bool timed;                   /* run some images for nothing first */
    size_t repeat;                /* passes through the split, of which
                                         * the fastest counts; 0 = one */
    bool baseline;                /* stopping: time every batch through
                                         * backbone and final head, too */
    size_t fit;                   /* stopping: reals of a layer's values
                                         * that the cache holds; 0 = the
                                         * default */
    struct progress *progress;
};

struct inference {
    size_t samples, exits, classes;
    float **logits;       /* whole: (exits) each (samples, classes); stopping:
                             * one, where each sample left */
    float **confidence;   /* whole: (exits) each (samples), NULL where the
                             * head has no unit; stopping: NULL */
    unsigned char *taken; /* stopping: (samples) exit, else NULL */
    double *score;        /* scored: (samples) what the halting rule gave at
                             * the exit taken, the final one too, where a
                             * confidence unit counts as 1; else NULL */
    double seconds[NET_MAX_EXITS]; /* in the layers behind the exit before, up
                                     * to each exit; whole: all in the last */
    /* stopping: */
    uint64_t came[NET_MAX_EXITS];  /* samples that the layers up to that exit
                                     * were run for */
    uint64_t runs[NET_MAX_EXITS];  /* batches that they came in */
    uint64_t heads[NET_MAX_EXITS]; /* samples that its head was run for */
    uint64_t left[NET_MAX_EXITS];  /* samples that left there */
    double baseline_seconds;       /* job->baseline: backbone, final head */
    double *latency;               /* one by one: (samples) seconds of each,
                                     * else NULL */
};

/* Run the job and fill *x, owned (inference_fini). */
void infer(const struct inference_job *job, struct inference *x);
void inference_fini(struct inference *x);

#endif
