/* SPDX-License-Identifier: MIT */
#include "tools/eec-place/limits.h"

#include <inttypes.h>

/* Returns F_M(x), the MACs of backbone and final head: the final exit's gamma
 * counts the early heads as well. */
static int64_t final_macs(const struct net *n)
{
    int64_t macs = net_exit_at(n, n->exits.n - 1)->gamma;

    for (size_t i = 0; i + 1 < n->exits.n; i++)
        macs -= net_exit_at(n, i)->head_macs;
    return macs;
}

bool device_limits_hold(const struct device_limits *l, const struct net *n,
                        struct buf *why)
{
    const struct {
        const char *name;
        int64_t value;
        double limit;
    } all[] = {
        {"params", n->params, l->params},
        {"peak_bytes", n->peak_bytes, l->peak_bytes},
        {"size_bytes", n->size_bytes, l->size_bytes},
        {"final_macs", final_macs(n), l->final_macs},
    };
    bool hold = true;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!((double)all[i].value > all[i].limit))
            continue;
        buf_addf(why, "%s%s %" PRId64 " > %.17g", hold ? "" : ", ", all[i].name,
                 all[i].value, all[i].limit);
        hold = false;
    }
    return hold;
}
