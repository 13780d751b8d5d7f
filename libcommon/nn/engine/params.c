/* SPDX-License-Identifier: MIT
 * Parameters: which a layer needs, where they lie, their first values. */
#include "libcommon/nn/engine/params.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/plan.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/graph/op.h"

/* Each param starts on a cache line. */
#define ALIGN (64 / sizeof(real))

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- where they lie ---- */

/* The slot of binding b; net_check has seen to it that there is one. */
static struct param_slot slot_of(const struct layer *l, const struct binding *b)
{
    struct param_slot slots[OP_MAX_SLOTS];
    const struct param_slot *s = slot_find(slots, layer_slots(l, slots),
                                           b->slot);

    BUG_IF(!s);
    return *s;
}

static void count_params(struct engine *g)
{
    for (size_t i = 0; i < g->net->layers.n; i++) {
        const struct layer *l = net_layer(g->net, i);
        const struct binding *b = l->bindings.v;
        size_t at = g->values_n;

        for (size_t k = 0; k < l->bindings.n; k++) {
            struct param_slot s = slot_of(l, &b[k]);

            g->values_n += padded((size_t)slot_count(&s));
        }
        if (plan_layer_learns(g, l))
            g->grads_n += g->values_n - at;
        g->n_params += l->bindings.n;
    }
}

static void place_params(struct engine *g)
{
    struct engine_param *p = g->params;
    size_t at = 0, grad_at = 0;

    for (size_t i = 0; i < g->net->layers.n; i++) {
        const struct layer *l = net_layer(g->net, i);
        const struct binding *b = l->bindings.v;

        for (size_t k = 0; k < l->bindings.n; k++, p++) {
            struct param_slot s = slot_of(l, &b[k]);

            p->layer = l;
            p->binding = &b[k];
            p->n = (size_t)slot_count(&s);
            p->value = g->values + at;
            p->stat = s.stat;
            p->decay = s.decay;
            at += padded(p->n);
            if (!g->grads || p->stat || !plan_layer_learns(g, l))
                continue;
            p->grad = g->grads + grad_at;
            grad_at += padded(p->n);
        }
    }
}

static struct engine_param *param_of(const struct engine *g,
                                     const struct layer *l, const char *slot)
{
    for (size_t i = 0; i < g->n_params; i++)
        if (g->params[i].layer == l &&
            strcmp(g->params[i].binding->slot, slot) == 0)
            return &g->params[i];
    return NULL;
}

static void set_weight(struct engine *g, struct weight *w,
                       const struct layer *l, const char *slot)
{
    const struct engine_param *p = param_of(g, l, slot);

    w->value = p->value;
    w->grad = p->grad;
    w->n = p->n;
    w->out = (size_t)p->binding->shape.v[0];
    w->in = p->n / w->out;
}

static void set_vector(const struct engine *g, real **value, real **grad,
                       const struct layer *l, const char *slot)
{
    const struct engine_param *p = param_of(g, l, slot);

    if (!p)
        return;
    *value = p->value;
    if (grad)
        *grad = p->grad;
}

static void set_norm(struct engine *g, struct plan_node *n)
{
    struct norm *m = arena_alloc(&g->arena, 1, sizeof *m);

    set_vector(g, &m->gamma, &m->dgamma, n->layer, "gamma");
    set_vector(g, &m->beta, &m->dbeta, n->layer, "beta");
    set_vector(g, &m->mean, NULL, n->layer, "mean");
    set_vector(g, &m->var, NULL, n->layer, "var");
    n->norm = m;
}

static void set_own_vector(struct engine *g, struct node_vector *v,
                           const struct layer *l, const char *slot)
{
    set_vector(g, &v->value, &v->grad, l, slot);
    v->n = param_of(g, l, slot)->n;
}

/* What the node's row names, and the epilogue's. */
static void set_node(struct engine *g, struct plan_node *n)
{
    const struct node_op *op = n->op;

    for (; n->n_weights < NODE_WEIGHTS && op->weights[n->n_weights];
         n->n_weights++)
        set_weight(g, &n->weights[n->n_weights], n->layer,
                   op->weights[n->n_weights]);
    for (; n->n_vectors < NODE_VECTORS && op->vectors[n->n_vectors];
         n->n_vectors++)
        set_own_vector(g, &n->vectors[n->n_vectors], n->layer,
                       op->vectors[n->n_vectors]);
    if (n->n_weights)
        set_vector(g, &n->bias, &n->dbias, n->layer, "bias");
    if (n->has_norm)
        set_norm(g, n);
}

void params_place(struct engine *g)
{
    count_params(g);
    g->params = xcalloc(g->n_params + 1, sizeof *g->params);
    g->values = memory_zeroed(g, g->values_n, sizeof *g->values);
    if (g->opts.training)
        g->grads = memory_zeroed(g, g->grads_n, sizeof *g->grads);
    place_params(g);
    for (int i = 0; i < g->n_nodes; i++)
        set_node(g, &g->nodes[i]);
}

struct engine_param *engine_params(struct engine *g, size_t *n)
{
    *n = g->n_params;
    return g->params;
}

/* ---- first values ---- */

static void fill(struct engine_param *p, real v)
{
    for (size_t i = 0; i < p->n; i++)
        p->value[i] = v;
}

static void fill_normal(struct engine_param *p, struct rng *r, double sigma)
{
    for (size_t i = 0; i < p->n; i++)
        p->value[i] = (real)(sigma * rng_normal(r));
}

static void fill_uniform(struct engine_param *p, struct rng *r, double bound)
{
    for (size_t i = 0; i < p->n; i++)
        p->value[i] = (real)(bound * (2 * rng_uniform(r) - 1));
}

static void init_param(const struct net *net, struct engine_param *p,
                       uint64_t seed)
{
    struct rng r = rng_make(seed, p->binding->tensor, 0, 0);
    struct param_slot s = slot_of(p->layer, p->binding);
    size_t layer = (size_t)(p->layer - net_layer(net, 0));

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
        fill_normal(p, &r, sqrt(2 / (double)s.fan));
        break;
    case INIT_UNIFORM:
        fill_uniform(p, &r, 1 / sqrt((double)s.fan));
        break;
    }
}

void engine_init(struct engine *g, uint64_t seed)
{
    for (size_t i = 0; i < g->n_params; i++)
        init_param(g->net, &g->params[i], seed);
}
