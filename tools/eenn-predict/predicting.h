/* SPDX-License-Identifier: MIT
 * Files become answers: a batch at a time, they are decoded (decoding.h), run, and
 * answered in the order of the list.  What is held is a batch, and for each thread
 * one decoded file. */
#ifndef PREDICTING_H
#define PREDICTING_H

#include "libcommon/base/progress.h"
#include "libcommon/io/output.h"
#include "libcommon/nn/run/network.h"
#include "libcommon/nn/run/policies.h"
#include "tools/eenn-predict/answers.h"
#include "tools/eenn-predict/samplelist.h"

struct predict_job {
    const struct network *network;
    const struct input_spec *input; /* the items it takes */
    const struct strs *classes;     /* their names */
    const struct policy *policy;    /* NULL: all run to the final exit */
    const struct samplelist *files;
    enum answer_format format;
    size_t top;   /* classes of each answer, at most */
    size_t batch; /* files that are run together */
    int threads;
    struct progress *progress; /* of files */
};

struct predict_outcome {
    size_t answered;
    int code;       /* ERR_SYS when one of them could not be read, else
                     * ERR_FORMAT, or 0 */
    size_t changed; /* files of another size, rate or length than what the
                     * network takes, which was trained on pictures as they
                     * are, or on sounds */
};

/* Write an answer for each file to `out`, and an error line (base/log.h) for
 * each that has none.  ERR_FORMAT for images of neither 1 nor 3 channels, and
 * where the network cannot be run (network_engine); ERR_SYS when `out` cannot be
 * written. */
int predict(const struct predict_job *job, struct output *out,
            struct predict_outcome *outcome, struct err *e) MUST_CHECK;

#endif
