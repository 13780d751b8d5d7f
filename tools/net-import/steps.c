/* SPDX-License-Identifier: MIT */
#include "tools/net-import/steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/fold.h"
#include "libcommon/nn/graph/window.h"

void steps_init(struct steps *s, int64_t h, int64_t w, int64_t c)
{
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = (struct step){.name = "image", .out = {h, w, c}};
}

void steps_free(struct steps *s)
{
    free(s->v);
    arena_free(&s->arena);
    *s = (struct steps){0};
}

void *steps_array(struct steps *s, size_t n, size_t size)
{
    s->used += n * size;
    return arena_alloc(&s->arena, n, size);
}

size_t steps_add(struct steps *s, struct step step, const size_t *from,
                 size_t n_from, int64_t cout)
{
    const int64_t *in = s->v[from[0]].out;

    memcpy(step.out, in, sizeof step.out);
    if (cout)
        step.out[2] = cout;
    for (size_t k = 0; k < 2 && step.kernel[0]; k++)
        step.out[k] = window_out(in[k], step.kernel[k], step.stride[k],
                                 step.pad[2 * k], step.pad[2 * k + 1]);
    if (step.kind == STEP_CONCAT)
        for (size_t i = 1; i < n_from; i++)
            step.out[2] += s->v[from[i]].out[2];
    if (step.kind == STEP_FLATTEN)
        step.out[2] = in[0] * in[1] * in[2];
    if (step.kind == STEP_FLATTEN || step.kind == STEP_GLOBALPOOL ||
        step.kind == STEP_LINEAR)
        step.out[0] = step.out[1] = 1;
    step.from = arena_memdup(&s->arena, from, n_from, sizeof *from);
    step.n_from = n_from;
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = step;
    return s->n - 1;
}

static void norm_alloc(struct steps *s, struct step_norm *norm, size_t c)
{
    norm->gamma = steps_array(s, c, sizeof(float));
    norm->beta = steps_array(s, c, sizeof(float));
    norm->mean = steps_array(s, c, sizeof(float));
    norm->var = steps_array(s, c, sizeof(float));
}

bool step_norm_set(struct steps *s, struct step_norm *norm, int64_t c,
                   const float *gamma, const float *beta, const float *mean,
                   const float *var, double epsilon)
{
    size_t n = (size_t)c;

    norm_alloc(s, norm, n);
    memcpy(norm->gamma, gamma, n * sizeof *gamma);
    memcpy(norm->beta, beta, n * sizeof *beta);
    memcpy(norm->mean, mean, n * sizeof *mean);
    for (size_t k = 0; k < n; k++) {
        double v = (double)var[k] + epsilon, rest = v - NORM_EPSILON;

        if (!(v > 0) || !isfinite(v))
            return false;
        /* Layers add an epsilon of their own, so the variance takes up the
         * difference, or gamma does where that would leave less than nothing. */
        if (rest < 0) {
            norm->gamma[k] = (float)((double)gamma[k] / sqrt(v) *
                                     sqrt(NORM_EPSILON));
            rest = 0;
        }
        norm->var[k] = (float)rest;
    }
    return true;
}

size_t steps_affine(struct steps *s, const char *name, size_t from,
                    const double *scale, const double *shift, bool uniform)
{
    size_t c = (size_t)s->v[from].out[2];
    struct step step = {.kind = STEP_NORM, .name = name, .norm.affine = true};

    norm_alloc(s, &step.norm, c);
    for (size_t k = 0; k < c; k++) {
        step.norm.gamma[k] = (float)scale[uniform ? 0 : k];
        step.norm.beta[k] = (float)shift[uniform ? 0 : k];
        step.norm.var[k] = (float)(1 - NORM_EPSILON);
    }
    return steps_add(s, step, &from, 1, 0);
}
