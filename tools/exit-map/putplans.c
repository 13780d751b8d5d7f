/* SPDX-License-Identifier: MIT
 * The plans of one network. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/plan.h"
#include "libcommon/base/mem.h"
#include "tools/exit-map/planning_net.h"

/* Plans that are kept besides four for each that is written: those that do the same
 * as others are left out. */
#define SPARE 40

/* The network at hand as a case for each rule, and what was found. */
struct finding {
    struct planning *u;
    struct map_case c;
    struct map_samples samples[HALT_RULES];
    struct map_plan settled;
    struct map_references r;
    struct map_keep keep;
};

/* Set which exits may be on. */
static int allow_exits(struct finding *f, struct err *e)
{
    struct planning *u = f->u;
    const struct namelist *taps = u->how->taps;
    size_t exits = u->of.table.exits, found = 0;

    if (net_exit_at(&u->net, exits - 1)->tap == NET_IMAGE)
        return reader_fail(u->r, e,
                           "net %s has no backbone: its final exit reads the "
                           "input",
                           u->net.id);
    for (size_t i = 0; i + 1 < exits; i++) {
        const char *name = net_tap_name(&u->net, i);
        bool named = namelist_takes(taps, name);

        f->c.blocked[i] = !*name || net_exit_at(&u->net, i)->tap ==
                                        net_exit_at(&u->net, i + 1)->tap;
        f->c.allowed[i] = named && i >= u->how->first && !f->c.blocked[i] &&
                          !u->place[i];
        found += named && !u->place[i];
    }
    if (found < taps->names.n)
        return reader_fail(u->r, e,
                           "net %s has early exits at %zu of the %zu layers "
                           "that --exits names",
                           u->net.id, found, taps->names.n);
    return 0;
}

/* Keep to the segments of the settled plan, whose ends are boundaries now. */
static int settle(struct finding *f, struct err *e)
{
    const struct planning *u = f->u;
    const struct plan *p = u->settled;
    struct map_plan *to = &f->settled;
    int before = u->model.source;
    size_t from = 0;

    if (!p)
        return 0;
    memset(f->c.allowed, 0, sizeof f->c.allowed);
    for (size_t b = 1; to->segments < p->segments.n; b++) {
        const struct plan_segment *s = plan_segment_at(p, to->segments);
        int k = platform_processor(u->model.platform, s->processor);

        while (f->c.blocked[b - 1] ||
               strcmp(net_tap_name(&u->net, b - 1), s->to) != 0)
            b++;
        if (k < 0)
            return reader_fail(u->r, e,
                               "the plan runs net %s on %s, which platform %s "
                               "does not have",
                               u->net.id, s->processor,
                               u->model.platform->name);
        if (isinf(model_transfer_seconds(&u->model, before, k, from)))
            return reader_fail(
                u->r, e,
                "platform %s has no links that lead to %s, which "
                "the plan uses next",
                u->model.platform->name, s->processor);
        before = k;
        from = b;
        f->c.allowed[b - 1] = s->exit && b < u->of.table.exits;
        to->s[to->segments++] = (struct map_segment){
            (uint8_t)k, (uint8_t)b, f->c.allowed[b - 1] ? 0 : MAP_OFF};
    }
    f->c.fixed = to;
    return 0;
}

/* Search by every rule. */
static int search(struct finding *f, struct err *e)
{
    struct planning *u = f->u;
    bool begun = false, exact;

    for (int r = 0; r < HALT_RULES; r++) {
        if (!(u->of.table.rules & 1u << r))
            continue;
        map_samples_init(&f->samples[r], &u->of.table, &halt_rules[r],
                         u->how->value, u->how->values);
        f->c.samples = &f->samples[r];
        if (!begun && map_refer(&f->c, &u->goal, &f->r, e) < 0)
            return reader_locate(u->r, e);
        if (!begun)
            keep_init(&f->keep, &f->c,
                      u->how->guarantee.n ? 1 : SPARE + 4 * u->how->top);
        begun = true;
        if (map_search(&f->c, &f->r, u->how->method, u->how->work, &f->keep,
                       &exact, e) < 0)
            return reader_locate(u->r, e);
    }
    return 0;
}

/* Write a plan that was kept, on the samples it was chosen by, or, of a guarantee,
 * on those that test. */
static int put_kept(struct planning *u, const struct map_kept *x, int role,
                    int64_t rank, bool pareto, struct err *e)
{
    double thresholds[NET_MAX_EXITS];
    struct plan p;

    map_plan_thresholds(&x->plan, x->samples, thresholds);
    plan_fill(u, u->of.second.samples ? &u->of.second : &u->of.table,
              x->samples->rule, &x->plan, thresholds, &p);
    p.role = role;
    p.rank = rank;
    p.pareto = pareto;
    if (rank == 0 && !p.feasible) {
        u->outcome->unmet++;
        note_excess(u, &p);
    }
    return writer_put(u->w, &schema_plan, &p, e);
}

static bool same_plan(const struct map_kept *a, const struct map_kept *b)
{
    return a->samples == b->samples && map_plan_alike(&a->plan, &b->plan) &&
           !memcmp(a->plan.s, b->plan.s, a->plan.segments * sizeof *a->plan.s);
}

/* Leave out of the best plans, but for the first, those with an exit that nobody
 * takes, and those that differ from a better one in what no sample gets to see. */
static void thin(struct map_keep *k, size_t most)
{
    size_t n = 0;

    for (size_t i = 0; i < k->n && n < most; i++) {
        const struct map_outcome *o = &k->best[i].outcome, *last;
        size_t at = 0;

        for (; at < n; at++) {
            last = &k->best[at].outcome;
            if (o->value == last->value && o->accuracy == last->accuracy &&
                o->latency == last->latency && o->violation == last->violation)
                break;
        }
        if (at == n && (!n || !o->idle))
            k->best[n++] = k->best[i];
    }
    k->n = n;
}

/* Write the ranked plans, then what else is on the front. */
static int put_found(struct finding *f, struct err *e)
{
    struct map_keep *k = &f->keep;

    thin(k, f->u->how->top);
    size_t n, all;
    const struct map_kept **front = keep_front(k, f->u->how->front, &n),
                          **whole = keep_front(k, 0, &all);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < k->n; i++) {
        size_t at = 0;

        while (at < all && !same_plan(&k->best[i], whole[at]))
            at++;
        rc = put_kept(f->u, &k->best[i], PLAN_CHOICE, (int64_t)i, at < all, e);
    }
    for (size_t i = 0; rc == 0 && i < n && f->u->how->front; i++) {
        size_t at = 0;

        while (at < k->n && !same_plan(&k->best[at], front[i]))
            at++;
        if (at == k->n)
            rc = put_kept(f->u, front[i], PLAN_CHOICE, NIL_INT, true, e);
    }
    free(front);
    free(whole);
    return rc;
}

/* Write the best plan with thresholds whose limits are certified. */
static int put_certified(struct finding *f, struct err *e)
{
    struct planning *u = f->u;
    const struct map_kept *best = &f->keep.best[0];
    struct certifying x;
    struct map_plan plan;
    struct plan p;

    certify(u, best->samples->rule, &best->plan, &x);
    map_plan_copy(&plan, &best->plan);
    for (size_t s = 0; s + 1 < plan.segments; s++)
        if (isnan(x.thresholds[plan.s[s].end - 1]))
            plan.s[s].value = MAP_OFF;
    map_plan_join(&plan);
    plan_fill(u, &u->of.second, best->samples->rule, &plan, x.thresholds, &p);
    p.rank = 0;
    if (certify_plan(u, &x, &p, e) < 0)
        return e->code;
    if (!p.feasible)
        u->outcome->unmet++;
    if (p.violation > 0)
        note_excess(u, &p);
    return writer_put(u->w, &schema_plan, &p, e);
}

int put_plans(struct planning *u, struct err *e)
{
    struct finding *f = xcalloc(1, sizeof *f);
    const struct planning_opts *how = u->how;
    int rc;

    u->goal = how->goal;
    f->u = u;
    f->c.model = &u->model;
    f->c.goal = &u->goal;
    /* More than there can be are any number, which takes less time. */
    f->c.per_processor = how->per_processor < u->net.exits.n ||
                                 how->per_processor == 1
                             ? how->per_processor
                             : 0;
    rc = model_init(&u->model, &how->platform->platform, &u->net,
                    how->precision, how->platform->costs, e);
    if (rc == 0)
        rc = model_check(&u->model, e);
    if (rc < 0)
        rc = reader_locate(u->r, e);
    if (rc == 0 && (rc = allow_exits(f, e)) == 0 && (rc = settle(f, e)) == 0 &&
        (rc = search(f, e)) == 0)
        rc = how->guarantee.n ? put_certified(f, e) : put_found(f, e);
    for (size_t k = 0; rc == 0 && how->references && k < u->model.processors;
         k++)
        if (f->r.single_is[k])
            rc = put_kept(u, &f->r.single[k], PLAN_BASE, NIL_INT, false, e);
    if (rc == 0 && how->references && f->r.partition_is)
        rc = put_kept(u, &f->r.partition, PLAN_PARTITION, NIL_INT, false, e);
    keep_fini(&f->keep);
    for (int r = 0; r < HALT_RULES; r++)
        map_samples_fini(&f->samples[r]);
    free(f);
    return rc;
}
