/* SPDX-License-Identifier: MIT */
#include "tools/net-augment/candidates.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/graph/positions.h"

/* What a name of a branch's tensor has beyond that of its tap, at the most. */
#define NAME_ROOM (sizeof "exit..classifier.weight" - 1)

int candidates_find(struct candidates *c, const struct net *net,
                    const struct candidate_opts *o, struct arena *a,
                    struct err *e)
{
    size_t *layer = arena_alloc(a, net->layers.n, sizeof *layer), taken = 0;
    struct branch_form *form = arena_alloc(a, net->layers.n, sizeof *form);
    bool *found = arena_alloc(a, o->at->n + 1, sizeof *found);
    int64_t macs = 0;

    memset(found, 0, (o->at->n + 1) * sizeof *found);
    *c = (struct candidates){
        .id = net->id, .removed = net->exits.n - 1, .o = &o->branch};
    net_backbone(&c->base, net, a);
    c->n = net_positions(&c->base, layer);
    c->v = arena_alloc(a, c->n + 1, sizeof *c->v);
    for (size_t i = 0, at = 0; i < c->n; i++) {
        const char *name = net_layer(&c->base, layer[i])->name;
        size_t k = 0; /* its place in the list, whose length = not in it */

        for (; at <= layer[i]; at++)
            macs += net_layer(&c->base, at)->macs;
        while (k < o->at->n && strcmp(o->at->v[k], name) != 0)
            k++;
        found[k] = true;
        c->v[i] = (struct candidate){
            .branch = {.layer = layer[i], .macs = NIL_INT},
            .macs = macs,
            .latency = NAN,
            .memory = NIL_INT,
            .storage = NIL_INT};
        if (i < o->first)
            c->v[i].dropped = "before --first";
        else if (o->at->n && k == o->at->n)
            c->v[i].dropped = "not in --exits";
        else if (o->branch.head.head &&
                 !head_stands(o->branch.head.head,
                              net_layer(&c->base, layer[i])->out.v[0],
                              net_layer(&c->base, layer[i])->out.v[1]))
            c->v[i].dropped = "map too small for the head";
        else if (strlen(name) + NAME_ROOM > NET_MAX_NAME)
            return err_set(e, ERR_FORMAT,
                           "the name of layer %.60s... is too long to name a "
                           "branch by: at most %zu characters",
                           name, NET_MAX_NAME - NAME_ROOM);
        else
            form[taken++] = c->v[i].branch;
    }
    for (size_t k = 0; k < o->at->n; k++)
        if (!found[k])
            return err_set(e, ERR_FORMAT,
                           "no exit can stand at a layer '%.100s' (--list "
                           "shows where)",
                           o->at->v[k]);
    branch_forms(form, taken, &c->base, &o->branch);
    for (size_t i = c->n; i-- > 0;)
        if (!c->v[i].dropped)
            c->v[i].branch = form[--taken];
    return 0;
}

size_t candidates_taken(const struct candidates *c)
{
    size_t taken = 0;

    for (size_t i = 0; i < c->n; i++)
        taken += !c->v[i].dropped;
    return taken;
}

int candidates_net(const struct candidates *c, struct arena *a, struct net *out,
                   struct err *e)
{
    const struct net *base = &c->base;
    const struct net_exit *final = net_exit_at(base, 0);
    struct net_builder b = build_net(out, a, base->input.v[0], base->input.v[1],
                                     base->input.v[2], base->classes);
    int64_t *now = arena_alloc(a, base->layers.n,
                               sizeof *now); /* their places */
    int64_t macs = 0;                        /* of all, by the true rule */
    size_t next = 0;

    if (candidates_taken(c) >= NET_MAX_EXITS)
        return err_set(e, ERR_FORMAT,
                       "%zu positions, at most %d can have exits: leave some "
                       "out by --first or --exits",
                       candidates_taken(c), NET_MAX_EXITS - 1);
    for (size_t i = 0; i < base->layers.n; i++) {
        const struct layer *l = net_layer(base, i);
        int64_t from[NET_MAX_INPUTS];

        macs += l->macs;
        for (size_t k = 0; k < l->inputs.n; k++)
            from[k] = l->inputs.v[k] < 0 ? NET_IMAGE : now[l->inputs.v[k]];
        now[i] = build_copy(&b, l, from);
        if (next < c->n && c->v[next].branch.layer == i) {
            if (!c->v[next].dropped)
                branch_build(&b, base, c->o, &c->v[next].branch, now[i],
                             l->name, (int64_t)next);
            next++;
        }
    }
    build_exit(&b, (struct net_exit){.stage = (int64_t)c->n,
                                     .first = now[final->first],
                                     .pool = final->pool});
    /* Costs are counted as the base's were. */
    return build_done(&b, final->gamma == macs ? MACS_TRUE : MACS_PAPER, e);
}
