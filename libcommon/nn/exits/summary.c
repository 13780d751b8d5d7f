/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/summary.h"

#include <string.h>

static char *copy_str(const char *s, struct arena *a)
{
    return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

static struct ints copy_ints(const struct ints *v, struct arena *a)
{
    struct ints copy = {arena_alloc(a, v->n, sizeof *v->v), v->n};

    if (v->n)
        memcpy(copy.v, v->v, v->n * sizeof *v->v);
    return copy;
}

void summary_of_net(struct summary *s, const struct net *n, const char *recipe,
                    struct arena *a)
{
    size_t exits = n->exits.n;
    int64_t heads = 0;

    *s = (struct summary){
        .arch = copy_str(n->arch, a), .space = copy_str(n->space, a),
        .genome = copy_ints(&n->genome, a), .net = copy_str(n->id, a),
        .recipe = copy_str(recipe, a), .origin = n->origin,
        .gamma = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .gamma_paper = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .prefix = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .head = {arena_alloc(a, exits, sizeof(int64_t)), exits},
        .params = n->params, .peak_bytes = n->peak_bytes,
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
    to->arch = copy_str(from->arch, a);
    to->space = copy_str(from->space, a);
    to->genome = copy_ints(&from->genome, a);
    to->net = copy_str(from->net, a);
    to->recipe = copy_str(from->recipe, a);
    to->gamma = copy_ints(&from->gamma, a);
    to->gamma_paper = copy_ints(&from->gamma_paper, a);
    to->prefix = copy_ints(&from->prefix, a);
    to->head = copy_ints(&from->head, a);
}
