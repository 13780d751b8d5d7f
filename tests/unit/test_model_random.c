/* SPDX-License-Identifier: MIT
 * What segments and mappings take on random networks, platforms and mappings,
 * against a reference that follows a sample layer by layer and asks of each
 * value, at each step, who still reads it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/nn/graph/op.h"
#include "libcommon/platform/model.h"
#include "tests/unit/nets.h"

static void near(double got, double want)
{
    if (isnan(want) ? isnan(got)
                    : got == want || fabs(got - want) <= 1e-12 * fabs(want))
        return;
    fail_msg("%.17g is not %.17g", got, want);
}

/* ---- the reference ---- */

/* Returns the layer whose numbers those of layer i are. */
static int64_t stored(const struct net *n, int64_t i)
{
    while (i != NET_IMAGE && op_info(net_layer(n, (size_t)i)->op)->view)
        i = net_layer(n, (size_t)i)->inputs.v[0];
    return i;
}

/* Returns true when layer l reads the numbers of value v.  A view is none who
 * reads, it only shows them to others. */
static bool takes(const struct net *n, int64_t l, int64_t v)
{
    const struct layer *layer = net_layer(n, (size_t)l);

    for (size_t k = 0; k < layer->inputs.n; k++)
        if (stored(n, layer->inputs.v[k]) == v)
            return true;
    return false;
}

static int64_t value_size(const struct net *n, int64_t v)
{
    return shape_count(net_shape(n, v));
}

static bool on_trunk(const struct net *n, int64_t l)
{
    int head = net_head_of(n, (size_t)l);

    return head < 0 || (size_t)head + 1 == n->exits.n;
}

/* Returns true when what runs on the trunk at step l or later takes value v. */
static bool needed_from(const struct net *n, int64_t v, int64_t l)
{
    for (; l < (int64_t)n->layers.n; l++)
        if (on_trunk(n, l) && takes(n, l, v))
            return true;
    return false;
}

static bool is_value(const struct net *n, int64_t v)
{
    return v == NET_IMAGE ||
           (net_head_of(n, (size_t)v) < 0 && stored(n, v) == v);
}

static int64_t tap_of(const struct net *n, size_t boundary)
{
    return boundary ? net_exit_at(n, boundary - 1)->tap : NET_IMAGE;
}

static int64_t ref_elements(const struct net *n, size_t boundary)
{
    int64_t tap = tap_of(n, boundary), sum = 0;

    for (int64_t v = NET_IMAGE; v <= tap; v++)
        if (is_value(n, v) && needed_from(n, v, tap + 1))
            sum += value_size(n, v);
    return sum;
}

static int64_t ref_ram(const struct net *n, size_t from, size_t to)
{
    int64_t peak = ref_elements(n, from);

    for (int64_t l = tap_of(n, from) + 1; l <= tap_of(n, to); l++) {
        int64_t sum = 0;

        if (net_head_of(n, (size_t)l) >= 0)
            continue;
        for (int64_t v = NET_IMAGE; v <= l; v++)
            if (is_value(n, v) && (v == l || needed_from(n, v, l)))
                sum += value_size(n, v);
        peak = sum > peak ? sum : peak;
    }
    return peak;
}

static int64_t ref_branch_ram(const struct net *n, size_t boundary)
{
    const struct net_exit *x = net_exit_at(n, boundary - 1);
    bool final = boundary == n->exits.n;
    int64_t tap = stored(n, x->tap), held = ref_elements(n, boundary);
    int64_t peak;

    if (!needed_from(n, tap, x->tap + 1))
        held += value_size(n, tap);
    peak = held;
    for (int64_t l = x->first; l <= x->last; l++) {
        int64_t sum = held;

        if (final && !needed_from(n, tap, l))
            sum -= value_size(n, tap);
        for (int64_t v = x->first; v <= l; v++) {
            bool used = v == l;

            for (int64_t r = l; r <= x->last; r++)
                used |= takes(n, r, v);
            if (used && stored(n, v) == v)
                sum += value_size(n, v);
        }
        peak = sum > peak ? sum : peak;
    }
    return peak;
}

/* Returns the seconds of one layer, or of all bytes where it has no MACs. */
static double ref_layer(const struct net *n, const struct layer *l,
                        const struct processor *p, int precision)
{
    const struct platform_rate *v = p->rates.v;
    bool square1 = l->kernel.n && l->kernel.v[0] == 1 && l->kernel.v[1] == 1;
    const char *op = net_op_names[l->op];
    int class = !strcmp(op, "linear") ? RATE_LINEAR
                : strcmp(op, "conv")  ? RATE_OTHER
                : l->groups > 1       ? RATE_DEPTHWISE
                : square1             ? RATE_POINTWISE
                                      : RATE_CONV;
    double rate = 0, bytes = (double)shape_count(&l->out), seconds = 0;

    if (!strcmp(op, "flatten"))
        return 0;
    for (int pass = 0; pass < 2 && rate == 0; pass++)
        for (size_t i = 0; i < p->rates.n; i++)
            if (v[i].precision == precision &&
                v[i].op == (pass ? RATE_OTHER : class))
                rate = v[i].macs_per_s;
    for (size_t i = 0; i < l->inputs.n; i++)
        bytes += (double)value_size(n, l->inputs.v[i]);
    bytes *= precision == PRECISION_INT8 ? 1 : 4;
    if (l->macs)
        seconds = (double)l->macs / rate;
    if ((!l->macs || class == RATE_OTHER) && !isnan(p->bytes_per_s))
        seconds += bytes / p->bytes_per_s;
    return seconds;
}

/* Returns the seconds of the fastest way by trying all; joules go with it. */
static double ref_way(const struct platform *p, int from, int to, double bytes,
                      unsigned visited, double *joules)
{
    const struct platform_link *v = p->links.v;
    double best = from == to ? 0 : INFINITY, of_best = 0;

    for (size_t i = 0; from != to && i < p->links.n; i++) {
        int next = platform_processor(p, v[i].to);
        double rest, more, own = isnan(v[i].j_per_byte) ? 0 : v[i].j_per_byte;

        if (platform_processor(p, v[i].from) != from || visited >> next & 1)
            continue;
        rest = ref_way(p, next, to, bytes, visited | 1u << next, &more);
        rest += v[i].latency_s + bytes / v[i].bytes_per_s;
        if (rest < best) {
            best = rest;
            of_best = more + own * bytes;
        }
    }
    *joules = of_best;
    return best;
}

struct ref_sample {
    double now, joules, busy[PLATFORM_MAX_PROCESSORS];
    int64_t macs;
};

static void ref_move(struct ref_sample *s, const struct platform *p, int from,
                     int to, double bytes)
{
    double joules;

    if (from < 0 || to < 0)
        return;
    s->now += ref_way(p, from, to, bytes, 1u << from, &joules);
    s->joules += joules;
}

/* One sample that leaves at segment `leave` of the mapping, layer by layer. */
static void ref_run(struct ref_sample *s, const struct platform *p,
                    const struct net *n, int precision, const struct mapping *x,
                    size_t leave)
{
    double unit = precision == PRECISION_INT8 ? 1 : 4;
    int at = platform_processor(p, p->source);
    size_t from = 0;

    *s = (struct ref_sample){0};
    for (size_t k = 0; k <= leave; k++) {
        bool on = x->on[k] || k + 1 == x->segments;
        struct processor *c = (struct processor *)p->processors.v +
                              x->processor[k];
        double busy = c->call_s;

        ref_move(s, p, at, x->processor[k],
                 unit * (double)ref_elements(n, from));
        at = x->processor[k];
        for (size_t l = 0; l < n->layers.n; l++) {
            int head = net_head_of(n, l);
            bool runs = head < 0 ? (int64_t)l > tap_of(n, from) &&
                                       (int64_t)l <= tap_of(n, x->end[k])
                                 : on && (size_t)head + 1 == x->end[k];

            if (runs) {
                busy += ref_layer(n, net_layer(n, l), c, precision);
                s->macs += net_layer(n, l)->macs;
            }
        }
        s->now += busy;
        s->busy[at] += busy;
        from = x->end[k];
    }
    ref_move(s, p, at, platform_processor(p, p->sink),
             unit * (double)n->classes);
    for (size_t i = 0; i < p->processors.n; i++) {
        struct processor *c = (struct processor *)p->processors.v + i;

        s->joules += c->active_w * s->busy[i] +
                     c->idle_w * (s->now - s->busy[i]);
    }
}

/* ---- random networks, platforms, mappings ---- */

/* A chain with sums, products, concatenations that reach back, views, and exits
 * wherever it happens. */
static void random_net(struct net *n, struct arena *a, struct rng *r)
{
    struct net_builder b = build_net(n, a, 8, 8, 4, 3);
    int64_t x = NET_IMAGE, kept = NET_IMAGE, h, y;
    size_t layers = 3 + rng_below(r, 12), exits = 0;
    struct err e;
    char name[40];

    for (size_t i = 0; i < layers; i++) {
        int64_t side = build_shape(&b, x)->v[0];
        bool alike = build_shape(&b, kept)->v[0] == side;
        bool alone = false;
        bool equal = alike &&
                     build_shape(&b, kept)->v[2] == build_shape(&b, x)->v[2];

        snprintf(name, sizeof name, "l%zu", i);
        switch (rng_below(r, 10)) {
        case 0:
            x = build_conv(&b, name, x, 0, 3, 1, BUILD_DEPTHWISE, ACT_NONE);
            break;
        case 1:
            x = build_conv(&b, name, x, 1 + (int64_t)rng_below(r, 9), 1, 1,
                           BUILD_BIAS, ACT_RELU);
            break;
        case 2:
            x = build_se(&b, name, x, 2);
            break;
        case 3:
            if (side > 1)
                x = build_pool(&b, name, OP_MAXPOOL, x, 2, 2, ACT_NONE);
            else
                x = build_simple(&b, name, OP_FLATTEN, x, ACT_NONE);
            break;
        case 4:
            x = build_simple(&b, name, OP_ACT, x, ACT_RELU);
            break;
        case 5:
        case 6:
            x = equal ? build_add(&b, name, x, kept, ACT_NONE)
                : alike
                    ? build_concat(&b, name, (int64_t[]){x, kept}, 2, ACT_NONE)
                    : build_simple(&b, name, OP_NORM, x, ACT_NONE);
            break;
        default:
            x = build_conv(&b, name, x, 1 + (int64_t)rng_below(r, 9), 3,
                           rng_below(r, 3) ? 1 : 2, BUILD_NORM, ACT_NONE);
        }
        if (rng_below(r, 3) == 0)
            kept = x;
        for (int k = 0; rng_below(r, 3) == 0 && k < 2 && exits < 6; k++) {
            snprintf(name, sizeof name, "e%zu.pool", exits);
            h = build_simple(&b, name, OP_GLOBALPOOL, x, ACT_NONE);
            snprintf(name, sizeof name, "e%zu.fc", exits++);
            build_linear(&b, name, h, 3, 0, ACT_NONE);
            build_exit(&b, (struct net_exit){.first = h});
            alone = true;
        }
        /* Nothing but the head reads the tap then. */
        if (alone && i + 1 < layers && rng_below(r, 3) == 0)
            x = kept;
    }
    if (rng_below(r, 2)) {
        h = build_conv(&b, "wide", x, 9, 1, 1, 0, ACT_NONE);
        y = build_simple(&b, "act", OP_ACT, h, ACT_RELU);
        y = build_simple(&b, "flat", OP_FLATTEN, y, ACT_NONE);
    } else {
        h = y = build_simple(&b, "flat", OP_FLATTEN, x, ACT_NONE);
    }
    build_linear(&b, "fc", y, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = h});
    if (build_done(&b, MACS_TRUE, &e) < 0)
        fail_msg("%s", e.text);
}

static void random_platform(struct platform *p, struct arena *a, struct rng *r)
{
    static char names[4][3] = {"p0", "p1", "p2", "p3"};
    size_t n = 1 + rng_below(r, 4);
    struct processor *c = arena_alloc(a, n, sizeof *c);
    struct platform_link *links = arena_alloc(a, n * n, sizeof *links);

    *p = (struct platform){
        .name = (char *)"random", .processors = {c, n}, .links = {links, 0}};
    for (size_t i = 0; i < n; i++) {
        struct platform_rate *v = arena_alloc(a, RATE_CLASSES * PRECISIONS,
                                              sizeof *v);
        size_t rates = 0;

        for (int k = 0; k < RATE_CLASSES * PRECISIONS; k++)
            if (k % RATE_CLASSES == RATE_OTHER || rng_below(r, 2))
                v[rates++] = (struct platform_rate){k % RATE_CLASSES,
                                                    k / RATE_CLASSES,
                                                    1e5 * (1 + rng_uniform(r))};
        c[i] = (struct processor){
            .name = names[i],
            .rates = {v, rates},
            .bytes_per_s = rng_below(r, 3) ? 1e5 * (1 + rng_uniform(r)) : NAN,
            .call_s = 1e-3 * rng_uniform(r),
            .active_w = rng_uniform(r),
            .idle_w = 0.1 * rng_uniform(r),
            .memory = NIL_INT,
            .storage = NIL_INT,
        };
        for (size_t k = 0; k < n; k++)
            if (k != i && (k == i + 1 || k + 1 == i || rng_below(r, 2)))
                links[p->links.n++] = (struct platform_link){
                    names[i],
                    names[k],
                    1e4 * (1 + 9 * rng_uniform(r)),
                    1e-3 * rng_uniform(r),
                    rng_below(r, 2) ? 1e-6 * rng_uniform(r) : NAN,
                    NULL};
    }
    p->source = rng_below(r, 2) ? names[rng_below(r, n)] : NULL;
    p->sink = rng_below(r, 2) ? names[rng_below(r, n)] : NULL;
}

static void random_mapping(struct mapping *x, const struct platform_model *m,
                           struct rng *r)
{
    int p = (int)rng_below(r, m->processors);

    x->segments = 0;
    for (size_t b = 1; b < m->boundaries; b++) {
        bool last = b + 1 == m->boundaries;

        if (!last && rng_below(r, 2))
            continue;
        x->processor[x->segments] = p;
        x->end[x->segments] = b;
        x->on[x->segments++] = !last && rng_below(r, 3);
        p += (int)rng_below(r, m->processors - (size_t)p);
    }
}

static void check_memory(const struct platform_model *m, const struct net *n,
                         int bytes)
{
    size_t b = m->boundaries;

    for (size_t i = 0; i < b; i++) {
        assert_int_equal(m->elements[i], ref_elements(n, i));
        if (i)
            assert_int_equal(m->branch_ram[i], bytes * ref_branch_ram(n, i));
        for (size_t j = i + 1; j < b; j++)
            assert_int_equal(m->ram[i * b + j], bytes * ref_ram(n, i, j));
    }
}

static void check_mapping(const struct platform_model *m,
                          const struct platform *p, const struct net *n,
                          const struct mapping *x)
{
    int bytes = m->precision == PRECISION_INT8 ? 1 : 4;
    int64_t memory[PLATFORM_MAX_PROCESSORS] = {0};
    int64_t storage[PLATFORM_MAX_PROCESSORS] = {0};
    struct mapping_costs c;
    double worst = 0;

    mapping_cost(m, x, &c);
    for (size_t k = 0, from = 0; k < x->segments; from = x->end[k++]) {
        bool on = x->on[k] || k + 1 == x->segments;
        int q = x->processor[k];
        struct ref_sample s;
        int64_t ram = bytes * ref_ram(n, from, x->end[k]);

        if (on && bytes * ref_branch_ram(n, x->end[k]) > ram)
            ram = bytes * ref_branch_ram(n, x->end[k]);
        memory[q] = ram > memory[q] ? ram : memory[q];
        for (size_t l = 0; l < n->layers.n; l++) {
            int head = net_head_of(n, l);

            if (head < 0 ? (int64_t)l > tap_of(n, from) &&
                               (int64_t)l <= tap_of(n, x->end[k])
                         : on && (size_t)head + 1 == x->end[k])
                storage[q] += layer_size_bytes(net_layer(n, l)) / 4 * bytes;
        }
        if (!on) {
            assert_true(isnan(c.latency[k]) && isnan(c.energy[k]) &&
                        isnan(c.macs[k]));
            continue;
        }
        ref_run(&s, p, n, m->precision, x, k);
        near(c.latency[k], s.now);
        near(c.energy[k], s.joules);
        assert_true(c.macs[k] == (double)s.macs);
        worst = fmax(worst, s.now);
    }
    near(c.worst_latency, worst);
    assert_memory_equal(c.memory, memory, sizeof memory);
    assert_memory_equal(c.storage, storage, sizeof storage);
}

static void against_reference(void **state)
{
    size_t many = 0, heads_own = 0;

    (void)state;
    for (uint64_t i = 0; i < 300; i++) {
        struct rng r = rng_make(16, "model", i, 0);
        struct arena a = {0};
        struct net n;
        struct platform p;
        struct platform_model m;
        struct mapping x;
        struct err e = {0};
        int precision = (int)rng_below(&r, 2);

        random_net(&n, &a, &r);
        random_platform(&p, &a, &r);
        nets_must(platform_check(&p, &e), &e);
        nets_must(model_init(&m, &p, &n, precision, NULL, &e), &e);
        check_memory(&m, &n, precision == PRECISION_INT8 ? 1 : 4);
        for (size_t b = 1; b + 1 < m.boundaries; b++) {
            int64_t tap = tap_of(&n, b);

            many += m.elements[b] != value_size(&n, tap);
            heads_own += tap >= 0 && !needed_from(&n, stored(&n, tap), tap + 1);
        }
        for (int k = 0; k < 5; k++) {
            random_mapping(&x, &m, &r);
            check_mapping(&m, &p, &n, &x);
        }
        model_fini(&m);
        arena_free(&a);
    }
    /* Boundaries where more than the tap lives, taps that only a head reads. */
    assert_true(many > 30 && heads_own > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(against_reference)};

    return cmocka_run_group_tests_name("model_random", tests, NULL, NULL);
}
