/* SPDX-License-Identifier: MIT
 * The network while it is being imported: a list of steps, each of which becomes
 * a layer or melts into one.  Operators of ONNX append steps one by one and never
 * look ahead; what belongs together, such as a convolution, its bias, its batch
 * norm and its activation, is joined when all of them are there (stepjoin.h).
 *
 * Maps are (h, w, c), weights in the layouts of nn/graph/net.h.  All memory comes
 * from the arena of the steps. */
#ifndef NET_IMPORT_STEPS_H
#define NET_IMPORT_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/nn/graph/act.h"

enum step_kind {
    STEP_IMAGE, /* step 0: what the network is fed with */
    STEP_CONV,
    STEP_DEPTHWISE,
    STEP_LINEAR,
    STEP_NORM, /* gamma (x - mean) / sqrt(var + NORM_EPSILON) + beta */
    STEP_ACT,
    STEP_MAXPOOL,
    STEP_AVGPOOL,
    STEP_GLOBALPOOL,
    STEP_ADD,
    STEP_MUL, /* by a map of the same shape or of one pixel */
    STEP_FLATTEN,
    STEP_WIDEN,
    STEP_CONCAT,
    STEP_KINDS
};

/* Batch norm, or any factor and term per channel. */
struct step_norm {
    float *gamma, *beta, *mean, *var; /* (c); NULL = none */
    bool affine; /* no batch norm of the model, but constants that it adds or
                  * multiplies by */
};

struct step {
    enum step_kind kind;
    const char *name;
    size_t *from; /* (n_from) earlier steps */
    size_t n_from;
    int64_t out[3];
    int64_t kernel[2], stride[2];
    int64_t pad[4];       /* top, bottom, left, right */
    int act;              /* enum net_act */
    float *weight, *bias; /* NULL = none */
    struct step_norm norm;

    /* Set by stepjoin.h. */
    size_t readers;
    bool live;
};

struct steps {
    struct arena arena;
    struct step *v; /* moves when a step is added */
    size_t n, cap;
    size_t used; /* bytes of steps_array, so that somebody can put an end to it:
                  * many nodes may share weights that the file has once */
};

/* Start with the image as step 0; *s is zeroed before, but for its arena. */
void steps_init(struct steps *s, int64_t h, int64_t w, int64_t c);
void steps_free(struct steps *s);

/* Returns an array of zeros from the arena. */
void *steps_array(struct steps *s, size_t n, size_t size);

/* Append a step that reads `from`, of which a copy is kept; name and arrays of
 * the step are borrowed.  The output's shape is that of the first input, changed as
 * the kind of step does by itself; `cout` is the number of channels of those that
 * choose it, else 0.  Returns its number. */
size_t steps_add(struct steps *s, struct step step, const size_t *from,
                 size_t n_from, int64_t cout);

/* Append x -> scale x + shift, channel by channel (arrays of c) or the same for
 * all where `uniform`. */
size_t steps_affine(struct steps *s, const char *name, size_t from,
                    const double *scale, const double *shift, bool uniform);

/* Set the arrays of a norm to gamma ... with an epsilon of the model's own.
 * Returns false when a variance is not usable. */
bool step_norm_set(struct steps *s, struct step_norm *norm, int64_t c,
                   const float *gamma, const float *beta, const float *mean,
                   const float *var, double epsilon);

#endif
