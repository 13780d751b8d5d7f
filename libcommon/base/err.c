/* SPDX-License-Identifier: MIT */
#include "libcommon/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/base/utf8.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
    va_list ap;

    e->code = code;
    va_start(ap, fmt);
    vsnprintf(e->text, sizeof e->text, fmt, ap);
    va_end(ap);
    utf8_mask(e->text);
    return code;
}

int err_sys(struct err *e, const char *fmt, ...)
{
    int number = errno;
    char what[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return err_set(e, ERR_SYS, "%s: %s", what, strerror(number));
}

int err_prefix(struct err *e, const char *fmt, ...)
{
    char context[300], old[sizeof e->text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(context, sizeof context, fmt, ap);
    va_end(ap);
    memcpy(old, e->text, sizeof old);
    return err_set(e, e->code, "%s: %.690s", context, old);
}

int err_suffix(struct err *e, const char *fmt, ...)
{
    char more[300], old[sizeof e->text];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(more, sizeof more, fmt, ap);
    va_end(ap);
    memcpy(old, e->text, sizeof old);
    return err_set(e, e->code, "%.690s%s", old, more);
}
