/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/sorting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/nn/graph/op.h"

/* The channels from expand to project can be reordered in all these layers at
 * once; se may be NULL. */
struct inner {
    const struct layer *expand, *depthwise, *se, *project;
};

/* ---- finding them ---- */

static bool is_dense(const struct layer *l)
{
    return l->op == OP_CONV && l->groups == 1;
}

/* Returns the layer that l reads if l is its only reader, else NULL. */
static const struct layer *source_of(const struct net *n, const struct layer *l)
{
    int64_t from = l->inputs.v[0];
    size_t readers = 0;

    for (size_t i = 0; i < n->layers.n; i++) {
        const struct ints *in = &net_layer(n, i)->inputs;

        for (size_t k = 0; k < in->n; k++)
            readers += in->v[k] == from;
    }
    return from == NET_IMAGE || readers != 1 ? NULL
                                             : net_layer(n, (size_t)from);
}

/* Returns true, and sets *in, when l is the project layer of a struct inner:
 * expand, depthwise and se are each read by the next of its layers alone. */
static bool inner_of(const struct net *n, const struct layer *l,
                     struct inner *in)
{
    const struct layer *x;

    *in = (struct inner){.project = l};
    if (!is_dense(l) || !(x = source_of(n, l)))
        return false;
    if (x->op == OP_SE) {
        in->se = x;
        x = source_of(n, x);
    }
    if (!x || !layer_is_depthwise(x))
        return false;
    in->depthwise = x;
    in->expand = source_of(n, x);
    return in->expand && is_dense(in->expand);
}

/* ---- the sizes of a phase ---- */

/* Lists nets that together show every layer size that a phase trains.  Zeroed
 * at first. */
struct sizes {
    struct arena arena;
    struct net net[GENE_CHOICES_MAX];
    size_t n;
};

static int sizes_init(struct sizes *z, const struct supernet *s,
                      const struct phases *p, const struct shrink_phase *phase,
                      struct err *e)
{
    int64_t *genome = xcalloc(s->space->genes.n, sizeof *genome);
    int rc = 0;

    while (rc >= 0 && phase_size(p, phase, z->n, genome)) {
        rc = supernet_net(s, genome, &z->arena, &z->net[z->n], e);
        z->n++;
    }
    free(genome);
    return rc < 0 ? rc : 0;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

enum { OF_CHANNELS, OF_SQUEEZE };

/* Set size to the numbers of channels (or squeezed channels) that the layer has
 * in the nets, ascending.  Returns how many numbers there are. */
static size_t sizes_of(const struct sizes *z, const char *layer, int what,
                       int64_t size[GENE_CHOICES_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < z->n; i++)
        for (size_t k = 0; k < z->net[i].layers.n; k++) {
            const struct layer *l = net_layer(&z->net[i], k);

            if (strcmp(l->name, layer) != 0)
                continue;
            size[n++] = what == OF_CHANNELS ? l->out.v[2] : l->mid;
            break;
        }
    qsort(size, n, sizeof *size, by_size);
    return n;
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

/* Permute the axis so that entry i becomes what entry order[i] was.  Does
 * nothing when t is NULL. */
static void permute(struct bank_tensor *t, int axis, const size_t *order)
{
    struct axis a;
    float *old;

    if (!t)
        return;
    a = axis_of(t, axis);
    old = xmemdup(t->value, t->n * sizeof *old);
    for (size_t o = 0; o < a.outer; o++)
        for (size_t i = 0; i < a.n; i++)
            memcpy(t->value + (o * a.n + i) * a.inner,
                   old + (o * a.n + order[i]) * a.inner, a.inner * sizeof *old);
    free(old);
}

/* Returns the sum of the absolute weights of each entry of an axis, owned
 * (free). */
static double *importance(const struct bank_tensor *t, int axis)
{
    struct axis a = axis_of(t, axis);
    double *sum = xcalloc(a.n, sizeof *sum);

    for (size_t o = 0; o < a.outer; o++)
        for (size_t i = 0; i < a.n; i++)
            for (size_t k = 0; k < a.inner; k++)
                sum[i] += fabs((double)t->value[(o * a.n + i) * a.inner + k]);
    return sum;
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

static void permute_norm(struct bank *b, const struct layer *l,
                         const size_t *order)
{
    static const char *const slots[] = {"gamma", "beta", "mean", "var", "bias"};

    for (size_t i = 0; i < ARRAY_LEN(slots); i++)
        permute(tensor_of(b, l, slots[i]), 0, order);
}

static void sort_channels(struct bank *b, const struct inner *in,
                          const struct sizes *z)
{
    struct bank_tensor *w = tensor_of(b, in->project, "weight");
    int64_t size[GENE_CHOICES_MAX];
    size_t n = sizes_of(z, in->expand->name, OF_CHANNELS, size);
    double *weight = importance(w, 3);
    size_t *order = order_of(weight, (size_t)w->shape[3], size, n);

    permute(w, 3, order);
    permute(tensor_of(b, in->expand, "weight"), 0, order);
    permute_norm(b, in->expand, order);
    permute(tensor_of(b, in->depthwise, "weight"), 2, order);
    permute_norm(b, in->depthwise, order);
    if (in->se) {
        permute(tensor_of(b, in->se, "reduce.weight"), 1, order);
        permute(tensor_of(b, in->se, "expand.weight"), 0, order);
        permute(tensor_of(b, in->se, "expand.bias"), 0, order);
    }
    free(weight);
    free(order);
}

static void sort_squeeze(struct bank *b, const struct layer *se,
                         const struct sizes *z)
{
    struct bank_tensor *w = tensor_of(b, se, "expand.weight");
    int64_t size[GENE_CHOICES_MAX];
    size_t n = sizes_of(z, se->name, OF_SQUEEZE, size);
    double *weight = importance(w, 1);
    size_t *order = order_of(weight, (size_t)w->shape[1], size, n);

    permute(w, 1, order);
    permute(tensor_of(b, se, "reduce.weight"), 0, order);
    permute(tensor_of(b, se, "reduce.bias"), 0, order);
    free(weight);
    free(order);
}

int sorting_apply(struct supernet *s, const struct phases *p,
                  const struct shrink_phase *before, struct err *e)
{
    struct sizes *z = xcalloc(1, sizeof *z);
    struct net largest;
    int rc = sizes_init(z, s, p, before, e);

    if (rc >= 0)
        rc = supernet_net(s, s->largest, &z->arena, &largest, e);
    for (size_t i = 0; rc >= 0 && i < largest.layers.n; i++) {
        struct inner in;

        if (!inner_of(&largest, net_layer(&largest, i), &in))
            continue;
        sort_channels(s->bank, &in, z);
        if (in.se)
            sort_squeeze(s->bank, in.se, z);
    }
    arena_free(&z->arena);
    free(z);
    return rc < 0 ? rc : 0;
}

int sorting_due(const struct supernet *s, const struct phases *p,
                const struct shrink_phase *before,
                const struct shrink_phase *now, bool *due, struct err *e)
{
    struct sizes *y = xcalloc(1, sizeof *y), *z = xcalloc(1, sizeof *z);
    struct net largest;
    int rc = sizes_init(y, s, p, before, e);

    *due = false;
    if (rc >= 0 && (rc = sizes_init(z, s, p, now, e)) >= 0)
        rc = supernet_net(s, s->largest, &z->arena, &largest, e);
    for (size_t i = 0; rc >= 0 && i < largest.layers.n && !*due; i++) {
        int64_t a[GENE_CHOICES_MAX], b[GENE_CHOICES_MAX];
        struct inner in;
        size_t n, m;

        if (!inner_of(&largest, net_layer(&largest, i), &in))
            continue;
        n = sizes_of(y, in.expand->name, OF_CHANNELS, a);
        m = sizes_of(z, in.expand->name, OF_CHANNELS, b);
        for (size_t k = 0; k < m; k++)
            if (!n || !bsearch(&b[k], a, n, sizeof *a, by_size))
                *due = true;
    }
    arena_free(&y->arena);
    arena_free(&z->arena);
    free(y);
    free(z);
    return rc < 0 ? rc : 0;
}
