/* SPDX-License-Identifier: MIT */
#include "libcommon/space/place.h"

#include "libcommon/space/family.h"

const char *const pool_rule_names[] = {"divisors", "legacy", NULL};

/* Returns the window to try after this one for p's map, or 0. */
static int64_t next_window(const struct place_point *p, int64_t window,
                           enum pool_rule rule)
{
    int64_t side = p->h < p->w ? p->h : p->w;

    if (rule == POOL_LEGACY) {
        int64_t most = p->c >= 16 ? 4 : p->c >= 8 ? 2 : 1;

        window *= 2;
        return window <= most && window <= side ? window : 0;
    }
    for (window++; window <= side; window++)
        if (p->h % window == 0 && p->w % window == 0)
            return window;
    return 0;
}

void place_pools(struct place_point *p, size_t n, int64_t final_cost,
                 int64_t classes, const struct exit_head *head,
                 const struct place_opts *o)
{
    int64_t next_cost = final_cost;

    for (size_t i = n; i-- > 0; next_cost = p[i].cost) {
        struct head_input in = {p[i].h, p[i].w, p[i].c, classes};
        int64_t window = 1;

        do {
            p[i].pool = window;
            p[i].cost = p[i].prefix + head->macs(&in, window, o->macs);
            if (p[i].cost < next_cost ||
                (p[i].cost == next_cost && o->pools == POOL_DIVISORS))
                break;
            window = next_window(&p[i], window, o->pools);
        } while (window);
        p[i].violation = p[i].cost > next_cost;
    }
}

int place_net(const struct space *s, const struct ints *genome,
              const struct place_opts *o, struct arena *a, struct net *out,
              struct err *e)
{
    struct place_point p[NET_MAX_EXITS];
    int64_t pools[NET_MAX_EXITS];
    size_t early;
    int rc;

    if ((rc = space_net_draft(s, genome, NULL, a, out, e)) < 0)
        return rc;
    net_cost(out, o->macs);
    early = out->exits.n - 1;
    for (size_t i = 0; i < early; i++) {
        const int64_t *map = net_layer(out, net_exit_at(out, i)->tap)->out.v;

        p[i] = (struct place_point){.h = map[0],
                                    .w = map[1],
                                    .c = map[2],
                                    .prefix = net_prefix(out, i, o->macs)};
    }
    place_pools(p, early,
                net_prefix(out, early, o->macs) +
                    net_exit_at(out, early)->head_macs,
                out->classes, s->family->head, o);
    for (size_t i = 0; i < early; i++)
        pools[i] = p[i].pool;
    if (space_net(s, genome, pools, a, out, e) < 0)
        return PLACE_TOO_LARGE;
    net_cost(out, o->macs);
    for (size_t i = 0; i < early; i++)
        net_exit_at(out, i)->violation = p[i].violation;
    return 0;
}
