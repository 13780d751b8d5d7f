/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/summary.h"

void summary_of_net(struct summary *s, const struct net *n, const char *recipe,
                    struct arena *a)
{
    size_t exits = n->exits.n;
    int64_t heads = 0;

    *s = (struct summary){
        .arch = arena_strdup(a, n->arch),
        .space = arena_strdup(a, n->space),
        .genome = ints_copy(a, &n->genome),
        .net = arena_strdup(a, n->id),
        .recipe = arena_strdup(a, recipe),
        .origin = n->origin,
        .gamma = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .gamma_paper = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .prefix = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .head = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .params = n->params,
        .peak_bytes = n->peak_bytes,
    };
    for (size_t i = 0; i < exits; i++) {
        const struct net_exit *x = net_exit_at(n, i);

        heads += x->head_macs;
        s->gamma.v[i] = x->gamma;
        s->gamma_paper.v[i] = x->gamma_paper;
        s->prefix.v[i] = x->gamma - heads;
        s->head.v[i] = x->head_macs;
    }
}

void summary_copy(struct summary *to, const struct summary *from,
                  struct arena *a)
{
    *to = *from;
    to->arch = arena_strdup(a, from->arch);
    to->space = arena_strdup(a, from->space);
    to->genome = ints_copy(a, &from->genome);
    to->net = arena_strdup(a, from->net);
    to->recipe = arena_strdup(a, from->recipe);
    to->gamma = ints_copy(a, &from->gamma);
    to->gamma_paper = ints_copy(a, &from->gamma_paper);
    to->prefix = ints_copy(a, &from->prefix);
    to->head = ints_copy(a, &from->head);
}
