/* SPDX-License-Identifier: MIT
 * The plan that a network keeps to.  It may divide the network where no exit
 * stands, as where its other exits were cut out: there the network at hand gets a
 * place, which is a boundary like the tap of an exit, has no head, and is never
 * on. */
#include <string.h>

#include "libcommon/nn/graph/cost.h"
#include "tools/exit-map/planning_net.h"

/* Where segments of a plan end. */
struct ends {
    size_t n;
    int64_t layer[NET_MAX_EXITS];
};

/* Returns the backbone layer of that name, or NET_IMAGE; *macs are those of the
 * backbone up to it. */
static int64_t find_layer(const struct net *n, const char *name, int64_t *macs)
{
    *macs = 0;
    for (size_t i = 0; i < n->layers.n; i++)
        if (net_head_of(n, i) < 0) {
            *macs += net_layer(n, i)->macs;
            if (!strcmp(net_layer(n, i)->name, name))
                return (int64_t)i;
        }
    return NET_IMAGE;
}

static bool has_tap(const struct net *n, int64_t layer)
{
    bool has = false;

    for (size_t i = 0; i < n->exits.n; i++)
        has |= net_exit_at(n, i)->tap == layer;
    return has;
}

/* Find where the segments of a plan end in a network.  Returns false where it is
 * of another network, or has exits where this one has none. */
static bool find_ends(const struct net *n, const struct plan *p,
                      struct ends *ends)
{
    int64_t macs = 0;

    if (p->segments.n > NET_MAX_EXITS)
        return false;
    for (ends->n = 0; ends->n < p->segments.n; ends->n++) {
        const struct plan_segment *s = plan_segment_at(p, ends->n);
        int64_t here, at = find_layer(n, s->to, &here);

        macs += s->macs;
        if (at == NET_IMAGE || here != macs || (s->exit && !has_tap(n, at)) ||
            (ends->n && at <= ends->layer[ends->n - 1]))
            return false;
        ends->layer[ends->n] = at;
    }
    return ends->n &&
           ends->layer[ends->n - 1] == net_exit_at(n, n->exits.n - 1)->tap;
}

/* Give the network a place without a head behind a layer. */
static void add_place(struct planning *u, int64_t layer)
{
    const struct net_exit *from = u->net.exits.v;
    size_t n = u->net.exits.n, at = 0;
    struct net_exit *to = arena_alloc(&u->arena, n + 1, sizeof *to);

    while (from[at].tap < layer)
        at++;
    memcpy(to, from, at * sizeof *to);
    to[at] = (struct net_exit){
        .tap = layer, .first = layer + 1, .last = layer, .pool = 1};
    memcpy(to + at + 1, from + at, (n - at) * sizeof *to);
    memmove(u->place + at + 1, u->place + at, (n - at) * sizeof *u->place);
    u->place[at] = true;
    u->net.exits = (struct list){to, n + 1};
}

int settle_plan(struct planning *u, struct err *e)
{
    const struct list *plans = u->how->settled;
    const struct plan *p = plans->v;
    struct ends ends = {.n = 0};
    size_t i = 0;

    memset(u->place, 0, sizeof u->place);
    u->settled = NULL;
    if (!plans->n)
        return 0;
    while (i < plans->n && !find_ends(&u->net, &p[i], &ends))
        i++;
    if (i == plans->n)
        return reader_fail(u->r, e,
                           "no plan of --plan fits net %s: exits of theirs are "
                           "at layers that it does not have, or where it has "
                           "no exit",
                           u->net.id);
    u->settled = &p[i];
    for (size_t s = 0; s < ends.n; s++)
        if (!has_tap(&u->net, ends.layer[s])) {
            if (u->net.exits.n == NET_MAX_EXITS)
                return reader_fail(u->r, e,
                                   "net %s has no room for the places where "
                                   "the plan divides it",
                                   u->net.id);
            add_place(u, ends.layer[s]);
        }
    return 0;
}
