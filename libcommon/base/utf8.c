/* SPDX-License-Identifier: MIT */
#include "libcommon/base/utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_length(const char *text, size_t n)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    size_t len = *s < 0x80   ? 1
                 : *s < 0xc0 ? 0
                 : *s < 0xe0 ? 2
                 : *s < 0xf0 ? 3
                 : *s < 0xf8 ? 4
                             : 0;
    uint32_t code;

    if (!len || len > n)
        return 0;
    code = len == 1 ? *s : *s & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff || (code >> 11) == 0x1b)
        return 0;
    return len;
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
