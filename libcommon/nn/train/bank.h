/* SPDX-License-Identifier: MIT
 * Parameters that several nets share, with a gradient each, as a supernet has
 * them.  Engines take their dense parameters out and add their gradients in
 * through bindings (bind.h); an optimiser steps the bank's arrays
 * (sgd_add_bank).  A tensor is known by its name and by whether it is a
 * statistic or a parameter.  (A stream's weights, which have no gradients, are
 * a struct tensors: nn/graph/tensors.h.) */
#ifndef NN_TRAIN_BANK_H
#define NN_TRAIN_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/values.h"
#include "libcommon/nn/graph/tensors.h"
#include "libcommon/nn/kern/real.h"
#include "libcommon/nn/train/optimiser.h"

struct bank;

struct bank_tensor {
    char *name;
    int ndim;
    int64_t shape[TENSOR_MAX_DIMS];
    size_t n;
    real *value;            /* (n) in that shape, zero at first */
    real *grad;             /* the same; NULL = not trained */
    bool stat;
    bool decay;             /* weight decay applies */
    bool lent;              /* value is not the bank's (bank_lend) */
};

struct bank *bank_new(void);                            /* owned (bank_free) */
void bank_free(struct bank *b);                         /* accepts NULL */

/* A new tensor, borrowed until bank_free; NULL if it is there already.
 * Statistics have no gradient. */
struct bank_tensor *bank_add(struct bank *b, const char *name, int ndim,
                             const int64_t *shape, bool stat, bool decay);

/* The same for a tensor that is given, not trained: it has no gradient, and its
 * values are those of `from`, which must outlive the bank and are not to be
 * written (in double precision they are a copy).  The role of `from` must not
 * be ROLE_MOMENTUM. */
struct bank_tensor *bank_lend(struct bank *b, const struct named_tensor *from);

/* NULL = there is none. */
struct bank_tensor *bank_find(const struct bank *b, const char *name,
                              bool stat);

/* All of them, in the order they were added: borrowed until the next add. */
struct bank_tensor *const *bank_all(const struct bank *b, size_t *n);

void bank_zero_grad(struct bank *b);

/* Every tensor of the bank that has a gradient (optimiser.h). */
void sgd_add_bank(struct sgd *s, struct bank *b);

#endif
