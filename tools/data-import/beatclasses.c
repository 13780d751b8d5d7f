/* SPDX-License-Identifier: MIT */
#include "tools/data-import/beatclasses.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/utf8.h"
#include "libcommon/sound/wfdb.h"

int beat_classes_parse(const char *text, struct beat_classes *c, struct err *e)
{
    memset(c->label, 0xff, sizeof c->label);
    if (!strcmp(text, "aami"))
        text = BEATS_AAMI;
    while (*text) {
        size_t name = strcspn(text, "=,"), n = c->names.n;

        if (name == 0 || text[name] != '=' || !text[name + 1] ||
            text[name + 1] == ',')
            return err_set(e, ERR_ARG,
                           "--beats is aami or NAME=SIGNS,..., not '%s'", text);
        c->names.v = xreallocarray(c->names.v, n + 1, sizeof *c->names.v);
        c->names.v[n] = xmemdup(text, name + 1);
        c->names.v[n][name] = '\0';
        c->names.n++;
        for (size_t i = 0; i < n; i++)
            if (!strcmp(c->names.v[i], c->names.v[n]))
                return err_set(e, ERR_ARG, "--beats has class '%s' twice",
                               c->names.v[n]);
        if (!utf8_printable(c->names.v[n]))
            return err_set(e, ERR_ARG,
                           "--beats: the name of a class must be UTF-8 without "
                           "control characters");
        for (text += name + 1; *text && *text != ','; text++) {
            if (!strchr(WFDB_BEATS, *text))
                return err_set(e, ERR_ARG,
                               "--beats: '%c' is not the sign of a beat, as "
                               "are " WFDB_BEATS,
                               *text);
            if (c->label[(unsigned char)*text] >= 0)
                return err_set(e, ERR_ARG, "--beats has sign '%c' twice",
                               *text);
            c->label[(unsigned char)*text] = (int)n;
        }
        text += *text == ',' && text[1];
        if (*text == ',')
            return err_set(e, ERR_ARG, "--beats ends in a comma");
    }
    if (c->names.n == 0)
        return err_set(e, ERR_ARG, "--beats names no classes");
    return 0;
}

void beat_classes_free(struct beat_classes *c)
{
    for (size_t i = 0; i < c->names.n; i++)
        free(c->names.v[i]);
    free(c->names.v);
    *c = (struct beat_classes){0};
}

int beat_classes_check(const char *text, struct err *e)
{
    struct beat_classes c = {0};
    int rc = beat_classes_parse(text, &c, e);

    beat_classes_free(&c);
    return rc;
}
