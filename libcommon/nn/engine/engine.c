/* SPDX-License-Identifier: MIT
 * This file makes engines and runs whole passes; segments.c runs inference that
 * stops at an exit. */
#include "libcommon/nn/engine/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/engine/layout.h"
#include "libcommon/nn/engine/run.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"
#include "libcommon/nn/kern/kernels.h"

struct engine_host *engine_host_new(int threads)
{
    struct engine_host *h = xcalloc(1, sizeof *h);

    h->threads = threads < ENGINE_MAX_SHARDS ? threads : ENGINE_MAX_SHARDS;
    h->pool = pool_new(h->threads);
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

void engine_host_poison(struct engine_host *h, int byte)
{
    reserve_poison(&h->memory, byte);
}

struct pool *engine_host_pool(struct engine_host *h)
{
    return h->pool;
}

struct engine *engine_new(const struct net *net, const struct engine_opts *o)
{
    struct engine *g = xcalloc(1, sizeof *g);
    struct engine_opts *opts = &g->plan.opts;

    BUG_IF(o->batch < 1 || o->shards > ENGINE_MAX_SHARDS);
    *opts = *o;
    if (opts->shards <= 0)
        opts->shards = 4;
    if (opts->threads <= 0)
        opts->threads = 1;
    g->host = o->host ? o->host : engine_host_new(opts->threads);
    opts->threads = g->host->threads;
    g->memory.from = &g->host->memory;
    g->plan.net = net;
    g->plan.k = kern_get();
    plan_lower(&g->plan);
    params_place(&g->params, &g->plan, &g->memory);
    plan_choose(&g->plan);
    layout_place(&g->plan, &g->buffers, &g->flight, &g->memory);
    g->outs = memory_zeroed(&g->memory, net->exits.n, sizeof *g->outs);
    g->grads_out = memory_zeroed(&g->memory, net->exits.n,
                                 sizeof *g->grads_out);
    return g;
}

void engine_free(struct engine *g)
{
    if (!g)
        return;
    memory_give_back(&g->memory);
    if (!g->plan.opts.host)
        engine_host_free(g->host);
    free(g->params.v);
    arena_free(&g->plan.arena);
    free(g);
}

const struct net *engine_net(const struct engine *g)
{
    return g->plan.net;
}

struct pool *engine_pool(struct engine *g)
{
    return g->host->pool;
}

/* ---- one call ---- */

struct engine_pass engine_pass_again(struct engine *g)
{
    return (struct engine_pass){
        .plan = &g->plan,
        .k = g->plan.k,
        .buffers = &g->buffers,
        .flight = &g->flight,
        .pool = g->host->pool,
        .images = g->images,
        .n = g->n,
        .calibrating = g->calibrating,
        .update = g->update,
        .update_ctx = g->update_ctx,
    };
}

struct engine_pass engine_pass_new(struct engine *g, const real *images, int n)
{
    BUG_IF(n < 0 || n > g->plan.opts.batch);
    kernels_thread_start();
    g->images = images;
    g->n = n;
    memset(g->flight.z, 0, (size_t)g->plan.n_nodes * sizeof *g->flight.z);
    return engine_pass_again(g);
}

static void collect_outputs(struct engine *g, const struct engine_pass *p)
{
    for (size_t i = 0; i < g->plan.net->exits.n; i++) {
        int node = g->plan.exit_node[i];
        struct value v = value_of(p, node);
        bool rests = node_rests(p, &g->plan.nodes[node]);
        g->outs[i] = v.plain && !rests ? (real *)(uintptr_t)v.data : NULL;
        g->grads_out[i] = g->plan.nodes[node].d;
    }
}

/* Runs a training step on the nodes that learn; values of frozen nodes are
 * there already. */
static double learn(struct engine *g, struct engine_pass *p,
                    engine_loss_fn *loss, void *ctx)
{
    const struct net *net = g->plan.net;
    struct engine_outputs o = {
        g->n,    (int)net->exits.n, (int)net->classes, g->plan.exit_units,
        g->outs, g->grads_out,
    };
    double l;

    BUG_IF(!g->plan.opts.training);
    p->batch_stats = p->update_running = true;
    run_forward(p, 0, g->plan.n_nodes, RUN_LEARNING);
    collect_outputs(g, p);
    for (int i = 0; i < o.exits; i++)
        memset(o.grad[i], 0, (size_t)(o.n * o.units[i]) * sizeof *o.grad[i]);
    l = loss(ctx, &o);
    if (isfinite(l))
        run_backward(p);
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
    struct engine_pass p;

    if (g->plan.opts.frozen_backbone) {
        engine_features(g, images, n);
        p = engine_pass_again(g);
    } else {
        p = engine_pass_new(g, images, n);
    }
    return learn(g, &p, loss, ctx);
}

static void forward(struct engine *g, struct engine_pass *p,
                    enum engine_mode mode, enum run_nodes which)
{
    p->batch_stats = mode == ENGINE_BATCH_STATS;
    if (!p->batch_stats)
        run_eval_epilogues(p);
    run_forward(p, 0, g->plan.n_nodes, which);
    collect_outputs(g, p);
    if (p->batch_stats && p->calibrating)
        g->calibrated += p->n;
}

void engine_forward(struct engine *g, const real *images, int n,
                    enum engine_mode mode)
{
    struct engine_pass p = engine_pass_new(g, images, n);

    forward(g, &p, mode, RUN_ALL);
}

const real *engine_logits(const struct engine *g, int exit)
{
    return g->outs[exit];
}

int engine_units(const struct engine *g, int exit)
{
    return g->plan.exit_units[exit];
}

/* ---- frozen backbone ---- */

void engine_rest(struct engine *g, int exit, bool rests)
{
    BUG_IF(!g->plan.opts.frozen_backbone);
    g->flight.rests[exit] = rests;
}

void engine_features(struct engine *g, const real *images, int n)
{
    struct engine_pass p;

    BUG_IF(!g->plan.opts.frozen_backbone);
    p = engine_pass_new(g, images, n);
    run_eval_epilogues(&p);
    run_forward(&p, 0, g->plan.n_nodes, RUN_FROZEN);
}

int engine_taps(const struct engine *g)
{
    return g->plan.n_taps;
}

size_t engine_tap_size(const struct engine *g, int tap)
{
    return g->plan.taps[tap].size;
}

const real *engine_tap(struct engine *g, int tap)
{
    struct engine_pass p = engine_pass_again(g);
    struct value v = value_of(&p, g->plan.taps[tap].node);

    BUG_IF(!v.plain);
    return v.data;
}

/* Returns a pass in which the taps' values are the caller's features.  Heads
 * read them and never write them. */
static struct engine_pass pass_on(struct engine *g, const real *const *features,
                                  int n)
{
    BUG_IF(!g->plan.opts.frozen_backbone);
    engine_pass_new(g, NULL, n);
    for (int i = 0; i < g->plan.n_taps; i++) {
        int node = g->plan.taps[i].node;
        if (node == NET_IMAGE)
            g->images = features[i];
        else
            g->flight.z[node] = features[i];
    }
    return engine_pass_again(g);
}

double engine_step_features(struct engine *g, const real *const *features,
                            int n, engine_loss_fn *loss, void *ctx)
{
    struct engine_pass p = pass_on(g, features, n);

    return learn(g, &p, loss, ctx);
}

void engine_forward_features(struct engine *g, const real *const *features,
                             int n, enum engine_mode mode)
{
    struct engine_pass p = pass_on(g, features, n);

    BUG_IF(g->calibrating);
    forward(g, &p, mode, RUN_LEARNING);
}

/* ---- calibration ---- */

void engine_calibrate_begin(struct engine *g)
{
    g->calibrating = true;
    g->calibrated = 0;
    for (int i = 0; i < g->plan.n_nodes; i++) {
        struct plan_node *n = &g->plan.nodes[i];
        if (!n->norm || !n->live)
            continue;
        memset(n->norm->cal_mean, 0, n->c * sizeof(double));
        memset(n->norm->cal_var, 0, n->c * sizeof(double));
    }
}

void engine_calibrate_end(struct engine *g)
{
    g->calibrating = false;
    for (int i = 0; i < g->plan.n_nodes && g->calibrated > 0; i++) {
        struct plan_node *n = &g->plan.nodes[i];
        if (!n->norm || !n->live)
            continue;
        for (size_t c = 0; c < n->c; c++) {
            n->norm->mean[c] = (real)(n->norm->cal_mean[c] / g->calibrated);
            n->norm->var[c] = (real)(n->norm->cal_var[c] / g->calibrated);
        }
    }
}
