/* SPDX-License-Identifier: MIT */
#include "libcommon/io/textfile.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PIECE 65536

int text_read(const char *path, size_t most, struct buf *to, struct err *e)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *f = is_stdin ? stdin : fopen(path, "r");
    size_t n, first = to->len;
    int rc = 0;

    if (!f)
        return err_sys(e, "cannot open %s", path);
    do {
        buf_reserve(to, PIECE);
        n = fread(to->data + to->len, 1, PIECE, f);
        to->len += n;
    } while (n && to->len - first <= most);
    to->data[to->len] = '\0';
    if (ferror(f))
        rc = err_sys(e, "cannot read %s", is_stdin ? "stdin" : path);
    else if (to->len - first > most)
        rc = err_set(e, ERR_FORMAT, "%s: more than %zu bytes of text",
                     is_stdin ? "stdin" : path, most);
    if (!is_stdin)
        fclose(f);
    return rc;
}
