/* SPDX-License-Identifier: MIT
 * Allocation that cannot fail: when memory runs out, or a product of sizes
 * overflows, the process prints an error and exits with status 4.  The caller
 * checks a size that comes from input against a limit first. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

#include "libcommon/base/attr.h"

void *xmalloc(size_t size);                                   /* owned (free) */
void *xcalloc(size_t count, size_t size);                     /* owned (free) */
void *xreallocarray(void *p, size_t count, size_t size);      /* owned (free) */
char *xstrdup(const char *s);                                 /* owned (free) */
char *xasprintf(const char *fmt, ...) PRINTF(1, 2);           /* owned (free) */
char *xvasprintf(const char *fmt, va_list args) PRINTF(1, 0); /* likewise */
void *xmemdup(const void *p, size_t size);                    /* owned (free) */

/* Returns zeroed memory on a 64-byte boundary, for vector kernels; the size is
 * rounded up to whole cache lines.  Owned (free). */
void *xaligned(size_t count, size_t size);

NORETURN void mem_exhausted(size_t size);

/* Make room for one more element of a growing array: cap is doubled when the
 * array is full. */
#define GROW(array, count, cap)                                       \
    do {                                                              \
        if ((count) == (cap)) {                                       \
            (cap) = (cap) ? 2 * (cap) : 16;                           \
            (array) = xreallocarray((array), (cap), sizeof *(array)); \
        }                                                             \
    } while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

#endif
