/* SPDX-License-Identifier: MIT
 * Where a plan's arrays lie.  Those whose lives do not overlap share memory,
 * which saves cache as well: a gradient takes the place of values that backward
 * is through with.  Moments of a life: forward, node i has its turn at i; the
 * loss at n_nodes; backward's steps follow. */
#include "libcommon/nn/engine/memory.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/chunks.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/pack.h"
#include "libcommon/nn/engine/state.h"

/* ---- spans: arrays with a life, packed ---- */

struct span {
    size_t size, offset;
    int from, to;           /* steps it must exist, both included */
    real **where;
};

struct spans {
    struct span *v;
    size_t n, cap;
};

static void add_span(struct spans *s, real **where, size_t size, int from,
                     int to)
{
    GROW(s->v, s->n, s->cap);
    size = (size + 15) / 16 * 16;
    s->v[s->n++] = (struct span){ size, 0, from, to, where };
}

static bool collide(const struct span *a, const struct span *b)
{
    return a->from <= b->to && b->from <= a->to &&
           a->offset < b->offset + b->size && b->offset < a->offset + a->size;
}

static int larger_first(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return (x->where > y->where) - (x->where < y->where);
}

/* First fit, the largest first; returns the total. */
static size_t pack(struct spans *s)
{
    size_t total = 0;

    if (s->n)
        qsort(s->v, s->n, sizeof *s->v, larger_first);
    for (size_t i = 0; i < s->n; i++) {
        struct span *a = &s->v[i];
        for (size_t k = 0; k < i; ) {
            if (collide(a, &s->v[k])) {
                a->offset = s->v[k].offset + s->v[k].size;
                k = 0;
            } else {
                k++;
            }
        }
        if (a->offset + a->size > total)
            total = a->offset + a->size;
    }
    return total;
}

/* From the host, until engine_free; as an engine before this one left it. */
static void *take(struct engine *g, size_t n, size_t size)
{
    void *p = reserve_take(&g->host->memory, n * size);

    GROW(g->held, g->n_held, g->cap_held);
    g->held[g->n_held++] = p;
    return p;
}

void *memory_zeroed(struct engine *g, size_t n, size_t size)
{
    return memset(take(g, n + 1, size), 0, (n + 1) * size);
}

static void place(struct engine *g, struct spans *s)
{
    size_t total = pack(s);
    real *base = take(g, total + 16, sizeof *base);

    for (size_t i = 0; i < s->n; i++)
        *s->v[i].where = base + s->v[i].offset;
    free(s->v);
}

real *memory_reals(struct engine *g, size_t n)
{
    return take(g, n + 16, sizeof(real));
}

/* ---- values and gradients ---- */

static size_t node_size(const struct engine *g, const struct plan_node *n)
{
    return (size_t)g->opts.batch * n->rows * n->c;
}

/* Is anything still to be done to the stored numbers? */
static bool has_epilogue(const struct engine *g, const struct plan_node *n)
{
    if (n->act || n->norm || n->bias || n->op->factors)
        return true;
    if (!n->op->view || n->in[0].from == NET_IMAGE)
        return false;
    const struct plan_node *from = &g->nodes[n->in[0].from];
    return !from->materialised && has_epilogue(g, from);
}

static bool feeds_batch_wide(const struct engine *g, int id)
{
    for (int i = id + 1; i < g->n_nodes; i++)
        if (g->nodes[i].live && !g->nodes[i].op->view &&
            g->nodes[i].weights[0].batch_wide && g->nodes[i].in[0].from == id)
            return true;
    return false;
}

/* An epilogue is done once and for all where several consumers would have to do it
 * again, where the loss or a caller looks, and where a weight gradient is made
 * over the whole batch. */
static void choose_materialised(struct engine *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        n->materialised = n->live && has_epilogue(g, n) &&
                  (n->uses > 1 || n->exit >= 0 || n->tap ||
                   feeds_batch_wide(g, i));
    }
}

/* The step of backward in which each node has its turn; 0 is the loss. */
static int *backward_steps(const struct engine *g)
{
    int *step = xcalloc((size_t)g->n_nodes, sizeof *step), at = 0;

    for (int i = g->n_nodes - 1; i >= 0; i--)
        step[i] = g->nodes[i].learns ? ++at : at;
    return step;
}

/* The end of an array that backward reads in its node's own step at the latest:
 * one step longer, since what is left of its weight gradient is done at the
 * beginning of the next (run.c). */
static int after_step(const struct engine *g, int step)
{
    return g->n_nodes + step + 1;
}

/* What the caller may look at stays for good. */
static int value_end(const struct engine *g, const struct plan_node *n, int step)
{
    if (n->exit >= 0 || n->tap)
        return after_step(g, g->n_nodes);
    return g->opts.training && !n->frozen ? after_step(g, step) : n->last_use;
}

static void add_values(struct engine *g, struct spans *s, const int *step)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        int end = value_end(g, n, step[i]);
        if (n->live && !node_is_view(n))
            add_span(s, &n->y, node_size(g, n), i, end);
        if (n->materialised)
            add_span(s, &n->z, node_size(g, n), i, end);
    }
}

/* The node whose gradient array n uses: its own or, down a chain of sharing,
 * that of an input. */
static struct plan_node *gradient_owner(struct engine *g, struct plan_node *n)
{
    while (n->shared_in >= 0)
        n = &g->nodes[n->in[n->shared_in].from];
    return n;
}

/* The step in which each node's gradient is first written to, of a node after
 * which nothing learns beyond all steps. */
static int *gradient_births(const struct engine *g, const int *step)
{
    int *birth = xcalloc((size_t)g->n_nodes, sizeof *birth);

    for (int i = 0; i < g->n_nodes; i++)
        birth[i] = g->nodes[i].exit >= 0 ? 0 : g->n_nodes + 1;
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const struct plan_node *n = &g->nodes[i];
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

static void add_gradients(struct engine *g, struct spans *s, const int *step)
{
    int *birth = gradient_births(g, step);

    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        if (n->learns && n->shared_in < 0)
            add_span(s, &n->d, node_size(g, n), g->n_nodes + birth[i],
                     after_step(g, step[i]));
    }
    free(birth);
}

static void place_values_and_gradients(struct engine *g)
{
    int *step = backward_steps(g);
    struct spans s = { 0 };

    add_values(g, &s, step);
    if (g->opts.training)
        add_gradients(g, &s, step);
    place(g, &s);
    for (int i = 0; i < g->n_nodes; i++)
        g->nodes[i].d = gradient_owner(g, &g->nodes[i])->d;
    free(step);
}

/* ---- batch norm, sums, operators' own ---- */

static void place_norm(struct engine *g, struct norm *m, size_t c)
{
    real *r = memory_reals(g, 5 * c);
    double *d = memory_zeroed(g, 4 * c, sizeof *d);

    m->scale = r;
    m->shift = r + c;
    m->a = r + 2 * c;
    m->b = r + 3 * c;
    m->s = r + 4 * c;
    m->batch_mean = d;
    m->batch_rstd = d + c;
    m->cal_mean = d + 2 * c;
    m->cal_var = d + 3 * c;
}

static void place_extras(struct engine *g, struct plan_node *n)
{
    if (n->norm)
        place_norm(g, n->norm, n->c);
    if (n->norm || n->bias)
        n->sums = memory_zeroed(g, (size_t)g->opts.shards * 2 * n->c,
                         sizeof *n->sums);
    if (n->op->own_memory)
        n->op->own_memory(g, n);
}

/* ---- scratch ---- */

static void place_scratch(struct engine *g)
{
    size_t threads = (size_t)g->opts.threads, packed = 0;

    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].live && pack_size(g, &g->nodes[i]) > packed)
            packed = pack_size(g, &g->nodes[i]);
    g->packs[0] = memory_reals(g, packed);
    g->packs[1] = memory_reals(g, packed);

    g->prefetch = memory_zeroed(g, threads, sizeof *g->prefetch);
    g->scratch = memory_zeroed(g, threads * SCRATCH, sizeof *g->scratch);
    for (size_t i = 0; i < threads * SCRATCH; i++)
        g->scratch[i] = memory_reals(g, g->scratch_n[i % SCRATCH]);
}

/* ---- gradient blocks ---- */

/* A weight with few rows behind it: its gradient made in one go over the whole
 * batch costs less than a block for every shard. */
static bool few_rows(const struct engine *g, const struct weight *w,
                     size_t rows)
{
    return (size_t)g->opts.shards * w->n >
           (size_t)g->opts.batch * rows * (w->in + w->out);
}

/* Then shards had better share the columns, too, so that a weight is read once
 * for all rows; where nothing that goes row by row stands in between. */
static void choose_columns(struct engine *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        int from = n->in[0].from;
        n->by_columns = n->op->shares_columns && !n->norm &&
                        (g->opts.training && n->learns
                         ? n->weights[0].batch_wide
                         : few_rows(g, &n->weights[0], n->rows)) &&
                        (from == NET_IMAGE || !has_epilogue(g, &g->nodes[from]));
    }
}

static void choose_batch_wide(struct engine *g)
{
    if (!g->opts.training || g->opts.shards == 1)
        return;
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        for (size_t k = 0; k < n->n_weights; k++)
            n->weights[k].batch_wide =
                n->learns && n->op->batch_wide &&
                few_rows(g, &n->weights[k], node_matmul_rows(n));
    }
}

/* Behind what `at` already holds. */
static void add_block(struct weight *w, size_t *at)
{
    if (w->batch_wide)
        return;
    w->block = *at;
    *at += (w->n + 15) / 16 * 16;
}

static size_t add_blocks(struct plan_node *n, size_t at)
{
    size_t first = at;

    for (size_t i = 0; i < n->n_weights; i++)
        add_block(&n->weights[i], &at);
    return at - first;
}

/* A node's blocks live for its own turn in backward and the next one's, which
 * adds them up (run.c): two places in turns do for all, and stay in cache. */
static void place_blocks(struct engine *g)
{
    size_t shards = (size_t)g->opts.shards, most = 0, turn = 0;

    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].learns) {
            size_t n = add_blocks(&g->nodes[i], 0);
            most = n > most ? n : most;
        }
    for (int i = g->n_nodes - 1; i >= 0; i--)
        if (g->nodes[i].learns)
            add_blocks(&g->nodes[i], turn++ % 2 * most);
    g->blocks = memory_zeroed(g, shards, sizeof *g->blocks);
    for (size_t i = 0; i < shards; i++)
        g->blocks[i] = memory_reals(g, 2 * most);
}

static void note_taps(struct engine *g)
{
    for (int i = 0; i < g->n_taps; i++)
        if (g->taps[i].node != NET_IMAGE)
            g->taps[i].z = g->nodes[g->taps[i].node].z;
}

void memory_place(struct engine *g)
{
    choose_batch_wide(g);
    choose_columns(g);
    choose_materialised(g);
    place_values_and_gradients(g);
    note_taps(g);
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        if (!n->live)
            continue;
        place_extras(g, n);
        chunks_choose(g, n);
    }
    place_scratch(g);
    if (g->opts.training)
        place_blocks(g);
    if (g->image_late)
        g->image_copy = memory_reals(g, (size_t)g->opts.batch *
                              (size_t)(g->net->input.v[0] *
                                       g->net->input.v[1] *
                                       g->net->input.v[2]));
    g->outs = memory_zeroed(g, g->net->exits.n, sizeof *g->outs);
    g->grads_out = memory_zeroed(g, g->net->exits.n, sizeof *g->grads_out);
}
