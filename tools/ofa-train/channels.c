/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/channels.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"

/* What a layer does with the order of its input's channels. */
enum keeps { ORDER_NEW, ORDER_KEPT, ORDER_FIXED };

static enum keeps order_of(const struct layer *l)
{
    switch (l->op) {
    case OP_CONV:
        return layer_is_depthwise(l) ? ORDER_KEPT : ORDER_NEW;
    case OP_LINEAR:
        return ORDER_NEW;
    case OP_FLATTEN:
        return l->in.v[0] * l->in.v[1] == 1 ? ORDER_KEPT : ORDER_FIXED;
    case OP_NORM:
    case OP_ACT:
    case OP_SE:
    case OP_MAXPOOL:
    case OP_AVGPOOL:
    case OP_GLOBALPOOL:
    case OP_MUL:
        return ORDER_KEPT;
    default:
        return ORDER_FIXED;
    }
}

/* Holds the layers of all nets, each once.  Value i is the output of layer i,
 * value `all` the image; `parent` makes a forest of them whose trees are the
 * values that stand in one order. */
struct values {
    struct set names; /* (all) */
    const struct layer **layer;
    size_t **from; /* (all) the values that layer i reads */
    size_t *parent;
    bool *pinned; /* of a root: of its whole tree */
    size_t all;
};

static size_t root_of(const struct values *f, size_t value)
{
    while (f->parent[value] != value)
        value = f->parent[value];
    return value;
}

static void join(struct values *f, size_t a, size_t b)
{
    size_t x = root_of(f, a), y = root_of(f, b);

    f->parent[y] = x;
    f->pinned[x] |= f->pinned[y];
}

static void pin(struct values *f, size_t value)
{
    f->pinned[root_of(f, value)] = true;
}

static size_t number_of(const struct values *f, const struct net *n, int64_t i)
{
    const char *name = i == NET_IMAGE ? NULL : net_layer(n, (size_t)i)->name;

    return name ? set_find(&f->names, name, strlen(name)) : f->all;
}

static void list_layers(struct values *f, const struct net *nets, size_t n,
                        struct arena *a)
{
    size_t most = 0;

    for (size_t k = 0; k < n; k++)
        most += nets[k].layers.n;
    f->layer = arena_alloc(a, most, sizeof *f->layer);
    f->from = arena_alloc(a, most, sizeof *f->from);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < nets[k].layers.n; i++) {
            const char *name = net_layer(&nets[k], i)->name;

            set_add(&f->names, name, strlen(name));
        }
    f->all = f->names.n;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < nets[k].layers.n; i++) {
            const struct layer *l = net_layer(&nets[k], i);
            size_t at = number_of(f, &nets[k], (int64_t)i);

            if (f->layer[at])
                continue;
            f->layer[at] = l;
            f->from[at] = arena_alloc(a, l->inputs.n, sizeof **f->from);
            for (size_t j = 0; j < l->inputs.n; j++)
                f->from[at][j] = number_of(f, &nets[k], l->inputs.v[j]);
        }
}

static void join_values(struct values *f)
{
    pin(f, f->all);
    for (size_t i = 0; i < f->all; i++) {
        enum keeps order = order_of(f->layer[i]);

        for (size_t j = 0; j < f->layer[i]->inputs.n; j++)
            if (order == ORDER_KEPT)
                join(f, i, f->from[i][j]);
            else if (order == ORDER_FIXED)
                pin(f, f->from[i][j]);
        if (order == ORDER_FIXED)
            pin(f, i);
    }
}

static void add_use(struct channel_group *g, const struct layer *l,
                    enum channel_part part)
{
    g->v[g->n++] = (struct channel_use){l, part};
}

/* Make a group of each tree that is not pinned.  `own` is the number of layers
 * of the first net. */
static void make_groups(const struct values *f, size_t own, struct arena *a,
                        struct channel_groups *out)
{
    size_t *uses = xcalloc(2 * (f->all + 1),
                           sizeof *uses); /* of a root's tree */
    size_t *group = uses + f->all + 1;    /* of a root, from 1 */

    for (size_t i = 0; i < f->all; i++) {
        uses[root_of(f, i)]++;
        uses[root_of(f, f->from[i][0])]++;
    }
    out->v = arena_alloc(a, 2 * f->all, sizeof *out->v);
    for (size_t i = 0; i < f->all; i++) {
        const struct layer *l = f->layer[i];
        bool makes = order_of(l) == ORDER_NEW;
        size_t to = root_of(f, i);

        if (!f->pinned[to]) {
            if (!group[to]) {
                group[to] = ++out->n;
                out->v[out->n - 1] = (struct channel_group){
                    arena_alloc(a, uses[to], sizeof *out->v->v), 0, i >= own};
            }
            add_use(&out->v[group[to] - 1], l,
                    makes ? CHANNELS_MADE : CHANNELS_PASSED);
        }
        to = root_of(f, f->from[i][0]);
        if (makes && !f->pinned[to])
            add_use(&out->v[group[to] - 1], l, CHANNELS_READ);
    }
    for (size_t i = 0; i < f->all; i++) {
        if (f->layer[i]->op != OP_SE)
            continue;
        out->v[out->n] = (struct channel_group){
            arena_alloc(a, 1, sizeof *out->v->v), 0, i >= own};
        add_use(&out->v[out->n++], f->layer[i], CHANNELS_SQUEEZED);
    }
    free(uses);
}

void channels_find(const struct net *nets, size_t n, struct arena *a,
                   struct channel_groups *out)
{
    struct values f = {0};

    *out = (struct channel_groups){0};
    list_layers(&f, nets, n, a);
    f.parent = arena_alloc(a, f.all + 1, sizeof *f.parent);
    f.pinned = arena_alloc(a, f.all + 1, sizeof *f.pinned);
    for (size_t i = 0; i <= f.all; i++)
        f.parent[i] = i;
    join_values(&f);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < nets[k].exits.n; i++)
            pin(&f, number_of(&f, &nets[k], net_exit_at(&nets[k], i)->last));
    make_groups(&f, n ? nets->layers.n : 0, a, out);
    set_free(&f.names);
}

/* Returns the number of the group's channels in this form of its first layer. */
static int64_t count_in(const struct channel_group *g, const struct layer *l)
{
    return g->v->part == CHANNELS_SQUEEZED ? l->mid : l->out.v[2];
}

int64_t channels_made(const struct channel_group *g)
{
    return count_in(g, g->v->layer);
}

int64_t channels_count(const struct channel_group *g, const struct net *n)
{
    for (size_t i = 0; i < n->layers.n; i++)
        if (strcmp(net_layer(n, i)->name, g->v->layer->name) == 0)
            return count_in(g, net_layer(n, i));
    return 0;
}
