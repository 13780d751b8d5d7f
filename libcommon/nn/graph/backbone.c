/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/backbone.h"

#include <string.h>

#include "libcommon/nn/graph/cost.h"

/* to[i] becomes the new index of layer i, -1 for layers of early heads; returns
 * how many stay. */
static size_t renumber(const struct net *from, int64_t *to)
{
    size_t kept = 0;

    memset(to, 0, from->layers.n * sizeof *to);
    for (size_t i = 0; i + 1 < from->exits.n; i++) {
        const struct net_exit *x = net_exit_at(from, i);

        for (int64_t l = x->first; l <= x->last; l++)
            to[l] = -1;
    }
    for (size_t l = 0; l < from->layers.n; l++)
        if (to[l] == 0)
            to[l] = (int64_t)kept++;
    return kept;
}

static int64_t link_to(const int64_t *new_index, int64_t old)
{
    return old == NET_IMAGE ? NET_IMAGE : new_index[old];
}

static void copy_layer(struct layer *to, const struct layer *from,
                       const int64_t *new_index, struct arena *a)
{
    *to = *from;
    to->inputs.v = arena_alloc(a, from->inputs.n, sizeof *to->inputs.v);
    for (size_t i = 0; i < from->inputs.n; i++)
        to->inputs.v[i] = link_to(new_index, from->inputs.v[i]);
}

static void copy_final(struct net *to, const struct net *from,
                       const int64_t *new_index, struct arena *a)
{
    const struct net_exit *last = net_exit_at(from, from->exits.n - 1);
    struct net_exit *x = arena_alloc(a, 1, sizeof *x);

    *x = *last;
    x->tap = link_to(new_index, last->tap);
    x->first = new_index[last->first];
    x->last = new_index[last->last];
    for (size_t i = 0; i + 1 < from->exits.n; i++)
        x->gamma -= net_exit_at(from, i)->head_macs;
    to->exits = (struct list){x, 1};
}

void net_backbone(struct net *to, const struct net *from, struct arena *a)
{
    int64_t *new_index = arena_alloc(a, from->layers.n, sizeof *new_index);
    size_t kept = renumber(from, new_index);

    *to = *from;
    to->id = NULL;
    to->layers = (struct list){arena_alloc(a, kept, sizeof(struct layer)), kept};
    for (size_t l = 0; l < from->layers.n; l++) {
        const struct layer *old = net_layer(from, l);

        if (new_index[l] >= 0)
            copy_layer(net_layer(to, (size_t)new_index[l]), old, new_index, a);
        if (new_index[l] >= 0)
            continue;
        to->params -= old->params;
        to->size_bytes -= layer_size_bytes(old);
    }
    copy_final(to, from, new_index, a);
}
