/* SPDX-License-Identifier: MIT
 * A bank holds parameters that several nets share, with their gradients, as the
 * sub-networks of a supernet do.  Bindings (bind.h) copy dense parameters out
 * of it into engines and add their gradients to it; an optimiser updates its
 * arrays (sgd_add_bank).  A tensor is found by its name and by whether it is a
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
    real *value; /* (n) of that shape, zero at first */
    real *grad;  /* (n) likewise; NULL = not trained */
    bool stat;
    bool decay; /* weight decay applies */
    bool lent;  /* value is not the bank's (bank_lend) */
};

struct bank *bank_new(void);    /* owned (bank_free) */
void bank_free(struct bank *b); /* accepts NULL */

/* Add a tensor.  Returns it, borrowed until bank_free, or NULL if the bank has
 * it already.  Statistics have no gradient. */
struct bank_tensor *bank_add(struct bank *b, const char *name, int ndim,
                             const int64_t *shape, bool stat, bool decay);

/* Add a tensor that is given, not trained: it has no gradient, and its values
 * are those of `from`, which must outlive the bank and must not be written (in
 * double precision they are a copy).  The role of `from` must not be
 * ROLE_MOMENTUM.  Returns what bank_add does. */
struct bank_tensor *bank_lend(struct bank *b, const struct named_tensor *from);

/* Returns NULL when there is none. */
struct bank_tensor *bank_find(const struct bank *b, const char *name,
                              bool stat);

/* Returns all tensors in the order they were added, borrowed until the next one
 * is added. */
struct bank_tensor *const *bank_all(const struct bank *b, size_t *n);

void bank_zero_grad(struct bank *b);

/* Add every tensor of the bank that has a gradient to the optimiser. */
void sgd_add_bank(struct sgd *s, struct bank *b);

#endif
