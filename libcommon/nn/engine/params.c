/* SPDX-License-Identifier: MIT
 * Parameters: which a layer needs, where they lie, their first values. */
#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/engine/plan.h"

/* Each param starts on a cache line. */
#define ALIGN (64 / sizeof(real))

static size_t padded(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- which slots, of which shape ---- */

struct slot {
    const char *name;
    int ndim;
    int64_t shape[4];
    bool stat, decay, required;
};

#define MAX_SLOTS 8

static size_t conv_slots(const struct layer *l, struct slot *s)
{
    int64_t cin = l->in.v[2], cout = l->out.v[2];
    int64_t kh = l->kernel.v[0], kw = l->kernel.v[1];

    if (layer_is_depthwise(l))
        s[0] = (struct slot){ "weight", 3, { kh, kw, cin }, false, true, true };
    else
        s[0] = (struct slot){ "weight", 4, { cout, kh, kw, cin },
                              false, true, true };
    s[1] = (struct slot){ "bias", 1, { cout }, false, false, false };
    return 2;
}

static size_t linear_slots(const struct layer *l, struct slot *s)
{
    int64_t inputs = l->in.v[0] * l->in.v[1] * l->in.v[2];
    int64_t cout = l->out.v[2];

    s[0] = (struct slot){ "weight", 2, { cout, inputs }, false, true, true };
    s[1] = (struct slot){ "bias", 1, { cout }, false, false, false };
    return 2;
}

static size_t se_slots(const struct layer *l, struct slot *s)
{
    int64_t c = l->in.v[2], m = l->mid;

    s[0] = (struct slot){ "reduce.weight", 2, { m, c }, false, true, true };
    s[1] = (struct slot){ "reduce.bias", 1, { m }, false, false, true };
    s[2] = (struct slot){ "expand.weight", 2, { c, m }, false, true, true };
    s[3] = (struct slot){ "expand.bias", 1, { c }, false, false, true };
    return 4;
}

static size_t norm_slots(const struct layer *l, struct slot *s)
{
    int64_t c = l->out.v[2];

    s[0] = (struct slot){ "gamma", 1, { c }, false, false, true };
    s[1] = (struct slot){ "beta", 1, { c }, false, false, true };
    s[2] = (struct slot){ "mean", 1, { c }, true, false, true };
    s[3] = (struct slot){ "var", 1, { c }, true, false, true };
    return 4;
}

static size_t layer_slots(const struct layer *l, struct slot s[MAX_SLOTS])
{
    size_t n = l->op == OP_CONV ? conv_slots(l, s)
             : l->op == OP_LINEAR ? linear_slots(l, s)
             : l->op == OP_SE ? se_slots(l, s) : 0;

    if (l->norm || l->op == OP_NORM)
        n += norm_slots(l, s + n);
    return n;
}

static const struct slot *find_slot(const struct slot *s, size_t n,
                                    const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s[i].name, name) == 0)
            return &s[i];
    return NULL;
}

static size_t slot_size(const struct slot *s)
{
    size_t n = 1;

    for (int i = 0; i < s->ndim; i++)
        n *= (size_t)s->shape[i];
    return n;
}

static const struct binding *find_binding(const struct layer *l,
                                          const char *slot)
{
    const struct binding *b = l->bindings.v;

    for (size_t i = 0; i < l->bindings.n; i++)
        if (strcmp(b[i].slot, slot) == 0)
            return &b[i];
    return NULL;
}

static int check_binding(const struct layer *l, const struct slot *s, size_t n,
                         const struct binding *b, struct err *e)
{
    const struct slot *want = find_slot(s, n, b->slot);

    if (!want)
        return err_set(e, ERR_FORMAT, "layer %s (%s): no parameter \"%s\"",
                       l->name, net_op_names[l->op], b->slot);
    bool same = b->shape.n == (size_t)want->ndim;
    for (int i = 0; same && i < want->ndim; i++)
        same = b->shape.v[i] == want->shape[i];
    if (!same)
        return err_set(e, ERR_FORMAT, "layer %s: parameter \"%s\" has the "
                       "wrong shape", l->name, b->slot);
    return 0;
}

static int check_bindings(const struct layer *l, const struct slot *s, size_t n,
                          struct err *e)
{
    const struct binding *b = l->bindings.v;
    int rc;

    for (size_t i = 0; i < l->bindings.n; i++)
        if ((rc = check_binding(l, s, n, &b[i], e)) < 0)
            return rc;
    for (size_t i = 0; i < n; i++)
        if (s[i].required && !find_binding(l, s[i].name))
            return err_set(e, ERR_FORMAT, "layer %s: parameter \"%s\" missing",
                           l->name, s[i].name);
    return 0;
}

/* ---- where they lie ---- */

static int count_params(struct engine *g, struct err *e)
{
    for (size_t i = 0; i < g->net->layers.n; i++) {
        const struct layer *l = net_layer(g->net, i);
        struct slot s[MAX_SLOTS];
        size_t n = layer_slots(l, s), at = g->values_n;
        int rc = check_bindings(l, s, n, e);
        if (rc < 0)
            return rc;
        const struct binding *b = l->bindings.v;
        for (size_t k = 0; k < l->bindings.n; k++)
            g->values_n += padded(slot_size(find_slot(s, n, b[k].slot)));
        if (layer_learns(g, l))
            g->grads_n += g->values_n - at;
        g->n_params += l->bindings.n;
    }
    return 0;
}

static void place_params(struct engine *g)
{
    struct engine_param *p = g->params;
    size_t at = 0, grad_at = 0;

    for (size_t i = 0; i < g->net->layers.n; i++) {
        const struct layer *l = net_layer(g->net, i);
        const struct binding *b = l->bindings.v;
        struct slot s[MAX_SLOTS];
        size_t n = layer_slots(l, s);
        for (size_t k = 0; k < l->bindings.n; k++, p++) {
            const struct slot *want = find_slot(s, n, b[k].slot);
            p->layer = l;
            p->binding = &b[k];
            p->n = slot_size(want);
            p->value = g->values + at;
            p->stat = want->stat;
            p->decay = want->decay;
            at += padded(p->n);
            if (!g->grads || p->stat || !layer_learns(g, l))
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

static void set_se(struct engine *g, struct node *n)
{
    struct se *s = n->se;

    set_weight(g, &s->reduce, n->layer, "reduce.weight");
    set_weight(g, &s->expand, n->layer, "expand.weight");
    set_vector(g, &s->reduce_bias, &s->dreduce_bias, n->layer, "reduce.bias");
    set_vector(g, &s->expand_bias, &s->dexpand_bias, n->layer, "expand.bias");
}

/* The node of a layer with batch norm that carries it: the last one. */
static void set_norm(struct engine *g, struct node *n)
{
    struct norm *m = arena_alloc(&g->arena, 1, sizeof *m);

    set_vector(g, &m->gamma, &m->dgamma, n->layer, "gamma");
    set_vector(g, &m->beta, &m->dbeta, n->layer, "beta");
    set_vector(g, &m->mean, NULL, n->layer, "mean");
    set_vector(g, &m->var, NULL, n->layer, "var");
    n->norm = m;
}

static void set_node(struct engine *g, struct node *n)
{
    switch (n->kind) {
    case NODE_PRODUCT:
    case NODE_CONV:
    case NODE_DIRECT:
    case NODE_WINOGRAD:
    case NODE_DEPTHWISE:
        set_weight(g, &n->weight, n->layer, "weight");
        set_vector(g, &n->bias, &n->dbias, n->layer, "bias");
        break;
    case NODE_SE:
        set_se(g, n);
        break;
    }
}

int plan_params(struct engine *g, struct err *e)
{
    int rc = count_params(g, e);

    if (rc < 0)
        return rc;
    g->params = xcalloc(g->n_params + 1, sizeof *g->params);
    g->values = plan_zeroed(g, g->values_n, sizeof *g->values);
    if (g->opts.training)
        g->grads = plan_zeroed(g, g->grads_n, sizeof *g->grads);
    place_params(g);
    for (int i = 0; i < g->n_nodes; i++)
        set_node(g, &g->nodes[i]);
    for (size_t i = 0; i < g->net->layers.n; i++)
        if (net_layer(g->net, i)->norm || net_layer(g->net, i)->op == OP_NORM)
            set_norm(g, &g->nodes[g->node_of[i]]);
    return 0;
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

static double fan_in(const struct layer *l)
{
    double in = (double)l->in.v[2];

    if (l->op == OP_LINEAR)
        return in * (double)(l->in.v[0] * l->in.v[1]);
    if (layer_is_depthwise(l))
        in = 1;
    return in * (double)(l->kernel.v[0] * l->kernel.v[1]);
}

/* Kernels: elements that one input feeds. */
static double fan_out(const struct layer *l, const struct binding *b)
{
    if (layer_is_depthwise(l))
        return (double)(b->shape.v[0] * b->shape.v[1]);
    double n = (double)b->shape.v[0];
    for (size_t i = 1; i + 1 < b->shape.n; i++)
        n *= (double)b->shape.v[i];
    return n;
}

/* Does the layer end a residual branch, which is what an addition adds to the
 * older of its inputs? */
static bool ends_branch(const struct net *n, const struct layer *l)
{
    int64_t id = l - net_layer(n, 0);

    for (size_t i = 0; i < n->layers.n; i++) {
        const struct layer *a = net_layer(n, i);

        if (a->op == OP_ADD && (a->inputs.v[0] == id || a->inputs.v[1] == id))
            return id > a->inputs.v[0] || id > a->inputs.v[1];
    }
    return false;
}

static void init_param(const struct net *net, struct engine_param *p,
                       uint64_t seed)
{
    struct rng r = rng_make(seed, p->binding->tensor, 0, 0);
    const char *slot = p->binding->slot;

    if (strcmp(slot, "gamma") == 0)
        fill(p, ends_branch(net, p->layer) ? 0 : 1);
    else if (strcmp(slot, "var") == 0)
        fill(p, 1);
    else if (p->stat || strcmp(slot, "beta") == 0)
        fill(p, 0);
    else if (!p->decay)
        fill(p, 0);
    else if (p->layer->op == OP_LINEAR)
        fill_uniform(p, &r, 1 / sqrt(fan_in(p->layer)));
    else
        fill_normal(p, &r, sqrt(2 / fan_out(p->layer, p->binding)));
}

void engine_init(struct engine *g, uint64_t seed)
{
    for (size_t i = 0; i < g->n_params; i++)
        init_param(g->net, &g->params[i], seed);
}
