/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/lifetimes.h"

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/op.h"

struct lifetime *net_lifetimes(const struct net *n)
{
    struct lifetime *v = xcalloc(n->layers.n + 1, sizeof *v);

    v[0].size = shape_count(&n->input);
    for (size_t i = 0; i < n->layers.n; i++) {
        const struct layer *l = net_layer(n, i);
        struct lifetime *own = &v[i + 1];

        for (size_t k = 0; k < l->inputs.n; k++)
            v[v[l->inputs.v[k] + 1].owner].to = (int64_t)i;
        own->owner = i + 1;
        if (op_info(l->op)->view)
            own->owner = v[l->inputs.v[0] + 1].owner;
        else
            own->size = shape_count(&l->out);
        own->from = own->to = (int64_t)i;
    }
    return v;
}
