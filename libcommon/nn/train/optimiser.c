/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/optimiser.h"

#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/kernels.h"

struct sgd {
    struct sgd_opts opts;
    const struct kernels *k;
    struct sgd_slot *slots;
    size_t n, cap;
    double lr;             /* of the step in progress */
    struct engine *engine; /* joined, or NULL */
};

struct sgd *sgd_new(const struct sgd_opts *o)
{
    struct sgd *s = xcalloc(1, sizeof *s);

    s->opts = *o;
    s->k = kern_get();
    return s;
}

void sgd_free(struct sgd *s)
{
    if (!s)
        return;
    if (s->engine)
        engine_on_gradient(s->engine, NULL, NULL);
    for (size_t i = 0; i < s->n; i++)
        free(s->slots[i].momentum);
    free(s->slots);
    free(s);
}

void sgd_add(struct sgd *s, const char *name, size_t n, real *value,
             const real *grad, bool decay)
{
    GROW(s->slots, s->n, s->cap);
    s->slots[s->n++] = (struct sgd_slot){
        name, n, value, grad, xaligned(n, sizeof(real)), decay, 1, false,
    };
}

void sgd_add_engine(struct sgd *s, struct engine *g)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        if (p[i].grad)
            sgd_add(s, p[i].binding->tensor, p[i].n, p[i].value, p[i].grad,
                    p[i].decay);
}

struct sgd_slot *sgd_slots(struct sgd *s, size_t *n)
{
    *n = s->n;
    return s->slots;
}

/* A step cuts every array into this many parts, at cache lines, so that no more
 * than eight threads share it. */
#define PARTS 8
#define LINE (64 / sizeof(real))

/* Apply the update to elements [first, end) of a slot; g is the gradient of
 * element `first`. */
static void step_piece(const struct sgd *s, const struct sgd_slot *q,
                       const real *g, size_t first, size_t end)
{
    const struct sgd_rule rule = {
        .momentum = (real)s->opts.momentum,
        .nesterov = s->opts.nesterov,
        .lr = (real)(s->lr * q->rate),
        .decay = q->decay || s->opts.decay_all ? (real)s->opts.weight_decay : 0,
    };

    s->k->sgd(&rule, end - first, g, q->momentum + first, q->value + first);
}

static void step_part(void *ctx, int part, int worker)
{
    const struct sgd *s = ctx;

    (void)worker;
    kernels_thread_start();
    for (size_t i = 0; i < s->n; i++) {
        const struct sgd_slot *q = &s->slots[i];
        size_t lines = (q->n + LINE - 1) / LINE;
        size_t first = lines * (size_t)part / PARTS * LINE;
        size_t end = lines * ((size_t)part + 1) / PARTS * LINE;
        if (end > q->n)
            end = q->n;
        if (first < end && !q->rests)
            step_piece(s, q, q->grad + first, first, end);
    }
}

void sgd_begin(struct sgd *s, double lr)
{
    s->lr = lr;
}

void sgd_end(struct sgd *s, struct pool *pool)
{
    if (!s->engine)
        pool_run(pool, PARTS, step_part, s);
}

void sgd_step(struct sgd *s, struct pool *pool, double lr)
{
    sgd_begin(s, lr);
    sgd_end(s, pool);
}

/* ---- within an engine's step ---- */

/* The slots of an engine are in the order of their addresses, so that binary
 * search finds the slot that value lies in. */
static void step_inside(void *ctx, real *value, const real *grad, size_t n)
{
    const struct sgd *s = ctx;
    const struct sgd_slot *q;
    size_t low = 0, high = s->n, first;

    while (high - low > 1) {
        size_t mid = (low + high) / 2;

        if (s->slots[mid].value <= value)
            low = mid;
        else
            high = mid;
    }
    q = &s->slots[low];
    first = (size_t)(value - q->value);
    step_piece(s, q, grad, first, first + n);
}

void sgd_join_engine(struct sgd *s, struct engine *g)
{
    BUG_IF(s->n > 0);
    s->engine = g;
    sgd_add_engine(s, g);
    engine_on_gradient(g, step_inside, s);
}
