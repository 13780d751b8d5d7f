/* SPDX-License-Identifier: MIT */
#include "libcommon/base/utf8.h"

#include <string.h>

#include "libcommon/base/mem.h"

/* Returns the length of the sequence and sets *code, or returns 0. */
static size_t decode(const char *text, size_t n, uint32_t *code)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    size_t len = *s < 0x80   ? 1
                 : *s < 0xc0 ? 0
                 : *s < 0xe0 ? 2
                 : *s < 0xf0 ? 3
                 : *s < 0xf8 ? 4
                             : 0;

    if (!len || len > n)
        return 0;
    *code = len == 1 ? *s : *s & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3f);
    }
    if (*code < least[len] || *code > 0x10ffff || (*code >> 11) == 0x1b)
        return 0;
    return len;
}

size_t utf8_length(const char *s, size_t n)
{
    uint32_t code;

    return decode(s, n, &code);
}

bool utf8_printable(const char *s)
{
    size_t n = strlen(s), len;

    for (size_t i = 0; i < n; i += len)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f ||
            !(len = utf8_length(s + i, n - i)))
            return false;
    return true;
}

size_t utf8_next(const char *s, size_t n, uint32_t *code)
{
    size_t len = decode(s, n, code);

    if (!len)
        *code = *s ? UTF8_BAD : 0;
    return len ? len : 1;
}

bool utf8_safe(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } unsafe[] = {
        {0, 0x1f},        {0x7f, 0x9f},         {0x61c, 0x61c},
        {0x200e, 0x200f}, {0x2028, 0x202e},     {0x2066, 0x2069},
        {0xfeff, 0xfeff}, {UTF8_BAD, UTF8_BAD},
    };

    for (size_t i = 0; i < ARRAY_LEN(unsafe); i++)
        if (code >= unsafe[i].first && code <= unsafe[i].last)
            return false;
    return true;
}

void utf8_mask(char *s)
{
    size_t n = strlen(s), kept = 0, len;
    uint32_t code;

    for (size_t i = 0; i < n; i += len) {
        len = utf8_next(s + i, n - i, &code);
        if (utf8_safe(code)) {
            memmove(s + kept, s + i, len);
            kept += len;
        } else {
            s[kept++] = '?';
        }
    }
    s[kept] = '\0';
}

size_t utf8_width(const char *s)
{
    size_t n = 0;

    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}
