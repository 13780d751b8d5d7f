/* SPDX-License-Identifier: MIT
 * A plan with all that it takes and does. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/plan.h"
#include "libcommon/base/buf.h"
#include "libcommon/nn/exits/agreement.h"
#include "tools/exit-map/planning_net.h"

/* Returns the name of the layer at a boundary, NULL at the input. */
static char *layer_at(const struct planning *u, size_t boundary)
{
    return boundary ? net_layer(&u->net,
                                (size_t)net_exit_at(&u->net, boundary - 1)->tap)
                          ->name
                    : NULL;
}

/* Set one segment but for what samples do at its end. */
static void fill_segment(const struct planning *u, const struct mapping *x,
                         size_t s, struct plan_segment *to)
{
    const struct platform_model *m = &u->model;
    size_t from = s ? x->end[s - 1] : 0, end = x->end[s],
           at = (size_t)x->processor[s] * m->boundaries + end;
    int before = s ? x->processor[s - 1] : m->source, k = x->processor[s];
    int64_t ram = m->ram[from * m->boundaries + end];

    *to = (struct plan_segment){
        .processor = platform_processor_at(m->platform, (size_t)k)->name,
        .from = layer_at(u, from),
        .to = layer_at(u, end),
        .exit = x->on[s],
        .threshold = NAN,
        .temperature = x->on[s] ? u->of.temperature[end - 1] : 1,
        .macs = m->macs[end] - m->macs[from],
        .seconds = model_segment_seconds(m, k, from, end),
        .memory = ram,
        .storage = m->storage[end] - m->storage[from],
        .latency = NAN,
        .energy = NAN,
        .utilisation = NAN,
        .exit_accuracy = NAN,
        .exit_accuracy_all = NAN,
    };
    if (before >= 0 && before != k) {
        to->sent = model_transfer_bytes(m, from);
        to->sent_seconds = model_transfer_seconds(m, before, k, from);
    }
    if (!x->on[s])
        return;
    to->branch_macs = m->branch_macs[end];
    to->branch_seconds = m->branch_seconds[at];
    to->memory = m->branch_ram[end] > ram ? m->branch_ram[end] : ram;
    to->storage += m->branch_storage[end];
}

/* Set what processors and pools hold. */
static void fill_stores(struct planning *u, const struct mapping_costs *c,
                        struct plan *to)
{
    const struct platform *p = u->model.platform;
    size_t n = p->processors.n;
    struct plan_store *v = arena_alloc(&u->arena, n + p->pools.n, sizeof *v);

    for (size_t k = 0; k < p->pools.n; k++) {
        const struct platform_pool *pool = platform_pool_at(p, k);

        v[n + k] = (struct plan_store){.name = pool->name,
                                       .pool = true,
                                       .memory_limit = pool->bytes,
                                       .storage_limit = pool->storage};
    }
    for (size_t i = 0; i < n; i++) {
        const struct processor *x = platform_processor_at(p, i);
        int pool = platform_pool(p, x->pool);

        v[i] = (struct plan_store){.name = x->name,
                                   .memory = c->memory[i],
                                   .storage = c->storage[i],
                                   .memory_limit = x->memory,
                                   .storage_limit = x->storage};
        if (pool < 0)
            continue;
        struct plan_store *q = &v[n + (size_t)pool];

        q->memory = c->memory[i] > q->memory ? c->memory[i] : q->memory;
        q->storage += c->storage[i];
    }
    to->stores = (struct list){v, n + p->pools.n};
}

void plan_fill(struct planning *u, const struct halt_table *t,
               const struct halt_rule *rule, const struct map_plan *plan,
               const double *thresholds, struct plan *to)
{
    struct plan_segment *v = arena_alloc(&u->arena, plan->segments, sizeof *v);
    struct map_tally left[MAPPING_MAX_SEGMENTS];
    struct agreement_rates r;
    struct halt_metrics f;
    struct mapping_costs c;
    struct map_takes takes = {.places = 0};
    struct mapping x;
    struct err never;

    plan_init(to);
    to->summary = u->summary;
    to->platform = u->model.platform->name;
    to->platform_digest = (char *)u->how->platform->digest;
    to->precision = u->how->precision;
    to->minimise = (char *)u->how->minimise;
    to->weight = u->how->goal.weight;
    halt_judge(t, rule, thresholds, &f);
    agreement_rate(&r, t, rule, thresholds);
    map_plan_mapping(plan, &x);
    mapping_cost(&u->model, &x, &c);
    to->latency = 0;
    to->energy = 0;
    for (size_t s = 0; s < x.segments; s++) {
        size_t exit = x.end[s] - 1;

        fill_segment(u, &x, s, &v[s]);
        if (!x.on[s])
            continue;
        v[s].threshold = s + 1 < x.segments ? thresholds[exit] : NAN;
        v[s].latency = c.latency[s];
        v[s].energy = c.energy[s];
        v[s].utilisation = (double)f.left[exit] / (double)f.samples;
        v[s].exit_accuracy = f.left[exit]
                                 ? (double)f.right[exit] / (double)f.left[exit]
                                 : NAN;
        v[s].exit_accuracy_all = t->accuracy[exit];
        takes.latency[takes.places] = c.latency[s];
        takes.energy[takes.places] = c.energy[s];
        left[takes.places++].n = (uint32_t)f.left[exit];
    }
    to->segments = (struct list){v, x.segments};
    to->rule = (char *)rule->name;
    to->split = u->split;
    to->samples = (int64_t)t->samples;
    to->dataset = u->dataset;
    to->accuracy = f.accuracy;
    to->final_accuracy = t->accuracy[t->exits - 1];
    to->balanced_accuracy = r.balanced;
    to->min_class_accuracy = r.min_class;
    to->lost_answers = r.lost_answers;
    to->disagreement = r.disagreement;
    to->macs = f.cost[COST_SEQUENTIAL];
    to->latency = map_mean(takes.latency, left, takes.places);
    to->energy = map_mean(takes.energy, left, takes.places);
    to->latency_p50 = map_percentile(&takes, left, 0.5);
    to->latency_p95 = map_percentile(&takes, left, 0.95);
    to->latency_p99 = map_percentile(&takes, left, 0.99);
    to->worst_latency = c.worst_latency;
    fill_stores(u, &c, to);
    plan_judge(to, &u->how->limits, &never);
}

void note_excess(const struct planning *u, const struct plan *p)
{
    const struct limit *l = p->limits.v;
    const struct plan_store *v = p->stores.v;
    struct buf b = {0};
    struct err never;
    double value;

    for (size_t i = 0; i < p->limits.n; i++)
        if (plan_metric(p, l[i].name, &value, &never) == 0)
            limit_unmet(&b, &l[i], value);
    for (size_t i = 0; i < p->stores.n; i++)
        for (int storage = 0; storage < 2; storage++) {
            int64_t needed = storage ? v[i].storage : v[i].memory,
                    limit = storage ? v[i].storage_limit : v[i].memory_limit;

            if (limit != NIL_INT && needed > limit)
                buf_addf(&b,
                         "%s%s has %" PRId64 " bytes of %s, and %" PRId64
                         " are needed",
                         b.len ? "; " : "", v[i].name, limit,
                         storage ? "storage" : "memory", needed);
        }
    notes_add(&u->outcome->notes,
              "net %s: no plan meets all limits; of the one of least violation "
              "%s",
              u->net.id, b.data);
    buf_free(&b);
}
