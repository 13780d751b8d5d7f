/* SPDX-License-Identifier: MIT
 * Parameters that several nets share: named tensors with a gradient each, as a
 * supernet has them.  Engines take their dense parameters out and add their
 * gradients in through bindings (bind.h); an optimiser steps the bank's arrays
 * (sgd_add_bank). */
#ifndef NN_REAL_BANK_H
#define NN_REAL_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/values.h"
#include "libcommon/nn/real/optimiser.h"
#include "libcommon/nn/real/real.h"

#define bank            REAL_NAME(bank)
#define bank_tensor     REAL_NAME(bank_tensor)
#define bank_new        REAL_NAME(bank_new)
#define bank_free       REAL_NAME(bank_free)
#define bank_add        REAL_NAME(bank_add)
#define bank_find       REAL_NAME(bank_find)
#define bank_all        REAL_NAME(bank_all)
#define bank_zero_grad  REAL_NAME(bank_zero_grad)
#define sgd_add_bank    REAL_NAME(sgd_add_bank)

struct bank;

struct bank_tensor {
    char *name;
    int ndim;
    int64_t shape[TENSOR_MAX_DIMS];
    size_t n;
    real *value;            /* (n) in that shape, zero at first */
    real *grad;             /* the same; NULL for statistics */
    bool stat;
    bool decay;             /* weight decay applies */
};

struct bank *bank_new(void);                            /* owned (bank_free) */
void bank_free(struct bank *b);                         /* accepts NULL */

/* A new tensor, borrowed until bank_free; NULL if the name is taken. */
struct bank_tensor *bank_add(struct bank *b, const char *name, int ndim,
                             const int64_t *shape, bool stat, bool decay);
struct bank_tensor *bank_find(const struct bank *b, const char *name);

/* All of them, in the order they were added: borrowed until the next add. */
struct bank_tensor *const *bank_all(const struct bank *b, size_t *n);

void bank_zero_grad(struct bank *b);

/* Every tensor of the bank that has a gradient (optimiser.h). */
void sgd_add_bank(struct sgd *s, struct bank *b);

#endif
