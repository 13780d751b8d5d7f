/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/cost.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/lifetimes.h"
#include "libcommon/nn/graph/op.h"

const char *const mac_rule_names[] = {"true", "paper", NULL};

int64_t layer_macs(const struct layer *l)
{
    const struct op_info *op = op_info(l->op);

    return op->macs ? op->macs(l) : 0;
}

int64_t layer_macs_paper(const struct layer *l, bool head)
{
    const struct op_info *op = op_info(l->op);
    int64_t macs = layer_macs(l);

    if (head)
        return op->paper_head ? op->paper_head(l) : macs;
    if (op->paper_extra)
        macs += op->paper_extra(l);
    if (layer_has_norm(l))
        macs += shape_count(&l->out);
    macs += net_acts[l->act].products * shape_count(&l->out);
    return macs;
}

int64_t layer_params(const struct layer *l)
{
    struct param_slot slots[OP_MAX_SLOTS];
    size_t n = layer_slots(l, slots);
    int64_t sum = 0;

    for (size_t i = 0; i < l->bindings.n; i++) {
        const struct binding *b = (struct binding *)l->bindings.v + i;
        const struct param_slot *s = slot_find(slots, n, b->slot);

        if (s && !s->stat)
            sum += shape_count(&b->shape);
    }
    return sum;
}

int64_t layer_size_bytes(const struct layer *l)
{
    int64_t sum = 0;

    for (size_t i = 0; i < l->bindings.n; i++)
        sum += 4 * shape_count(&((struct binding *)l->bindings.v)[i].shape);
    return sum;
}

int net_head_of(const struct net *n, size_t i)
{
    for (size_t x = 0; x < n->exits.n; x++) {
        const struct net_exit *exit = net_exit_at(n, x);

        if ((int64_t)i <= exit->last)
            return (int64_t)i >= exit->first ? (int)x : -1;
    }
    return -1;
}

int64_t net_peak_bytes(const struct net *n)
{
    struct lifetime *v = net_lifetimes(n);
    int64_t *freed = xcalloc(n->layers.n + 1, sizeof *freed);
    int64_t alive = v[0].size, peak = alive;

    for (size_t i = 0; i <= n->layers.n; i++)
        freed[v[i].to] += v[i].size;
    for (size_t i = 0; i < n->layers.n; i++) {
        alive += v[i + 1].size;
        peak = alive > peak ? alive : peak;
        alive -= freed[i];
    }
    free(freed);
    free(v);
    return 4 * peak;
}

void net_cost(struct net *n, enum mac_rule rule)
{
    int64_t backbone = 0, backbone_paper_macs = 0, heads = 0;
    size_t at = 0;

    n->params = n->size_bytes = 0;
    for (size_t i = 0; i < n->layers.n; i++) {
        struct layer *l = net_layer(n, i);

        l->macs = layer_macs(l);
        l->macs_paper = layer_macs_paper(l, net_head_of(n, i) >= 0);
        l->params = layer_params(l);
        l->act_bytes = 4 * shape_count(&l->out);
        n->params += l->params;
        n->size_bytes += layer_size_bytes(l);
    }
    n->peak_bytes = net_peak_bytes(n);

    for (size_t x = 0; x < n->exits.n; x++) {
        struct net_exit *exit = net_exit_at(n, x);
        int64_t head = 0, head_paper_macs = 0;

        for (; (int64_t)at <= exit->last; at++) {
            const struct layer *l = net_layer(n, at);
            bool own = (int64_t)at >= exit->first;
            int64_t macs = rule == MACS_TRUE ? l->macs : l->macs_paper;

            *(own ? &head : &backbone) += macs;
            *(own ? &head_paper_macs : &backbone_paper_macs) += l->macs_paper;
        }
        heads += head;
        exit->head_macs = head;
        exit->gamma = backbone + heads;
        exit->gamma_paper = backbone_paper_macs + head_paper_macs;
    }
}

int64_t net_prefix(const struct net *n, size_t i, enum mac_rule rule)
{
    int64_t macs = 0;

    for (int64_t k = 0; k < net_exit_at(n, i)->first; k++)
        if (net_head_of(n, (size_t)k) < 0)
            macs += rule == MACS_TRUE ? net_layer(n, (size_t)k)->macs
                                      : net_layer(n, (size_t)k)->macs_paper;
    return macs;
}
