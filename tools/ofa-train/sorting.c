/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/sorting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/op.h"
#include "tools/ofa-train/superheads.h"

/* Lists nets that together show every size that a layer has in the designs of a
 * phase.  Zeroed at first. */
struct sizes {
    struct arena arena;
    struct net *net; /* (n) */
    size_t n, cap;
};

static struct net *one_more(struct sizes *z)
{
    GROW(z->net, z->n, z->cap);
    return &z->net[z->n++];
}

/* List them anew; phase NULL: for the designs of the whole space. */
static int sizes_list(struct sizes *z, const struct supernet *s,
                      const struct phases *p, const struct shrink_phase *phase,
                      struct err *e)
{
    int64_t *genome = arena_alloc(&z->arena, s->space->genes.n, sizeof *genome);
    int rc = 0;

    z->n = 0;
    for (size_t i = 0; rc >= 0 && phase_size(p, phase, i, genome); i++)
        rc = supernet_net(s, genome, &z->arena, one_more(z), e);
    if (!s->pools || (phase && phase->heads <= 0))
        return rc < 0 ? rc : 0;
    for (size_t k = 1; k <= s->kinds; k++)
        for (size_t i = 0; rc >= 0 && phase_heads(p, phase, k, i, genome); i++)
            rc = supernet_net_exits(s, genome, &z->arena, one_more(z), e);
    return rc < 0 ? rc : 0;
}

static void sizes_free(struct sizes *z)
{
    arena_free(&z->arena);
    free(z->net);
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Set *size to the numbers of channels that the group has in the nets, ascending,
 * in the arena.  Returns how many numbers there are. */
static size_t sizes_of(struct sizes *z, const struct channel_group *g,
                       int64_t **size)
{
    size_t n = 0;

    *size = arena_alloc(&z->arena, z->n + 1, sizeof **size);
    for (size_t i = 0; i < z->n; i++)
        if (((*size)[n] = channels_count(g, &z->net[i])))
            n++;
    qsort(*size, n, sizeof **size, by_size);
    return n;
}

/* ---- finding groups ---- */

/* Find the groups of the largest net, with every head that the bank has, whose
 * numbers of channels vary in the space.  They are in the arena of z. */
static int varying_groups(struct sizes *z, const struct supernet *s,
                          const struct phases *p, struct channel_groups *out,
                          struct err *e)
{
    struct net *nets = arena_alloc(&z->arena, s->kinds + 1, sizeof *nets);
    int rc = supernet_net(s, s->largest, &z->arena, &nets[0], e);
    size_t n = 1, kept = 0;

    for (size_t k = 1; s->pools && rc >= 0 && k <= s->kinds; k++)
        rc = superheads_net(s, k, s->heads, &z->arena, &nets[n++], e);
    if (rc < 0 || (rc = sizes_list(z, s, p, NULL, e)) < 0)
        return rc;
    channels_find(nets, n, &z->arena, out);
    for (size_t i = 0; i < out->n; i++) {
        int64_t *size;
        size_t sizes = sizes_of(z, &out->v[i], &size);

        if (sizes && size[0] < size[sizes - 1])
            out->v[kept++] = out->v[i];
    }
    out->n = kept;
    return 0;
}

/* ---- putting in order ---- */

static struct bank_tensor *tensor_of(const struct bank *b,
                                     const struct layer *l, const char *slot)
{
    struct param_slot slots[OP_MAX_SLOTS];
    const struct param_slot *s = slot_find(slots, layer_slots(l, slots), slot);
    const struct binding *x = s ? layer_binding(l, slot) : NULL;

    return x ? bank_find(b, x->tensor, s->stat) : NULL;
}

/* A tensor is seen as (outer, n, inner) around one of its axes. */
struct axis {
    size_t outer, n, inner;
};

static struct axis axis_of(const struct bank_tensor *t, int axis)
{
    struct axis a = {1, (size_t)t->shape[axis], 1};

    for (int i = 0; i < axis; i++)
        a.outer *= (size_t)t->shape[i];
    for (int i = axis + 1; i < t->ndim; i++)
        a.inner *= (size_t)t->shape[i];
    return a;
}

/* Permute the axis, of which -1 is the last, so that entry i becomes what entry
 * order[i] was.  Does nothing when t is NULL. */
static void permute(struct bank_tensor *t, int axis, const size_t *order)
{
    struct axis a;
    float *old;

    if (!t)
        return;
    a = axis_of(t, axis < 0 ? t->ndim - 1 : axis);
    old = xmemdup(t->value, t->n * sizeof *old);
    for (size_t o = 0; o < a.outer; o++)
        for (size_t i = 0; i < a.n; i++)
            memcpy(t->value + (o * a.n + i) * a.inner,
                   old + (o * a.n + order[i]) * a.inner, a.inner * sizeof *old);
    free(old);
}

/* Add to `sum` the absolute weights of each entry of the last axis. */
static void add_importance(const struct bank_tensor *t, double *sum)
{
    size_t n = (size_t)t->shape[t->ndim - 1];

    for (size_t i = 0; i < t->n; i++)
        sum[i % n] += fabs((double)t->value[i]);
}

/* Returns the order, owned (free), that sorts n channels by weight, largest
 * first, but only between one trained size and the next: the channels of a
 * smaller size stay in front. */
static size_t *order_of(const double *weight, size_t n, const int64_t *size,
                        size_t sizes)
{
    size_t *order = xcalloc(n, sizeof *order), first = 0;

    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = 0; i <= sizes; i++) {
        size_t end = i < sizes ? (size_t)size[i] : n;

        /* Insertion sort leaves channels of equal weight in their order. */
        for (size_t j = first + 1; j < end; j++) {
            size_t x = order[j], k = j;

            for (; k > first && weight[order[k - 1]] < weight[x]; k--)
                order[k] = order[k - 1];
            order[k] = x;
        }
        first = end;
    }
    return order;
}

/* Which axis of which parameter has the channels of a group; -1 is the last
 * axis. */
static const struct axis_row {
    enum channel_part part;
    const char *slot;
    int axis;
    bool weighs; /* its absolute values say how important a channel is */
} rows[] = {
    {CHANNELS_MADE, "weight", 0, false},
    {CHANNELS_MADE, "gamma", 0, false},
    {CHANNELS_MADE, "beta", 0, false},
    {CHANNELS_MADE, "mean", 0, false},
    {CHANNELS_MADE, "var", 0, false},
    {CHANNELS_MADE, "bias", 0, false},
    {CHANNELS_PASSED, "weight", -1, false}, /* depthwise */
    {CHANNELS_PASSED, "gamma", 0, false},
    {CHANNELS_PASSED, "beta", 0, false},
    {CHANNELS_PASSED, "mean", 0, false},
    {CHANNELS_PASSED, "var", 0, false},
    {CHANNELS_PASSED, "bias", 0, false},
    {CHANNELS_PASSED, "reduce.weight", -1, false},
    {CHANNELS_PASSED, "expand.weight", 0, false},
    {CHANNELS_PASSED, "expand.bias", 0, false},
    {CHANNELS_READ, "weight", -1, true},
    {CHANNELS_SQUEEZED, "reduce.weight", 0, false},
    {CHANNELS_SQUEEZED, "reduce.bias", 0, false},
    {CHANNELS_SQUEEZED, "expand.weight", -1, true},
};

void sorting_permute(struct bank *b, const struct channel_group *g,
                     const size_t *order)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < ARRAY_LEN(rows); k++)
            if (rows[k].part == g->v[i].part)
                permute(tensor_of(b, g->v[i].layer, rows[k].slot), rows[k].axis,
                        order);
}

/* Sort the channels of a group within the sizes of the phase before. */
static void sort_group(struct bank *b, const struct channel_group *g,
                       struct sizes *z)
{
    int64_t *size;
    size_t sizes = sizes_of(z, g, &size);
    size_t n = (size_t)channels_made(g);
    double *weight;
    size_t *order;

    if (g->head && !sizes) /* as a phase further back has left them */
        return;
    weight = xcalloc(n, sizeof *weight);
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < ARRAY_LEN(rows); k++)
            if (rows[k].weighs && rows[k].part == g->v[i].part)
                add_importance(tensor_of(b, g->v[i].layer, rows[k].slot),
                               weight);
    order = order_of(weight, n, size, sizes);
    sorting_permute(b, g, order);
    free(weight);
    free(order);
}

int sorting_apply(struct supernet *s, const struct phases *p,
                  const struct shrink_phase *before, struct err *e)
{
    struct sizes z = {0};
    struct channel_groups groups;
    int rc = varying_groups(&z, s, p, &groups, e);

    if (rc >= 0 && (rc = sizes_list(&z, s, p, before, e)) >= 0)
        for (size_t i = 0; i < groups.n; i++)
            sort_group(s->bank, &groups.v[i], &z);
    sizes_free(&z);
    return rc < 0 ? rc : 0;
}

int sorting_due(const struct supernet *s, const struct phases *p,
                const struct shrink_phase *before,
                const struct shrink_phase *now, bool *due, struct err *e)
{
    struct sizes y = {0}, z = {0};
    struct channel_groups groups;
    int rc = varying_groups(&y, s, p, &groups, e);

    *due = false;
    if (rc >= 0 && (rc = sizes_list(&y, s, p, before, e)) >= 0)
        rc = sizes_list(&z, s, p, now, e);
    for (size_t i = 0; rc >= 0 && i < groups.n && !*due; i++) {
        const struct channel_group *g = &groups.v[i];
        int64_t *a, *b;
        size_t n = sizes_of(&y, g, &a), m = sizes_of(&z, g, &b);

        for (size_t k = 0; k < m && (n || !g->head); k++)
            if (!n || !bsearch(&b[k], a, n, sizeof *a, by_size))
                *due = true;
    }
    sizes_free(&y);
    sizes_free(&z);
    return rc < 0 ? rc : 0;
}

int sorting_groups(const struct supernet *s, const struct phases *p, size_t *n,
                   struct err *e)
{
    struct sizes z = {0};
    struct channel_groups groups;
    int rc = varying_groups(&z, s, p, &groups, e);

    *n = 0;
    for (size_t i = 0; rc >= 0 && i < groups.n; i++)
        *n += !groups.v[i].head;
    sizes_free(&z);
    return rc;
}
