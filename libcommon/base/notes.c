/* SPDX-License-Identifier: MIT */
#include "libcommon/base/notes.h"

#include <stdarg.h>
#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

void notes_add(struct notes *t, const char *fmt, ...)
{
    va_list args;

    GROW(t->v, t->n, t->cap);
    va_start(args, fmt);
    t->v[t->n++] = xvasprintf(fmt, args);
    va_end(args);
}

void notes_say(const struct notes *t)
{
    for (size_t i = 0; i < t->n; i++)
        log_warn("%s", t->v[i]);
}

void notes_free(struct notes *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
    *t = (struct notes){0};
}
