/* SPDX-License-Identifier: MIT */
#include "libcommon/search/objective.h"

#include <math.h>
#include <string.h>

int objectives_parse(const char *text, struct objectives *o, struct err *e)
{
    o->n = 0;
    for (;;) {
        size_t n = strcspn(text, ",");
        struct objective *v = &o->v[o->n];

        if (o->n == OBJECTIVES_MAX)
            return err_set(e, ERR_ARG, "more than %d objectives",
                           OBJECTIVES_MAX);
        if (n >= sizeof v->name + 4)
            return err_set(
                e, ERR_ARG,
                "an objective's metric has 1 to %d bytes, not '%.*s'",
                METRIC_NAME_MAX, (int)(n - 4), text);
        if (n < 5 || (memcmp(text + n - 4, ":min", 4) != 0 &&
                      memcmp(text + n - 4, ":max", 4) != 0))
            return err_set(e, ERR_ARG,
                           "objective '%.*s' is not NAME:min or NAME:max",
                           (int)n, text);
        memcpy(v->name, text, n - 4);
        v->name[n - 4] = '\0';
        v->maximise = text[n - 1] == 'x';
        if (objectives_find(o, v->name) < o->n)
            return err_set(e, ERR_ARG, "objective %s twice", v->name);
        o->n++;
        if (!text[n])
            return 0;
        text += n + 1;
    }
}

size_t objectives_find(const struct objectives *o, const char *name)
{
    size_t i = 0;

    while (i < o->n && strcmp(o->v[i].name, name) != 0)
        i++;
    return i;
}

int objectives_row(const struct objectives *o, const struct result *r,
                   double *f, struct err *e)
{
    for (size_t i = 0; i < o->n; i++) {
        double v;

        if (result_metric(r, o->v[i].name, &v, e) < 0)
            return e->code;
        f[i] = o->v[i].maximise ? -v : v;
    }
    return 0;
}
