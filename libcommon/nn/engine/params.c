/* SPDX-License-Identifier: MIT
 * Parameters: where they lie, and their initial values. */
#include "libcommon/nn/engine/params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"

/* Each parameter begins on a cache line. */
#define ALIGN (64 / sizeof(real))

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- where they lie ---- */

/* Returns the slot of binding b; net_check has checked that there is one. */
static struct param_slot slot_of(const struct layer *l, const struct binding *b)
{
    struct param_slot slots[OP_MAX_SLOTS];
    const struct param_slot *s = slot_find(slots, layer_slots(l, slots),
                                           b->slot);

    BUG_IF(!s);
    return *s;
}

static void count_params(struct param_table *t, const struct engine_plan *plan)
{
    for (size_t i = 0; i < plan->net->layers.n; i++) {
        const struct layer *l = net_layer(plan->net, i);
        const struct binding *b = l->bindings.v;
        size_t at = t->values_n;

        for (size_t k = 0; k < l->bindings.n; k++) {
            struct param_slot s = slot_of(l, &b[k]);

            t->values_n += padded((size_t)slot_count(&s));
        }
        if (plan_layer_learns(plan, l))
            t->grads_n += t->values_n - at;
        t->n += l->bindings.n;
    }
}

static void place_params(struct param_table *t, const struct engine_plan *plan)
{
    struct engine_param *p = t->v;
    size_t at = 0, grad_at = 0;

    for (size_t i = 0; i < plan->net->layers.n; i++) {
        const struct layer *l = net_layer(plan->net, i);
        const struct binding *b = l->bindings.v;

        for (size_t k = 0; k < l->bindings.n; k++, p++) {
            struct param_slot s = slot_of(l, &b[k]);

            p->layer = l;
            p->binding = &b[k];
            p->n = (size_t)slot_count(&s);
            p->value = t->values + at;
            p->stat = s.stat;
            p->decay = s.decay;
            p->head = net_head_of(plan->net, i);
            at += padded(p->n);
            if (!t->grads || p->stat || !plan_layer_learns(plan, l))
                continue;
            p->grad = t->grads + grad_at;
            grad_at += padded(p->n);
        }
    }
}

static const struct engine_param *param_of(const struct param_table *t,
                                           const struct layer *l,
                                           const char *slot)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->v[i].layer == l && strcmp(t->v[i].binding->slot, slot) == 0)
            return &t->v[i];
    return NULL;
}

static void set_vector(const struct param_table *t, real **value, real **grad,
                       const struct layer *l, const char *slot)
{
    const struct engine_param *p = param_of(t, l, slot);

    if (!p)
        return;
    *value = p->value;
    if (grad)
        *grad = p->grad;
}

/* Sets the weights and vectors that the node's row names. */
static void set_own(const struct param_table *t, struct engine_plan *plan,
                    struct plan_node *n)
{
    const struct node_op *op = n->op;

    for (size_t i = 0; i < NODE_WEIGHTS && op->weights[i]; i++) {
        struct weight *w = &n->weights[i];
        const struct engine_param *p = param_of(t, n->layer, op->weights[i]);

        BUG_IF(!p);
        w->value = p->value;
        w->grad = p->grad;
        w->n = p->n;
        w->out = (size_t)p->binding->shape.v[0];
        w->in = p->n / w->out;
        w->id = plan->n_weights++;
        n->n_weights++;
    }
    for (size_t i = 0; i < NODE_VECTORS && op->vectors[i]; i++) {
        struct node_vector *v = &n->vectors[i];
        const struct engine_param *p = param_of(t, n->layer, op->vectors[i]);

        BUG_IF(!p);
        v->value = p->value;
        v->grad = p->grad;
        v->n = p->n;
        n->n_vectors++;
    }
}

void params_place(struct param_table *t, struct engine_plan *plan,
                  struct engine_memory *m)
{
    count_params(t, plan);
    t->v = xcalloc(t->n + 1, sizeof *t->v);
    t->values = memory_zeroed(m, t->values_n, sizeof *t->values);
    if (plan->opts.training)
        t->grads = memory_zeroed(m, t->grads_n, sizeof *t->grads);
    place_params(t, plan);
    for (int i = 0; i < plan->n_nodes; i++) {
        struct plan_node *n = &plan->nodes[i];
        struct norm *norm;

        set_own(t, plan, n);
        if (n->op->weights[0])
            set_vector(t, &n->bias, &n->dbias, n->layer, "bias");
        if (!n->has_norm)
            continue;
        n->norm = norm = arena_alloc(&plan->arena, 1, sizeof *norm);
        set_vector(t, &norm->gamma, &norm->dgamma, n->layer, "gamma");
        set_vector(t, &norm->beta, &norm->dbeta, n->layer, "beta");
        set_vector(t, &norm->mean, NULL, n->layer, "mean");
        set_vector(t, &norm->var, NULL, n->layer, "var");
    }
}

struct engine_param *engine_params(struct engine *g, size_t *n)
{
    *n = g->params.n;
    return g->params.v;
}

/* ---- initial values ---- */

static void fill(struct engine_param *p, real v)
{
    for (size_t i = 0; i < p->n; i++)
        p->value[i] = v;
}

static void init_param(const struct net *net, struct engine_param *p,
                       uint64_t seed, const char *name)
{
    struct rng r = rng_make(seed, name, 0, 0);
    struct param_slot s = slot_of(p->layer, p->binding);
    size_t layer = (size_t)(p->layer - net_layer(net, 0));
    double scale;

    switch (s.init) {
    case INIT_ZERO:
        fill(p, 0);
        break;
    case INIT_ONE:
        fill(p, 1);
        break;
    case INIT_GAIN:
        fill(p, layer_ends_branch(net, layer) ? 0 : 1);
        break;
    case INIT_NORMAL:
        scale = sqrt(2 / (double)s.fan);
        for (size_t i = 0; i < p->n; i++)
            p->value[i] = (real)(scale * rng_normal(&r));
        break;
    case INIT_UNIFORM:
        scale = 1 / sqrt((double)s.fan);
        for (size_t i = 0; i < p->n; i++)
            p->value[i] = (real)(scale * (2 * rng_uniform(&r) - 1));
        break;
    }
}

void engine_init(struct engine *g, uint64_t seed)
{
    for (size_t i = 0; i < g->params.n; i++)
        init_param(g->plan.net, &g->params.v[i], seed,
                   g->params.v[i].binding->tensor);
}

void engine_init_heads(struct engine *g, uint64_t seed)
{
    const struct net *net = g->plan.net;

    for (size_t i = 0; i < g->params.n; i++) {
        struct engine_param *p = &g->params.v[i];
        size_t layer = (size_t)(p->layer - net_layer(net, 0));
        const struct net_exit *x;
        char *name;

        if (p->head < 0 || (size_t)p->head + 1 == net->exits.n)
            continue;
        x = net_exit_at(net, (size_t)p->head);
        name = xasprintf(
            "branch %s %d %s",
            x->tap == NET_IMAGE ? "" : net_layer(net, (size_t)x->tap)->name,
            (int)layer - (int)x->first, p->binding->slot);
        init_param(net, p, seed, name);
        free(name);
    }
}
