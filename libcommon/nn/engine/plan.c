/* SPDX-License-Identifier: MIT
 * Layers to nodes: which kernel runs a layer, which values are views, who
 * reads whom. */
#include "libcommon/nn/engine/plan.h"

#include "libcommon/base/log.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"

bool plan_layer_learns(const struct engine *g, const struct layer *l)
{
    return !g->opts.frozen_backbone ||
           net_head_of(g->net, (size_t)(l - net_layer(g->net, 0))) >= 0;
}

/* Nodes a layer can become: a copy in front, itself. */
#define NODES_PER_LAYER 2

static struct plan_node *new_node(struct engine *g, const struct layer *l, int kind,
                             int act)
{
    struct plan_node *n = &g->nodes[g->n_nodes++];

    n->layer = l;
    n->kind = kind;
    n->act = act;
    n->rows = (size_t)(l->out.v[0] * l->out.v[1]);
    n->c = (size_t)l->out.v[2];
    n->shared_in = -1;
    n->exit = -1;
    return n;
}

static void connect(struct engine *g, struct plan_node *n, size_t n_in)
{
    n->in = arena_alloc(&g->arena, n_in, sizeof *n->in);
    n->n_in = n_in;
}

static int id_of(const struct engine *g, const struct plan_node *n)
{
    return (int)(n - g->nodes);
}

/* What pends in the epilogue of a value, as its consumers see it. */
static void settle_epilogue(struct engine *g, struct plan_node *n)
{
    const struct plan_node *p = n->in[0].from == NET_IMAGE ? NULL
                         : &g->nodes[n->in[0].from];

    n->base_rows = n->rows;
    n->base_c = n->c;
    n->pending_act = n->act;
    if (!node_is_view(n))
        return;
    if (p) {
        n->base_rows = p->base_rows;
        n->base_c = p->base_c;
        n->pending_mul = p->pending_mul;
        if (n->kind != NODE_ACT)
            n->pending_act = p->pending_act;
    } else {
        n->base_rows = (size_t)(n->layer->in.v[0] * n->layer->in.v[1]);
        n->base_c = (size_t)n->layer->in.v[2];
    }
    if (n->kind == NODE_SE)
        n->pending_mul = true;
}

/* A node with one input whose shape it keeps (views, copies). */
static struct plan_node *follow(struct engine *g, const struct layer *l, int kind,
                           int act, int from)
{
    struct plan_node *n = new_node(g, l, kind, act);

    connect(g, n, 1);
    n->in[0].from = from;
    return n;
}

/* The input as a value whose stored numbers have the shape the layer reads and
 * whose epilogue has room for what comes on top: copied if it has not. */
static int plain_input(struct engine *g, const struct layer *l, int from,
                       bool no_mul)
{
    const struct plan_node *p = from == NET_IMAGE ? NULL : &g->nodes[from];
    struct plan_node *n;

    if (!p || (p->base_c == (size_t)l->in.v[2] && !(no_mul && p->pending_mul)))
        return from;
    n = follow(g, l, NODE_COPY, ACT_NONE, from);
    n->rows = (size_t)(l->in.v[0] * l->in.v[1]);
    n->c = (size_t)l->in.v[2];
    settle_epilogue(g, n);
    return id_of(g, n);
}

/* act on top of a value: a view if its epilogue can take it. */
static struct plan_node *lower_act(struct engine *g, const struct layer *l, int act,
                              int from)
{
    const struct plan_node *p = from == NET_IMAGE ? NULL : &g->nodes[from];
    struct plan_node *n;

    if (p && !p->pending_mul && act == p->pending_act &&
        net_acts[act].idempotent)
        n = follow(g, l, NODE_FLATTEN, ACT_NONE, from);     /* nothing to do */
    else if (p && (p->pending_mul || p->pending_act))
        n = follow(g, l, NODE_COPY, act, from);
    else
        n = follow(g, l, NODE_ACT, act, from);
    settle_epilogue(g, n);
    return n;
}

static void set_window(struct plan_node *n)
{
    const struct layer *l = n->layer;

    n->win = (struct window){
        (int)l->in.v[0], (int)l->in.v[1], (int)l->in.v[2],
        (int)l->out.v[0], (int)l->out.v[1],
        (int)l->kernel.v[0], (int)l->kernel.v[1],
        l->stride.n ? (int)l->stride.v[0] : 1,
        l->stride.n ? (int)l->stride.v[1] : 1,
        l->pad.n ? (int)l->pad.v[0] : 0,
        l->pad.n ? (int)l->pad.v[1] : 0,
    };
}

static bool is_pointwise(const struct window *w)
{
    return w->kh == 1 && w->kw == 1 && w->sh == 1 && w->sw == 1 &&
           w->ph == 0 && w->pw == 0;
}

/* Winograd's algorithm, where the multiplications it saves an image make up for
 * the transforms of the weights, of which there are some for every batch, be it
 * of one image: counted per weight, measured, and more where the weights are
 * too many for the caches. */
static bool is_winograd(const struct window *w, size_t cout)
{
    size_t direct = 9 * (size_t)w->oh * (size_t)w->ow;
    size_t ours = 16 * winograd_lines(w) * winograd_columns(w);
    size_t weights = 160 + (size_t)w->c * cout / 256;

    return w->kh == 3 && w->kw == 3 && w->sh == 1 && w->sw == 1 &&
           direct >= ours + weights;
}

/* Without patches where a window sees few numbers, of the image, which wants no
 * gradient.  So many are measured, 5x5 of colours. */
#define DIRECT_TAPS 75

static bool is_direct(const struct plan_node *n)
{
    return n->in[0].from == NET_IMAGE &&
           n->win.kh * n->win.kw * n->win.c <= DIRECT_TAPS;
}

static void lower_conv(struct plan_node *n)
{
    set_window(n);
    n->kind = layer_is_depthwise(n->layer) ? NODE_DEPTHWISE
            : is_pointwise(&n->win) ? NODE_MATMUL
            : is_direct(n) ? NODE_DIRECT
            : is_winograd(&n->win, n->c) ? NODE_WINOGRAD : NODE_IM2COL;
}

/* An op that stores its result; reads neighbours, so it needs the shape. */
static struct plan_node *lower_stored(struct engine *g, const struct layer *l,
                                 int kind)
{
    bool shaped = l->op != OP_LINEAR && l->op != OP_ADD && l->op != OP_NORM;
    int from[NET_MAX_INPUTS];
    struct plan_node *n;

    for (size_t i = 0; i < l->inputs.n; i++) {
        int64_t in = l->inputs.v[i];
        from[i] = in == NET_IMAGE ? NET_IMAGE : g->node_of[in];
        if (shaped)
            from[i] = plain_input(g, l, from[i], false);
    }
    n = new_node(g, l, kind, l->act);
    connect(g, n, l->inputs.n);
    for (size_t i = 0; i < l->inputs.n; i++)
        n->in[i].from = from[i];
    if (l->op == OP_CONV)
        lower_conv(n);
    else if (l->op == OP_MAXPOOL || l->op == OP_AVGPOOL)
        set_window(n);
    settle_epilogue(g, n);
    return n;
}

static struct plan_node *lower_se(struct engine *g, const struct layer *l, int from)
{
    struct plan_node *n;

    from = plain_input(g, l, from, true);
    n = follow(g, l, NODE_SE, ACT_NONE, from);
    n->se = arena_alloc(&g->arena, 1, sizeof *n->se);
    n->se->mid = l->mid;
    settle_epilogue(g, n);
    return n;
}

static struct plan_node *lower_flatten(struct engine *g, const struct layer *l,
                                  int from)
{
    struct plan_node *n = follow(g, l, NODE_FLATTEN, ACT_NONE, from);

    settle_epilogue(g, n);
    return n;
}

static struct plan_node *lower(struct engine *g, const struct layer *l)
{
    int64_t in = l->inputs.v[0];
    int from = in == NET_IMAGE ? NET_IMAGE : g->node_of[in];

    switch (l->op) {
    case OP_CONV:
    case OP_LINEAR:
        return lower_stored(g, l, NODE_MATMUL);
    case OP_NORM:
        return lower_stored(g, l, NODE_COPY);
    case OP_ACT:
        return lower_act(g, l, l->act, from);
    case OP_SE:
        return lower_se(g, l, from);
    case OP_MAXPOOL:
        return lower_stored(g, l, NODE_MAXPOOL);
    case OP_AVGPOOL:
        return lower_stored(g, l, NODE_AVGPOOL);
    case OP_GLOBALPOOL:
        return lower_stored(g, l, NODE_GLOBALPOOL);
    case OP_ADD:
        return lower_stored(g, l, NODE_ADD);
    case OP_WIDEN:
        return lower_stored(g, l, NODE_WIDEN);
    case OP_FLATTEN:
        return lower_flatten(g, l, from);
    default:
        BUG("unknown op");
    }
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
    return n->kind == NODE_MATMUL || n->kind == NODE_IM2COL ||
           n->kind == NODE_DIRECT || n->kind == NODE_WINOGRAD ||
           n->kind == NODE_DEPTHWISE || n->kind == NODE_SE ||
           layer_has_norm(n->layer);
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
        bool hands_on = node_is_view(n) ||
            ((n->kind == NODE_ADD || n->kind == NODE_COPY) && !n->layer->norm);
        for (size_t k = 0; hands_on && n->shared_in < 0 && k < n->n_in; k++)
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

    g->nodes = arena_alloc(&g->arena, layers * NODES_PER_LAYER,
                           sizeof *g->nodes);
    g->node_of = arena_alloc(&g->arena, layers, sizeof *g->node_of);
    g->exit_node = arena_alloc(&g->arena, exits, sizeof *g->exit_node);
    g->exit_units = arena_alloc(&g->arena, exits, sizeof *g->exit_units);
    for (size_t i = 0; i < layers; i++)
        g->node_of[i] = id_of(g, lower(g, net_layer(net, i)));
    for (size_t i = 0; i < exits; i++) {
        g->exit_node[i] = g->node_of[net_exit_at(net, i)->last];
        struct plan_node *n = &g->nodes[g->exit_node[i]];
        BUG_IF(n->exit >= 0);
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
