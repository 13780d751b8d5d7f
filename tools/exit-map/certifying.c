/* SPDX-License-Identifier: MIT
 * Thresholds of a mapping with a guarantee. */
#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/policy/certificate.h"
#include "tools/exit-map/planning_net.h"

/* Set *to to the rows of some exits (n) of a table, for one rule; owned
 * (halt_table_fini). */
static void take_rows(struct halt_table *to, const struct halt_table *t,
                      const struct halt_rule *rule, const size_t *exit,
                      size_t n)
{
    size_t r = (size_t)(rule - halt_rules), s = t->samples;

    halt_table_init(to, 1u << r, s, n, t->classes);
    halt_table_reserve(to, n);
    to->label = xmemdup(t->label, s * sizeof *t->label);
    for (size_t i = 0; i < n; i++) {
        memcpy(to->value[r] + i * s, t->value[r] + exit[i] * s,
               s * sizeof(double));
        memcpy(to->right + i * s, t->right + exit[i] * s, s);
        memcpy(to->answer + i * s, t->answer + exit[i] * s,
               s * sizeof *t->answer);
        to->accuracy[i] = t->accuracy[exit[i]];
        to->ece[i] = t->ece[exit[i]];
    }
    to->costs.exits = n;
}

/* Set the cost of leaving at each exit of a plan: what it costs with all of them
 * on, of which the fee of an exit is what the end costs less without it. */
static void cost_of(const struct planning *u, const struct map_plan *plan,
                    struct halt_cost *cost)
{
    bool energy = u->goal.minimise == MAP_ENERGY;
    struct mapping_costs c, less;
    struct map_plan without;
    struct mapping x;
    double fees = 0;
    size_t last = plan->segments - 1, n = 0;

    map_plan_mapping(plan, &x);
    mapping_cost(&u->model, &x, &c);
    for (size_t s = 0; s <= last; s++) {
        double *v = energy ? c.energy : c.latency;

        if (s < last && plan->s[s].value == MAP_OFF)
            continue;
        cost->base[n] = v[s] - fees;
        if (s == last)
            break;
        map_plan_copy(&without, plan);
        without.s[s].value = MAP_OFF;
        map_plan_join(&without);
        map_plan_mapping(&without, &x);
        mapping_cost(&u->model, &x, &less);
        cost->fee[n] = v[last] -
                       (energy ? less.energy : less.latency)[x.segments - 1];
        fees += cost->fee[n++];
    }
}

void certify(struct planning *u, const struct halt_rule *rule,
             const struct map_plan *plan, struct certifying *x)
{
    struct halt_cost cost = {.name = "plan"};
    struct tune_opts o = {.method = TUNE_DESCENT,
                          .bounds = {.max_macs = NAN},
                          .more = &cost,
                          .more_n = 1,
                          .cost = HALT_COSTS,
                          .first_floor = NAN,
                          .values = u->how->values};
    struct halt_table first, second;
    struct trials p = {0};
    size_t exit[NET_MAX_EXITS], n = 0;

    for (size_t i = 0; i < NET_MAX_EXITS; i++)
        x->thresholds[i] = NAN;
    for (size_t s = 0; s < plan->segments; s++)
        if (plan->s[s].value != MAP_OFF || s + 1 == plan->segments)
            exit[n++] = plan->s[s].end - 1u;
    memcpy(o.value, u->how->value, o.values * sizeof *o.value);
    cost_of(u, plan, &cost);
    take_rows(&first, &u->of.table, rule, exit, n);
    take_rows(&second, &u->of.second, rule, exit, n);
    trials_propose(&p, &first, &o, &u->how->guarantee);
    trials_test(&p, &first, &second, &u->how->guarantee, &x->proof);
    trials_fini(&p);
    for (size_t i = 0; i + 1 < n; i++)
        x->thresholds[exit[i]] = x->proof.policy.thresholds[i];
    halt_table_fini(&first);
    halt_table_fini(&second);
}

int certify_plan(struct planning *u, const struct certifying *x, struct plan *p,
                 struct err *e)
{
    const struct guarantee_opts *g = &u->how->guarantee;
    struct certified *c = arena_alloc(&u->arena, g->n, sizeof *c);
    struct buf off = {0};

    certificate_fill(&p->guarantee, c, g, &u->how->limits, &x->proof,
                     u->of.second.samples);
    for (size_t i = 0; i < g->n; i++)
        if (plan_metric(p, c[i].name, &c[i].estimate, e) < 0)
            return e->code;
    p->guarantee.independent = !strcmp(u->split, split_names[SPLIT_CAL]);
    p->feasible &= x->proof.certified;
    if (x->proof.off) {
        certificate_off(&off, &p->guarantee);
        notes_add(&u->outcome->notes, "net %s: %s", u->net.id, off.data);
        buf_free(&off);
    }
    return 0;
}
