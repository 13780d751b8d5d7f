/* SPDX-License-Identifier: MIT */
#include "libcommon/base/json.h"

#include "libcommon/base/utf8.h"

void json_string(struct buf *out, const char *s, size_t n)
{
    uint32_t code;

    buf_adds(out, "\"");
    for (size_t i = 0, len; i < n; i += len) {
        len = utf8_next(s + i, n - i, &code);
        if (utf8_safe(code) && (s[i] == '"' || s[i] == '\\'))
            buf_addf(out, "\\%c", s[i]);
        else if (utf8_safe(code))
            buf_add(out, s + i, len);
        else
            buf_addf(out, "\\u%04x", code == UTF8_BAD ? 0xfffdu : code);
    }
    buf_adds(out, "\"");
}
