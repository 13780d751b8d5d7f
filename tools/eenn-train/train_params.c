/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

size_t params_total(struct engine *g)
{
    size_t n, sum = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        sum += p[i].n;
    return sum;
}

void params_save(struct engine *g, float *to)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; to += p[i].n, i++)
        memcpy(to, p[i].value, p[i].n * sizeof *to);
}

void params_restore(struct engine *g, const float *from)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; from += p[i].n, i++)
        memcpy(p[i].value, from, p[i].n * sizeof *from);
}

bool params_finite(struct engine *g)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p[i].n; j++)
            if (!isfinite(p[i].value[j]))
                return false;
    return true;
}

void params_clip(struct engine *g, double most)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);
    double sum = 0;
    float scale;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; p[i].grad && j < p[i].n; j++)
            sum += (double)p[i].grad[j] * (double)p[i].grad[j];
    if (!(sqrt(sum) > most))
        return;
    scale = (float)(most / sqrt(sum));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; p[i].grad && j < p[i].n; j++)
            p[i].grad[j] *= scale;
}

void carry_from(struct carried *c, struct engine *g)
{
    struct engine_param *p = engine_params(g, &c->n);
    float *at;

    c->v = xcalloc(c->n, sizeof *c->v);
    c->values = at = xcalloc(params_total(g), sizeof *c->values);
    params_save(g, c->values);
    for (size_t i = 0; i < c->n; at += p[i].n, i++) {
        c->v[i].layer = p[i].layer->name;
        c->v[i].slot = p[i].binding->slot;
        c->v[i].value = at;
        c->v[i].n = p[i].n;
    }
}

void carry_to(const struct carried *c, struct engine *g)
{
    size_t n, at = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n && at < c->n; i++) {
        if (strcmp(c->v[at].layer, p[i].layer->name) != 0
            || strcmp(c->v[at].slot, p[i].binding->slot) != 0)
            continue;
        memcpy(p[i].value, c->v[at].value, p[i].n * sizeof *p[i].value);
        at++;
    }
    BUG_IF(at != c->n);
}

void carried_fini(struct carried *c)
{
    free(c->v);
    free(c->values);
}
