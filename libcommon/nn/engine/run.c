/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/run.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"
#include "libcommon/nn/kern/kernels.h"

/* What a phase needs to know. */
struct phase {
    struct engine *g;
    struct plan_node *n;
    node_fn *fn;
    struct plan_node *next;      /* whose weights to lay out, or NULL */
    struct plan_node *then;      /* whose weights come after those, or NULL */
};

/* Weights are out of the caches when their turn comes.  While a shard computes
 * it prefetches those that its worker will lay out next: for its next shard or, in
 * the next phase, for its first.  With nothing to lay out in this one, each
 * shard prefetches its own. */
static void look_ahead(const struct engine *g, const struct plan_node *next,
                       const struct plan_node *then, bool forward, int shard,
                       int worker)
{
    int shards = g->opts.shards, first = pool_first(g->pool, shards, worker);
    bool last = shard + 1 >= pool_first(g->pool, shards, worker + 1);

    prefetch_clear(g, worker);
    if (next && !last)
        pack_prefetch(g, next, forward, worker, shard + 1);
    else if (then)
        pack_prefetch(g, then, forward, worker, next ? first : shard);
}

/* ---- forward ---- */

static void forward_shard(void *ctx, int shard, int worker)
{
    const struct phase *p = ctx;

    kernels_thread_start();
    if (p->next)
        pack_part(p->g, p->next, true, shard);
    look_ahead(p->g, p->next, p->then, true, shard, worker);
    if (!p->n)
        return;
    norm_begin(p->n, shard);
    p->fn(p->g, p->n, shard, worker);
}

static void run_phase(struct phase *p, pool_fn *fn)
{
    pool_run(p->g->pool, p->g->opts.shards, fn, p);
}

static bool to_materialise(const struct engine *g, int from)
{
    return from != NET_IMAGE && value_of(g, from).store;
}

/* The values its loads have stored. */
static void mark_materialised(struct engine *g, const struct plan_node *n)
{
    bool stored[NET_MAX_INPUTS];

    for (size_t k = 0; k < n->n_in; k++)
        stored[k] = to_materialise(g, n->in[k].from);
    for (size_t k = 0; k < n->n_in; k++)
        if (stored[k])
            g->nodes[n->in[k].from].z_ready = true;
}

/* The value of an exit or tap, for those who look at it from outside. */
static void materialise_shard(void *ctx, int shard, int worker)
{
    const struct phase *p = ctx;
    struct value v = value_of(p->g, (int)(p->n - p->g->nodes));

    (void)worker;
    kernels_thread_start();
    value_load(p->g, &v, shard_first(p->g, shard) * v.rows,
               shard_first(p->g, shard + 1) * v.rows, NULL);
}

static void finish_outer_value(struct engine *g, struct plan_node *n)
{
    struct phase p = { .g = g, .n = n };

    if ((n->exit < 0 && !n->tap) || !to_materialise(g, (int)(n - g->nodes)))
        return;
    run_phase(&p, materialise_shard);
    n->z_ready = true;
}

static bool in_part(const struct plan_node *n, enum run_nodes part)
{
    return n->live && part & (n->frozen ? RUN_FROZEN : RUN_LEARNING);
}

/* The next node from i on that computes something. */
static struct plan_node *computing(const struct engine *g, int i, int end,
                              enum run_nodes part)
{
    while (i < end && !(in_part(&g->nodes[i], part) &&
                        g->nodes[i].op->forward))
        i++;
    return i < end ? &g->nodes[i] : NULL;
}

/* The first one from n on (NULL: none) that reads weights, n itself if they are
 * not laid out. */
static struct plan_node *reads_next(const struct engine *g, struct plan_node *n, int end,
                               enum run_nodes part)
{
    if (n && !pack_wanted(g, n, true) && pack_reads(g, n, true))
        return n;
    do
        n = n ? computing(g, (int)(n - g->nodes) + 1, end, part) : NULL;
    while (n && !pack_reads(g, n, true));
    return n;
}

/* Node n (NULL: nothing yet), and meanwhile the weights of the next laid out. */
static void forward_phase(struct engine *g, struct plan_node *n, struct plan_node *next,
                          struct plan_node *then)
{
    struct phase p = { g, n, n ? n->op->forward : NULL, next, then };

    if (!pack_wanted(g, next, true))
        p.next = NULL;
    if (!n && !p.next)
        return;
    run_phase(&p, forward_shard);
    if (n)
        pack_forget(n);
    if (p.next)
        pack_done(g, p.next, true);
}

void run_forward(struct engine *g, int first, int end, enum run_nodes part)
{
    struct plan_node *next = computing(g, first, end, part);

    forward_phase(g, NULL, next, NULL);
    for (int i = first; i < end; i++) {
        struct plan_node *n = &g->nodes[i];
        if (!in_part(n, part))
            continue;
        if (n == next) {
            next = computing(g, i + 1, end, part);
            forward_phase(g, n, next, reads_next(g, next, end, part));
            mark_materialised(g, n);
            norm_forward(g, n);
        }
        finish_outer_value(g, n);
    }
}

void run_eval_epilogues(struct engine *g)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].live)
            norm_eval(&g->nodes[i]);
}

/* ---- backward ---- */

/* A weight's gradient: the shards' blocks added in shard order; this is part
 * `shard` of it.  With an optimiser that takes it at once it stays in the first
 * block, in cache. */
static void reduce_part(const struct engine *g, const struct weight *w,
                        int shard)
{
    size_t s = (size_t)shard, shards = (size_t)g->opts.shards;
    size_t lines = (w->n + 15) / 16;
    size_t first = lines * s / shards * 16, end = lines * (s + 1) / shards * 16;
    const real *parts[ENGINE_MAX_SHARDS];

    if (w->batch_wide)
        return;
    if (end > w->n)
        end = w->n;
    if (end <= first)
        return;
    real *to = (g->update ? grad_block(g, w, 0) : w->grad) + first;
    for (size_t i = 0; i < shards; i++)
        parts[i] = grad_block(g, w, (int)i) + first;
    if (shards > 1)
        g->k->reduce(end - first, shards, parts, to);
    grad_done(g, w->value + first, to, end - first);
}

/* Parameters per channel; complete since the node's own turn. */
static void vectors_done(const struct engine *g, const struct plan_node *n)
{
    if (n->norm && n->norm->dgamma) {
        grad_done(g, n->norm->gamma, n->norm->dgamma, n->c);
        grad_done(g, n->norm->beta, n->norm->dbeta, n->c);
    }
    grad_done(g, n->bias, n->dbias, n->c);
    for (size_t i = 0; i < n->n_vectors; i++)
        grad_done(g, n->vectors[i].value, n->vectors[i].grad, n->vectors[i].n);
}

/* What is left of a node's gradients when all shards are through: done at the
 * beginning of the next node's phase, which saves a barrier. */
static void after_shard(const struct engine *g, struct plan_node *n, int shard,
                        int worker)
{
    if (!n)
        return;
    if (n->op->batch_wide)
        n->op->batch_wide(g, n, shard, worker);
    for (size_t i = 0; i < n->n_weights; i++)
        reduce_part(g, &n->weights[i], shard);
    if (shard == 0)
        vectors_done(g, n);
}

struct backward {
    struct engine *g;
    struct plan_node *n;
    struct plan_node *after;
    struct plan_node *next;      /* whose weights to lay out, or NULL */
    struct plan_node *then;      /* whose weights come after those, or NULL */
};

/* Most operators write their blocks at once; some add to them, and a shard
 * without images leaves them alone. */
static void zero_blocks(const struct engine *g, struct plan_node *n, int shard)
{
    bool empty = shard_first(g, shard) == shard_first(g, shard + 1);

    for (size_t i = 0; i < n->n_weights; i++) {
        const struct weight *w = &n->weights[i];
        if ((empty || n->op->adds_to_blocks) && !w->batch_wide)
            memset(grad_block(g, w, shard), 0, w->n * sizeof(real));
    }
}

static void backward_shard(void *ctx, int shard, int worker)
{
    const struct backward *b = ctx;
    struct engine *g = b->g;
    struct plan_node *n = b->n;

    kernels_thread_start();
    if (b->next)
        pack_part(g, b->next, false, shard);
    look_ahead(g, b->next, b->then, false, shard, worker);
    after_shard(g, b->after, shard, worker);
    if (!n)
        return;
    zero_blocks(g, n, shard);
    for (size_t k = 0; k < n->n_in; k++)
        if (n->in[k].last)
            norm_begin(&g->nodes[n->in[k].from], shard);
    n->op->backward(g, n, shard, worker);
}

/* An exit's output that only the loss reads. */
static void finish_output(void *ctx, int shard, int worker)
{
    const struct phase *p = ctx;
    size_t first = shard_first(p->g, shard) * p->n->base_rows;
    size_t end = shard_first(p->g, shard + 1) * p->n->base_rows;

    (void)worker;
    kernels_thread_start();
    norm_begin(p->n, shard);
    grad_finish(p->g, (int)(p->n - p->g->nodes), shard, first, end - first);
}

static void finish_outputs(struct engine *g)
{
    for (size_t i = 0; i < g->net->exits.n; i++) {
        struct phase p = { .g = g, .n = &g->nodes[g->exit_node[i]] };
        if (p.n->uses == 0)
            run_phase(&p, finish_output);
    }
}

static struct plan_node *learning_before(const struct engine *g, int i)
{
    while (--i >= 0 && !g->nodes[i].learns)
        ;
    return i >= 0 ? &g->nodes[i] : NULL;
}

/* The first one from n (NULL: none) back that reads weights, n itself if they
 * are not laid out. */
static struct plan_node *reads_before(const struct engine *g, struct plan_node *n)
{
    if (n && !pack_wanted(g, n, false) && pack_reads(g, n, false))
        return n;
    do
        n = n ? learning_before(g, (int)(n - g->nodes)) : NULL;
    while (n && !pack_reads(g, n, false));
    return n;
}

static void backward_phase(struct backward *b, struct plan_node *n,
                           struct plan_node *next)
{
    struct engine *g = b->g;

    b->n = n;
    b->next = pack_wanted(g, next, false) ? next : NULL;
    b->then = reads_before(g, next);
    if (n)
        norm_gradient(g, n);
    pool_run(g->pool, g->opts.shards, backward_shard, b);
    if (n && n->op->merge)
        n->op->merge(g, n);
    if (n)
        pack_forget(n);
    if (b->next)
        pack_done(g, b->next, false);
    b->after = n;
}

/* The first phase has only weights to lay out, the last one only what is left
 * of the first node's. */
void run_backward(struct engine *g)
{
    struct backward b = { .g = g };
    struct plan_node *n = NULL, *next = learning_before(g, g->n_nodes);

    finish_outputs(g);
    while (n || next) {
        backward_phase(&b, n, next);
        n = next;
        next = n ? learning_before(g, (int)(n - g->nodes)) : NULL;
    }
    backward_phase(&b, NULL, NULL);
}
