/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/given.h"

#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/train/bind.h"

int given_for(struct given *g, const struct net *net, struct err *e)
{
    int rc;

    g->net = net;
    if (!g->path || (g->tensors && !g->one_net))
        return 0;
    given_fini(g);
    g->reader = reader_open(&g->path, 1, weights_kinds, e);
    if (!g->reader)
        return e->code;
    if ((rc = weights_read(g->reader, net->id, &g->tensors, e)) < 0)
        return rc;
    g->one_net = rc;
    return 0;
}

static bool is_larger(const struct named_tensor *t, const struct binding *b)
{
    size_t n = 1;

    for (size_t i = 0; i < b->shape.n; i++)
        n *= (size_t)b->shape.v[i];
    return t && tensor_count(&t->value) > n;
}

/* Are they those of a larger network, of which this is a part?  Then some
 * tensor is larger than needed, or some statistic not needed at all. */
static bool given_larger(const struct given *g)
{
    const struct tensors *t = g->tensors;
    size_t known = 0, stats = 0;

    for (size_t i = 0; i < g->net->layers.n; i++) {
        const struct list *bindings = &net_layer(g->net, i)->bindings;
        const struct binding *b = bindings->v;

        for (size_t k = 0; k < bindings->n; k++) {
            const char *name = b[k].tensor;
            const struct named_tensor *s = tensors_find(t, name, ROLE_STAT);
            const struct named_tensor *p = tensors_find(t, name, ROLE_PARAM);

            known += s != NULL;
            if (is_larger(s, &b[k]) || is_larger(p, &b[k]))
                return true;
        }
    }
    for (size_t i = 0; i < tensors_count(t); i++)
        stats += tensors_at(t, i)->role == ROLE_STAT;
    return stats > known;
}

int given_apply(void *ctx, struct engine *engine, struct err *e)
{
    struct given *g = ctx;
    const struct net *net = engine_net(engine);
    const struct layer *first = net_layer(net, 0);
    size_t n;
    struct engine_param *p = engine_params(engine, &n);

    for (size_t i = 0; i < n; i++) {
        int rc = bind_take(g->tensors, &p[i], e);

        if (rc == 0 && net_head_of(net, (size_t)(p[i].layer - first)) < 0)
            rc = err_set(e, ERR_FORMAT, "no tensor %s", p[i].binding->tensor);
        if (rc < 0)
            return err_prefix(e, "%.200s", g->path);
    }
    return given_larger(g);
}

void given_fini(struct given *g)
{
    reader_close(g->reader);
    tensors_free(g->tensors);
    g->reader = NULL;
    g->tensors = NULL;
}
