/* SPDX-License-Identifier: MIT
 * argmax(v, n) is the index of the largest of v[0..n), n >= 1, and of the first
 * of equal ones; v points to floats or doubles.  The argmax of logits is the
 * predicted class. */
#ifndef BASE_ARGMAX_H
#define BASE_ARGMAX_H

#include <stddef.h>

#define ARGMAX_OF(type)                                         \
    static inline size_t argmax_##type(const type *v, size_t n) \
    {                                                           \
        size_t best = 0;                                        \
                                                                \
        for (size_t i = 1; i < n; i++)                          \
            if (v[i] > v[best])                                 \
                best = i;                                       \
        return best;                                            \
    }
ARGMAX_OF(float)
ARGMAX_OF(double)

#define argmax(v, n) \
    _Generic((v), const float *: argmax_float, float *: argmax_float, \
             const double *: argmax_double, double *: argmax_double)(v, n)

#endif
