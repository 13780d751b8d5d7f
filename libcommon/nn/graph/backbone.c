/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/backbone.h"

#include <string.h>

#include "libcommon/nn/graph/cost.h"

static int64_t link_to(const int64_t *new_index, int64_t old)
{
    return old == NET_IMAGE ? NET_IMAGE : new_index[old];
}

void net_backbone(struct net *to, const struct net *from, struct arena *a)
{
    int64_t *new_index = arena_alloc(a, from->layers.n, sizeof *new_index);
    struct net_exit *final = arena_alloc(a, 1, sizeof *final);
    size_t early = from->exits.n - 1, kept = 0;

    /* Layers of early heads get no index, the others move together. */
    memset(new_index, 0, from->layers.n * sizeof *new_index);
    for (size_t i = 0; i < early; i++) {
        const struct net_exit *x = net_exit_at(from, i);

        for (int64_t l = x->first; l <= x->last; l++)
            new_index[l] = -1;
    }
    for (size_t l = 0; l < from->layers.n; l++)
        if (new_index[l] == 0)
            new_index[l] = (int64_t)kept++;

    *to = *from;
    to->id = NULL;
    to->layers = (struct list){arena_alloc(a, kept, sizeof(struct layer)),
                               kept};
    for (size_t l = 0; l < from->layers.n; l++) {
        const struct layer *old = net_layer(from, l);
        struct layer *copy;

        if (new_index[l] < 0) {
            to->params -= old->params;
            to->size_bytes -= layer_size_bytes(old);
            continue;
        }
        copy = net_layer(to, (size_t)new_index[l]);
        *copy = *old;
        copy->inputs.v = arena_alloc(a, old->inputs.n, sizeof *copy->inputs.v);
        for (size_t i = 0; i < old->inputs.n; i++)
            copy->inputs.v[i] = link_to(new_index, old->inputs.v[i]);
    }

    *final = *net_exit_at(from, early);
    final->tap = link_to(new_index, final->tap);
    final->first = new_index[final->first];
    final->last = new_index[final->last];
    for (size_t i = 0; i < early; i++)
        final->gamma -= net_exit_at(from, i)->head_macs;
    to->exits = (struct list){final, 1};
}
