/* SPDX-License-Identifier: MIT */
#include "libcommon/search/reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"
#include "libcommon/search/hypervolume.h"

void reference_init(struct reference *ref, const struct objectives *o)
{
    for (size_t i = 0; i < o->n; i++) {
        bool share = metric_is_share(o->v[i].name);

        ref->best[i] = share && o->v[i].maximise ? 1 : 0;
        ref->worst[i] = share ? 1 - ref->best[i] : NAN;
    }
}

static bool parse_number(const char *text, enum number_unit unit, char stop,
                         double *v, const char **rest)
{
    const char *end = number_read(text, unit, v);

    *rest = end;
    return end && isfinite(*v) && (!*end || *end == stop);
}

int reference_parse(struct reference *ref, const struct objectives *o,
                    const char *text, struct err *e)
{
    const char *equals = strchr(text, '='), *rest;
    enum number_unit unit;
    size_t n = equals ? (size_t)(equals - text) : 0, i = 0;

    while (equals && i < o->n &&
           (strlen(o->v[i].name) != n || memcmp(o->v[i].name, text, n)))
        i++;
    if (!equals || i == o->n)
        return err_set(e, ERR_ARG, "reference '%s' names no objective", text);
    unit = metric_is_share(o->v[i].name) ? NUMBER_SHARE : NUMBER_SI;
    if (!parse_number(equals + 1, unit, ':', &ref->worst[i], &rest) ||
        (*rest && !parse_number(rest + 1, unit, '\0', &ref->best[i], &rest)))
        return err_set(e, ERR_ARG, "reference '%s' is not NAME=WORST[:BEST]%s",
                       text, number_hint(text, unit));
    if (o->v[i].maximise ? ref->worst[i] >= ref->best[i]
                         : ref->worst[i] <= ref->best[i])
        return err_set(e, ERR_ARG,
                       "reference '%s': %.17g is not worse than %.17g", text,
                       ref->worst[i], ref->best[i]);
    return 0;
}

int reference_read(struct reference *ref, const struct objectives *o,
                   double ref_macs, const struct strs *texts, struct err *e)
{
    char text[64];

    reference_init(ref, o);
    snprintf(text, sizeof text, "macs=%.17g", ref_macs);
    if (!isnan(ref_macs) && reference_parse(ref, o, text, e) < 0)
        return e->code;
    for (size_t i = 0; i < texts->n; i++)
        if (reference_parse(ref, o, texts->v[i], e) < 0)
            return e->code;
    return 0;
}

void reference_settle(const struct reference *ref, const struct objectives *o,
                      struct arena *a, struct strs *texts)
{
    free(texts->v);
    *texts = (struct strs){arena_alloc(a, o->n, sizeof(char *)), 0};
    for (size_t i = 0; i < o->n; i++) {
        struct buf text = {0};

        if (isnan(ref->worst[i]))
            continue;
        buf_addf(&text, "%s=", o->v[i].name);
        number_text(ref->worst[i], &text);
        buf_adds(&text, ":");
        number_text(ref->best[i], &text);
        texts->v[texts->n++] = arena_strdup(a, text.data);
        buf_free(&text);
    }
}

int reference_complete(const struct reference *ref, const struct objectives *o,
                       struct err *e)
{
    for (size_t i = 0; i < o->n; i++)
        if (isnan(ref->worst[i]))
            return err_set(e, ERR_ARG, "objective %s has no reference",
                           o->v[i].name);
    return 0;
}

double reference_volume(const struct reference *ref, const struct objectives *o,
                        const double *f, size_t n)
{
    double *x = xcalloc(n, o->n * sizeof *x), one[OBJECTIVES_MAX], v;

    for (size_t j = 0; j < o->n; j++) {
        double sign = o->v[j].maximise ? -1 : 1;

        one[j] = 1;
        for (size_t i = 0; i < n; i++)
            x[i * o->n + j] = (sign * f[i * o->n + j] - ref->best[j]) /
                              (ref->worst[j] - ref->best[j]);
    }
    v = hypervolume(x, n, o->n, one);
    free(x);
    return v;
}
