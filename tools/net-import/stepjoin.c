/* SPDX-License-Identifier: MIT */
#include "tools/net-import/stepjoin.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/fold.h"

/* Returns the factor and the term of channel k. */
static struct folded norm_of(const struct step_norm *n, size_t k, double bias)
{
    return fold_norm((double)n->gamma[k], (double)n->beta[k],
                     (double)n->mean[k], (double)n->var[k], bias);
}

static const bool weighted[STEP_KINDS] =
    {[STEP_CONV] = true, [STEP_DEPTHWISE] = true, [STEP_LINEAR] = true};

/* Returns how many weights such a step has for each output channel. */
static size_t weights_each(const struct steps *s, const struct step *t)
{
    size_t each = t->kind == STEP_LINEAR
                      ? 1
                      : (size_t)(t->kernel[0] * t->kernel[1]);

    if (t->kind != STEP_DEPTHWISE)
        each *= (size_t)s->v[t->from[0]].out[2];
    return each;
}

/* Melt a norm into the weights and the bias in front of it. */
static void melt(struct steps *s, struct step *t, const struct step_norm *n)
{
    size_t c = (size_t)t->out[2], each = weights_each(s, t), count = each * c;

    if (!t->bias)
        t->bias = arena_alloc(&s->arena, c, sizeof *t->bias);
    for (size_t j = 0; j < count; j++) {
        size_t k = t->kind == STEP_DEPTHWISE ? j % c : j / each;

        t->weight[j] = (float)((double)t->weight[j] * norm_of(n, k, 0).scale);
    }
    for (size_t k = 0; k < c; k++)
        t->bias[k] = (float)norm_of(n, k, (double)t->bias[k]).shift;
}

/* Returns true when the step melted into `to`, which it alone reads. */
static bool join(struct steps *s, struct step *to, const struct step *t,
                 bool keep_norm)
{
    size_t c = (size_t)t->out[2];

    if (to->readers != 1 || to->act || to->kind == STEP_IMAGE)
        return false;
    if (t->kind == STEP_ACT) {
        if (to->kind == STEP_FLATTEN)
            return false;
        to->act = t->act;
        return true;
    }
    if (t->kind != STEP_NORM)
        return false;
    for (size_t k = 0; to->norm.gamma && k < c; k++) {
        struct folded f = norm_of(&t->norm, k, 0);

        to->norm.gamma[k] = (float)((double)to->norm.gamma[k] * f.scale);
        to->norm.beta[k] = (float)((double)to->norm.beta[k] * f.scale +
                                   f.shift);
    }
    if (to->norm.gamma)
        to->norm.affine &= t->norm.affine;
    else if (weighted[to->kind] && keep_norm && !t->norm.affine)
        to->norm = t->norm;
    else if (weighted[to->kind])
        melt(s, to, &t->norm);
    else
        return false;
    return true;
}

void steps_join(struct steps *s, size_t *output, bool keep_norm)
{
    size_t *as = xcalloc(s->n, sizeof *as);

    for (size_t i = 0; i < s->n; i++) {
        s->v[i].live = i == *output;
        s->v[i].readers = i == *output;
    }
    for (size_t i = s->n; i-- > 0;)
        for (size_t k = 0; s->v[i].live && k < s->v[i].n_from; k++) {
            s->v[s->v[i].from[k]].live = true;
            s->v[s->v[i].from[k]].readers++;
        }
    for (size_t i = 0; i < s->n; i++) {
        struct step *t = &s->v[i];

        as[i] = i;
        for (size_t k = 0; k < t->n_from; k++)
            t->from[k] = as[t->from[k]];
        if (t->live && t->n_from == 1 &&
            join(s, &s->v[t->from[0]], t, keep_norm)) {
            as[i] = t->from[0];
            s->v[as[i]].readers = t->readers;
            t->live = false;
        }
    }
    *output = as[*output];
    free(as);
}

size_t steps_input_norm(const struct steps *s, size_t output, double *scale,
                        double *shift)
{
    size_t norm = 0;

    for (size_t i = 1; i < s->n && !norm; i++)
        if (s->v[i].live && s->v[i].from[0] == 0)
            norm = i;
    if (s->v[0].readers != 1 || !norm || s->v[norm].kind != STEP_NORM ||
        s->v[norm].act || norm == output)
        return 0;
    for (size_t k = 0; k < (size_t)s->v[0].out[2]; k++) {
        struct folded f = norm_of(&s->v[norm].norm, k, 0);

        scale[k] = f.scale;
        shift[k] = f.shift;
        if (!(f.scale > 0))
            return 0;
    }
    return norm;
}

void steps_drop(struct steps *s, size_t step)
{
    s->v[step].live = false;
    s->v[0].readers = s->v[step].readers;
    for (size_t i = 1; i < s->n; i++)
        for (size_t k = 0; k < s->v[i].n_from; k++)
            if (s->v[i].from[k] == step)
                s->v[i].from[k] = 0;
}

bool steps_scale_input(struct steps *s, const double *factor)
{
    const size_t c = (size_t)s->v[0].out[2];
    bool *image = xcalloc(s->n, sizeof *image); /* it, also flattened */
    bool known = true;

    image[0] = true;
    for (size_t i = 1; i < s->n; i++) {
        const struct step *t = &s->v[i];
        bool reads = false;

        for (size_t k = 0; t->live && k < t->n_from; k++)
            reads |= image[t->from[k]];
        image[i] = reads && t->kind == STEP_FLATTEN;
        known &= !reads || image[i] || weighted[t->kind];
    }
    /* Channels are the last axis of weights, as they are of the image. */
    for (size_t i = 1; known && i < s->n; i++) {
        struct step *t = &s->v[i];
        size_t n = weighted[t->kind] && t->live && image[t->from[0]]
                       ? weights_each(s, t) * (size_t)t->out[2]
                       : 0;

        for (size_t j = 0; j < n; j++)
            t->weight[j] = (float)((double)t->weight[j] * factor[j % c]);
    }
    free(image);
    return known;
}

void steps_two_logits(struct steps *s, size_t *output)
{
    struct step step = {.kind = STEP_LINEAR, .name = "logits"};
    struct step *t = &s->v[*output];
    const int64_t *in;
    size_t each;

    if ((t->kind != STEP_LINEAR && t->kind != STEP_CONV) || t->act ||
        t->norm.gamma) {
        step.weight = arena_alloc(&s->arena, 2, sizeof *step.weight);
        step.weight[1] = 1;
        *output = steps_add(s, step, output, 1, 2);
        s->v[*output].live = true;
        s->v[*output].readers = 1;
        return;
    }
    in = s->v[t->from[0]].out;
    each = (size_t)in[2];
    if (t->kind == STEP_CONV)
        each *= (size_t)(t->kernel[0] * t->kernel[1]);
    step.weight = arena_alloc(&s->arena, 2 * each, sizeof *step.weight);
    memcpy(step.weight + each, t->weight, each * sizeof *step.weight);
    t->weight = step.weight;
    if (t->bias) {
        step.bias = arena_alloc(&s->arena, 2, sizeof *step.bias);
        step.bias[1] = t->bias[0];
        t->bias = step.bias;
    }
    t->out[2] = 2;
}
