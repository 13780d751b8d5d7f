/* SPDX-License-Identifier: MIT
 * Building an engine and running it: phases over nodes, each a loop over
 * shards, with the little that crosses shards done in between. */
#include "libcommon/nn/engine/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/params.h"
#include "libcommon/nn/engine/plan.h"
#include "libcommon/nn/engine/run.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"
#include "libcommon/nn/kern/kernels.h"

struct engine_host *engine_host_new(int threads)
{
    struct engine_host *h = xcalloc(1, sizeof *h);

    h->threads = threads;
    h->pool = pool_new(threads);
    return h;
}

void engine_host_free(struct engine_host *h)
{
    if (!h)
        return;
    pool_free(h->pool);
    reserve_free(&h->memory);
    free(h);
}

struct engine *engine_new(const struct net *net, const struct engine_opts *o)
{
    struct engine *g = xcalloc(1, sizeof *g);

    BUG_IF(o->batch < 1 || o->shards > ENGINE_MAX_SHARDS);
    g->net = net;
    g->opts = *o;
    if (g->opts.shards <= 0)
        g->opts.shards = 4;
    if (g->opts.threads <= 0)
        g->opts.threads = 1;
    g->k = kern_get();
    g->host = o->host ? o->host : engine_host_new(g->opts.threads);
    g->opts.threads = g->host->threads;
    g->pool = g->host->pool;
    plan_build(g);
    params_place(g);
    memory_place(g);
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    for (size_t i = 0; i < g->n_held; i++)
        reserve_give(&g->host->memory, g->held[i]);
    if (!g->opts.host)
        engine_host_free(g->host);
    free(g->held);
    free(g->params);
    arena_free(&g->arena);
    free(g);
}

const struct net *engine_net(const struct engine *g)
{
    return g->net;
}

void engine_host_poison(struct engine_host *h, int byte)
{
    reserve_poison(&h->memory, byte);
}

struct pool *engine_host_pool(struct engine_host *h)
{
    return h->pool;
}

struct pool *engine_pool(struct engine *g)
{
    return g->pool;
}

/* ---- one call ---- */

static void begin(struct engine *g, const real *images, int n)
{
    BUG_IF(n < 0 || n > g->opts.batch);
    kernels_thread_start();
    g->images = images;
    g->n = n;
    for (int i = 0; i < g->n_nodes; i++)
        g->nodes[i].z_ready = false;
    for (int i = 0; i < g->n_taps; i++)
        if (g->taps[i].node != NET_IMAGE)
            g->nodes[g->taps[i].node].z = g->taps[i].z;
}

static void collect_outputs(struct engine *g)
{
    for (size_t i = 0; i < g->net->exits.n; i++) {
        struct plan_node *n = &g->nodes[g->exit_node[i]];
        struct value v = value_of(g, g->exit_node[i]);
        g->outs[i] = v.plain ? (real *)(uintptr_t)v.data : NULL;
        g->grads_out[i] = n->d;
    }
}

static double call_loss(struct engine *g, engine_loss_fn *loss, void *ctx)
{
    struct engine_outputs o = {
        g->n, (int)g->net->exits.n, (int)g->net->classes, g->exit_units,
        g->outs, g->grads_out,
    };

    for (int i = 0; i < o.exits; i++)
        memset(o.grad[i], 0, (size_t)(o.n * o.units[i]) * sizeof *o.grad[i]);
    return loss(ctx, &o);
}

/* The nodes that learn, on what the others left. */
static double learn(struct engine *g, engine_loss_fn *loss, void *ctx)
{
    double l;

    BUG_IF(!g->opts.training);
    g->batch_stats = g->update_running = true;
    run_forward(g, 0, g->n_nodes, RUN_LEARNING);
    collect_outputs(g);
    l = call_loss(g, loss, ctx);
    if (isfinite(l))
        run_backward(g);
    g->update_running = false;
    return l;
}

void engine_on_gradient(struct engine *g, engine_update_fn *update, void *ctx)
{
    g->update = update;
    g->update_ctx = ctx;
}

double engine_step(struct engine *g, const real *images, int n,
                   engine_loss_fn *loss, void *ctx)
{
    if (g->opts.frozen_backbone)
        engine_features(g, images, n);
    else
        begin(g, images, n);
    return learn(g, loss, ctx);
}

static void forward(struct engine *g, enum engine_mode mode,
                    enum run_nodes part)
{
    g->batch_stats = mode == ENGINE_BATCH_STATS;
    if (!g->batch_stats)
        run_eval_epilogues(g);
    run_forward(g, 0, g->n_nodes, part);
    collect_outputs(g);
    if (g->batch_stats && g->calibrating)
        g->cal_weight += g->n;
}

void engine_forward(struct engine *g, const real *images, int n,
                    enum engine_mode mode)
{
    begin(g, images, n);
    forward(g, mode, RUN_ALL);
}

const real *engine_logits(const struct engine *g, int exit)
{
    return g->outs[exit];
}

int engine_units(const struct engine *g, int exit)
{
    return g->exit_units[exit];
}

/* ---- frozen backbone ---- */

void engine_features(struct engine *g, const real *images, int n)
{
    BUG_IF(!g->opts.frozen_backbone);
    begin(g, images, n);
    g->batch_stats = false;
    run_eval_epilogues(g);
    run_forward(g, 0, g->n_nodes, RUN_FROZEN);
}

int engine_taps(const struct engine *g)
{
    return g->n_taps;
}

size_t engine_tap_size(const struct engine *g, int tap)
{
    return g->taps[tap].size;
}

const real *engine_tap(const struct engine *g, int tap)
{
    struct value v = value_of(g, g->taps[tap].node);

    BUG_IF(!v.plain);
    return v.data;
}

/* The taps' values are the caller's: heads read, and never write, them. */
static void take_features(struct engine *g, const real *const *features, int n)
{
    BUG_IF(!g->opts.frozen_backbone);
    begin(g, NULL, n);
    for (int i = 0; i < g->n_taps; i++) {
        if (g->taps[i].node == NET_IMAGE) {
            g->images = features[i];
            continue;
        }
        struct plan_node *tap = &g->nodes[g->taps[i].node];
        tap->z = (real *)(uintptr_t)features[i];
        tap->z_ready = true;
    }
}

double engine_step_features(struct engine *g, const real *const *features,
                            int n, engine_loss_fn *loss, void *ctx)
{
    take_features(g, features, n);
    return learn(g, loss, ctx);
}

void engine_forward_features(struct engine *g, const real *const *features,
                             int n, enum engine_mode mode)
{
    BUG_IF(g->calibrating);
    take_features(g, features, n);
    forward(g, mode, RUN_LEARNING);
}

/* ---- calibration ---- */

void engine_calibrate_begin(struct engine *g)
{
    g->calibrating = true;
    g->cal_weight = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        if (!n->norm || !n->live)
            continue;
        memset(n->norm->cal_mean, 0, n->c * sizeof(double));
        memset(n->norm->cal_var, 0, n->c * sizeof(double));
    }
}

void engine_calibrate_end(struct engine *g)
{
    g->calibrating = false;
    for (int i = 0; i < g->n_nodes && g->cal_weight > 0; i++) {
        struct plan_node *n = &g->nodes[i];
        if (!n->norm || !n->live)
            continue;
        for (size_t c = 0; c < n->c; c++) {
            n->norm->mean[c] = (real)(n->norm->cal_mean[c] / g->cal_weight);
            n->norm->var[c] = (real)(n->norm->cal_var[c] / g->cal_weight);
        }
    }
}

/* ---- segments ---- */

/* Nodes of layers [first, last], their copies in front included. */
static int node_after(const struct engine *g, int64_t layer)
{
    return layer < 0 ? 0 : g->node_of[layer] + 1;
}

static int segment_end(const struct engine *g, int i)
{
    return i < 0 ? 0 : node_after(g, net_exit_at(g->net, (size_t)i)->last);
}

static void keep_image(struct engine *g, const real *images)
{
    const int64_t *in = g->net->input.v;

    if (!g->image_late)
        return;
    memcpy(g->image_copy, images, (size_t)g->n *
           (size_t)(in[0] * in[1] * in[2]) * sizeof *images);
    g->images = g->image_copy;
}

void engine_segment(struct engine *g, int i, const real *images, int n,
                    bool head)
{
    const struct net_exit *x = net_exit_at(g->net, (size_t)i);
    int first = segment_end(g, i - 1), end = segment_end(g, i);

    if (i == 0) {
        begin(g, images, n);
        keep_image(g, images);
        g->batch_stats = false;
        run_eval_epilogues(g);
    }
    BUG_IF(n != g->n);
    run_forward(g, first, node_after(g, x->first - 1), RUN_ALL);
    if (head)
        run_forward(g, node_after(g, x->first - 1), end, RUN_ALL);
    g->segment = i;
    if (head)
        g->outs[i] = (real *)(uintptr_t)value_of(g, g->exit_node[i]).data;
}

size_t engine_segment_size(const struct engine *g, int i)
{
    size_t most = 0;

    for (int k = segment_end(g, i - 1); k < segment_end(g, i); k++) {
        const struct plan_node *n = &g->nodes[k];
        if (n->live && n->rows * n->c > most)
            most = n->rows * n->c;
    }
    return most;
}

/* Is the value of a node read from node `end` on, be it through views? */
static bool read_after(const struct engine *g, int id, int end)
{
    for (int i = id + 1; i < g->n_nodes; i++) {
        const struct plan_node *n = &g->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++)
            if (n->in[k].from == id &&
                (i >= end || (node_is_view(n) && !n->materialised &&
                              read_after(g, i, end))))
                return true;
    }
    return false;
}

/* What later segments read of a node, or of the image (node NULL). */
struct share {
    struct plan_node *node;
    real *rows;             /* (n, size) */
    size_t size;
};

/* Its value where it is kept; else its stored numbers, of a view the factors
 * (what it is a view of has a share of its own). */
static struct share share_of(struct plan_node *n)
{
    if (n->materialised || n->y)
        return (struct share){ n, n->materialised ? n->z : n->y, n->rows * n->c };
    return (struct share){ n, n->factors, n->factors ? n->c : 0 };
}

/* The shares from *at on, which begins as 0, of the segments up to node `end`;
 * returns false when there are no more. */
static bool next_share(struct engine *g, int end, int *at, struct share *s)
{
    const int64_t *in = g->net->input.v;

    while (*at < end) {
        struct plan_node *n = &g->nodes[(*at)++];
        if (!n->live || !read_after(g, *at - 1, end))
            continue;
        *s = share_of(n);
        if (s->size)
            return true;
    }
    if (*at > end || !g->image_late)
        return false;
    ++*at;
    *s = (struct share){ NULL, g->image_copy,
                         (size_t)(in[0] * in[1] * in[2]) };
    return true;
}

size_t engine_state_size(struct engine *g, int i)
{
    struct share s;
    size_t size = 0;

    for (int at = 0; next_share(g, segment_end(g, i), &at, &s); )
        size += s.size;
    return size;
}

/* A value that is kept, and that nobody has read so far. */
static void materialise_value(struct engine *g, struct plan_node *n, const int *keep,
                       int n_keep)
{
    struct value v = value_of(g, (int)(n - g->nodes));

    for (int k = 0; k < n_keep; k++)
        value_load(g, &v, (size_t)keep[k] * v.rows,
                   (size_t)(keep[k] + 1) * v.rows, NULL);
}

void engine_save(struct engine *g, const int *keep, int n_keep, real *state)
{
    size_t size = engine_state_size(g, g->segment);
    struct share s;

    for (int at = 0; next_share(g, segment_end(g, g->segment), &at, &s);
         state += s.size) {
        if (s.node && s.node->materialised && !s.node->z_ready)
            materialise_value(g, s.node, keep, n_keep);
        for (int k = 0; k < n_keep; k++)
            memcpy(state + (size_t)k * size, s.rows + (size_t)keep[k] * s.size,
                   s.size * sizeof *state);
    }
}

void engine_resume(struct engine *g, int i, const real *state, int n)
{
    size_t size = engine_state_size(g, i);
    struct share s;

    begin(g, g->image_late ? g->image_copy : NULL, n);
    for (int at = 0; next_share(g, segment_end(g, i), &at, &s);
         state += s.size) {
        for (int k = 0; k < n; k++)
            memcpy(s.rows + (size_t)k * s.size, state + (size_t)k * size,
                   s.size * sizeof *state);
        if (s.node)
            s.node->z_ready = s.node->materialised;
    }
    g->segment = i;
}
