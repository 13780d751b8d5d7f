/* SPDX-License-Identifier: MIT
 * Inside of the engine: values as their readers see them.
 *
 * A node that computes stores y, the result of its op.  Batch norm, bias,
 * activation and the factor of squeeze-and-excite are pending: a value is
 * stored numbers and the epilogue (kern.h) that is still to be applied.  A
 * reader loads a value chunk by chunk, so that the chunk is in cache for its
 * own kernel:
 *
 * Example (const struct engine_pass *p, int from, size_t chunks, size_t rows,
 *          real *scratch):
 *     struct value v = value_of(p, from);
 *
 *     for (size_t i = 0; i < chunks; i++) {
 *         const real *x = value_load(p, &v, i * rows, (i + 1) * rows, scratch);
 *         // the kernel reads x (rows, v.c)
 *     }
 *
 * A value with an epilogue and several readers is materialised: the first
 * reader's loads also store it (value.store), and run.c then marks it ready for
 * the others.
 *
 * Rows count pixels of the batch in the geometry of the stored numbers.
 * Nothing here can fail. */
#ifndef NN_ENGINE_VALUE_H
#define NN_ENGINE_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/real.h"

struct engine_pass;

struct value {
    const real *data;         /* (n * rows, c) */
    struct epilogue epilogue; /* its mul is not used: */
    const real *mul;          /* (n, c), a factor per image, or NULL */
    size_t rows, c;           /* per image, of data */
    bool plain;               /* nothing is pending */
    real *store;              /* where loading also stores it, or NULL */
};

/* Returns the value of a node, or of the image (NET_IMAGE).  Its `store` is set
 * if the value is to be materialised and has not been yet. */
struct value value_of(const struct engine_pass *p, int from);

/* Returns rows [first, last) with their epilogue applied, borrowed from the
 * stored numbers themselves, from v->store or from scratch, which has room for
 * them.  With factors per image, first and last are multiples of v->rows. */
const real *value_load(const struct engine_pass *p, const struct value *v,
                       size_t first, size_t last, real *scratch);

/* Computes the mean (c) of one image's rows with their epilogue applied.
 * scratch has room for the image. */
void value_mean(const struct engine_pass *p, const struct value *v,
                size_t image, real *scratch, real *mean);

/* Makes rows [first, last), which will be loaded next, the worker's urgent
 * prefetch. */
void value_prefetch(const struct engine_pass *p, const struct value *v,
                    int worker, size_t first, size_t last);

#endif
