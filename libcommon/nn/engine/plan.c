/* SPDX-License-Identifier: MIT
 * Layers to nodes: which kernel runs a layer, which values are views, who
 * reads whom. */
#include "libcommon/nn/engine/plan.h"

#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"

bool plan_layer_learns(const struct engine *g, const struct layer *l)
{
    return !g->opts.frozen_backbone ||
           net_head_of(g->net, (size_t)(l - net_layer(g->net, 0))) >= 0;
}

/* ---- a layer's nodes ---- */

/* An input in front of each layer may have to be copied. */
static size_t most_nodes(const struct net *net)
{
    size_t n = 0;

    for (size_t i = 0; i < net->layers.n; i++)
        n += 1 + net_layer(net, i)->inputs.n;
    return n;
}

static int node_of_layer(const struct engine *g, int64_t layer)
{
    return layer == NET_IMAGE ? NET_IMAGE : g->node_of[layer];
}

static struct window window_of(const struct layer *l)
{
    return (struct window){
        (int)l->in.v[0], (int)l->in.v[1], (int)l->in.v[2],
        (int)l->out.v[0], (int)l->out.v[1],
        (int)l->kernel.v[0], (int)l->kernel.v[1],
        (int)l->stride.v[0], (int)l->stride.v[1],
        (int)l->pad.v[0], (int)l->pad.v[1],
    };
}

/* A node whose value has this shape and which reads n_in others. */
static struct plan_node draft(struct engine *g, const struct layer *l,
                              const struct ints *shape, size_t n_in)
{
    return (struct plan_node){
        .layer = l,
        .in = arena_alloc(&g->arena, n_in, sizeof(struct plan_edge)),
        .n_in = n_in,
        .rows = (size_t)(shape->v[0] * shape->v[1]),
        .c = (size_t)shape->v[2],
        .shared_in = -1,
        .exit = -1,
    };
}

/* The layer's own node, but for the way it runs. */
static struct plan_node draft_of(struct engine *g, const struct layer *l)
{
    struct plan_node n = draft(g, l, &l->out, l->inputs.n);

    for (size_t k = 0; k < n.n_in; k++)
        n.in[k].from = node_of_layer(g, l->inputs.v[k]);
    n.act = l->act;
    n.has_norm = layer_has_norm(l);
    if (op_info(l->op)->window)
        n.win = window_of(l);
    return n;
}

/* The epilogue that pends on a node's value, as its readers see it. */
static void settle_epilogue(const struct engine *g, struct plan_node *n)
{
    int from = n->in[0].from;

    n->base_rows = n->rows;
    n->base_c = n->c;
    n->pending_act = n->act;
    n->pending_factors = n->op->factors;
    if (!n->op->view)
        return;
    if (from == NET_IMAGE) {
        n->base_rows = (size_t)(n->layer->in.v[0] * n->layer->in.v[1]);
        n->base_c = (size_t)n->layer->in.v[2];
        return;
    }
    n->base_rows = g->nodes[from].base_rows;
    n->base_c = g->nodes[from].base_c;
    n->pending_factors |= g->nodes[from].pending_factors;
    if (!n->act)
        n->pending_act = g->nodes[from].pending_act;
}

/* Appends it; returns its number. */
static int add_node(struct engine *g, const struct plan_node *n)
{
    g->nodes[g->n_nodes] = *n;
    settle_epilogue(g, &g->nodes[g->n_nodes]);
    return g->n_nodes++;
}

/* Input k as the layer's row can read it: copied if it is stored in another
 * shape, or with factors pending that the row has no place for. */
static void fit_input(struct engine *g, struct plan_node *n, size_t k)
{
    const struct ints *shape = net_shape(g->net, n->layer->inputs.v[k]);
    int from = n->in[k].from;
    const struct plan_node *p = from == NET_IMAGE ? NULL : &g->nodes[from];
    struct plan_node copy;

    if (!p)
        return;
    if ((n->op->reads_any_shape || p->base_c == (size_t)shape->v[2]) &&
        !(n->op->reads_no_factors && p->pending_factors))
        return;
    copy = draft(g, n->layer, shape, 1);
    copy.op = &node_op_copy;
    copy.in[0].from = from;
    n->in[k].from = add_node(g, &copy);
}

static int lower(struct engine *g, const struct layer *l)
{
    struct plan_node n = draft_of(g, l);

    n.op = node_op_choose(g, &n);
    for (size_t k = 0; k < n.n_in; k++)
        fit_input(g, &n, k);
    return add_node(g, &n);
}

/* ---- who reads whom ---- */

static void mark_live(struct engine *g)
{
    for (size_t i = 0; i < g->net->exits.n; i++)
        g->nodes[g->exit_node[i]].live = true;
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &g->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++)
            if (n->in[k].from != NET_IMAGE)
                g->nodes[n->in[k].from].live = true;
    }
}

static bool has_params(const struct plan_node *n)
{
    return n->op->weights[0] || n->has_norm;
}

/* The loss writes the d of an exit's output, learning or not. */
static void mark_learning(struct engine *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        n->frozen = !plan_layer_learns(g, n->layer);
        if (!n->live || n->frozen)
            continue;
        n->learns = n->exit >= 0 || has_params(n);
        for (size_t k = 0; k < n->n_in; k++) {
            struct plan_edge *e = &n->in[k];
            e->grad = e->from != NET_IMAGE && g->nodes[e->from].learns;
            n->learns |= e->grad;
        }
    }
}

/* Backward visits consumers from the last node to the first, inputs of one
 * node in order: the first of them writes d, the last finishes it.  The d of
 * an exit's output has been written by the loss. */
static void order_gradients(struct engine *g)
{
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &g->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++) {
            struct plan_edge *e = &n->in[k];
            if (!e->grad)
                continue;
            struct plan_node *p = &g->nodes[e->from];
            e->first = p->uses == 0 && p->exit < 0;
            p->uses++;
        }
    }
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &g->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++)
            if (n->in[k].grad)
                n->in[k].last = --g->nodes[n->in[k].from].uses == 0;
    }
    for (int i = 0; i < g->n_nodes; i++)
        for (size_t k = 0; g->nodes[i].live && k < g->nodes[i].n_in; k++)
            if (g->nodes[i].in[k].from != NET_IMAGE)
                g->nodes[g->nodes[i].in[k].from].uses++;
}

/* A node that hands its gradient on as it is can share the array with an
 * input that nobody else reads. */
static void share_gradients(struct engine *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct plan_node *n = &g->nodes[i];
        for (size_t k = 0; n->op->hands_gradient_on && n->shared_in < 0 &&
                           k < n->n_in; k++)
            if (n->in[k].first && n->in[k].last)
                n->shared_in = (int)k;
    }
}

/* The last node that reads the numbers a node stores, through views too. */
static void find_last_use(struct engine *g)
{
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &g->nodes[i];
        if (n->exit >= 0 || n->tap)
            n->last_use = g->n_nodes;
        int until = i;
        if (node_is_view(n) && n->last_use > until)
            until = n->last_use;
        for (size_t k = 0; n->live && k < n->n_in; k++) {
            if (n->in[k].from == NET_IMAGE)
                continue;
            struct plan_node *p = &g->nodes[n->in[k].from];
            if (p->last_use < until)
                p->last_use = until;
        }
    }
}

static void find_late_image(struct engine *g)
{
    int64_t first_end = net_exit_at(g->net, 0)->last;

    for (size_t i = (size_t)first_end + 1; i < g->net->layers.n; i++) {
        const struct layer *l = net_layer(g->net, i);
        for (size_t k = 0; k < l->inputs.n; k++)
            g->image_late |= l->inputs.v[k] == NET_IMAGE;
    }
}

/* Each tap of a frozen backbone once; they follow each other like the exits. */
static void find_taps(struct engine *g)
{
    const int64_t *in = g->net->input.v;

    if (!g->opts.frozen_backbone)
        return;
    g->taps = arena_alloc(&g->arena, g->net->exits.n, sizeof *g->taps);
    for (size_t i = 0; i < g->net->exits.n; i++) {
        int64_t layer = net_exit_at(g->net, i)->tap;
        struct plan_tap t = { .node = NET_IMAGE,
                         .size = (size_t)(in[0] * in[1] * in[2]) };
        if (layer != NET_IMAGE) {
            struct plan_node *n = &g->nodes[t.node = g->node_of[layer]];
            t.size = n->rows * n->c;
            n->tap = true;
        }
        if (i == 0 || t.node != g->taps[g->n_taps - 1].node)
            g->taps[g->n_taps++] = t;
    }
}

void plan_build(struct engine *g)
{
    const struct net *net = g->net;
    size_t layers = net->layers.n, exits = net->exits.n;

    g->nodes = arena_alloc(&g->arena, most_nodes(net), sizeof *g->nodes);
    g->node_of = arena_alloc(&g->arena, layers, sizeof *g->node_of);
    g->exit_node = arena_alloc(&g->arena, exits, sizeof *g->exit_node);
    g->exit_units = arena_alloc(&g->arena, exits, sizeof *g->exit_units);
    for (size_t i = 0; i < layers; i++)
        g->node_of[i] = lower(g, net_layer(net, i));
    for (size_t i = 0; i < exits; i++) {
        g->exit_node[i] = g->node_of[net_exit_at(net, i)->last];
        struct plan_node *n = &g->nodes[g->exit_node[i]];
        n->exit = (int)i;
        g->exit_units[i] = (int)(n->rows * n->c);
    }
    find_taps(g);
    mark_live(g);
    mark_learning(g);
    order_gradients(g);
    share_gradients(g);
    find_last_use(g);
    find_late_image(g);
}
