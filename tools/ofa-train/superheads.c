/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/superheads.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/graph/op.h"
#include "libcommon/space/netspace.h"
#include "libcommon/space/place.h"

size_t superheads_exits(const struct space *s)
{
    return s->net ? (size_t)s->net->params.exits : 0;
}

size_t superheads_kinds(const struct space *s)
{
    return superheads_exits(s) ? s->net->table->n_heads : 0;
}

size_t superheads_kind(const struct space *s, const int64_t *genome,
                       size_t exit)
{
    int gene = s->net->exits[exit].gene;

    return gene < 0 ? 1 : (size_t)genome[gene] + !s->net->table->off;
}

void superheads_choose(const struct space *s, int64_t *genome, size_t exit,
                       size_t kind)
{
    int gene = s->net->exits[exit].gene;

    if (gene >= 0)
        genome[gene] = (int64_t)kind - !s->net->table->off;
}

/* Set genome to the largest net's, with a head of that kind at every exit. */
static void kind_genome(const struct supernet *s, size_t kind, int64_t *genome)
{
    const struct genes *g = &s->space->genes;

    memcpy(genome, s->largest, g->n * sizeof *genome);
    for (size_t i = 0; i < s->exits; i++)
        superheads_choose(s->space, genome, i, kind);
    genes_canonical(g, genome, NULL);
}

int superheads_net(const struct supernet *s, size_t kind, const bool *wanted,
                   struct arena *a, struct net *out, struct err *e)
{
    int64_t *genome = arena_alloc(a, s->space->genes.n, sizeof *genome);
    struct net *whole = arena_alloc(a, 1, sizeof *whole);
    const struct ints v = {genome, s->space->genes.n};
    int rc;

    kind_genome(s, kind, genome);
    rc = s->pools ? supernet_net_exits(s, genome, a, whole, e)
                  : space_net_draft(s->space, &v, NULL, a, whole, e);
    if (rc >= 0)
        net_keep_exits(out, whole, wanted + (kind - 1) * s->exits, a);
    return rc;
}

/* Returns the window of the pool in front of an exit. */
static struct head_window pool_of(const struct net *n, size_t exit)
{
    const struct layer *l = net_layer(n, (size_t)net_exit_at(n, exit)->first);

    return op_info(l->op)->exit_pool
               ? (struct head_window){l->kernel.v[0], l->kernel.v[1]}
               : (struct head_window){1, 1};
}

/* Set s->pools. */
static int choose_pools(struct supernet *s, struct err *e)
{
    const struct place_opts o = {.macs = MACS_TRUE, .pools = POOL_DIVISORS};
    int64_t *genome = xcalloc(s->space->genes.n, sizeof *genome);
    const struct ints v = {genome, s->space->genes.n};
    int rc = 0;

    s->pools = xcalloc(s->kinds * s->exits, sizeof *s->pools);
    for (size_t k = 1; k <= s->kinds && rc == 0; k++) {
        struct arena arena = {0};
        struct net net;

        kind_genome(s, k, genome);
        rc = place_net(s->space, &v, &o, &arena, &net, e);
        for (size_t i = 0; i < s->exits && rc == 0; i++)
            s->pools[(k - 1) * s->exits + i] = pool_of(&net, i);
        arena_free(&arena);
    }
    free(genome);
    return rc > 0 ? err_prefix(e, "the largest network with early exits") : rc;
}

int superheads_add(struct supernet *s, const bool *wanted, uint64_t seed,
                   struct err *e)
{
    const struct engine_opts o = {.batch = 1, .shards = 1};
    int rc = 0;

    if (!s->pools) {
        bank_all(s->bank, &s->own);
        rc = choose_pools(s, e);
    }
    for (size_t k = 1; k <= s->kinds && rc >= 0; k++) {
        struct arena arena = {0};
        struct net net;

        rc = superheads_net(s, k, wanted, &arena, &net, e);
        if (rc >= 0 && net.exits.n > 1) {
            struct engine *g = engine_new(&net, &o);

            engine_init(g, seed);
            bind_missing(g, s->bank);
            engine_free(g);
        }
        arena_free(&arena);
    }
    for (size_t i = 0; i < s->kinds * s->exits && rc >= 0; i++)
        s->heads[i] |= wanted[i];
    return rc < 0 ? rc : 0;
}

/* Returns true when one of the head's parameters is among the tensors; the names
 * of others may depend on the pool. */
static bool any_there(const struct net *n, const struct net_exit *x,
                      const struct tensors *t)
{
    for (int64_t l = x->first; l <= x->last; l++) {
        const struct list *b = &net_layer(n, (size_t)l)->bindings;

        for (size_t i = 0; i < b->n; i++)
            if (tensors_find(t, ((const struct binding *)b->v)[i].tensor,
                             ROLE_PARAM))
                return true;
    }
    return false;
}

int superheads_in(const struct supernet *s, const struct tensors *t, bool *have,
                  struct err *e)
{
    size_t all = s->kinds * s->exits;
    bool *one = xcalloc(all + 1, sizeof *one);
    int rc = 0;

    for (size_t i = 0; i < all && rc >= 0; i++) {
        struct arena arena = {0};
        struct net net;

        one[i] = true;
        rc = superheads_net(s, 1 + i / s->exits, one, &arena, &net, e);
        one[i] = false;
        have[i] = rc >= 0 && net.exits.n > 1 &&
                  any_there(&net, net_exit_at(&net, 0), t);
        arena_free(&arena);
    }
    free(one);
    return rc < 0 ? rc : 0;
}
