/* SPDX-License-Identifier: MIT */
#include "libcommon/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/utf8.h"

void buf_reserve(struct buf *b, size_t more)
{
    size_t need;

    if (more > SIZE_MAX / 2 - b->len - 1)
        mem_exhausted(more);
    need = b->len + more + 1;
    if (need <= b->cap)
        return;
    if (need < 2 * b->cap)
        need = 2 * b->cap;
    b->data = xreallocarray(b->data, need, 1);
    b->cap = need;
    b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t n)
{
    buf_reserve(b, n);
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    BUG_IF(n < 0);
    buf_reserve(b, (size_t)n);
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
}

void buf_mask(struct buf *b, size_t from)
{
    if (from >= b->len)
        return;
    utf8_mask(b->data + from);
    b->len = from + strlen(b->data + from);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){0};
}
