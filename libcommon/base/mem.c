/* SPDX-License-Identifier: MIT */
#include "libcommon/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"

void mem_exhausted(size_t size)
{
    log_error("out of memory (%zu bytes asked)", size);
    exit(4);
}

static size_t product(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        mem_exhausted(SIZE_MAX);
    return count * size;
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (!p)
        mem_exhausted(size);
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    void *p = calloc(1, bytes ? bytes : 1);

    if (!p)
        mem_exhausted(bytes);
    return p;
}

void *xreallocarray(void *old, size_t count, size_t size)
{
    size_t bytes = product(count, size);
    void *p = realloc(old, bytes ? bytes : 1);

    if (!p)
        mem_exhausted(bytes);
    return p;
}

void *xmemdup(const void *old, size_t size)
{
    void *p = xmalloc(size);

    if (size)
        memcpy(p, old, size);
    return p;
}

char *xstrdup(const char *s)
{
    return xmemdup(s, strlen(s) + 1);
}

char *xvasprintf(const char *fmt, va_list args)
{
    va_list again;
    int n;
    char *s;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    BUG_IF(n < 0);
    s = xmalloc((size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, args);
    return s;
}

char *xasprintf(const char *fmt, ...)
{
    va_list args;
    char *s;

    va_start(args, fmt);
    s = xvasprintf(fmt, args);
    va_end(args);
    return s;
}

void *xaligned(size_t count, size_t size)
{
    size_t bytes = product(count, size);
    void *p;

    if (bytes > SIZE_MAX - 64)
        mem_exhausted(bytes);
    bytes = (bytes + 63) / 64 * 64;
    if (posix_memalign(&p, 64, bytes ? bytes : 64))
        mem_exhausted(bytes);
    memset(p, 0, bytes ? bytes : 64);
    return p;
}
