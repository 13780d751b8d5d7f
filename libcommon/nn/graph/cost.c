/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/cost.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/op.h"

const char *const mac_rule_names[] = {"true", "paper", NULL};

static int64_t count(const struct ints *shape)
{
    int64_t n = 1;

    for (size_t i = 0; i < shape->n; i++)
        n *= shape->v[i];
    return n;
}

int64_t layer_out_count(const struct layer *l)
{
    return count(&l->out);
}

int64_t layer_macs(const struct layer *l)
{
    const struct op_info *op = op_info(l->op);

    return op->macs ? op->macs(l) : 0;
}

static int64_t macs_paper_backbone(const struct layer *l)
{
    const struct op_info *op = op_info(l->op);
    int64_t macs = layer_macs(l);

    if (op->paper_extra)
        macs += op->paper_extra(l);
    if (layer_has_norm(l))
        macs += count(&l->out);
    macs += net_acts[l->act].products * count(&l->out);
    return macs;
}

int64_t layer_macs_paper(const struct layer *l, bool head)
{
    const struct op_info *op = op_info(l->op);

    if (!head)
        return macs_paper_backbone(l);
    return op->paper_head ? op->paper_head(l) : layer_macs(l);
}

/* Elements of the bound parameters that are statistics, or that are not. */
static int64_t bound_count(const struct layer *l, bool stat)
{
    struct param_slot slots[OP_MAX_SLOTS];
    size_t n = layer_slots(l, slots);
    int64_t sum = 0;

    for (size_t i = 0; i < l->bindings.n; i++) {
        const struct binding *b = (struct binding *)l->bindings.v + i;
        const struct param_slot *s = slot_find(slots, n, b->slot);

        if (s && s->stat == stat)
            sum += count(&b->shape);
    }
    return sum;
}

int64_t layer_params(const struct layer *l)
{
    return bound_count(l, false);
}

int64_t layer_stats(const struct layer *l)
{
    return bound_count(l, true);
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

/* The buffer a layer's output lives in: its own, or for a flatten its input's;
 * index 0 is the image. */
static size_t buffer_of(const struct net *n, int64_t i)
{
    while (i >= 0 && net_layer(n, (size_t)i)->op == OP_FLATTEN)
        i = net_layer(n, (size_t)i)->inputs.v[0];
    return (size_t)(i + 1);
}

int64_t net_peak_bytes(const struct net *n)
{
    size_t *until = xcalloc(n->layers.n + 1, sizeof *until);
    int64_t alive = 4 * count(&n->input), peak = alive;

    for (size_t i = 0; i < n->layers.n; i++) {
        const struct layer *l = net_layer(n, i);

        until[buffer_of(n, (int64_t)i)] = i;
        for (size_t k = 0; k < l->inputs.n; k++)
            until[buffer_of(n, l->inputs.v[k])] = i;
    }
    for (size_t i = 0; i < n->layers.n; i++) {
        if (net_layer(n, i)->op != OP_FLATTEN)
            alive += 4 * count(&net_layer(n, i)->out);
        peak = alive > peak ? alive : peak;
        if (until[0] == i)
            alive -= 4 * count(&n->input);
        for (size_t k = 0; k <= i; k++)
            if (until[k + 1] == i && net_layer(n, k)->op != OP_FLATTEN)
                alive -= 4 * count(&net_layer(n, k)->out);
    }
    free(until);
    return peak;
}

static void cost_exits(struct net *n, enum mac_rule rule)
{
    int64_t backbone = 0, backbone_paper_macs = 0, heads = 0;
    size_t i = 0;

    for (size_t x = 0; x < n->exits.n; x++) {
        struct net_exit *exit = net_exit_at(n, x);
        int64_t head = 0, head_paper_macs = 0;

        for (; (int64_t)i <= exit->last; i++) {
            const struct layer *l = net_layer(n, i);
            int64_t macs = rule == MACS_TRUE ? l->macs : l->macs_paper;

            *((int64_t)i < exit->first ? &backbone : &head) += macs;
            *((int64_t)i < exit->first ? &backbone_paper_macs
                                       : &head_paper_macs) += l->macs_paper;
        }
        heads += head;
        exit->head_macs = head;
        exit->gamma = backbone + heads;
        exit->gamma_paper = backbone_paper_macs + head_paper_macs;
    }
}

void net_cost(struct net *n, enum mac_rule rule)
{
    int64_t params = 0, stats = 0;

    for (size_t i = 0; i < n->layers.n; i++) {
        struct layer *l = net_layer(n, i);

        l->macs = layer_macs(l);
        l->macs_paper = layer_macs_paper(l, net_head_of(n, i) >= 0);
        l->params = layer_params(l);
        l->act_bytes = 4 * count(&l->out);
        params += l->params;
        stats += layer_stats(l);
    }
    n->params = params;
    n->size_bytes = 4 * (params + stats);
    n->peak_bytes = net_peak_bytes(n);
    cost_exits(n, rule);
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
