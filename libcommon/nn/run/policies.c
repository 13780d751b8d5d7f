/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/run/policies.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"

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

const struct policy *policies_find(const struct policies *p,
                                   const struct summary *s)
{
    const struct policy *found = NULL;
    for (size_t i = p->n; i-- > 0;) {
        if (policy_is_of(&p->v[i], s))
            return &p->v[i];
        if (!found && equal(p->v[i].net, s->net))
            found = &p->v[i];
    }
    return found;
}

int policies_choose(const struct policies *all, const struct net *net,
                    const struct summary *s, const struct policy **found,
                    struct err *e)
{
    const struct policy *p = *found = policies_find(all, s);

    if (!p && all->n == 0)
        return err_set(e, ERR_FORMAT,
                       "no policy for net %s: the policy stream is empty",
                       net->id);
    if (!p)
        return err_set(e, ERR_FORMAT,
                       "no policy for net %s: the policy is for %s%s; "
                       "thresh-tune makes that of this network",
                       net->id, all->v[0].net, all->n > 1 ? " and others" : "");
    if (!p->rule)
        return err_set(e, ERR_FORMAT,
                       "the policy for net %s is of a training that failed",
                       net->id);
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
