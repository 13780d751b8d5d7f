/* SPDX-License-Identifier: MIT
 * Comparisons for qsort(3): arrays come out in ascending order. */
#ifndef BASE_ORDER_H
#define BASE_ORDER_H

#include <stdint.h>
#include <string.h>

/* Compares two uint32_t. */
static inline int order_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Compares two char * by the bytes of their strings. */
static inline int order_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

#endif
