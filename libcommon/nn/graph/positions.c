/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/positions.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"

/* Set cut to the layers of the backbone whose output is the only value alive
 * behind them, in order; the end of the backbone is the last one.  Returns their
 * number. */
static size_t find_cuts(const struct net *n, size_t *cut)
{
    int64_t tap = net_exit_at(n, n->exits.n - 1)->tap;
    int64_t *until = xcalloc(n->layers.n + 1, sizeof *until); /* last reader, of
                                                               * the image first */
    int64_t others = 0; /* the last reader of any earlier value */
    size_t cuts = 0;

    for (int64_t i = 0; i <= tap; i++) {
        const struct ints *in = &net_layer(n, (size_t)i)->inputs;

        for (size_t k = 0; net_head_of(n, (size_t)i) < 0 && k < in->n; k++)
            until[in->v[k] + 1] = i;
    }
    others = until[0];
    for (int64_t i = 0; i <= tap; i++) {
        if (net_head_of(n, (size_t)i) >= 0)
            continue;
        if (others <= i)
            cut[cuts++] = (size_t)i;
        if (until[i + 1] > others)
            others = until[i + 1];
    }
    free(until);
    return cuts;
}

size_t net_positions(const struct net *n, size_t *layer)
{
    size_t *cut = xcalloc(n->layers.n + 1, sizeof *cut), count = 0;
    size_t cuts = find_cuts(n, cut);
    bool depthwise = false; /* the value comes from a depthwise convolution */

    for (size_t i = 0; i + 1 < cuts; i++) {
        const struct layer *own = net_layer(n, cut[i]),
                           *next = net_layer(n, cut[i + 1]);
        bool reads = next->inputs.v[0] == (int64_t)cut[i];
        bool moves = reads && (op_info(next->op)->follows ||
                               (op_info(next->op)->view && i + 2 == cuts));
        bool pointwise = op_info(next->op)->groups && next->groups == 1 &&
                         next->kernel.v[0] == 1 && next->kernel.v[1] == 1;

        depthwise |= layer_is_depthwise(own);
        if (moves)
            continue; /* what comes from a depthwise one still does */
        if (!op_info(own->op)->view && !(depthwise && reads && pointwise))
            layer[count++] = cut[i];
        depthwise = false;
    }
    free(cut);
    return count;
}

int64_t positions_architectures(size_t positions, size_t processors)
{
    int64_t sum = 0, choose = 1;

    for (size_t k = 0; k < processors && k <= positions; k++) {
        int64_t times = (int64_t)(positions - k);

        if (choose > INT64_MAX - sum)
            return INT64_MAX;
        sum += choose;
        if (times && choose > INT64_MAX / times)
            return k + 1 < processors && k < positions ? INT64_MAX : sum;
        choose = choose * times / (int64_t)(k + 1);
    }
    return sum;
}
