/* SPDX-License-Identifier: MIT
 * Picture files become answers: a batch at a time, pictures are decoded and
 * brought to the size of the network's images, run, and answered in the order of
 * the list.  What is held is a batch, and for each thread one decoded picture. */
#ifndef PREDICTING_H
#define PREDICTING_H

#include "libcommon/base/progress.h"
#include "libcommon/io/output.h"
#include "libcommon/nn/run/network.h"
#include "libcommon/nn/run/policies.h"
#include "tools/eenn-predict/answers.h"
#include "tools/eenn-predict/picturelist.h"

struct predict_job {
    const struct network *network;
    const struct input_spec *input; /* the images it takes */
    const struct strs *classes;     /* their names */
    const struct policy *policy;    /* NULL: all run to the final exit */
    const struct picturelist *pictures;
    enum answer_format format;
    size_t top;   /* classes of each answer, at most */
    size_t batch; /* pictures that are run together */
    int threads;
    struct progress *progress; /* of pictures */
};

struct predict_outcome {
    size_t answered;
    int code;      /* ERR_SYS when one of them could not be read, else
                             * ERR_FORMAT, or 0 */
    size_t scaled; /* pictures of another size than the images, of a
                             * network that was trained on pictures as they
                             * are */
};

/* Write an answer for each picture to `out`, and an error line (base/log.h) for
 * each that has none.  ERR_FORMAT for images of neither 1 nor 3 channels, and
 * where the network cannot be run (network_engine); ERR_SYS when `out` cannot be
 * written. */
int predict(const struct predict_job *job, struct output *out,
            struct predict_outcome *outcome, struct err *e) MUST_CHECK;

#endif
