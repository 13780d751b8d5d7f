/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/given.h"

#include <string.h>

#include "libcommon/nn/real/bind.h"

int given_for(struct given *g, const struct net *net, struct err *e)
{
    int rc;

    g->net = net;
    if (!g->path || (g->bank && !g->one_net))
        return 0;
    given_fini(g);
    g->reader = reader_open(&g->path, 1, weights_kinds, e);
    if (!g->reader)
        return e->code;
    if ((rc = weights_read(g->reader, net->id, &g->bank, e)) < 0)
        return rc;
    g->one_net = rc;
    return 0;
}

/* Is it a layer of a head, the final exit's included? */
static bool in_head(const struct net *n, const char *layer)
{
    for (size_t i = 0; i < n->exits.n; i++) {
        const struct net_exit *x = net_exit_at(n, i);

        for (int64_t l = x->first; l <= x->last; l++)
            if (strcmp(net_layer(n, (size_t)l)->name, layer) == 0)
                return true;
    }
    return false;
}

int given_apply(void *ctx, struct engine *engine, struct err *e)
{
    struct given *g = ctx;
    size_t n;
    struct engine_param *p = engine_params(engine, &n);

    for (size_t i = 0; i < n; i++) {
        int rc = bind_take(g->bank, &p[i], e);

        if (rc == 0 && !in_head(g->net, p[i].layer->name))
            rc = err_set(e, ERR_FORMAT, "no tensor %s", p[i].binding->tensor);
        if (rc < 0)
            return err_prefix(e, "%.200s", g->path);
    }
    return 0;
}

void given_fini(struct given *g)
{
    reader_close(g->reader);
    bank_free(g->bank);
    g->reader = NULL;
    g->bank = NULL;
}
