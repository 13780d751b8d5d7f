/* SPDX-License-Identifier: MIT */
#include "tools/net-import/refusals.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define LINE_MAX_BYTES 900 /* of a message, less than struct err holds */

#define KEPT 1000

struct refusal {
    char *what, *why;
    bool named;
};

int refuse(struct refusals *r, const char *what, const char *fmt, ...)
{
    char why[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (r->n == KEPT) {
        r->more++;
        return ERR_FORMAT;
    }
    GROW(r->v, r->n, r->cap);
    r->v[r->n++] = (struct refusal){xasprintf("%.120s", what), xstrdup(why),
                                    false};
    return ERR_FORMAT;
}

int refusals_report(const struct refusals *r, struct err *e)
{
    struct buf line = {0};
    size_t left = r->n + r->more;

    if (!r->n)
        return 0;
    for (size_t i = 0; i < r->n; i++)
        log_info("%s: %s", r->v[i].what, r->v[i].why);
    for (size_t i = 0; i < r->n; i++) {
        if (r->v[i].named || line.len > LINE_MAX_BYTES)
            continue;
        /* Those with the same reason share it. */
        buf_addf(&line, "%s%s", line.len ? "; " : "", r->v[i].what);
        for (size_t k = i; k < r->n; k++)
            if (strcmp(r->v[k].why, r->v[i].why) == 0) {
                if (k > i && line.len > LINE_MAX_BYTES)
                    continue;
                if (k > i)
                    buf_addf(&line, ", %s", r->v[k].what);
                r->v[k].named = true;
                left--;
            }
        buf_addf(&line, ": %s", r->v[i].why);
    }
    if (left)
        err_set(e, ERR_FORMAT, "%.*s ..., and %zu more (-v names all)",
                LINE_MAX_BYTES - 100, line.data, left);
    else
        err_set(e, ERR_FORMAT, "%s", line.data);
    buf_free(&line);
    return e->code;
}

void refusals_free(struct refusals *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->v[i].what);
        free(r->v[i].why);
    }
    free(r->v);
    *r = (struct refusals){0};
}
