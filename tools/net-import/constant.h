/* SPDX-License-Identifier: MIT
 * Constants of an ONNX model: initialisers, attributes and what folding makes of
 * them.  Numbers are kept as float or int64, whatever the file had: a double
 * becomes a float, a bool or an int32 an int64.  Rank 0 is a single number. */
#ifndef NET_IMPORT_CONSTANT_H
#define NET_IMPORT_CONSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"

#define CONSTANT_MAX_RANK 8
#define CONSTANT_MAX_COUNT ((int64_t)1 << 28) /* numbers of one constant */

struct constant {
    bool real; /* f is used, otherwise i */
    size_t rank;
    int64_t dims[CONSTANT_MAX_RANK];
    int64_t count; /* the product of dims, 1 for rank 0 */
    float *f;      /* (count) row-major, borrowed from the model's arena */
    int64_t *i;
};

/* Set *count to the product of the dims.  Returns false when one is negative,
 * there are too many of them, or the product of those that are not 0 is beyond
 * CONSTANT_MAX_COUNT, so that no product of some of them can overflow. */
bool constant_count(const int64_t *dims, size_t rank, int64_t *count);

/* Returns a constant of zeros; the dims must have passed constant_count. */
struct constant *constant_new(struct arena *a, bool real, const int64_t *dims,
                              size_t rank);

/* Return number k < count as either type. */
double constant_real(const struct constant *c, int64_t k);
int64_t constant_int(const struct constant *c, int64_t k);

/* Returns true when all numbers are finite. */
bool constant_finite(const struct constant *c);

#endif
