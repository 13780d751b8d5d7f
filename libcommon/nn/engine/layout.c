/* SPDX-License-Identifier: MIT
 * The lifetime of an array is measured in moments: node i runs forward at
 * moment i, the loss is computed at n_nodes, and the steps of backward
 * follow. */
#include "libcommon/nn/engine/layout.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/graph/spans.h"

/* ---- arrays with a lifetime ---- */

struct span_list {
    struct span *v;
    real ***where; /* (n) the pointer to set for each */
    size_t n, cap, where_cap;
};

static void add_span(struct span_list *s, real **where, size_t size, int from,
                     int to)
{
    GROW(s->v, s->n, s->cap);
    GROW(s->where, s->n, s->where_cap);
    size = (size + 15) / 16 * 16;
    s->where[s->n] = where;
    s->v[s->n++] = (struct span){.size = size, .from = from, .to = to};
}

/* ---- values and gradients ---- */

static size_t node_size(const struct engine_plan *plan,
                        const struct plan_node *n)
{
    return (size_t)plan->opts.batch * n->rows * n->c;
}

/* Returns the last moment of an array that backward reads up to its node's own
 * step.  That is one step later, because the rest of the node's weight gradient
 * is computed at the beginning of the next step (run.c). */
static int after_step(const struct engine_plan *plan, int step)
{
    return plan->n_nodes + step + 1;
}

/* Returns (owned, free) the step in which each node's gradient is first
 * written, or one beyond all steps if no node writes it. */
static int *gradient_births(const struct engine_plan *plan, const int *step)
{
    int *birth = xcalloc((size_t)plan->n_nodes, sizeof *birth);

    for (int i = 0; i < plan->n_nodes; i++)
        birth[i] = plan->nodes[i].exit >= 0 ? 0 : plan->n_nodes + 1;
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        const struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++) {
            int p = n->in[k].from;
            if (!n->in[k].grad)
                continue;
            int at = n->shared_in == (int)k ? birth[i] : step[i];
            if (at < birth[p])
                birth[p] = at;
        }
    }
    return birth;
}

static void place_values_and_gradients(struct engine_plan *plan,
                                       struct engine_memory *m)
{
    /* The step of backward in which each node runs; step 0 is the loss. */
    int *step = xcalloc((size_t)plan->n_nodes, sizeof *step), at = 0, *birth;
    struct span_list s = {0};
    real *base;

    for (int i = plan->n_nodes - 1; i >= 0; i--)
        step[i] = plan->nodes[i].learns ? ++at : at;
    birth = gradient_births(plan, step);
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];
        /* A value that the caller may read is never overwritten. */
        int end = n->exit >= 0 || n->tap ? after_step(plan, plan->n_nodes)
                  : plan->opts.training && !n->frozen
                      ? after_step(plan, step[i])
                      : n->last_use;

        if (n->live && !node_is_view(n))
            add_span(&s, &n->y, node_size(plan, n), i, end);
        if (n->materialised)
            add_span(&s, &n->z, node_size(plan, n), i, end);
        if (plan->opts.training && (n->learns || n->exit >= 0) &&
            n->shared_in < 0)
            add_span(&s, &n->d, node_size(plan, n), plan->n_nodes + birth[i],
                     after_step(plan, step[i]));
    }
    base = memory_reals(m, spans_pack(s.v, s.n));
    for (size_t i = 0; i < s.n; i++)
        *s.where[i] = base + s.v[i].offset;
    free(s.v);
    free(s.where);
    free(birth);
    free(step);
    /* The array of nodes that share one is that of the input at the end of
     * their chain. */
    for (int i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *owner = &plan->nodes[i];

        while (owner->shared_in >= 0)
            owner = &plan->nodes[owner->in[owner->shared_in].from];
        plan->nodes[i].d = owner->d;
    }
}

/* ---- batch norm, sums, operators' own ---- */

static void place_norm(struct norm *n, size_t c, struct engine_memory *m)
{
    real *r = memory_reals(m, 5 * c);
    double *d = memory_zeroed(m, 4 * c, sizeof *d);

    n->scale = r;
    n->shift = r + c;
    n->a = r + 2 * c;
    n->b = r + 3 * c;
    n->s = r + 4 * c;
    n->batch_mean = d;
    n->batch_rstd = d + c;
    n->cal_mean = d + 2 * c;
    n->cal_var = d + 3 * c;
}

static void place_extras(const struct engine_plan *plan, struct plan_node *n,
                         struct engine_memory *m)
{
    if (n->norm)
        place_norm(n->norm, n->c, m);
    if (n->norm || n->bias)
        n->sums = memory_zeroed(m, (size_t)plan->opts.shards * 2 * n->c,
                                sizeof *n->sums);
    if (n->op->own_memory)
        n->op->own_memory(plan, n, m);
}

/* ---- shared arrays ---- */

static void place_scratch(const struct engine_plan *plan,
                          struct engine_buffers *b, struct engine_memory *m)
{
    size_t threads = (size_t)plan->opts.threads, n = threads * NODE_SCRATCH;

    b->prefetch = memory_zeroed(m, threads, sizeof *b->prefetch);
    b->scratch = memory_zeroed(m, n, sizeof *b->scratch);
    for (size_t i = 0; i < n; i++)
        b->scratch[i] = memory_reals(m, plan->scratch[i % NODE_SCRATCH]);
    if (plan->image_late)
        b->image_copy = memory_reals(m, (size_t)plan->opts.batch *
                                            plan_image_size(plan));
}

static void place_flight(const struct engine_plan *plan,
                         struct engine_flight *f, struct engine_memory *m)
{
    size_t packed = 0;

    for (int i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *n = &plan->nodes[i];
        size_t size = n->live ? pack_size(plan, n) : 0;
        packed = size > packed ? size : packed;
    }
    f->packs[0] = memory_reals(m, packed);
    f->packs[1] = memory_reals(m, packed);
    f->z = memory_zeroed(m, (size_t)plan->n_nodes, sizeof *f->z);
    f->packed = memory_zeroed(m, (size_t)plan->n_weights, sizeof *f->packed);
    f->rests = memory_zeroed(m, plan->net->exits.n, sizeof *f->rests);
}

/* Gives the node's weights their blocks from `at` on; returns their size. */
static size_t add_blocks(struct plan_node *n, size_t at)
{
    size_t first = at;

    for (size_t i = 0; i < n->n_weights; i++) {
        struct weight *w = &n->weights[i];
        if (w->batch_wide)
            continue;
        w->block = at;
        at += (w->n + 15) / 16 * 16;
    }
    return at - first;
}

/* Places the gradient blocks.  A node's blocks live for its own step of
 * backward and the next one, which adds them up (run.c).  So two places, used
 * in turns, are enough for all nodes, and they stay in cache. */
static void place_blocks(const struct engine_plan *plan,
                         struct engine_buffers *b, struct engine_memory *m)
{
    size_t shards = (size_t)plan->opts.shards, most = 0, turn = 0;

    for (int i = 0; i < plan->n_nodes; i++)
        if (plan->nodes[i].learns) {
            size_t n = add_blocks(&plan->nodes[i], 0);
            most = n > most ? n : most;
        }
    for (int i = plan->n_nodes - 1; i >= 0; i--)
        if (plan->nodes[i].learns)
            add_blocks(&plan->nodes[i], turn++ % 2 * most);
    b->blocks = memory_zeroed(m, shards, sizeof *b->blocks);
    for (size_t i = 0; i < shards; i++)
        b->blocks[i] = memory_reals(m, 2 * most);
}

void layout_place(struct engine_plan *plan, struct engine_buffers *b,
                  struct engine_flight *f, struct engine_memory *m)
{
    place_values_and_gradients(plan, m);
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];
        if (!n->live)
            continue;
        place_extras(plan, n, m);
        chunks_choose(plan, n);
    }
    place_flight(plan, f, m);
    place_scratch(plan, b, m);
    if (plan->opts.training)
        place_blocks(plan, b, m);
}
