/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define ALL (-2) /* exits */

size_t params_total(struct engine *g)
{
    size_t n, sum = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        sum += p[i].n;
    return sum;
}

/* Returns true when the parameter is in the head of that exit, or when all are
 * asked for. */
static bool is_of(const struct engine_param *p, int exit)
{
    return exit == ALL || p->head == exit;
}

void params_save_head(struct engine *g, int exit, float *to)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; to += p[i].n, i++)
        if (is_of(&p[i], exit))
            memcpy(to, p[i].value, p[i].n * sizeof *to);
}

void params_save(struct engine *g, float *to)
{
    params_save_head(g, ALL, to);
}

void params_restore_head(struct engine *g, int exit, const float *from)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; from += p[i].n, i++)
        if (is_of(&p[i], exit))
            memcpy(p[i].value, from, p[i].n * sizeof *from);
}

void params_restore(struct engine *g, const float *from)
{
    params_restore_head(g, ALL, from);
}

bool params_finite_head(struct engine *g, int exit)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; is_of(&p[i], exit) && j < p[i].n; j++)
            if (!isfinite(p[i].value[j]))
                return false;
    return true;
}

bool params_finite(struct engine *g)
{
    return params_finite_head(g, ALL);
}

void params_clip_head(struct engine *g, int exit, double most)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);
    double sum = 0;
    float scale;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; p[i].grad && is_of(&p[i], exit) && j < p[i].n; j++)
            sum += (double)p[i].grad[j] * (double)p[i].grad[j];
    if (!(sqrt(sum) > most))
        return;
    scale = (float)(most / sqrt(sum));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; p[i].grad && is_of(&p[i], exit) && j < p[i].n; j++)
            p[i].grad[j] *= scale;
}

void params_clip(struct engine *g, double most)
{
    params_clip_head(g, ALL, most);
}

void param_snapshot_take(struct param_snapshot *s, struct engine *g)
{
    struct engine_param *p = engine_params(g, &s->n);
    float *at;

    s->v = xcalloc(s->n, sizeof *s->v);
    s->values = at = xcalloc(params_total(g), sizeof *s->values);
    params_save(g, s->values);
    for (size_t i = 0; i < s->n; at += p[i].n, i++) {
        s->v[i].layer = p[i].layer->name;
        s->v[i].slot = p[i].binding->slot;
        s->v[i].value = at;
        s->v[i].n = p[i].n;
    }
}

void param_snapshot_restore(const struct param_snapshot *s, struct engine *g)
{
    size_t n, at = 0;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n && at < s->n; i++) {
        if (strcmp(s->v[at].layer, p[i].layer->name) != 0 ||
            strcmp(s->v[at].slot, p[i].binding->slot) != 0)
            continue;
        memcpy(p[i].value, s->v[at].value, p[i].n * sizeof *p[i].value);
        at++;
    }
    BUG_IF(at != s->n);
}

void param_snapshot_fini(struct param_snapshot *s)
{
    free(s->v);
    free(s->values);
}
