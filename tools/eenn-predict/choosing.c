/* SPDX-License-Identifier: MIT */
#include "tools/eenn-predict/choosing.h"

/* The best network so far. */
struct network_choice {
    const struct policies *policies; /* NULL: none */
    struct network *best;
    int rank;   /* 0: no policy, 1: of another training, 2: its own */
    size_t all; /* networks that have come */
    size_t n;   /* of these, as good as the best */
};

/* A network_fn. */
static int consider(void *ctx, struct network *n, struct err *e)
{
    struct network_choice *c = ctx;
    const struct policy *p = c->policies ? policies_find(c->policies, &n->net,
                                                         &n->summary)
                                         : NULL;
    int rank = !p ? 0 : 1 + policy_is_of(p, &n->summary);

    (void)e;
    if (c->all++ == 0 || rank > c->rank) {
        network_free(c->best);
        *c->best = *n;
        *n = (struct network){0};
        c->rank = rank;
        c->n = 0;
    }
    c->n += rank == c->rank;
    return 0;
}

int choose_network(struct reader *r, struct policies *policies,
                   struct network *out, const struct policy **policy,
                   struct err *e)
{
    struct network_choice c = {.policies = policies, .best = out};
    int rc = networks_read(r, consider, &c, e);

    *policy = NULL;
    if (rc < 0)
        return rc;
    if (c.all == 0)
        return reader_fail(r, e, "the stream has no network to run");
    if (policies && (c.n == 1 || c.rank == 0))
        return policies_choose(policies, &out->net, &out->summary, policy, e) <
                       0
                   ? reader_locate(r, e)
                   : 0;
    if (c.n > 1)
        return reader_fail(r, e,
                           "the stream has %zu networks%s: pick one "
                           "(stream-pick --index=0)",
                           c.n, policies ? " that the policy is of" : "");
    return 0;
}
