/* SPDX-License-Identifier: MIT
 * This file turns layers into nodes: it chooses the row that runs a layer, and
 * finds out which values are views and who reads whom. */
#include "libcommon/nn/engine/plan.h"

#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"

bool plan_layer_learns(const struct engine_plan *plan, const struct layer *l)
{
    const struct net *net = plan->net;
    int head;

    if (!plan->opts.frozen_backbone)
        return true;
    head = net_head_of(net, (size_t)(l - net_layer(net, 0)));
    return head >= 0 &&
           !(plan->opts.frozen_final && (size_t)head + 1 == net->exits.n);
}

/* ---- a layer's nodes ---- */

/* Returns a node whose value has this shape and which reads n_in others. */
static struct plan_node draft(struct engine_plan *plan, const struct layer *l,
                              const struct ints *shape, size_t n_in)
{
    return (struct plan_node){
        .layer = l,
        .in = arena_alloc(&plan->arena, n_in, sizeof(struct plan_edge)),
        .n_in = n_in,
        .rows = (size_t)(shape->v[0] * shape->v[1]),
        .c = (size_t)shape->v[2],
        .shared_in = -1,
        .exit = -1,
        .head = net_head_of(plan->net, (size_t)(l - net_layer(plan->net, 0))),
    };
}

/* Returns the layer's own node; its row is not chosen yet. */
static struct plan_node draft_of(struct engine_plan *plan,
                                 const struct layer *l)
{
    struct plan_node n = draft(plan, l, &l->out, l->inputs.n);

    for (size_t k = 0; k < n.n_in; k++)
        n.in[k].from = l->inputs.v[k] == NET_IMAGE
                           ? NET_IMAGE
                           : plan->node_of[l->inputs.v[k]];
    n.act = l->act;
    n.has_norm = layer_has_norm(l);
    if (op_info(l->op)->window)
        n.win = (struct window){
            (int)l->in.v[0],
            (int)l->in.v[1],
            (int)l->in.v[2],
            (int)l->out.v[0],
            (int)l->out.v[1],
            (int)l->kernel.v[0],
            (int)l->kernel.v[1],
            (int)l->stride.v[0],
            (int)l->stride.v[1],
            (int)layer_pad_before(l, 0),
            (int)layer_pad_before(l, 1),
        };
    return n;
}

/* Sets the shape of the stored numbers behind a node's value, and which
 * epilogue is pending on them. */
static void settle_epilogue(const struct engine_plan *plan, struct plan_node *n)
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
    n->base_rows = plan->nodes[from].base_rows;
    n->base_c = plan->nodes[from].base_c;
    n->pending_factors |= plan->nodes[from].pending_factors;
    if (!n->act)
        n->pending_act = plan->nodes[from].pending_act;
}

/* Appends the node and returns its number. */
static int add_node(struct engine_plan *plan, const struct plan_node *n)
{
    plan->nodes[plan->n_nodes] = *n;
    settle_epilogue(plan, &plan->nodes[plan->n_nodes]);
    return plan->n_nodes++;
}

/* Makes input k readable for the layer's row: it is copied if it is stored in
 * another shape, or has factors pending that the row cannot apply. */
static void fit_input(struct engine_plan *plan, struct plan_node *n, size_t k)
{
    const struct ints *shape = net_shape(plan->net, n->layer->inputs.v[k]);
    int from = n->in[k].from;
    const struct plan_node *p = from == NET_IMAGE ? NULL : &plan->nodes[from];
    struct plan_node copy;

    if (!p)
        return;
    if ((n->op->reads_any_shape || p->base_c == (size_t)shape->v[2]) &&
        !(n->op->reads_no_factors && p->pending_factors))
        return;
    copy = draft(plan, n->layer, shape, 1);
    copy.op = &node_op_copy;
    copy.in[0].from = from;
    n->in[k].from = add_node(plan, &copy);
}

static int lower(struct engine_plan *plan, const struct layer *l)
{
    struct plan_node n = draft_of(plan, l), copy;

    n.op = node_op_choose(plan, &n);
    if (n.op->drops_act)
        n.act = 0;
    for (size_t k = 0; k < n.n_in; k++)
        fit_input(plan, &n, k);
    if (!n.op->factors || !n.act)
        return add_node(plan, &n);
    /* The epilogue has no room for an activation behind factors. */
    n.act = 0;
    copy = draft(plan, l, &l->out, 1);
    copy.op = &node_op_copy;
    copy.act = l->act;
    copy.in[0].from = add_node(plan, &n);
    return add_node(plan, &copy);
}

/* ---- who reads whom ---- */

static void mark_live(struct engine_plan *plan)
{
    for (size_t i = 0; i < plan->net->exits.n; i++)
        plan->nodes[plan->exit_node[i]].live = true;
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++)
            if (n->in[k].from != NET_IMAGE)
                plan->nodes[n->in[k].from].live = true;
    }
}

/* Returns true when a node is the same in every step: it does not learn itself,
 * and neither do those that it reads.  So is the front of a head on a frozen
 * backbone as far as it has no parameters and does not make its input larger:
 * views and pools. */
static bool is_frozen(const struct engine_plan *plan, const struct plan_node *n)
{
    struct param_slot slots[OP_MAX_SLOTS];
    size_t read = 0;

    if (!plan_layer_learns(plan, n->layer))
        return true;
    if (!plan->opts.frozen_backbone || layer_slots(n->layer, slots))
        return false;
    for (size_t k = 0; k < n->n_in; k++) {
        const struct plan_node *from = &plan->nodes[n->in[k].from];

        if (n->in[k].from != NET_IMAGE && !from->frozen)
            return false;
        read += n->in[k].from == NET_IMAGE ? plan_image_size(plan)
                                           : from->rows * from->c;
    }
    return n->rows * n->c <= read;
}

/* Marks the nodes that learn.  An exit's output counts as learning unless it is
 * frozen, because the loss writes its d. */
static void mark_learning(struct engine_plan *plan)
{
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];
        n->frozen = is_frozen(plan, n);
        if (!n->live || n->frozen)
            continue;
        n->learns = n->exit >= 0 || n->op->weights[0] || n->op->vectors[0] ||
                    n->has_norm;
        for (size_t k = 0; k < n->n_in; k++) {
            struct plan_edge *e = &n->in[k];
            e->grad = e->from != NET_IMAGE && plan->nodes[e->from].learns;
            n->learns |= e->grad;
        }
    }
}

/* Finds the first and the last edge to each node.  Backward visits nodes from
 * the last to the first, and the inputs of a node in order: the first edge
 * writes d of the node that it comes from, the last finishes it.  The loss has
 * written the d of an exit's output. */
static void order_gradients(struct engine_plan *plan)
{
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++) {
            struct plan_edge *e = &n->in[k];
            if (!e->grad)
                continue;
            struct plan_node *p = &plan->nodes[e->from];
            e->first = p->uses == 0 && p->exit < 0;
            p->uses++;
        }
    }
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++)
            if (n->in[k].grad)
                n->in[k].last = --plan->nodes[n->in[k].from].uses == 0;
    }
    for (int i = 0; i < plan->n_nodes; i++)
        for (size_t k = 0; plan->nodes[i].live && k < plan->nodes[i].n_in; k++)
            if (plan->nodes[i].in[k].from != NET_IMAGE)
                plan->nodes[plan->nodes[i].in[k].from].uses++;
}

/* Lets a node whose row hands the gradient on share the array with an input of
 * the same size that no other node reads. */
static void share_gradients(struct engine_plan *plan)
{
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0;
             n->op->hands_gradient_on && n->shared_in < 0 && k < n->n_in; k++)
            if (n->in[k].first && n->in[k].last &&
                plan->nodes[n->in[k].from].rows *
                        plan->nodes[n->in[k].from].c ==
                    n->rows * n->c)
                n->shared_in = (int)k;
    }
}

/* Finds the last node that reads the numbers a node stores.  A view's readers
 * count for the node behind it.  Backward reads taps to its end, whose moment
 * layout.c knows. */
static void find_last_use(struct engine_plan *plan)
{
    for (int i = plan->n_nodes - 1; i >= 0; i--) {
        struct plan_node *n = &plan->nodes[i];
        if (n->exit >= 0 || n->tap)
            n->last_use = plan->n_nodes + (n->tap ? plan->n_nodes + 1 : 0);
        int until = i;
        if (node_is_view(n) && n->last_use > until)
            until = n->last_use;
        for (size_t k = 0; n->live && k < n->n_in; k++) {
            if (n->in[k].from == NET_IMAGE)
                continue;
            struct plan_node *p = &plan->nodes[n->in[k].from];
            if (p->last_use < until)
                p->last_use = until;
        }
    }
}

static void add_tap(struct engine_plan *plan, int node)
{
    struct plan_tap t = {.node = node, .size = plan_image_size(plan)};

    for (int i = 0; i < plan->n_taps; i++)
        if (plan->taps[i].node == node)
            return;
    if (node != NET_IMAGE) {
        struct plan_node *n = &plan->nodes[node];

        t.size = n->rows * n->c;
        n->tap = true;
    }
    plan->taps[plan->n_taps++] = t;
}

/* Lists each tap of a frozen backbone once, in the order of the nodes that read
 * it: what is frozen and read by a node that is not, or by the loss. */
static void find_taps(struct engine_plan *plan)
{
    size_t most = plan->net->exits.n;

    if (!plan->opts.frozen_backbone)
        return;
    for (int i = 0; i < plan->n_nodes; i++)
        most += plan->nodes[i].n_in;
    plan->taps = arena_alloc(&plan->arena, most, sizeof *plan->taps);
    for (int i = 0; i < plan->n_nodes; i++) {
        const struct plan_node *n = &plan->nodes[i];

        if (n->frozen && n->exit >= 0)
            add_tap(plan, i);
        for (size_t k = 0; n->live && !n->frozen && k < n->n_in; k++) {
            int from = n->in[k].from;

            if (from == NET_IMAGE || plan->nodes[from].frozen)
                add_tap(plan, from);
        }
    }
}

void plan_lower(struct engine_plan *plan)
{
    const struct net *net = plan->net;
    size_t layers = net->layers.n, exits = net->exits.n;
    struct arena *a = &plan->arena;
    size_t most = 0;

    /* A layer takes up to two nodes, and each of its inputs may have to be
     * copied. */
    for (size_t i = 0; i < layers; i++)
        most += 2 + net_layer(net, i)->inputs.n;
    plan->nodes = arena_alloc(a, most, sizeof *plan->nodes);
    plan->node_of = arena_alloc(a, layers, sizeof *plan->node_of);
    plan->exit_node = arena_alloc(a, exits, sizeof *plan->exit_node);
    plan->exit_units = arena_alloc(a, exits, sizeof *plan->exit_units);
    for (size_t i = 0; i < layers; i++)
        plan->node_of[i] = lower(plan, net_layer(net, i));
    for (size_t i = 0; i < exits; i++) {
        plan->exit_node[i] = plan->node_of[net_exit_at(net, i)->last];
        struct plan_node *n = &plan->nodes[plan->exit_node[i]];
        n->exit = (int)i;
        plan->exit_units[i] = (int)(n->rows * n->c);
    }
    mark_live(plan);
    mark_learning(plan);
    find_taps(plan);
    order_gradients(plan);
    share_gradients(plan);
    find_last_use(plan);
}

/* ---- choices that need the parameters ---- */

/* Returns true when an epilogue is pending on the node's stored numbers. */
static bool has_epilogue(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    if (n->act || n->norm || n->bias || n->op->factors)
        return true;
    if (!n->op->view || n->in[0].from == NET_IMAGE)
        return false;
    const struct plan_node *from = &plan->nodes[n->in[0].from];
    return !from->materialised && has_epilogue(plan, from);
}

static bool feeds_batch_wide(const struct engine_plan *plan, int id)
{
    for (int i = id + 1; i < plan->n_nodes; i++) {
        const struct plan_node *n = &plan->nodes[i];
        if (n->live && !n->op->view && n->weights[0].batch_wide &&
            n->in[0].from == id)
            return true;
    }
    return false;
}

/* Returns true when several nodes read the value and one of them loads it, which
 * materialises it.  Views that compute nothing do not: a view's readers load the
 * view.  A gate does neither by itself, so that a map and its gate cost what
 * squeeze-and-excite costs. */
static bool is_shared(const struct engine_plan *plan, int id)
{
    int gates = 0, loads = 0;

    for (int i = id + 1; i < plan->n_nodes; i++) {
        const struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0; n->live && n->op->forward && k < n->n_in; k++)
            if (n->in[k].from == id)
                *(n->op->passes_map_on && k == 0 ? &gates : &loads) += 1;
    }
    return gates > 1 || (loads > 0 && plan->nodes[id].uses - gates > 1);
}

/* Returns true when the weight sees so few rows that it is cheaper to compute
 * its gradient over the whole batch at once than to give each shard a gradient
 * block. */
static bool few_rows(const struct engine_plan *plan, const struct weight *w,
                     size_t rows)
{
    return (size_t)plan->opts.shards * w->n >
           (size_t)plan->opts.batch * rows * (w->in + w->out);
}

void plan_choose(struct engine_plan *plan)
{
    bool training = plan->opts.training,
         blocks = training && plan->opts.shards > 1;

    /* A matmul of few rows is split among the shards by output columns instead of
     * rows, so that each weight is read once.  That is not possible where an
     * epilogue is pending on the input, or where batch norm sums up the output. */
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];
        int from = n->in[0].from;

        for (size_t k = 0; blocks && k < n->n_weights; k++)
            n->weights[k].batch_wide = n->learns && n->op->batch_wide &&
                                       few_rows(plan, &n->weights[k],
                                                node_matmul_rows(n));
        n->by_columns = n->op->shares_columns && !n->norm &&
                        (training && n->learns
                             ? n->weights[0].batch_wide
                             : few_rows(plan, &n->weights[0], n->rows)) &&
                        (from == NET_IMAGE ||
                         !has_epilogue(plan, &plan->nodes[from]));
    }
    /* A value is materialised where several readers would each have to apply its
     * epilogue, where the loss or a caller looks at it, and where a weight gradient
     * that reads it is computed over the whole batch. */
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];

        n->materialised = n->live && has_epilogue(plan, n) &&
                          (is_shared(plan, i) || n->exit >= 0 || n->tap ||
                           feeds_batch_wide(plan, i));
    }
    plan->image_late = plan_read_after(plan, NET_IMAGE,
                                       plan_segment_end(plan, 0));
}

int plan_node_after(const struct engine_plan *plan, int64_t layer)
{
    return layer == NET_IMAGE ? 0 : plan->node_of[layer] + 1;
}

int plan_segment_end(const struct engine_plan *plan, int i)
{
    return i < 0
               ? 0
               : plan_node_after(plan, net_exit_at(plan->net, (size_t)i)->last);
}

bool plan_read_after(const struct engine_plan *plan, int id, int end)
{
    for (int i = id + 1; i < plan->n_nodes; i++) {
        const struct plan_node *n = &plan->nodes[i];
        for (size_t k = 0; n->live && k < n->n_in; k++)
            if (n->in[k].from == id &&
                (i >= end || (node_is_view(n) && !n->materialised &&
                              plan_read_after(plan, i, end))))
                return true;
    }
    return false;
}

size_t plan_image_size(const struct engine_plan *plan)
{
    const int64_t *in = plan->net->input.v;

    return (size_t)(in[0] * in[1] * in[2]);
}
