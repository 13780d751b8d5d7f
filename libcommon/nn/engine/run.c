/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/run.h"

#include <string.h>

#include "libcommon/nn/engine/grad.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/norm.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/engine/value.h"
#include "libcommon/nn/kern/kernels.h"

/* All shards of a phase read this. */
struct node_phase {
    const struct engine_pass *p;
    const struct plan_node *n;     /* that computes, or NULL */
    const struct plan_node *pack;  /* whose weights to pack, or NULL */
    const struct plan_node *ahead; /* whose weights come after, or NULL */
    const struct plan_node *rest;  /* backward: the node of the phase before,
                                    * or NULL */
};

static void run_shards(struct node_phase *ph, pool_fn *fn)
{
    pool_run(ph->p->pool, ph->p->plan->opts.shards, fn, ph);
}

static int id_of(const struct engine_pass *p, const struct plan_node *n)
{
    return (int)(n - p->plan->nodes);
}

/* Queues weights for prefetching, since they have left the caches by the time
 * that they are used again.  While a shard computes it prefetches the weights
 * that its worker will pack next: for its next shard or, in the next phase, for
 * its first.  In a phase that packs nothing, each shard prefetches its own
 * part. */
static void prefetch_weights(const struct node_phase *ph, bool forward,
                             int shard, int worker)
{
    const struct engine_pass *p = ph->p;
    int shards = p->plan->opts.shards;
    int first = pool_first(p->pool, shards, worker);
    bool last = shard + 1 >= pool_first(p->pool, shards, worker + 1);

    prefetch_clear(p, worker);
    if (ph->pack && !last)
        pack_prefetch(p, ph->pack, forward, worker, shard + 1);
    else if (ph->ahead)
        pack_prefetch(p, ph->ahead, forward, worker, ph->pack ? first : shard);
}

/* ---- forward ---- */

static void forward_shard(void *ctx, int shard, int worker)
{
    const struct node_phase *ph = ctx;

    kernels_thread_start();
    if (ph->pack)
        pack_part(ph->p, ph->pack, true, shard);
    prefetch_weights(ph, true, shard, worker);
    if (!ph->n)
        return;
    norm_begin(ph->n, shard);
    ph->n->op->forward(ph->p, ph->n, shard, worker);
}

/* Marks the node's value as materialised. */
static void mark_ready(const struct engine_pass *p, int node)
{
    p->flight->z[node] = p->plan->nodes[node].z;
}

/* Marks the inputs from k on that the node has materialised by loading them.  A
 * value and a view of it can both be inputs, so value_of is called for all
 * inputs before any of them is marked. */
static void mark_inputs(const struct engine_pass *p, const struct plan_node *n,
                        size_t k)
{
    int from;
    bool stored;

    if (k == n->n_in)
        return;
    from = n->in[k].from;
    stored = from != NET_IMAGE && value_of(p, from).store;
    mark_inputs(p, n, k + 1);
    if (stored)
        mark_ready(p, from);
}

/* Materialises the value of an exit or tap, which the loss or a caller
 * reads. */
static void materialise_shard(void *ctx, int shard, int worker)
{
    const struct node_phase *ph = ctx;
    struct value v = value_of(ph->p, id_of(ph->p, ph->n));

    (void)worker;
    kernels_thread_start();
    value_load(ph->p, &v, shard_first(ph->p, shard) * v.rows,
               shard_first(ph->p, shard + 1) * v.rows, NULL);
}

static bool is_among(const struct engine_pass *p, const struct plan_node *n,
                     enum run_nodes which)
{
    return n->live && which & (n->frozen ? RUN_FROZEN : RUN_LEARNING) &&
           !node_rests(p, n);
}

/* Returns the next node from i on that computes something, or NULL. */
static const struct plan_node *computing(const struct engine_pass *p, int i,
                                         int end, enum run_nodes which)
{
    const struct plan_node *nodes = p->plan->nodes;

    while (i < end && !(is_among(p, &nodes[i], which) && nodes[i].op->forward))
        i++;
    return i < end ? &nodes[i] : NULL;
}

/* Returns the node whose weights are to be prefetched before n's phase, or
 * NULL: n itself if it reads them unpacked, otherwise the next node that reads
 * weights. */
static const struct plan_node *reads_next(const struct engine_pass *p,
                                          const struct plan_node *n, int end,
                                          enum run_nodes which)
{
    if (n && !pack_wanted(p, n, true) && pack_reads(p, n, true))
        return n;
    do
        n = n ? computing(p, id_of(p, n) + 1, end, which) : NULL;
    while (n && !pack_reads(p, n, true));
    return n;
}

/* Runs node n (NULL: none yet) while the weights of `next` are packed. */
static void forward_phase(const struct engine_pass *p,
                          const struct plan_node *n,
                          const struct plan_node *next,
                          const struct plan_node *ahead)
{
    struct node_phase ph = {
        .p = p,
        .n = n,
        .ahead = ahead,
        .pack = pack_wanted(p, next, true) ? next : NULL,
    };

    if (!n && !ph.pack)
        return;
    run_shards(&ph, forward_shard);
    if (n)
        pack_forget(p, n);
    if (ph.pack)
        pack_done(p, ph.pack, true);
}

void run_forward(const struct engine_pass *p, int first, int end,
                 enum run_nodes which)
{
    const struct plan_node *next = computing(p, first, end, which);

    forward_phase(p, NULL, next, NULL);
    for (int i = first; i < end; i++) {
        const struct plan_node *n = &p->plan->nodes[i];
        if (!is_among(p, n, which))
            continue;
        if (n == next) {
            next = computing(p, i + 1, end, which);
            forward_phase(p, n, next, reads_next(p, next, end, which));
            mark_inputs(p, n, 0);
            norm_forward(p, n);
        }
        /* The loss or a caller looks at the value of an exit or a tap. */
        if ((n->exit >= 0 || n->tap) && value_of(p, i).store) {
            run_shards(&(struct node_phase){.p = p, .n = n}, materialise_shard);
            mark_ready(p, i);
        }
    }
}

void run_eval_epilogues(const struct engine_pass *p)
{
    for (int i = 0; i < p->plan->n_nodes; i++)
        if (p->plan->nodes[i].live)
            norm_eval(&p->plan->nodes[i]);
}

/* ---- backward ---- */

/* Computes part `shard` of a weight's gradient: the sum of the shards' blocks,
 * in shard order.  If an optimiser takes the sum at once, it stays in the first
 * block, in cache. */
static void reduce_part(const struct engine_pass *p, const struct weight *w,
                        int shard)
{
    size_t s = (size_t)shard, shards = (size_t)p->plan->opts.shards;
    size_t lines = (w->n + 15) / 16;
    size_t first = lines * s / shards * 16, end = lines * (s + 1) / shards * 16;
    const real *parts[ENGINE_MAX_SHARDS];

    if (w->batch_wide)
        return;
    if (end > w->n)
        end = w->n;
    if (end <= first)
        return;
    real *to = (p->update ? grad_block(p, w, 0) : w->grad) + first;
    for (size_t i = 0; i < shards; i++)
        parts[i] = grad_block(p, w, (int)i) + first;
    if (shards > 1)
        p->k->reduce(end - first, shards, parts, to);
    grad_done(p, w->value + first, to, end - first);
}

/* Computes the rest of a node's gradients, once backward of all shards is done.
 * That is at the beginning of the next node's phase, which saves a barrier. */
static void finish_weights(const struct engine_pass *p,
                           const struct plan_node *n, int shard, int worker)
{
    if (!n)
        return;
    if (n->op->batch_wide)
        n->op->batch_wide(p, n, shard, worker);
    for (size_t i = 0; i < n->n_weights; i++)
        reduce_part(p, &n->weights[i], shard);
    /* The gradients of per-channel parameters are complete since the node's own
     * phase. */
    if (shard != 0)
        return;
    if (n->norm && n->norm->dgamma) {
        grad_done(p, n->norm->gamma, n->norm->dgamma, n->c);
        grad_done(p, n->norm->beta, n->norm->dbeta, n->c);
    }
    grad_done(p, n->bias, n->dbias, n->c);
    for (size_t i = 0; i < n->n_vectors; i++)
        grad_done(p, n->vectors[i].value, n->vectors[i].grad, n->vectors[i].n);
}

static void backward_shard(void *ctx, int shard, int worker)
{
    const struct node_phase *ph = ctx;
    const struct engine_pass *p = ph->p;
    const struct plan_node *n = ph->n;
    bool empty = shard_first(p, shard) == shard_first(p, shard + 1);

    kernels_thread_start();
    if (ph->pack)
        pack_part(p, ph->pack, false, shard);
    prefetch_weights(ph, false, shard, worker);
    finish_weights(p, ph->rest, shard, worker);
    if (!n)
        return;
    /* Zero those blocks that nothing overwrites: some operators add to their
     * blocks, and a shard without images does not touch them. */
    for (size_t i = 0; i < n->n_weights; i++) {
        const struct weight *w = &n->weights[i];
        if ((empty || n->op->adds_to_blocks) && !w->batch_wide)
            memset(grad_block(p, w, shard), 0, w->n * sizeof(real));
    }
    for (size_t k = 0; k < n->n_in; k++)
        if (n->in[k].last)
            norm_begin(&p->plan->nodes[n->in[k].from], shard);
    n->op->backward(p, n, shard, worker);
}

/* Finishes the gradient of an exit's output that only the loss reads. */
static void finish_output(void *ctx, int shard, int worker)
{
    const struct node_phase *ph = ctx;
    const struct plan_node *n = ph->n;
    size_t first = shard_first(ph->p, shard) * n->base_rows;
    size_t end = shard_first(ph->p, shard + 1) * n->base_rows;

    (void)worker;
    kernels_thread_start();
    norm_begin(n, shard);
    grad_finish(ph->p, id_of(ph->p, n), shard, first, end - first);
}

static const struct plan_node *learning_before(const struct engine_pass *p,
                                               int i)
{
    const struct plan_node *nodes = p->plan->nodes;

    while (--i >= 0 && (!nodes[i].learns || node_rests(p, &nodes[i])))
        ;
    return i >= 0 ? &nodes[i] : NULL;
}

/* Does what reads_next does for backward, which goes from n to the nodes before
 * it. */
static const struct plan_node *reads_before(const struct engine_pass *p,
                                            const struct plan_node *n)
{
    if (n && !pack_wanted(p, n, false) && pack_reads(p, n, false))
        return n;
    do
        n = n ? learning_before(p, id_of(p, n)) : NULL;
    while (n && !pack_reads(p, n, false));
    return n;
}

/* Runs node n (NULL: none) while the weights of `next` are packed and the
 * gradients of `rest` finished. */
static void backward_phase(const struct engine_pass *p,
                           const struct plan_node *n,
                           const struct plan_node *next,
                           const struct plan_node *rest)
{
    struct node_phase ph = {
        .p = p,
        .n = n,
        .rest = rest,
        .ahead = reads_before(p, next),
        .pack = pack_wanted(p, next, false) ? next : NULL,
    };

    if (n)
        norm_gradient(p, n);
    run_shards(&ph, backward_shard);
    if (n && n->op->merge)
        n->op->merge(p, n);
    if (n)
        pack_forget(p, n);
    if (ph.pack)
        pack_done(p, ph.pack, false);
}

/* Returns true when a node that learns rests between two that run one after the
 * other in backward. */
static bool is_gap(const struct plan_node *later,
                   const struct plan_node *earlier)
{
    for (const struct plan_node *n = earlier + 1; n < later; n++)
        if (n->learns)
            return true;
    return false;
}

/* In the first phase there are only weights to pack, in the last phase only the
 * rest of the first node's gradients.  Nodes that follow each other in the plan
 * have different places for their gradient blocks (layout.c); those that do only
 * because others rest may have the same, so that the rest of the one is computed
 * before the other runs. */
void run_backward(const struct engine_pass *p)
{
    const struct plan_node *rest = NULL, *n = NULL;
    const struct plan_node *next = learning_before(p, p->plan->n_nodes);

    for (size_t i = 0; i < p->plan->net->exits.n; i++) {
        struct node_phase ph = {
            .p = p,
            .n = &p->plan->nodes[p->plan->exit_node[i]],
        };
        if (ph.n->uses == 0 && ph.n->learns && !node_rests(p, ph.n))
            run_shards(&ph, finish_output);
    }
    while (n || next) {
        if (rest && n && is_gap(rest, n)) {
            backward_phase(p, NULL, NULL, rest);
            rest = NULL;
        }
        backward_phase(p, n, next, rest);
        rest = n;
        n = next;
        next = n ? learning_before(p, id_of(p, n)) : NULL;
    }
    backward_phase(p, NULL, NULL, rest);
}
