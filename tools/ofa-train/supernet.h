/* SPDX-License-Identifier: MIT
 * A supernet is one set of tensors that every sub-network of a space takes its
 * parameters from, through the bindings of its net.
 *
 * Example (const struct space *space, uint64_t seed, const int64_t *genome,
 *          const struct engine_opts *opts, const real *images, int n,
 *          engine_loss_fn *loss, void *ctx, struct err *e):
 *     struct supernet *s;
 *     struct subnetwork sub;
 *     int rc = supernet_new(space, seed, &s, e);
 *
 *     if (rc < 0)
 *         return rc;
 *     if ((rc = subnetwork_open(s, genome, false, opts, &sub, e)) >= 0) {
 *         engine_step(sub.g, images, n, loss, ctx);
 *         bind_scatter(sub.map);      // gradients add up in s->bank
 *         subnetwork_close(&sub);
 *     }
 *     supernet_free(s);
 *     return rc;
 */
#ifndef SUPERNET_H
#define SUPERNET_H

#include "libcommon/nn/train/bind.h"
#include "libcommon/space/space.h"

struct supernet {
    const struct space *space; /* borrowed */
    struct bank *bank;         /* tensors of the largest net, the matrices of
                                 * all kernel transforms */
    int64_t *largest;          /* genome of the largest net */
    /* Heads of early exits (superheads.h). */
    size_t exits, kinds;
    size_t own;  /* tensors of the bank in front of those of heads */
    bool *heads; /* (kinds, exits) which of them the bank has */
    struct head_window *pools; /* (kinds, exits) the pool in front; NULL = there
                                * are no heads so far */
};

/* Make a supernet with random weights; its kernel transforms are the
 * identity. */
int supernet_new(const struct space *s, uint64_t seed, struct supernet **out,
                 struct err *e) MUST_CHECK; /* owned (supernet_free) */
void supernet_free(struct supernet *s);     /* accepts NULL */

/* Build the net of a genome with its final exit alone; early exits are left
 * out. */
int supernet_net(const struct supernet *s, const int64_t *genome,
                 struct arena *a, struct net *out, struct err *e) MUST_CHECK;

/* Build it with the early exits that the genome has; the bank must have all of
 * their heads. */
int supernet_net_exits(const struct supernet *s, const int64_t *genome,
                       struct arena *a, struct net *out,
                       struct err *e) MUST_CHECK;

/* Holds a sub-network of a supernet, ready to run. */
struct subnetwork {
    struct arena arena;
    struct net net;
    struct engine *g;
    struct bind_map *map;
};

/* Open the net of supernet_net or, with exits, of supernet_net_exits. */
int subnetwork_open(const struct supernet *s, const int64_t *genome, bool exits,
                    const struct engine_opts *o, struct subnetwork *out,
                    struct err *e) MUST_CHECK; /* owned (.._close) */

/* Open n->net, which the caller has built in n->arena; *n is zeroed besides.  It
 * is closed when this fails. */
int subnetwork_open_net(const struct supernet *s, const struct engine_opts *o,
                        struct subnetwork *n, struct err *e) MUST_CHECK;
void subnetwork_close(struct subnetwork *n); /* zeroed is fine */

#endif
