/* SPDX-License-Identifier: MIT
 * What segments and mappings take, by the sums of a model (model.h). */
#include <inttypes.h>
#include <math.h>

#include "libcommon/base/log.h"
#include "libcommon/platform/model.h"

/* Returns where a segment stands in the table of measured ones. */
static size_t measured_at(const struct platform_model *m, int processor,
                          size_t from, size_t to)
{
    return ((size_t)processor * m->boundaries + from) * m->boundaries + to;
}

double model_segment_seconds(const struct platform_model *m, int processor,
                             size_t from, size_t to)
{
    const double *row = m->seconds + (size_t)processor * m->boundaries;

    if (m->measured_seconds) {
        double known = m->measured_seconds[measured_at(m, processor, from, to)];

        if (!isnan(known))
            return known;
    }
    return platform_processor_at(m->platform, (size_t)processor)->call_s +
           row[to] - row[from];
}

double model_segment_joules(const struct platform_model *m, int processor,
                            size_t from, size_t to)
{
    const struct processor *p = platform_processor_at(m->platform,
                                                      (size_t)processor);
    const double *row = m->joules + (size_t)processor * m->boundaries;

    if (m->measured_seconds) {
        size_t at = measured_at(m, processor, from, to);

        if (!isnan(m->measured_joules[at]))
            return m->measured_joules[at];
        if (!isnan(m->measured_seconds[at]))
            return p->active_w * m->measured_seconds[at];
    }
    return (p->call_s > 0 ? p->active_w * p->call_s : 0) + row[to] - row[from];
}

/* Returns an entry of a table of transfers. */
static double transfer(const struct platform_model *m, const double *table,
                       int from, int to, size_t b)
{
    size_t n = m->processors;

    if (from < 0 || to < 0)
        return 0;
    return table[(b * n + (size_t)from) * n + (size_t)to];
}

double model_transfer_seconds(const struct platform_model *m, int from, int to,
                              size_t b)
{
    return transfer(m, m->transfer_seconds, from, to, b);
}

double model_transfer_joules(const struct platform_model *m, int from, int to,
                             size_t b)
{
    return transfer(m, m->transfer_joules, from, to, b);
}

/* ---- mappings ---- */

/* What a sample has taken so far. */
struct spent {
    double latency;
    double link_joules;
    double busy[PLATFORM_MAX_PROCESSORS], joules[PLATFORM_MAX_PROCESSORS];
    int64_t macs;
};

static double energy_of(const struct platform_model *m, const struct spent *s,
                        double latency, double link_joules)
{
    double sum = link_joules;

    if (isinf(latency))
        return INFINITY;
    for (size_t i = 0; i < m->processors; i++)
        sum += s->joules[i] + platform_processor_at(m->platform, i)->idle_w *
                                  fmax(latency - s->busy[i], 0);
    return sum;
}

/* Adds the memory and storage of a segment, with its branch or without. */
static void store_segment(const struct platform_model *m, int p, size_t from,
                          size_t to, bool on, struct mapping_costs *c)
{
    int64_t ram = m->ram[from * m->boundaries + to];

    if (on && m->branch_ram[to] > ram)
        ram = m->branch_ram[to];
    if (ram > c->memory[p])
        c->memory[p] = ram;
    c->storage[p] += m->storage[to] - m->storage[from] +
                     (on ? m->branch_storage[to] : 0);
}

void mapping_cost(const struct platform_model *m, const struct mapping *x,
                  struct mapping_costs *c)
{
    struct spent now = {0};
    size_t from = 0, end = m->boundaries;
    int before = m->source;

    BUG_IF(x->segments < 1 || x->end[x->segments - 1] + 1 != end);
    c->worst_latency = 0;
    for (size_t i = 0; i < PLATFORM_MAX_PROCESSORS; i++)
        c->memory[i] = c->storage[i] = 0;
    for (size_t s = 0; s < x->segments; s++) {
        int p = x->processor[s];
        size_t to = x->end[s], branch = (size_t)p * end + to;
        bool on = x->on[s] || s + 1 == x->segments;
        double seconds = model_segment_seconds(m, p, from, to);

        now.link_joules += model_transfer_joules(m, before, p, from);
        now.latency += model_transfer_seconds(m, before, p, from) + seconds;
        now.busy[p] += seconds;
        now.joules[p] += model_segment_joules(m, p, from, to);
        now.macs += m->macs[to] - m->macs[from];
        c->latency[s] = c->energy[s] = c->macs[s] = NAN;
        if (on) {
            double back = model_transfer_joules(m, p, m->sink, end);

            now.latency += m->branch_seconds[branch];
            now.busy[p] += m->branch_seconds[branch];
            now.joules[p] += m->branch_joules[branch];
            now.macs += m->branch_macs[to];
            c->latency[s] = now.latency +
                            model_transfer_seconds(m, p, m->sink, end);
            c->energy[s] = energy_of(m, &now, c->latency[s],
                                     now.link_joules + back);
            c->macs[s] = (double)now.macs;
            c->worst_latency = fmax(c->worst_latency, c->latency[s]);
        }
        store_segment(m, p, from, to, on, c);
        before = p;
        from = to;
    }
}

/* Makes it the worst excess when it is the worst. */
static void compare_excess(const char *name, bool storage, int64_t needed,
                           int64_t limit, struct mapping_excess *worst)
{
    if (limit != NIL_INT && needed - limit > worst->needed - worst->limit)
        *worst = (struct mapping_excess){name, storage, needed, limit};
}

int64_t mapping_overflow(const struct platform_model *m,
                         const struct mapping_costs *c,
                         struct mapping_excess *x)
{
    struct mapping_excess worst = {0};

    for (size_t i = 0; i < m->processors; i++) {
        const struct processor *p = platform_processor_at(m->platform, i);

        compare_excess(p->name, false, c->memory[i], p->memory, &worst);
        compare_excess(p->name, true, c->storage[i], p->storage, &worst);
    }
    for (size_t k = 0; k < m->platform->pools.n; k++) {
        const struct platform_pool *pool = platform_pool_at(m->platform, k);
        int64_t memory = 0, storage = 0;

        for (size_t i = 0; i < m->processors; i++) {
            const char *in = platform_processor_at(m->platform, i)->pool;

            if (platform_pool(m->platform, in) != (int)k)
                continue;
            memory = c->memory[i] > memory ? c->memory[i] : memory;
            storage += c->storage[i];
        }
        compare_excess(pool->name, false, memory, pool->bytes, &worst);
        compare_excess(pool->name, true, storage, pool->storage, &worst);
    }
    if (x)
        *x = worst;
    return worst.needed - worst.limit;
}

/* ---- parts that no processor holds ---- */

/* Sets *x to what the part (b - 1, b] exceeds most on processor p alone. */
static void part_excess(const struct platform_model *m, int p, size_t b,
                        struct mapping_excess *x)
{
    struct mapping_costs c = {0};

    store_segment(m, p, b - 1, b, b + 1 == m->boundaries, &c);
    mapping_overflow(m, &c, x);
}

int model_check(const struct platform_model *m, struct err *e)
{
    for (size_t b = 1; b < m->boundaries; b++) {
        struct mapping_excess least, x;
        int64_t from = b > 1 ? net_exit_at(m->net, b - 2)->tap : NET_IMAGE;
        int64_t to = net_exit_at(m->net, b - 1)->tap;

        part_excess(m, 0, b, &least);
        for (size_t p = 1; p < m->processors; p++) {
            part_excess(m, (int)p, b, &x);
            if (x.needed - x.limit < least.needed - least.limit)
                least = x;
        }
        if (least.needed == least.limit)
            continue;
        return err_set(
            e, ERR_FORMAT,
            "no processor of platform %s can hold the part of the "
            "network behind %s up to %s: it needs %" PRId64
            " bytes of %s, and the nearest one, %s, has %" PRId64,
            m->platform->name,
            from < 0 ? "the input" : net_layer(m->net, (size_t)from)->name,
            to < 0 ? "the input" : net_layer(m->net, (size_t)to)->name,
            least.needed, least.storage ? "storage" : "memory", least.name,
            least.limit);
    }
    return 0;
}
