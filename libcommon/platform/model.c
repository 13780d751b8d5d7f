/* SPDX-License-Identifier: MIT */
#include "libcommon/platform/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"
#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/lifetimes.h"
#include "libcommon/nn/graph/op.h"
#include "libcommon/platform/measured.h"

/* ---- one layer on one processor ---- */

struct layer_cost {
    double seconds, joules;
};

/* Returns which rate the layer's MACs go by. */
static int layer_class(const struct layer *l)
{
    static const int classes[OP_COUNT] = {
        [OP_CONV] = RATE_CONV,
        [OP_LINEAR] = RATE_LINEAR,
    };
    int class = classes[l->op];

    if (class != RATE_CONV)
        return class;
    if (layer_is_depthwise(l))
        return RATE_DEPTHWISE;
    return l->kernel.v[0] == 1 && l->kernel.v[1] == 1 ? RATE_POINTWISE
                                                      : RATE_CONV;
}

/* A convolution or a linear layer is counted by its MACs alone, any other by the
 * elements that it reads and writes as well; a view moves none. */
static int cost_of_layer(const struct platform_model *m, const struct layer *l,
                         const struct processor *p,
                         const struct measured_costs *costs,
                         struct layer_cost *c, struct err *e)
{
    const struct measured_cost *known = costs ? measured_layer(costs, l->name,
                                                               p->name)
                                              : NULL;
    int class = layer_class(l);
    double rate = processor_rate(p, class, m->precision);

    *c = (struct layer_cost){0};
    if (known) {
        c->seconds = known->seconds;
    } else if (l->macs && isnan(rate)) {
        return err_set(e, ERR_FORMAT,
                       "processor %s has no rate of %s or other in %s, which "
                       "layer %s needs: give the platform one, or --costs",
                       p->name, rate_class_names[class],
                       precision_names[m->precision], l->name);
    } else {
        int64_t moved = shape_count(&l->out);

        for (size_t i = 0; i < l->inputs.n; i++)
            moved += shape_count(net_shape(m->net, l->inputs.v[i]));
        if (l->macs)
            c->seconds = (double)l->macs / rate;
        if (!op_info(l->op)->view && (!l->macs || class == RATE_OTHER) &&
            !isnan(p->bytes_per_s))
            c->seconds += (double)(moved * precision_bytes[m->precision]) /
                          p->bytes_per_s;
    }
    c->joules = known && !isnan(known->joules) ? known->joules
                : c->seconds > 0               ? p->active_w * c->seconds
                                               : 0;
    return 0;
}

/* ---- sums up to each boundary ---- */

static int add_times(struct platform_model *m, int processor,
                     const struct measured_costs *costs, struct err *e)
{
    const struct processor *p = platform_processor_at(m->platform,
                                                      (size_t)processor);
    size_t at = 0, row = (size_t)processor * m->boundaries;
    struct layer_cost sum = {0}, c;
    int rc;

    for (size_t x = 0; x < m->net->exits.n; x++) {
        const struct net_exit *exit = net_exit_at(m->net, x);
        struct layer_cost branch = {0};

        for (; (int64_t)at <= exit->last; at++) {
            struct layer_cost *to = (int64_t)at < exit->first ? &sum : &branch;

            if ((rc = cost_of_layer(m, net_layer(m->net, at), p, costs, &c,
                                    e)) < 0)
                return rc;
            to->seconds += c.seconds;
            to->joules += c.joules;
        }
        m->seconds[row + x + 1] = sum.seconds;
        m->joules[row + x + 1] = sum.joules;
        m->branch_seconds[row + x + 1] = branch.seconds;
        m->branch_joules[row + x + 1] = branch.joules;
    }
    return 0;
}

static void add_counts(struct platform_model *m)
{
    int64_t macs = 0, storage = 0;
    size_t at = 0;

    for (size_t x = 0; x < m->net->exits.n; x++) {
        const struct net_exit *exit = net_exit_at(m->net, x);

        for (; (int64_t)at <= exit->last; at++) {
            const struct layer *l = net_layer(m->net, at);
            int64_t bytes = layer_size_bytes(l) / 4 *
                            precision_bytes[m->precision];
            bool own = (int64_t)at >= exit->first;

            *(own ? &m->branch_macs[x + 1] : &macs) += l->macs;
            *(own ? &m->branch_storage[x + 1] : &storage) += bytes;
        }
        m->macs[x + 1] = macs;
        m->storage[x + 1] = storage;
    }
}

/* ---- memory ---- */

/* What lives while the backbone alone runs.  Step k of it is its layer k. */
struct backbone_life {
    struct net net;
    struct lifetime *v; /* of the image, then of each layer */
    int64_t *step;      /* (layers) elements alive while it runs */
};

static void life_init(struct backbone_life *b, const struct net *n,
                      struct arena *a)
{
    int64_t *freed, alive;

    net_backbone(&b->net, n, a);
    b->v = net_lifetimes(&b->net);
    b->step = arena_alloc(a, b->net.layers.n, sizeof *b->step);
    freed = arena_alloc(a, b->net.layers.n, sizeof *freed);
    for (size_t i = 0; i <= b->net.layers.n; i++)
        freed[b->v[i].to] += b->v[i].size;
    alive = b->v[0].size;
    for (size_t i = 0; i < b->net.layers.n; i++) {
        alive += b->v[i + 1].size;
        b->step[i] = alive;
        alive -= freed[i];
    }
}

/* Returns the elements that are alive between step `tap` (-1 = the image) and
 * the next. */
static int64_t alive_behind(const struct backbone_life *b, int64_t tap)
{
    int64_t sum = 0;

    for (int64_t i = 0; i <= tap + 1; i++)
        if (b->v[i].to > tap)
            sum += b->v[i].size;
    return sum;
}

/* Returns the most elements alive while the head of exit x runs; `held` of them
 * are there before.  All of these stay, but for the final exit, behind which
 * nothing needs them. */
static int64_t head_peak(const struct net *n, const struct lifetime *full,
                         size_t x, int64_t held)
{
    const struct net_exit *exit = net_exit_at(n, x);
    const struct lifetime *tap = &full[full[exit->tap + 1].owner];
    int64_t alive = held, peak = held;

    for (int64_t k = exit->first; k <= exit->last; k++) {
        alive += full[k + 1].size;
        peak = alive > peak ? alive : peak;
        for (int64_t i = exit->first; i <= k; i++)
            if (full[i + 1].to == k)
                alive -= full[i + 1].size;
        if (x + 1 == n->exits.n && tap->to == k)
            alive -= tap->size;
    }
    return peak;
}

static void add_memory(struct platform_model *m)
{
    size_t b = m->boundaries;
    int64_t bytes = precision_bytes[m->precision];
    struct arena a = {0};
    struct backbone_life life;
    struct lifetime *full = net_lifetimes(m->net);
    int64_t *tap = xcalloc(b, sizeof *tap); /* as a step of the backbone */
    int64_t heads = 0;

    life_init(&life, m->net, &a);
    tap[0] = NET_IMAGE;
    m->elements[0] = alive_behind(&life, NET_IMAGE);
    for (size_t x = 0; x + 1 < b; x++) {
        const struct net_exit *exit = net_exit_at(m->net, x);
        const struct lifetime *own;
        int64_t held;

        tap[x + 1] = exit->first - heads - 1;
        heads += exit->last - exit->first + 1;
        held = m->elements[x + 1] = alive_behind(&life, tap[x + 1]);
        own = &life.v[life.v[tap[x + 1] + 1].owner];
        if (own->to <= tap[x + 1])
            held += own->size;
        m->branch_ram[x + 1] = head_peak(m->net, full, x, held) * bytes;
    }
    for (size_t i = 0; i < b; i++) {
        int64_t peak = m->elements[i], k = tap[i] + 1;

        for (size_t j = i + 1; j < b; j++) {
            for (; k <= tap[j]; k++)
                peak = life.step[k] > peak ? life.step[k] : peak;
            m->ram[i * b + j] = peak * bytes;
        }
    }
    free(tap);
    free(full);
    free(life.v);
    arena_free(&a);
}

/* ---- links ---- */

int64_t model_transfer_bytes(const struct platform_model *m, size_t b)
{
    return (b < m->boundaries ? m->elements[b] : m->net->classes) *
           precision_bytes[m->precision];
}

/* Fills in the table of one boundary: the links, then ways over several where
 * these are faster (Floyd and Warshall's algorithm). */
static void add_transfers(struct platform_model *m, size_t b)
{
    size_t n = m->processors;
    double *s = m->transfer_seconds + b * n * n;
    double *j = m->transfer_joules + b * n * n;
    double bytes = (double)model_transfer_bytes(m, b);

    for (size_t i = 0; i < n * n; i++) {
        const struct platform_link *l = platform_link_of(
            m->platform, (int)(i / n), (int)(i % n));
        bool same = i / n == i % n;

        s[i] = same ? 0 : l ? l->latency_s + bytes / l->bytes_per_s : INFINITY;
        j[i] = same                   ? 0
               : !l                   ? INFINITY
               : isnan(l->j_per_byte) ? 0
                                      : l->j_per_byte * bytes;
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n * n; i++) {
            size_t first = i / n * n + k, second = k * n + i % n;

            if (s[first] + s[second] < s[i]) {
                s[i] = s[first] + s[second];
                j[i] = j[first] + j[second];
            }
        }
}

/* ---- segments that were measured ---- */

/* Returns the boundary behind the layer of that name, -1 = there is none. */
static int boundary_of(const struct net *n, const char *name)
{
    for (size_t x = 0; x < n->exits.n; x++)
        if (!strcmp(net_tap_name(n, x), name))
            return (int)x + 1;
    return strcmp(name, "-") ? -1 : 0;
}

/* Returns false where the name is of no layer, nor of one that a branch has: one
 * file has the costs of all candidate exits, and a network may have some of them. */
static bool may_be_layer(const struct set *layers, const char *name)
{
    return set_find(layers, name, strlen(name)) != SET_NONE ||
           !strncmp(name, "exit.", 5);
}

/* Checks that each cost is of something that is there, and enters those of
 * segments; those between layers that the network has and cannot be divided behind
 * are passed over. */
static int add_measured(struct platform_model *m,
                        const struct measured_costs *costs, struct err *e)
{
    size_t b = m->boundaries, cells = m->processors * b * b;
    struct set layers = {0};
    int rc = 0;

    for (size_t i = 0; i < m->net->layers.n; i++) {
        const char *name = net_layer(m->net, i)->name;

        set_add(&layers, name, strlen(name));
    }
    for (size_t i = 0; rc == 0 && i < costs->n; i++) {
        const struct measured_cost *c = &costs->v[i];
        int p = platform_processor(m->platform, c->processor);
        int from = c->from ? boundary_of(m->net, c->from) : -1;
        int to = c->from ? boundary_of(m->net, c->to) : -1;

        if (p < 0)
            rc = err_set(e, ERR_FORMAT, "platform %s has no processor %.100s",
                         m->platform->name, c->processor);
        else if (to < 0 && !may_be_layer(&layers, c->to))
            rc = err_set(e, ERR_FORMAT, "the network has no layer %.100s",
                         c->to);
        else if (c->from && from < 0 && !may_be_layer(&layers, c->from))
            rc = err_set(e, ERR_FORMAT, "the network has no layer %.100s",
                         c->from);
        else if (from >= 0 && to >= 0 && from >= to)
            rc = err_set(e, ERR_FORMAT, "%s does not stand before %s", c->from,
                         c->to);
        if (rc < 0)
            err_prefix(e, "%s:%zu", costs->name, c->line);
        if (rc < 0 || from < 0 || to < 0)
            continue;
        if (!m->measured_seconds) {
            m->measured_seconds = xcalloc(cells, sizeof *m->measured_seconds);
            m->measured_joules = xcalloc(cells, sizeof *m->measured_joules);
            for (size_t k = 0; k < cells; k++)
                m->measured_seconds[k] = m->measured_joules[k] = NAN;
        }
        m->measured_seconds[((size_t)p * b + (size_t)from) * b + (size_t)to] =
            c->seconds;
        m->measured_joules[((size_t)p * b + (size_t)from) * b + (size_t)to] =
            c->joules;
    }
    set_free(&layers);
    return rc;
}

/* ---- the model ---- */

int model_init(struct platform_model *m, const struct platform *p,
               const struct net *n, int precision,
               const struct measured_costs *costs, struct err *e)
{
    size_t b = n->exits.n + 1, c = p->processors.n;
    int rc = 0;

    *m = (struct platform_model){
        .platform = p,
        .net = n,
        .precision = precision,
        .boundaries = b,
        .processors = c,
        .source = platform_processor(p, p->source),
        .sink = platform_processor(p, p->sink),
        .seconds = xcalloc(c * b, sizeof *m->seconds),
        .joules = xcalloc(c * b, sizeof *m->joules),
        .branch_seconds = xcalloc(c * b, sizeof *m->branch_seconds),
        .branch_joules = xcalloc(c * b, sizeof *m->branch_joules),
        .transfer_seconds = xcalloc((b + 1) * c * c,
                                    sizeof *m->transfer_seconds),
        .transfer_joules = xcalloc((b + 1) * c * c, sizeof *m->transfer_joules),
        .macs = xcalloc(b, sizeof *m->macs),
        .branch_macs = xcalloc(b, sizeof *m->branch_macs),
        .elements = xcalloc(b, sizeof *m->elements),
        .storage = xcalloc(b, sizeof *m->storage),
        .branch_storage = xcalloc(b, sizeof *m->branch_storage),
        .ram = xcalloc(b * b, sizeof *m->ram),
        .branch_ram = xcalloc(b, sizeof *m->branch_ram),
    };
    if (costs)
        rc = add_measured(m, costs, e);
    for (size_t i = 0; rc == 0 && i < c; i++)
        rc = add_times(m, (int)i, costs, e);
    if (rc < 0)
        return rc;
    add_counts(m);
    add_memory(m);
    for (size_t i = 0; i <= b; i++)
        add_transfers(m, i);
    return 0;
}

void model_fini(struct platform_model *m)
{
    free(m->seconds);
    free(m->joules);
    free(m->branch_seconds);
    free(m->branch_joules);
    free(m->measured_seconds);
    free(m->measured_joules);
    free(m->transfer_seconds);
    free(m->transfer_joules);
    free(m->macs);
    free(m->branch_macs);
    free(m->elements);
    free(m->storage);
    free(m->branch_storage);
    free(m->ram);
    free(m->branch_ram);
    *m = (struct platform_model){0};
}
