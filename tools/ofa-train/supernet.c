/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/supernet.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/backbone.h"
#include "tools/ofa-train/superheads.h"

int supernet_net(const struct supernet *s, const int64_t *genome,
                 struct arena *a, struct net *out, struct err *e)
{
    const struct ints v = {(int64_t *)(uintptr_t)genome, s->space->genes.n};
    struct net *whole = arena_alloc(a, 1, sizeof *whole);
    int rc = space_net_draft(s->space, &v, NULL, a, whole, e);

    if (rc >= 0)
        net_backbone(out, whole, a);
    return rc;
}

int supernet_net_exits(const struct supernet *s, const int64_t *genome,
                       struct arena *a, struct net *out, struct err *e)
{
    const struct ints v = {(int64_t *)(uintptr_t)genome, s->space->genes.n};
    struct head_window *pools = arena_alloc(a, s->exits, sizeof *pools);
    size_t on = 0;

    for (size_t i = 0; i < s->exits; i++) {
        size_t k = superheads_kind(s->space, genome, i);

        if (k)
            pools[on++] = s->pools[(k - 1) * s->exits + i];
    }
    return space_net_draft(s->space, &v, pools, a, out, e);
}

int subnetwork_open_net(const struct supernet *s, const struct engine_opts *o,
                        struct subnetwork *n, struct err *e)
{
    int rc;

    n->g = engine_new(&n->net, o);
    if ((rc = bind_new(n->g, s->bank, &n->map, e)) < 0) {
        subnetwork_close(n);
        return rc;
    }
    bind_gather(n->map);
    return 0;
}

int subnetwork_open(const struct supernet *s, const int64_t *genome, bool exits,
                    const struct engine_opts *o, struct subnetwork *out,
                    struct err *e)
{
    int rc;

    *out = (struct subnetwork){0};
    rc = exits ? supernet_net_exits(s, genome, &out->arena, &out->net, e)
               : supernet_net(s, genome, &out->arena, &out->net, e);
    if (rc >= 0)
        return subnetwork_open_net(s, o, out, e);
    subnetwork_close(out);
    return rc;
}

void subnetwork_close(struct subnetwork *n)
{
    bind_free(n->map);
    engine_free(n->g);
    arena_free(&n->arena);
    *n = (struct subnetwork){0};
}

/* ---- a new one ---- */

/* Add the matrices of a binding's kernel transforms, as identities.  The last
 * one is for the k x k square of the binding; each one before it is for a
 * square that is two pixels wider. */
static void add_transforms(struct bank *bank, const struct binding *b)
{
    size_t n = b->transforms.n;

    for (size_t i = 0; i < n; i++) {
        int64_t side = b->shape.v[0] + 2 * (int64_t)(n - 1 - i);
        const int64_t shape[] = {side * side, side * side};
        struct bank_tensor *t = bank_add(bank, b->transforms.v[i], 2, shape,
                                         false, true);

        for (int64_t k = 0; t && k < shape[0]; k++)
            t->value[k * shape[0] + k] = 1;
    }
}

/* Add the matrices of all kernel transforms: the deepest net with the smallest
 * kernels uses every one. */
static int add_matrices(struct supernet *s, struct err *e)
{
    const struct genes *g = &s->space->genes;
    int64_t *genome = xcalloc(g->n, sizeof *genome);
    struct arena arena = {0};
    struct net net;
    int rc;

    for (size_t i = 0; i < g->n; i++)
        if (genes_conditions(g, i) || g->v[i].group)
            genome[i] = s->largest[i];
    if ((rc = supernet_net(s, genome, &arena, &net, e)) >= 0)
        for (size_t i = 0; i < net.layers.n; i++) {
            const struct list *l = &net_layer(&net, i)->bindings;

            for (size_t k = 0; k < l->n; k++)
                add_transforms(s->bank, (const struct binding *)l->v + k);
        }
    arena_free(&arena);
    free(genome);
    return rc;
}

int supernet_new(const struct space *space, uint64_t seed,
                 struct supernet **out, struct err *e)
{
    const struct engine_opts o = {.batch = 1, .shards = 1};
    struct supernet *s = xcalloc(1, sizeof *s);
    struct arena arena = {0};
    struct net net;
    int rc;

    s->space = space;
    s->bank = bank_new();
    s->largest = xcalloc(space->genes.n, sizeof *s->largest);
    space_max_corner(space, s->largest);
    s->exits = superheads_exits(space);
    s->kinds = superheads_kinds(space);
    s->heads = xcalloc(s->kinds * s->exits + 1, sizeof *s->heads);

    /* The tensors are those of the largest net, with random values. */
    if ((rc = supernet_net(s, s->largest, &arena, &net, e)) >= 0) {
        struct engine *g = engine_new(&net, &o);

        engine_init(g, seed);
        bind_missing(g, s->bank);
        engine_free(g);
    }
    arena_free(&arena);
    if (rc < 0 || (rc = add_matrices(s, e)) < 0) {
        supernet_free(s);
        return rc;
    }
    *out = s;
    return 0;
}

void supernet_free(struct supernet *s)
{
    if (!s)
        return;
    bank_free(s->bank);
    free(s->largest);
    free(s->heads);
    free(s->pools);
    free(s);
}
