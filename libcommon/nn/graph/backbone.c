/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/backbone.h"

#include <string.h>

#include "libcommon/nn/graph/cost.h"

static int64_t link_to(const int64_t *new_index, int64_t old)
{
    return old == NET_IMAGE ? NET_IMAGE : new_index[old];
}

/* Layers of heads that go get no index, the others move together.  Returns how
 * many these are. */
static size_t number_layers(const struct net *from, const bool *keep,
                            int64_t *new_index)
{
    size_t kept = 0;

    memset(new_index, 0, from->layers.n * sizeof *new_index);
    for (size_t i = 0; i + 1 < from->exits.n; i++) {
        const struct net_exit *x = net_exit_at(from, i);

        for (int64_t l = x->first; !keep[i] && l <= x->last; l++)
            new_index[l] = -1;
    }
    for (size_t l = 0; l < from->layers.n; l++)
        if (new_index[l] == 0)
            new_index[l] = (int64_t)kept++;
    return kept;
}

void net_keep_exits(struct net *to, const struct net *from, const bool *keep,
                    struct arena *a)
{
    int64_t *new_index = arena_alloc(a, from->layers.n, sizeof *new_index);
    size_t kept = number_layers(from, keep, new_index);
    int64_t gone = 0; /* MACs of the heads that are not there any more */

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

    to->exits = (struct list){
        arena_alloc(a, from->exits.n, sizeof(struct net_exit)), 0};
    for (size_t i = 0; i < from->exits.n; i++) {
        const struct net_exit *old = net_exit_at(from, i);
        struct net_exit *x;

        if (i + 1 < from->exits.n && !keep[i]) {
            gone += old->head_macs;
            continue;
        }
        x = net_exit_at(to, to->exits.n++);
        *x = *old;
        x->tap = link_to(new_index, old->tap);
        x->first = new_index[old->first];
        x->last = new_index[old->last];
        x->gamma -= gone;
    }
    to->peak_bytes = net_peak_bytes(to);
}

void net_backbone(struct net *to, const struct net *from, struct arena *a)
{
    bool *none = arena_alloc(a, from->exits.n, sizeof *none);

    memset(none, 0, from->exits.n * sizeof *none);
    net_keep_exits(to, from, none, a);
}
