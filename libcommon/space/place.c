/* SPDX-License-Identifier: MIT */
#include "libcommon/space/place.h"

#include <stdlib.h>

const char *const pool_rule_names[] = {"divisors", "legacy", NULL};

/* Returns < 0 when window a comes before b on that map. */
static int64_t compare_windows(const struct place_point *p,
                               struct head_window a, struct head_window b)
{
    int64_t area = a.h * a.w - b.h * b.w,
            skew = llabs(a.h - a.w) - llabs(b.h - b.w);

    if (area || skew)
        return area ? area : skew;
    return p->h < p->w ? b.w - a.w : b.h - a.h;
}

/* Set *window to the one to try after it for p's map, with which its head can
 * stand there.  Returns false where there is none. */
static bool next_window(const struct place_point *p, struct head_window *window,
                        enum pool_rule rule)
{
    int64_t side = p->h < p->w ? p->h : p->w;
    struct head_window next = {0, 0};

    if (!p->head.head->flattens)
        return false;
    if (rule == POOL_LEGACY) {
        int64_t most = p->c >= 16 ? 4 : p->c >= 8 ? 2 : 1, to = 2 * window->h;

        if (to <= most && to <= side)
            next = (struct head_window){to, to};
    } else {
        for (int64_t h = 1; h <= p->h; h++)
            for (int64_t w = 1; p->h % h == 0 && w <= p->w; w++) {
                struct head_window x = {h, w};

                if (p->w % w == 0 && (p->h != p->w || h == w) &&
                    compare_windows(p, *window, x) < 0 &&
                    (!next.h || compare_windows(p, x, next) < 0))
                    next = x;
            }
    }
    if (!next.h || !head_stands(p->head.head, p->h / next.h, p->w / next.w))
        return false;
    *window = next;
    return true;
}

void place_pools(struct place_point *p, size_t n, int64_t final_cost,
                 int64_t classes, const struct place_opts *o)
{
    int64_t next_cost = final_cost;

    for (size_t i = n; i-- > 0; next_cost = p[i].cost) {
        struct head_window window = {1, 1};

        do {
            p[i].pool = window;
            p[i].cost = p[i].prefix +
                        head_macs(&p[i].head,
                                  (int64_t[]){p[i].h, p[i].w, p[i].c}, window,
                                  classes, o->macs);
            if (p[i].cost < next_cost ||
                (p[i].cost == next_cost && o->pools == POOL_DIVISORS))
                break;
        } while (next_window(&p[i], &window, o->pools));
        p[i].violation = p[i].cost > next_cost;
    }
}

int place_net(const struct space *s, const struct ints *genome,
              const struct place_opts *o, struct arena *a, struct net *out,
              struct err *e)
{
    struct place_point p[NET_MAX_EXITS];
    struct head_choice heads[NET_MAX_EXITS];
    struct head_window pools[NET_MAX_EXITS];
    size_t early;
    int rc;

    if ((rc = space_net_draft(s, genome, NULL, a, out, e)) < 0)
        return rc;
    net_cost(out, o->macs);
    early = out->exits.n - 1;
    space_heads(s, genome, heads);
    for (size_t i = 0; i < early; i++) {
        const int64_t *map = net_layer(out, net_exit_at(out, i)->tap)->out.v;

        p[i] = (struct place_point){.head = heads[i],
                                    .h = map[0],
                                    .w = map[1],
                                    .c = map[2],
                                    .prefix = net_prefix(out, i, o->macs)};
    }
    place_pools(p, early,
                net_prefix(out, early, o->macs) +
                    net_exit_at(out, early)->head_macs,
                out->classes, o);
    for (size_t i = 0; i < early; i++)
        pools[i] = p[i].pool;
    if (space_net(s, genome, pools, a, out, e) < 0)
        return PLACE_TOO_LARGE;
    net_cost(out, o->macs);
    for (size_t i = 0; i < early; i++)
        net_exit_at(out, i)->violation = p[i].violation;
    return 0;
}
