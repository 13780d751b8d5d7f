/* SPDX-License-Identifier: MIT
 * The search for plans against a second search that looks at everything there is:
 * every vector of values, every assignment of processors, sample by sample. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/mapping/mapexact.h"
#include "libcommon/mapping/mappaper.h"
#include "libcommon/mapping/mapsearch.h"
#include "tests/unit/mapmade.h"

#define LITTLE 1e4 /* work, so that the programme has to find plans */

static const double values[] = {0, 0.4, 0.6, 0.8, 0.95};

/* ---- everything there is ---- */

struct brute {
    const struct made *d;
    const struct map_goal *g;
    size_t per_processor;
    bool paper; /* one exit on each processor, always on at its end */
    size_t plans;
    struct map_outcome best;
    double *front; /* (samples + 1) least value by right answers */
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double nth(const double *sorted, size_t n, double q)
{
    return sorted[(size_t)ceil(q * (double)n - 1e-9) - 1];
}

/* Judge one plan, sample by sample. */
static void judge(struct brute *b, const struct mapping *x,
                  const double *thresholds)
{
    const struct halt_table *t = &b->d->table;
    size_t n = t->samples, right = 0, lost = 0, other = 0;
    double *latency = xcalloc(n, sizeof *latency), energy = 0, macs = 0,
           sum = 0, of[MADE_CLASSES] = {0}, well[MADE_CLASSES] = {0},
           metric[MAP_METRICS], least = 1, recalls = 0;
    const double *value = t->value[HALT_MAX_SOFTMAX];
    struct mapping_costs c;
    struct map_outcome o;

    mapping_cost(&b->d->model, x, &c);
    for (size_t k = 0; k < n; k++) {
        size_t s = 0, at, last = (t->exits - 1) * n + k;

        while (s + 1 < x->segments &&
               !(x->on[s] &&
                 value[(x->end[s] - 1) * n + k] >= thresholds[x->end[s] - 1]))
            s++;
        at = (x->end[s] - 1) * n + k;
        latency[k] = c.latency[s];
        sum += c.latency[s];
        energy += c.energy[s];
        macs += c.macs[s];
        right += t->right[at];
        lost += !t->right[at] && t->right[last];
        other += t->answer[at] != t->answer[last];
        of[t->label[k]]++;
        well[t->label[k]] += t->right[at];
    }
    for (size_t i = 0; i < MADE_CLASSES; i++) {
        recalls += well[i] / of[i] / MADE_CLASSES;
        least = fmin(least, well[i] / of[i]);
    }
    qsort(latency, n, sizeof *latency, by_value);
    metric[MAP_ACCURACY] = (double)right / (double)n;
    metric[MAP_ERROR] = 1 - metric[MAP_ACCURACY];
    metric[MAP_LOSS] = t->accuracy[t->exits - 1] - metric[MAP_ACCURACY];
    metric[MAP_BALANCED] = recalls;
    metric[MAP_MIN_CLASS] = least;
    metric[MAP_LOST] = (double)lost / (double)n;
    metric[MAP_DISAGREEMENT] = (double)other / (double)n;
    metric[MAP_MACS] = macs / (double)n;
    metric[MAP_LATENCY] = sum / (double)n;
    metric[MAP_ENERGY] = energy / (double)n;
    metric[MAP_P50] = nth(latency, n, 0.5);
    metric[MAP_P95] = nth(latency, n, 0.95);
    metric[MAP_P99] = nth(latency, n, 0.99);
    metric[MAP_WORST] = c.worst_latency;
    metric[MAP_MEMORY] = metric[MAP_STORAGE] = 0;
    for (size_t k = 0; k < b->d->model.processors; k++) {
        metric[MAP_MEMORY] += (double)c.memory[k];
        metric[MAP_STORAGE] += (double)c.storage[k];
    }
    o.overflow = mapping_overflow(&b->d->model, &c, NULL);
    o.segments = x->segments;
    map_outcome_set(&o, b->g, metric);
    if (!b->plans++ || map_outcome_compare(&o, &b->best) < 0)
        b->best = o;
    if (b->front && !(o.overflow > 0) && !(o.of_costs > 0))
        b->front[right] = fmin(b->front[right], o.metric);
    free(latency);
}

/* Judge a choice with an assignment, if the processors may have so many
 * segments. */
static void try_plan(struct brute *b, const size_t *processor,
                     const double *thresholds)
{
    size_t exits = b->d->table.exits, of = 0;
    struct mapping x = {.segments = 0};

    for (size_t i = 0; i < exits; i++) {
        bool last = i + 1 == exits, on = !last && !isnan(thresholds[i]),
             cut = !last && processor[i + 1] != processor[i];

        if (b->paper && on != cut && !last)
            return;
        if (!on && !cut && !last)
            continue;
        if (++of > b->per_processor && b->per_processor)
            return;
        of = cut ? 0 : of;
        x.processor[x.segments] = (int)processor[i];
        x.end[x.segments] = i + 1;
        x.on[x.segments++] = on || last;
    }
    judge(b, &x, thresholds);
}

static void try_assignments(struct brute *b, size_t i, size_t *processor,
                            const double *thresholds)
{
    if (i == b->d->table.exits) {
        try_plan(b, processor, thresholds);
        return;
    }
    for (size_t k = i ? processor[i - 1] : 0; k < b->d->model.processors; k++) {
        processor[i] = k;
        try_assignments(b, i + 1, processor, thresholds);
    }
}

static void try_all(struct brute *b, size_t i, double *thresholds)
{
    size_t processor[NET_MAX_EXITS] = {0};

    if (i + 1 == b->d->table.exits) {
        try_assignments(b, 0, processor, thresholds);
        return;
    }
    for (size_t v = 0; v <= b->d->samples.values; v++) {
        thresholds[i] = v < b->d->samples.values ? b->d->samples.value[v] : NAN;
        try_all(b, i + 1, thresholds);
    }
}

/* ---- goals ---- */

static void limit(struct map_goal *g, int metric, double max, double min)
{
    g->limit[g->limits++] = (struct map_limit){metric, max, min};
}

/* A goal of some kind, with limits near what the base has. */
static struct map_goal goal_of(size_t kind)
{
    struct map_goal g = {.minimise = MAP_LATENCY, .weight = NAN};

    switch (kind % 10) {
    case 0:
        limit(&g, MAP_LOSS, 0.05, NAN);
        break;
    case 1:
        g.minimise = MAP_MACS;
        limit(&g, MAP_ACCURACY, NAN, 0.6);
        break;
    case 2:
        g.minimise = MAP_ENERGY;
        limit(&g, MAP_LOST, 0.1, NAN);
        limit(&g, MAP_WORST, 2, NAN);
        break;
    case 3:
        g.weight = 0.5;
        break;
    case 4:
        g.minimise = MAP_P95;
        limit(&g, MAP_LOSS, 0.1, NAN);
        break;
    case 5:
        g.minimise = MAP_ERROR;
        limit(&g, MAP_LATENCY, 0.6, NAN);
        limit(&g, MAP_P99, 1.5, NAN);
        break;
    case 6:
        limit(&g, MAP_BALANCED, NAN, 0.62);
        break;
    case 7:
        limit(&g, MAP_MIN_CLASS, NAN, 0.55);
        limit(&g, MAP_ENERGY, 1.5, NAN);
        break;
    case 8:
        limit(&g, MAP_DISAGREEMENT, 0.2, NAN);
        limit(&g, MAP_STORAGE, 45000, NAN);
        break;
    default: /* nobody can */
        limit(&g, MAP_ACCURACY, NAN, 0.99);
        limit(&g, MAP_LATENCY, 0.01, NAN);
    }
    return g;
}

struct tried {
    struct made d;
    struct map_goal g;
    struct map_case c;
    struct map_references r;
    struct map_keep k;
};

/* Make a problem of that number. */
static void begin(struct tried *x, size_t number, size_t processors,
                  size_t exits, size_t per_processor, size_t samples)
{
    struct err e;

    made_init(&x->d, number, processors, exits, samples, number % 3 == 1,
              number % 2 == 1, values, 4 + number % 2);
    x->g = goal_of(number);
    x->c = (struct map_case){.model = &x->d.model,
                             .samples = &x->d.samples,
                             .goal = &x->g,
                             .per_processor = per_processor};
    for (size_t i = 0; i + 1 < exits; i++)
        x->c.allowed[i] = true;
    assert_int_equal(map_refer(&x->c, &x->g, &x->r, &e), 0);
    keep_init(&x->k, &x->c, 5);
}

static void end(struct tried *x)
{
    keep_fini(&x->k);
    made_fini(&x->d);
}

static struct map_outcome brute_force(const struct tried *x, bool paper,
                                      double *front)
{
    struct brute b = {.d = &x->d,
                      .g = &x->g,
                      .per_processor = x->c.per_processor,
                      .paper = paper,
                      .front = front};
    double thresholds[NET_MAX_EXITS];

    try_all(&b, 0, thresholds);
    return b.best;
}

static void assert_close(double a, double b)
{
    if (!(fabs(a - b) <= 1e-9 * (1 + fabs(a))))
        fail_msg("%.17g is not %.17g", a, b);
}

static void assert_same(const struct map_outcome *a,
                        const struct map_outcome *b)
{
    assert_int_equal(a->overflow, b->overflow);
    assert_close(a->violation, b->violation);
    assert_close(a->value, b->value);
    assert_close(a->accuracy, b->accuracy);
}

/* ---- tests ---- */

static void exact_is_the_best_of_all(void **state)
{
    (void)state;
    for (size_t number = 0; number < 60; number++) {
        struct tried *x = xcalloc(1, sizeof *x);
        size_t samples = 60 + number;
        struct err e;
        bool exact;

        begin(x, number, 1 + number % 3, 2 + number % 3, number / 3 % 3,
              samples);
        double *front = xcalloc(samples + 1, sizeof *front);

        for (size_t i = 0; i <= samples; i++)
            front[i] = INFINITY;
        struct map_outcome best = brute_force(x, false, front);

        assert_int_equal(
            map_search(&x->c, &x->r, MAP_EXACT, 1e9, &x->k, &exact, &e), 0);
        assert_true(exact);
        assert_same(&x->k.best[0].outcome, &best);
        for (size_t i = 0; i <= samples; i++)
            if (isinf(front[i]))
                assert_true(isinf(x->k.value[i]));
            else
                assert_close(x->k.value[i], front[i]);
        end(x);
        free(front);
        free(x);
    }
}

static void kept_plans_are_what_they_say(void **state)
{
    struct tried *x = xcalloc(1, sizeof *x);
    struct err e;
    bool exact;

    (void)state;
    begin(x, 0, 3, 4, 0, 100);
    assert_int_equal(
        map_search(&x->c, &x->r, MAP_EXACT, 1e9, &x->k, &exact, &e), 0);
    assert_int_equal(x->k.n, 5);
    for (size_t i = 0; i < x->k.n; i++) {
        struct map_tally left[MAPPING_MAX_SEGMENTS];
        double metric[MAP_METRICS];
        struct map_outcome o;
        struct map_takes t;

        assert_true(map_judge(&x->c, &x->k.best[i].plan, &t, left, metric, &o));
        assert_same(&o, &x->k.best[i].outcome);
        assert_true(i == 0 ||
                    map_outcome_compare(&x->k.best[i - 1].outcome, &o) <= 0);
        for (size_t j = 0; j < i; j++)
            assert_false(
                map_plan_alike(&x->k.best[i].plan, &x->k.best[j].plan));
    }
    size_t n, few;
    const struct map_kept **front = keep_front(&x->k, 0, &n),
                          **thin = keep_front(&x->k, 4, &few);

    assert_true(n > 4 && few == 4);
    assert_ptr_equal(front[0], thin[0]);
    assert_ptr_equal(front[n - 1], thin[3]);
    for (size_t i = 1; i < n; i++)
        assert_true(front[i]->outcome.accuracy >
                        front[i - 1]->outcome.accuracy &&
                    front[i]->outcome.metric > front[i - 1]->outcome.metric);
    free(front);
    free(thin);
    end(x);
    free(x);
}

static void programme_is_near_the_best(void **state)
{
    size_t same = 0, all = 0;

    (void)state;
    for (size_t number = 0; number < 60; number++) {
        struct tried *x = xcalloc(1, sizeof *x);
        struct err e;
        bool exact;

        begin(x, number, 1 + number % 4, 3 + number % 2, number / 4 % 3,
              100 + number);
        struct map_outcome best = brute_force(x, false, NULL), found;

        assert_int_equal(
            map_search(&x->c, &x->r, MAP_PROGRAMME, 1e9, &x->k, &exact, &e), 0);
        assert_false(exact);
        found = x->k.best[0].outcome;
        assert_true(found.overflow == best.overflow);
        assert_true(found.violation <= best.violation + 0.02);
        if (!(best.violation > 0))
            assert_true(found.violation > 0 || found.value <= 1.1 * best.value);
        all++;
        same += fabs(found.violation - best.violation) < 1e-12 &&
                fabs(found.value - best.value) <= 1e-9;
        end(x);
        free(x);
    }
    if (same * 100 < all * 95)
        fail_msg("only %zu of %zu are the best", same, all);
}

/* With more exits and processors the exact search says what is the best. */
static void programme_is_near_the_exact(void **state)
{
    size_t same = 0, all = 0;

    (void)state;
    for (size_t number = 300; number < 320; number++) {
        struct tried *x = xcalloc(1, sizeof *x), *y = xcalloc(1, sizeof *y);
        const struct map_outcome *best, *found;
        struct err e;
        bool exact;

        begin(x, number, 3 + number % 2, number % 2 ? 11 : 21, 1, 200);
        begin(y, number, 3 + number % 2, number % 2 ? 11 : 21, 1, 200);
        assert_int_equal(
            map_search(&x->c, &x->r, MAP_EXACT, 1e9, &x->k, &exact, &e), 0);
        assert_int_equal(
            map_search(&y->c, &y->r, MAP_PROGRAMME, LITTLE, &y->k, &exact, &e),
            0);
        best = &x->k.best[0].outcome;
        found = &y->k.best[0].outcome;
        assert_true(map_outcome_compare(best, found) <= 0);
        assert_true(found->overflow == best->overflow);
        all++;
        same += fabs(found->violation - best->violation) < 1e-12 &&
                fabs(found->value - best->value) <= 1e-9 * best->value;
        end(x);
        end(y);
        free(x);
        free(y);
    }
    if (same * 100 < all * 80)
        fail_msg("only %zu of %zu are the best", same, all);
}

/* MACs are the same on every processor: of divisions with as many, no slower one
 * is taken than all on one of them. */
static void fewest_macs_are_not_slow(void **state)
{
    (void)state;
    for (size_t number = 1; number < 160; number += 10) {
        struct tried *x = xcalloc(1, sizeof *x);
        struct err e;
        bool exact;

        begin(x, number, 2 + number / 10 % 2, 9, 0, 150);
        assert_int_equal(
            map_search(&x->c, &x->r, MAP_PROGRAMME, LITTLE, &x->k, &exact, &e),
            0);
        for (size_t k = 0; k < x->d.model.processors; k++) {
            struct map_tally left[MAPPING_MAX_SEGMENTS];
            double metric[MAP_METRICS];
            struct map_plan alone;
            struct map_outcome o;
            struct map_takes t;

            map_plan_copy(&alone, &x->k.best[0].plan);
            for (size_t s = 0; s < alone.segments; s++)
                alone.s[s].processor = (uint8_t)k;
            map_plan_join(&alone);
            if (map_judge(&x->c, &alone, &t, left, metric, &o))
                assert_true(map_outcome_compare(&x->k.best[0].outcome, &o) <=
                            0);
        }
        end(x);
        free(x);
    }
}

static void paper_is_the_best_of_its_kind(void **state)
{
    (void)state;
    for (size_t number = 0; number < 12; number++) {
        struct tried *x = xcalloc(1, sizeof *x);
        struct err e;

        begin(x, 3, 1 + number % 3, 2 + number % 4, 1, 80 + number);
        x->g.weight = 0.1 + 0.07 * (double)number;
        x->g.minimise = number % 2 ? MAP_MACS : MAP_ENERGY;
        assert_int_equal(map_refer(&x->c, &x->g, &x->r, &e), 0);
        struct map_outcome best = brute_force(x, true, NULL);

        map_paper(&x->c, &x->k);
        assert_same(&x->k.best[0].outcome, &best);
        end(x);
        free(x);
    }
}

static void shortest_path(void **state)
{
    static const struct map_edge edge[] = {
        {2, 3, -4}, {0, 1, 2}, {0, 2, 5}, {1, 2, -1}, {1, 3, -1}};
    size_t before[4];

    (void)state;
    assert_close(map_shortest(edge, 5, 4, before), -3);
    assert_int_equal(before[3], 2);
    assert_int_equal(before[2], 1);
    assert_true(isinf(map_shortest(edge, 1, 4, before)));
}

/* A looser limit never gives a worse plan, and 0 is kept by the base. */
static void looser_limits_are_no_worse(void **state)
{
    (void)state;
    for (size_t number = 0; number < 4; number++) {
        double before = INFINITY;

        for (double loss = 0; loss < 0.2; loss += 0.02) {
            struct tried *x = xcalloc(1, sizeof *x);
            struct err e;
            bool exact;

            begin(x, 10 * (number + 1), 2, 5, number % 2, 120);
            x->g.limit[0].max = loss;
            assert_int_equal(
                map_search(&x->c, &x->r, MAP_AUTO, MAP_WORK, &x->k, &exact, &e),
                0);
            assert_true(exact);
            assert_false(x->k.best[0].outcome.violation > 0);
            assert_true(x->k.best[0].outcome.value <= before);
            assert_true(x->k.best[0].outcome.value <= x->r.base.outcome.value);
            before = x->k.best[0].outcome.value;
            end(x);
            free(x);
        }
    }
}

/* Exits that know nothing are off, whatever the method. */
static void useless_exits_are_off(void **state)
{
    (void)state;
    for (int method = MAP_AUTO; method <= MAP_PROGRAMME; method++) {
        struct tried *x = xcalloc(1, sizeof *x);
        struct err e;
        bool exact;

        begin(x, 0, 2, 4, 0, 90);
        map_samples_fini(&x->d.samples);
        memset(x->d.table.right, 0, 3 * 90);
        memset(x->d.table.right + 270, 1, 90);
        map_samples_init(&x->d.samples, &x->d.table,
                         &halt_rules[HALT_MAX_SOFTMAX], values, 5);
        x->g.limit[0].max = 0;
        assert_int_equal(map_refer(&x->c, &x->g, &x->r, &e), 0);
        assert_int_equal(map_search(&x->c, &x->r, (enum map_method)method,
                                    MAP_WORK, &x->k, &exact, &e),
                         0);
        assert_true(map_plan_alike(&x->k.best[0].plan, &x->r.base.plan));
        end(x);
        free(x);
    }
}

struct counted {
    size_t n, on_one[3];
};

static void count_one(void *ctx, const struct map_plan *plan)
{
    struct counted *c = ctx;

    c->n++;
    c->on_one[plan->segments - 1]++;
}

/* 1 + 74 + 2701 divisions of ResNet-152 in the order of the processors, as the
 * paper counts them, of which each has its choices of processors. */
static void mappings_are_counted(void **state)
{
    struct tried *x = xcalloc(1, sizeof *x);
    struct counted c = {0};

    (void)state;
    begin(x, 0, 3, 75, 1, 30);
    map_each(&x->c, NULL, 0, 0, count_one, &c);
    assert_int_equal(c.on_one[0], 3);
    assert_int_equal(c.on_one[1], 3 * 74);
    assert_int_equal(c.on_one[2], 2701);
    assert_close(map_count(&x->c, 0, 0), 3 + 3 * 74 + 2701);
    end(x);
    free(x);
}

/* A settled plan keeps where processors change, and its exits or fewer. */
static void settled_plans_stay(void **state)
{
    (void)state;
    for (int method = MAP_EXACT; method <= MAP_PROGRAMME; method++) {
        struct tried *x = xcalloc(1, sizeof *x);
        struct map_plan fixed = {.segments = 3,
                                 .s = {{0, 1, 0}, {0, 3, 0}, {1, 4, MAP_OFF}}};
        struct err e;
        bool exact;

        begin(x, 0, 2, 4, 1, 100);
        x->c.fixed = &fixed;
        x->c.allowed[1] = false;
        assert_int_equal(map_search(&x->c, &x->r, (enum map_method)method, 1e9,
                                    &x->k, &exact, &e),
                         0);
        assert_true(x->k.n > 0);
        for (size_t i = 0; i < x->k.n; i++) {
            const struct map_plan *p = &x->k.best[i].plan;

            assert_int_equal(map_changes_to(p, 3), 1);
            assert_int_equal(map_changes_to(p, 1) + map_changes_to(p, 2), 0);
            assert_true(p->s[0].end == 1 || p->s[0].end == 3);
        }
        end(x);
        free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_is_the_best_of_all),
        cmocka_unit_test(kept_plans_are_what_they_say),
        cmocka_unit_test(programme_is_near_the_best),
        cmocka_unit_test(programme_is_near_the_exact),
        cmocka_unit_test(fewest_macs_are_not_slow),
        cmocka_unit_test(paper_is_the_best_of_its_kind),
        cmocka_unit_test(shortest_path),
        cmocka_unit_test(looser_limits_are_no_worse),
        cmocka_unit_test(useless_exits_are_off),
        cmocka_unit_test(mappings_are_counted),
        cmocka_unit_test(settled_plans_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
