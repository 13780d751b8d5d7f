/* SPDX-License-Identifier: MIT */
#include "libcommon/base/base64.h"

#include <stdint.h>
#include <string.h>

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static inline void put_three(char *o, const unsigned char *p)
{
    uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

    o[0] = letters[v >> 18];
    o[1] = letters[v >> 12 & 63];
    o[2] = letters[v >> 6 & 63];
    o[3] = letters[v & 63];
}

void base64_encode(struct buf *out, const void *data, size_t n)
{
    const unsigned char *p = data;
    char *o;

    buf_reserve(out, (n + 2) / 3 * 4);
    o = out->data + out->len;
    for (; n >= 3; n -= 3, p += 3, o += 4)
        put_three(o, p);
    if (n) {
        put_three(o, (unsigned char[]){p[0], n > 1 ? p[1] : 0, 0});
        memset(o + 1 + n, '=', 3 - n);
        o += 4;
    }
    *o = '\0';
    out->len = (size_t)(o - out->data);
}

/* Write what text stands for to *o and set *o to its end.  Returns false when
 * text is no base64. */
static bool decode(char **o, const char *text, size_t n, size_t pad)
{
    signed char value[256];
    char *p = *o;

    memset(value, -1, sizeof value);
    for (int i = 0; i < 64; i++)
        value[(unsigned char)letters[i]] = (signed char)i;
    for (size_t i = 0; i < n; i += 4) {
        size_t real = i + 4 == n ? 4 - pad : 4;
        uint32_t v = 0;

        for (size_t k = 0; k < 4; k++) {
            int d = k < real ? value[(unsigned char)text[i + k]] : 0;

            if (d < 0)
                return false;
            v = v << 6 | (uint32_t)d;
        }
        if (real < 4 && v & (real == 3 ? 0xff : 0xffff))
            return false;
        *p++ = (char)(v >> 16);
        if (real > 2)
            *p++ = (char)(v >> 8);
        if (real > 3)
            *p++ = (char)v;
    }
    *o = p;
    return true;
}

bool base64_decode(struct buf *out, const char *text, size_t n)
{
    size_t pad = n > 1 && text[n - 1] == '=' ? 1 + (text[n - 2] == '=') : 0;
    bool fine = n % 4 == 0;
    char *o;

    buf_reserve(out, n / 4 * 3);
    o = out->data + out->len;
    if (fine && (fine = decode(&o, text, n, pad)))
        out->len = (size_t)(o - out->data);
    out->data[out->len] = '\0'; /* failed or not, *out ends in one */
    return fine;
}
