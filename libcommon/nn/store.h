/* SPDX-License-Identifier: MIT
 * Named tensors in memory: what a weights stream becomes, and what the
 * bindings of a net take their values from. */
#ifndef NN_STORE_H
#define NN_STORE_H

#include <stdbool.h>

#include "libcommon/nn/weights.h"

struct stored {
    char *name;
    int role;                   /* enum tensor_role */
    int ndim;
    int64_t shape[TENSOR_MAX_DIMS];
    size_t n;
    float *value;               /* (n) in that shape */
};

struct store;

struct store *store_new(void);                          /* owned (store_free) */
void store_free(struct store *s);                       /* NULL is fine */

/* Copy a tensor in; one of the same name and role must not be there yet:
 * returns false then. */
bool store_put(struct store *s, const struct named_tensor *t);

/* NULL = there is none.  Borrowed until store_free. */
const struct stored *store_find(const struct store *s, const char *name,
                                int role);

/* All of them, in the order they were put in. */
size_t store_count(const struct store *s);
const struct stored *store_at(const struct store *s, size_t i);

#endif
