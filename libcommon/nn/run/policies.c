/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/run/policies.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/nn/graph/cost.h"

void policies_free(struct policies *p)
{
    arena_free(&p->arena);
    free(p->v);
    memset(p, 0, sizeof *p);
}

static bool equal(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

bool policy_is_of(const struct policy *p, const struct summary *s)
{
    return equal(p->net, s->net) && equal(p->recipe, s->recipe);
}

/* ---- plans: exits by the layers that they tap ---- */

static const struct policy_exit *tap_at(const struct policy *p, size_t i)
{
    return (const struct policy_exit *)p->taps.v + i;
}

/* Returns the exit of the net that exit i of a plan is, by the name of its tap,
 * or the number of the net's exits.  The final one is always the final one. */
static size_t exit_of(const struct policy *p, size_t i, const struct net *net)
{
    bool final = i + 1 == p->taps.n;
    size_t n = net->exits.n;

    for (size_t k = final ? n - 1 : 0; k < n - !final; k++)
        if (!strcmp(net_tap_name(net, k), tap_at(p, i)->tap))
            return k;
    return n;
}

/* Returns the first exit of a plan that the net does not have, with as many MACs
 * before it, or the number of the plan's exits. */
static size_t misfit(const struct policy *p, const struct net *net)
{
    size_t i = 0;

    for (; i < p->taps.n; i++) {
        size_t k = exit_of(p, i, net);

        if (k == net->exits.n ||
            net_prefix(net, k, MACS_TRUE) != tap_at(p, i)->prefix)
            break;
    }
    return i;
}

/* Say why a plan does not fit a net, and how to mend it. */
static int say_misfit(const struct policy *p, const struct net *net,
                      struct err *e)
{
    size_t first = misfit(p, net), n = 0;
    const char *end = net_tap_name(net, net->exits.n - 1);
    const struct policy_exit *x = tap_at(p, first);
    size_t k = exit_of(p, first, net);

    if (k < net->exits.n)
        return err_set(e, ERR_FORMAT,
                       "the plan does not fit net %s: it has %" PRId64
                       " MACs before the exit at %s, the net has %" PRId64
                       "; exit-map makes a plan of this net",
                       net->id, x->prefix, x->tap,
                       net_prefix(net, k, MACS_TRUE));
    if (first + 1 == p->taps.n)
        return err_set(e, ERR_FORMAT,
                       "the plan does not fit net %s: its backbone ends at %s, "
                       "that of the net at %s; exit-map makes a plan of this "
                       "net",
                       net->id, x->tap, *end ? end : "the input");
    err_set(e, ERR_FORMAT, "net %s has no exit at", net->id);
    for (size_t i = first; i + 1 < p->taps.n; i++)
        if (exit_of(p, i, net) == net->exits.n)
            err_suffix(e, "%s %s", n++ ? "," : "", tap_at(p, i)->tap);
    err_suffix(e,
               ", where the plan has %s: net-augment --keep with this plan "
               "makes the net that it is for",
               n > 1 ? "exits" : "one");
    return e->code;
}

/* Returns the policy of a plan that fits, by the exits of the net. */
static const struct policy *planned(const struct policy *p,
                                    const struct net *net, struct arena *a)
{
    size_t n = net->exits.n;
    struct policy *own = arena_alloc(a, 1, sizeof *own);

    *own = *p;
    own->thresholds = (struct reals){arena_alloc(a, n, sizeof(double)), n - 1};
    own->temperatures = (struct reals){arena_alloc(a, n, sizeof(double)), n};
    own->seconds = (struct reals){arena_alloc(a, n, sizeof(double)), n};
    own->joules = (struct reals){arena_alloc(a, n, sizeof(double)), n};
    for (size_t k = 0; k < n; k++) {
        own->thresholds.v[k] = NAN;
        own->seconds.v[k] = own->joules.v[k] = 0;
        own->temperatures.v[k] = 1;
    }
    for (size_t i = 0; i < p->taps.n; i++) {
        size_t k = exit_of(p, i, net);

        own->thresholds.v[k] = tap_at(p, i)->threshold;
        own->temperatures.v[k] = tap_at(p, i)->temperature;
        own->seconds.v[k] = tap_at(p, i)->seconds;
        own->joules.v[k] = tap_at(p, i)->joules;
    }
    return own;
}

/* ---- the one for a network ---- */

const struct policy *policies_find(const struct policies *p,
                                   const struct net *net,
                                   const struct summary *s)
{
    const struct policy *found = NULL;
    int rank = -1;

    for (size_t i = 0; i < p->n; i++) {
        const struct policy *x = &p->v[i];
        bool same = equal(x->net, s->net);
        int own = same + policy_is_of(x, s);

        if (x->taps.n ? misfit(x, net) == x->taps.n && own > rank
                      : same && own >= rank) {
            found = x;
            rank = own;
        }
    }
    return found;
}

int policies_choose(struct policies *all, const struct net *net,
                    const struct summary *s, const struct policy **found,
                    struct err *e)
{
    const struct policy *p = *found = policies_find(all, net, s);

    if (!p && all->n == 0)
        return err_set(e, ERR_FORMAT,
                       "no policy for net %s: the policy stream is empty",
                       net->id);
    if (!p && all->v[0].taps.n)
        return say_misfit(&all->v[0], net, e);
    if (!p)
        return err_set(e, ERR_FORMAT,
                       "no policy for net %s: the policy is for %s%s; "
                       "thresh-tune makes that of this network",
                       net->id, all->v[0].net, all->n > 1 ? " and others" : "");
    if (!p->rule)
        return err_set(e, ERR_FORMAT,
                       "the policy for net %s is of a training that failed",
                       net->id);
    for (const struct policy *x = all->v; p->taps.n && x < p; x++)
        if (equal(x->net, p->net) && x->rank < p->rank) {
            log_warn("net %s lacks exits of the plan of rank %" PRId64
                     ": that of rank %" PRId64 " is used",
                     net->id, x->rank, p->rank);
            break;
        }
    if (p->taps.n)
        p = *found = planned(p, net, &all->arena);
    if (p->thresholds.n + 1 != net->exits.n)
        return err_set(e, ERR_FORMAT,
                       "the policy for net %s has thresholds for "
                       "%zu exits, the net has %zu",
                       net->id, p->thresholds.n + 1, net->exits.n);
    if (p->temperatures.n && p->temperatures.n != net->exits.n)
        return err_set(e, ERR_FORMAT,
                       "the policy for net %s has temperatures of "
                       "%zu exits, the net has %zu",
                       net->id, p->temperatures.n, net->exits.n);
    for (size_t i = 0; i + 1 < net->exits.n; i++)
        if (p->rule->confidence && !isnan(p->thresholds.v[i]) &&
            !net_exit_at(net, i)->confidence)
            return err_set(e, ERR_FORMAT,
                           "exit %zu of net %s has no confidence "
                           "unit, which the rule %s needs",
                           i, net->id, p->rule->name);
    if (p->recipe && s->recipe && strcmp(p->recipe, s->recipe))
        log_warn("the policy for net %s was tuned on another training of it",
                 net->id);
    return 0;
}
