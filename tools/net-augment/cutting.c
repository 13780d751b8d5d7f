/* SPDX-License-Identifier: MIT */
#include "tools/net-augment/cutting.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "libcommon/nn/graph/backbone.h"

/* Say that the best plan there is is of another network, and by what one sees
 * it. */
static int say_other(const struct policies *plans, const struct net *net,
                     struct err *e)
{
    const struct policy *p = plans->v;
    const struct policy_exit *x = p->taps.v;
    size_t i = 0;

    for (; i < p->taps.n; i++) {
        size_t k = 0;

        while (k < net->exits.n && strcmp(net_tap_name(net, k), x[i].tap) != 0)
            k++;
        if (k == net->exits.n)
            return err_set(e, ERR_FORMAT,
                           "the plan is of another network, %s: it has an exit "
                           "at %.100s, where net %s has none",
                           p->net, x[i].tap, net->id);
    }
    return err_set(e, ERR_FORMAT,
                   "the plan is of another network, %s: net %s has other costs "
                   "at the exits of these names",
                   p->net, net->id);
}

int cut_choose(struct cut *c, struct policies *plans, const struct net *net,
               const struct summary *s, struct err *e)
{
    const struct policy *p;
    int rc;

    if (plans->n == 0)
        return err_set(e, ERR_FORMAT, "there is no plan in the stream");
    if (!policies_find(plans, net, s))
        return say_other(plans, net, e);
    if ((rc = policies_choose(plans, net, s, &p, e)) < 0)
        return rc;
    c->exits = net->exits.n;
    for (size_t i = 0; i + 1 < c->exits; i++)
        c->keep[i] = !isnan(p->thresholds.v[i]);
    c->keep[c->exits - 1] = true;
    return 0;
}

int cut_net(struct net *to, const struct cut *c, const struct net *from,
            struct arena *a, struct err *e)
{
    char id[HASH_HEX];

    net_keep_exits(to, from, c->keep, a);
    net_id(to, id);
    to->id = arena_strdup(a, id);
    if (to->exits.n < from->exits.n) {
        to->arch = to->space = NULL;
        to->genome = (struct ints){0};
    }
    if (net_check(to, e) < 0)
        return err_prefix(e, "some exits cannot be cut out");
    return 0;
}

/* Where the array has a number for each exit, leave those of what is kept. */
static void cut_reals(struct reals *v, const struct cut *c)
{
    size_t kept = 0;

    if (v->n != c->exits)
        return;
    for (size_t i = 0; i < c->exits; i++)
        if (c->keep[i])
            v->v[kept++] = v->v[i];
    v->n = kept;
}

void cut_trained(struct trained *t, const struct cut *c)
{
    struct trained_epoch *l = t->log.v;
    struct trained_branch *b = t->branches.v;
    size_t kept = 0;

    for (size_t i = 0; i < t->log.n; i++) {
        cut_reals(&l[i].val_accuracy, c);
        cut_reals(&l[i].val_balanced, c);
    }
    if (t->branches.n + 1 != c->exits)
        return;
    for (size_t i = 0; i < t->branches.n; i++)
        if (c->keep[i])
            b[kept++] = b[i];
    t->branches.n = kept;
}

int64_t cut_exit(const struct cut *c, int64_t i)
{
    int64_t now = 0;

    if (i < 0 || (size_t)i >= c->exits || !c->keep[i])
        return -1;
    for (int64_t k = 0; k < i; k++)
        now += c->keep[k];
    return now;
}
