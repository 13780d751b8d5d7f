/* SPDX-License-Identifier: MIT
 * Inside of the losses (losses.h, which has their formulas): a batch as the terms
 * of the loss see it, and the terms. */
#ifndef NN_TRAIN_LOSS_TERMS_H
#define NN_TRAIN_LOSS_TERMS_H

#include <math.h>

#include "libcommon/nn/train/losses.h"

/* This is a batch as the terms of the loss see it. */
struct loss_batch {
    const struct engine_outputs *o;
    const int32_t *labels;
    const int32_t *others;  /* of the images mixed in, or NULL */
    const int32_t *leading; /* those of the two with the larger share */
    size_t n, exits, classes;
    double *conf;       /* (n, exits) c_i; 0 without a unit, final 1 */
    double *gate;       /* (n, exits) c_i, or the samples z_i of them */
    double *reach;      /* (n, exits) prod_{k<i} (1 - z_k) */
    double *d_conf;     /* (n, exits) d loss / d c_i */
    double *d_gate;     /* (n, exits) d loss / d z_i, without d_conf */
    double *d_logit;    /* (exits, n, classes) d loss / d f_i */
    double *factor;     /* (n) class weights over their mean: 1 without any */
    double *share;      /* (n) of the cross-entropy against labels, where there
                         * are others: by weight of the class, too */
    double *mix, *soft; /* (classes) scratch of one sample */
    double *slope;      /* (exits) scratch of one sample */
    double smoothing;
    bool gradients;
    bool independent; /* ACC_INDEPENDENT, and there are early exits */
    double *own;      /* (exits) weighted losses; NAN = left out of all */
};

/* Returns true when the exit is in none of the terms. */
static inline bool loss_left_out(const struct loss_batch *b, size_t i)
{
    return b->independent && isnan(b->own[i]);
}

/* Returns true when the exit has a confidence unit that the terms see. */
static inline bool loss_has_unit(const struct loss_batch *b, size_t i)
{
    return i + 1 < b->exits && b->o->units[i] > b->o->classes &&
           !loss_left_out(b, i);
}

/* Return the outputs of exit i for sample s, and the gradient of its logits. */
static inline const real *loss_logits(const struct loss_batch *b, size_t i,
                                      size_t s)
{
    return b->o->out[i] + s * (size_t)b->o->units[i];
}

static inline double *loss_d_logits(const struct loss_batch *b, size_t i,
                                    size_t s)
{
    return b->d_logit + (i * b->n + s) * b->classes;
}

/* A term returns its mean over the batch and adds weight times its gradient to
 * d_conf, d_gate and d_logit. */
typedef double loss_term_fn(const struct losses *l, struct loss_batch *b,
                            double weight);

struct loss_term {
    const char *name; /* in the log of an epoch */
    loss_term_fn *fn;
};
extern const struct loss_term loss_terms[LOSS_COUNT];

#endif
