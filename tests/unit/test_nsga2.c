/* SPDX-License-Identifier: MIT
 * One step of the search: spreading, filling up, evolution, proposals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/stats/sort.h"
#include "libcommon/stats/stats.h"
#include "tools/nsga2-step/evolve.h"
#include "tools/nsga2-step/fill.h"
#include "tools/nsga2-step/propose.h"
#include "tools/nsga2-step/spread.h"

/* ---- spread ---- */

static double deviation(const double *fixed, size_t n_fixed,
                        const double *value, const uint32_t *chosen, size_t k)
{
    double v[64] = {0}, gap[64];
    uint32_t order[64];
    size_t n = n_fixed + k;

    for (size_t i = 0; i < n; i++)
        v[i] = i < n_fixed ? fixed[i] : value[chosen[i - n_fixed]];
    sort_values(v, n, order);
    for (size_t i = 1; i < n; i++)
        gap[i - 1] = v[order[i]] - v[order[i - 1]];
    return n > 1 ? stats_std_all(gap, n - 1) : 0;
}

static double brute(const double *fixed, size_t n_fixed, const double *value,
                    size_t n, size_t k)
{
    double best = INFINITY;

    for (uint32_t set = 0; set < 1u << n; set++) {
        uint32_t chosen[16];
        size_t c = 0;

        for (uint32_t i = 0; i < n; i++)
            if (set >> i & 1)
                chosen[c++] = i;
        if (c == k)
            best = fmin(best, deviation(fixed, n_fixed, value, chosen, k));
    }
    return best;
}

static void spread_is_the_best_there_is(void **state)
{
    struct rng r = rng_make(1, "test", 0, 0);

    (void)state;
    for (int round = 0; round < 400; round++) {
        size_t n_fixed = (size_t)rng_below(&r, 6);
        size_t n = 1 + (size_t)rng_below(&r, 9);
        size_t k = 1 + (size_t)rng_below(&r, n);
        double fixed[8], value[10], got;
        uint32_t chosen[10];

        for (size_t i = 0; i < n_fixed; i++) /* with ties now and then */
            fixed[i] = round % 3 ? rng_uniform(&r) : (double)rng_below(&r, 6);
        for (size_t i = 0; i < n; i++)
            value[i] = round % 3 ? 2 * rng_uniform(&r) - 0.5
                                 : (double)rng_below(&r, 8);
        spread_choose(fixed, n_fixed, value, n, k, chosen);
        for (size_t i = 0; i < k; i++) {
            assert_true(chosen[i] < n);
            for (size_t j = 0; j < i; j++)
                assert_true(chosen[i] != chosen[j]);
            assert_true(!i || value[chosen[i]] >= value[chosen[i - 1]]);
        }
        got = deviation(fixed, n_fixed, value, chosen, k);
        assert_true(fabs(got - brute(fixed, n_fixed, value, n, k)) < 1e-9);
    }
}

static void spread_of_many(void **state)
{
    struct rng r = rng_make(2, "test", 0, 0);
    static double value[1000], fixed[50];
    uint32_t chosen[300];

    (void)state;
    for (int i = 0; i < 1000; i++)
        value[i] = 1e7 * rng_uniform(&r);
    for (int i = 0; i < 50; i++)
        fixed[i] = 1e7 * rng_uniform(&r);
    spread_choose(fixed, 50, value, 1000, 8, chosen);
    for (int i = 0; i < 8; i++)
        assert_true(chosen[i] < SPREAD_MAX);
    spread_choose(fixed, 50, value, 1000, 300, chosen);
    assert_true(chosen[299] < 300);
}

/* ---- a space ---- */

static const char table[] = "# nachos space 1\n"
                            "depth\t0\t2,3,4\n"
                            "k1\t0\t3,5,7\n"
                            "k2\t0\t3,5,7\tdepth>=1\n"
                            "e1\t1\toff,on\t-\t1\n"
                            "e2\t1\toff,on\t-\t1\n";
/* 3 x (3 + ...): depth 0: 3, depth 1, 2: 9 each; times 3 masks */
#define SIZE ((3 + 9 + 9) * 3)
#define TOY_GENES 5

static struct space make_space(void)
{
    struct space s = {.spec = (char *)"table:t:0"};
    struct err e = {0};

    if (genes_parse(table, strlen(table), &s.genes, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

static void filling_ends_with_the_space(void **state)
{
    struct space s = make_space();
    struct rng r = rng_make(3, "test", 0, 0);
    struct genomes taken;
    struct err e = {0};

    (void)state;
    genomes_init(&taken, s.genes.n);
    assert_int_equal(fill_random(&s.genes, &r, &taken, 10), 10);
    assert_int_equal(fill_random(&s.genes, &r, &taken, 0), 0);
    assert_int_equal(fill_random(&s.genes, &r, &taken, 1000), SIZE - 10);
    assert_int_equal(fill_random(&s.genes, &r, &taken, 1), 0);
    assert_int_equal(taken.n, SIZE);
    for (size_t i = 0; i < taken.n; i++) {
        struct ints genome = {(int64_t *)genomes_at(&taken, i), s.genes.n};

        assert_int_equal(genes_check(&s.genes, &genome, &e), 0);
    }
    genomes_free(&taken);
    genes_free(&s.genes);
}

/* ---- evolution ---- */

/* Two objectives at odds: each gene pulls one way or the other. */
static void pull_one(size_t n, const int64_t *genome, double *f)
{
    f[0] = f[1] = 0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)genome[i];

        f[0] += (2 - x) * (1 + (double)i / 7) + (i % 5 == 4 ? 4 * x : 0);
        f[1] += x * (1 + (double)((i * 3) % n) / 9);
    }
}

static void pull(void *ctx, const int64_t *genomes, size_t n, double *f,
                 double *violation)
{
    size_t genes = *(size_t *)ctx;

    (void)violation;
    for (size_t i = 0; i < n; i++)
        pull_one(genes, genomes + i * genes, f + 2 * i);
}

static struct genes wide_table(size_t n)
{
    struct buf text = {0};
    struct genes g = {0};
    struct err e = {0};

    buf_adds(&text, "# nachos space 1\n");
    for (size_t i = 0; i < n; i++)
        buf_addf(&text, "g%zu\t0\ta,b,c\n", i);
    if (genes_parse(text.data, text.len, &g, &e) < 0)
        fail_msg("%s", e.text);
    buf_free(&text);
    return g;
}

static double best_sum(const struct genomes *pop, size_t n)
{
    double best = INFINITY, f[2];

    for (size_t i = 0; i < pop->n; i++) {
        pull_one(n, genomes_at(pop, i), f);
        best = fmin(best, f[0] + f[1]);
    }
    return best;
}

static void evolution_makes_progress(void **state)
{
    size_t n = 30;
    struct genes g = wide_table(n);
    struct evolve_opts o = {.pop = 40,
                            .generations = 0,
                            .objectives = 2,
                            .vary = VARY_DEFAULT,
                            .score = pull,
                            .ctx = &n};
    double sum[2];
    struct genomes pop, again;

    (void)state;
    for (int i = 0; i < 2; i++, o.generations = 60) {
        struct rng r = rng_make(4, "test", 0, 0), same = r;

        genomes_init(&pop, n);
        evolve(&g, &o, &r, &pop);
        assert_int_equal(pop.n, 40);
        sum[i] = best_sum(&pop, n);
        genomes_init(&again, n);
        evolve(&g, &o, &same, &again);
        assert_memory_equal(genomes_at(&pop, 0), genomes_at(&again, 0),
                            40 * n * sizeof(int64_t));
        genomes_free(&pop);
        genomes_free(&again);
    }
    assert_true(sum[1] < sum[0] - 4);
    genes_free(&g);
}

/* The start's non-dominated members are never lost to worse ones. */
static void evolution_keeps_what_is_good(void **state)
{
    size_t n = 12;
    struct genes g = wide_table(n);
    struct evolve_opts o = {.pop = 20,
                            .generations = 15,
                            .objectives = 2,
                            .vary = VARY_DEFAULT,
                            .score = pull,
                            .ctx = &n};
    struct rng r = rng_make(5, "test", 0, 0);
    struct genomes pop;
    int64_t low[12] = {0}, high[12];
    double f[2];

    (void)state;
    for (size_t i = 0; i < n; i++)
        high[i] = i % 5 == 4 ? 0 : 2;
    genomes_init(&pop, n);
    genomes_add(&pop, low);  /* best possible in one objective */
    genomes_add(&pop, high); /* and in the other */
    evolve(&g, &o, &r, &pop);
    assert_true(genomes_has(&pop, low) && genomes_has(&pop, high));
    pull_one(n, genomes_at(&pop, 0), f);
    genomes_free(&pop);
    genes_free(&g);
}

static void evolution_in_a_tiny_space(void **state)
{
    struct space s = make_space();
    size_t n = s.genes.n;
    struct evolve_opts o = {.pop = 100,
                            .generations = 3,
                            .objectives = 2,
                            .vary = VARY_DEFAULT,
                            .score = pull,
                            .ctx = &n};
    struct rng r = rng_make(6, "test", 0, 0);
    struct genomes pop;

    (void)state;
    genomes_init(&pop, n);
    evolve(&s.genes, &o, &r, &pop);
    assert_int_equal(pop.n, SIZE);
    genomes_free(&pop);
    genes_free(&s.genes);
}

/* ---- proposals, with models that know the truth ---- */

static double true_accuracy(const int64_t *genome)
{
    return 0.3 + 0.1 * (double)genome[0] + 0.05 * (double)genome[1] +
           0.02 * (double)genome[2] + 0.1 * (double)genome[4];
}

static double true_macs(const int64_t *genome)
{
    return 100 + 50. * (double)genome[0] + 21. * (double)genome[1] +
           9. * (double)genome[2] + 33. * (double)genome[4];
}

/* Of which results know nothing: an exact figure. */
static double true_area(const int64_t *genome)
{
    return 10 - 3. * (double)genome[0] + (double)genome[2];
}

static void say_accuracy(const void *model, const int64_t *genomes, size_t n,
                         double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = true_accuracy(genomes + i * TOY_GENES);
    (void)model;
}

static void say_macs(const void *model, const int64_t *genomes, size_t n,
                     double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = true_macs(genomes + i * TOY_GENES);
    (void)model;
}

static void say_area(const void *model, const int64_t *genomes, size_t n,
                     double *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = true_area(genomes + i * TOY_GENES);
    (void)model;
}

/* What says the truth about the toy's metrics. */
static const struct predictor truth[] = {
    {.name = (char *)"accuracy", .ask = say_accuracy},
    {.name = (char *)"macs", .ask = say_macs},
    {.name = (char *)"area", .ask = say_area, .exact = true},
};

static void fill_archive(struct archive *a, const struct space *s, size_t n)
{
    struct rng r = rng_make(7, "test", 0, 0);
    struct genomes g;
    struct err e = {0};

    archive_init(a, true);
    genomes_init(&g, s->genes.n);
    fill_random(&s->genes, &r, &g, n);
    for (size_t i = 0; i < g.n; i++) {
        const int64_t *genome = genomes_at(&g, i);
        struct result x = {
            .summary = {.space = s->spec,
                        .genome = {(int64_t *)genome, g.genes},
                        .params = NIL_INT,
                        .peak_bytes = NIL_INT},
            .accuracy = true_accuracy(genome),
            .macs = true_macs(genome),
        };

        if (i % 7 == 6) {
            x.status = RESULT_FAILED;
            x.accuracy = x.macs = NAN;
        }
        assert_int_equal(archive_add(a, &x, &e), 0);
    }
    genomes_free(&g);
}

static struct propose_opts usual(uint64_t k)
{
    return (struct propose_opts){
        .k = k,
        .pop = 40,
        .generations = 20,
        .seed = 1,
        .iteration = 1,
        .penalty = 1,
        .pick = PICK_SPREAD,
        .spread = 1,
        .vary = VARY_DEFAULT,
    };
}

/* A search so far: its space, n results, and the last proposals. */
struct toy {
    struct space space;
    struct archive archive;
    struct problem problem;
    struct proposal p;
};

/* Ask for other objectives of all that is known. */
static void aim(struct toy *t, const char *objectives, size_t figures)
{
    struct err e = {0};

    t->problem.predictor = truth;
    t->problem.figures = figures;
    if (objectives_parse(objectives, &t->problem.objectives, &e) < 0 ||
        problem_bind(&t->problem, &e) < 0)
        fail_msg("%s", e.text);
}

static void limit(struct toy *t, const char *name, bool most, double bound)
{
    struct err e = {0};

    if (limits_add(&t->problem.limits, name, most, bound, &e) < 0 ||
        problem_bind(&t->problem, &e) < 0)
        fail_msg("%s", e.text);
}

static void no_limits(struct toy *t)
{
    limits_free(&t->problem.limits);
}

static void toy_init(struct toy *t, size_t n)
{
    *t = (struct toy){.space = make_space()};
    fill_archive(&t->archive, &t->space, n);
    aim(t, OBJECTIVES_DEFAULT, 2);
}

static void toy_fini(struct toy *t)
{
    proposal_fini(&t->p);
    no_limits(t);
    archive_free(&t->archive);
    genes_free(&t->space.genes);
}

static bool is_known(const struct archive *a, const struct ints *genome)
{
    for (size_t i = 0; i < a->n; i++)
        if (!memcmp(genome->v, a->v[i].summary.genome.v,
                    genome->n * sizeof *genome->v))
            return true;
    return false;
}

/* Proposals of the space, and new ones, in t->p. */
static void run(struct toy *t, const struct propose_opts *o)
{
    struct err e = {0};

    proposal_fini(&t->p);
    if (propose(&t->space, &t->archive, &t->problem, o, &t->p, &e) < 0)
        fail_msg("%s", e.text);
    for (size_t i = 0; i < t->p.genomes.n; i++) {
        struct ints genome = {(int64_t *)genomes_at(&t->p.genomes, i),
                              TOY_GENES};

        assert_int_equal(genes_check(&t->space.genes, &genome, &e), 0);
        assert_false(is_known(&t->archive, &genome));
    }
}

static void proposals_are_new_and_k(void **state)
{
    struct propose_opts o = usual(8);
    struct toy t, again;

    (void)state;
    toy_init(&t, 20);
    toy_init(&again, 20);
    run(&t, &o);
    assert_int_equal(t.p.genomes.n, 8);
    assert_true(t.p.within == 1);
    run(&again, &o);
    assert_memory_equal(genomes_at(&t.p.genomes, 0),
                        genomes_at(&again.p.genomes, 0),
                        8 * TOY_GENES * sizeof(int64_t));
    toy_fini(&t);
    toy_fini(&again);
}

/* All that is left, and then no more; failed ones count as seen. */
static void proposals_end_with_the_space(void **state)
{
    struct propose_opts o = usual(8);

    (void)state;
    for (size_t left = 0; left <= 3; left += 3) {
        struct toy t;

        toy_init(&t, SIZE - left);
        run(&t, &o);
        assert_int_equal(t.p.genomes.n, left);
        toy_fini(&t);
    }
}

static void an_empty_archive_is_fine(void **state)
{
    struct propose_opts o = usual(5);
    struct toy t;

    (void)state;
    toy_init(&t, 0);
    run(&t, &o);
    assert_int_equal(t.p.genomes.n, 5);
    assert_true(t.p.within == 1);
    toy_fini(&t);
}

static void the_share_within_is_counted(void **state)
{
    struct propose_opts o = usual(4);
    double in = 0, all = 0;
    struct toy t;

    (void)state;
    toy_init(&t, 30);
    limit(&t, "macs", true, 180);
    for (size_t i = 0; i < t.archive.n; i++) {
        const struct result *x = &t.archive.v[i];

        all += x->status == RESULT_OK;
        in += x->status == RESULT_OK && x->macs <= 180;
    }
    run(&t, &o);
    assert_true(in > 0 && in < all);
    assert_true(fabs(t.p.within - in / all) < 1e-15);
    toy_fini(&t);
}

/* How many proposals break the limits. */
static size_t beyond(const struct toy *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->p.genomes.n; i++)
        n += problem_violation(&t->problem,
                               t->p.rows + i * t->problem.figures) > 0;
    return n;
}

static void limits_come_first(void **state)
{
    struct propose_opts o = usual(6);
    struct toy t;

    (void)state;
    toy_init(&t, 20);
    limit(&t, "macs", true, 230);
    run(&t, &o);
    assert_int_equal(t.p.genomes.n, 6);
    assert_int_equal(beyond(&t), 0);
    limit(&t, "accuracy", false, 0.5);
    run(&t, &o);
    assert_int_equal(beyond(&t), 0);
    no_limits(&t);
    limit(&t, "macs", true, 1); /* then the nearest there are */
    run(&t, &o);
    assert_int_equal(beyond(&t), 6);
    toy_fini(&t);
}

/* A figure may be limited without being an objective. */
static void a_limit_on_an_exact_figure(void **state)
{
    struct propose_opts o = usual(6);
    struct toy t;

    (void)state;
    toy_init(&t, 20);
    aim(&t, OBJECTIVES_DEFAULT, 3);
    limit(&t, "area", true, 8);
    run(&t, &o);
    assert_int_equal(beyond(&t), 0);
    for (size_t i = 0; i < t.p.genomes.n; i++)
        assert_true(true_area(genomes_at(&t.p.genomes, i)) <= 8);
    toy_fini(&t);
}

/* Any number of objectives, each way of picking, and none of them twice. */
static void objectives_of_any_number(void **state)
{
    static const char *const lists[] = {"macs:min", "accuracy:max",
                                        "area:min,accuracy:max,macs:min",
                                        "macs:max,accuracy:min"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        for (int pick = 0; pick_names[pick]; pick++) {
            struct propose_opts o = usual(5);
            struct toy t;

            toy_init(&t, 20);
            aim(&t, lists[i], 3);
            o.pick = pick;
            o.spread = t.problem.objectives.n - 1;
            run(&t, &o);
            assert_int_equal(t.p.genomes.n, 5);
            assert_int_equal(t.p.chosen, 5);
            toy_fini(&t);
        }
}

/* The best of one objective are found at once. */
static void one_objective_goes_to_the_best(void **state)
{
    struct propose_opts o = usual(1);
    struct toy t;

    (void)state;
    toy_init(&t, 4);
    aim(&t, "area:min", 3);
    o.pick = PICK_MIXED;
    o.spread = 0;
    run(&t, &o);
    assert_true(true_area(genomes_at(&t.p.genomes, 0)) <= 10 - 3 * 2);
    toy_fini(&t);
}

/* Eq. 19 keeps the fronts of the objectives it is made of. */
static void a_penalty_holds_nobody_back(void **state)
{
    struct propose_opts o = usual(6);
    struct toy t;

    (void)state;
    o.limits = LIMITS_PENALTY;
    toy_init(&t, 20);
    limit(&t, "macs", true, 230);
    run(&t, &o);
    assert_true(beyond(&t) > 0);
    toy_fini(&t);
}

static void a_penalty_takes_the_limits_of_eq_19(void **state)
{
    struct propose_opts o = usual(6);
    struct err e = {0};
    struct toy t;

    (void)state;
    o.limits = LIMITS_PENALTY;
    toy_init(&t, 20);
    aim(&t, OBJECTIVES_DEFAULT, 3);
    limit(&t, "area", true, 8);
    assert_int_equal(propose(&t.space, &t.archive, &t.problem, &o, &t.p, &e),
                     ERR_ARG);
    assert_non_null(strstr(e.text, "area"));
    aim(&t, "accuracy:max,macs:min,area:min", 3);
    limit(&t, "macs", true, 230);
    assert_int_equal(propose(&t.space, &t.archive, &t.problem, &o, &t.p, &e),
                     ERR_ARG);
    assert_non_null(strstr(e.text, "one maximum"));
    toy_fini(&t);
}

static void sources_are_found_by_name(void **state)
{
    const struct predictor twice[] = {truth[0], truth[1], truth[0]};
    struct problem p = {.predictor = truth, .figures = 2};
    struct err e = {0};

    (void)state;
    assert_int_equal(objectives_parse("macs:min,area:min", &p.objectives, &e),
                     0);
    assert_int_equal(problem_bind(&p, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "objective area has no source"));
    p.figures = 3;
    assert_int_equal(problem_bind(&p, &e), 0);
    assert_int_equal(p.figure_of_objective[0], 1);
    assert_int_equal(limits_add(&p.limits, "power", true, 1, &e), 0);
    assert_int_equal(problem_bind(&p, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "limit on power has no source"));
    p.predictor = twice;
    assert_int_equal(problem_bind(&p, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "two surrogates"));
    limits_free(&p.limits);
}

/* D12: accuracy counts from 1 down to 0, other metrics from 0 to their limit or
 * to what the largest design has. */
static void objectives_have_scales(void **state)
{
    int64_t largest[TOY_GENES] = {0};
    struct reference scale;
    struct toy t;

    (void)state;
    toy_init(&t, 1);
    space_max_corner(&t.space, largest);
    problem_scale(&t.problem, largest, &scale);
    assert_true(scale.best[0] == 1 && scale.worst[0] == 0);
    assert_true(scale.best[1] == 0 && scale.worst[1] == true_macs(largest));
    limit(&t, "macs", true, 180);
    problem_scale(&t.problem, largest, &scale);
    assert_true(scale.worst[1] == 180);
    no_limits(&t);
    aim(&t, "macs:max", 3);
    problem_scale(&t.problem, largest, &scale);
    assert_true(scale.best[0] == 0 && scale.worst[0] == -true_macs(largest));
    toy_fini(&t);
}

static void foreign_genomes_are_refused(void **state)
{
    const struct predictor latency[] = {
        truth[0], {.name = (char *)"latency", .ask = say_macs}};
    struct propose_opts o = usual(4);
    struct proposal p;
    struct err e = {0};
    struct toy t;

    (void)state;
    toy_init(&t, 10);
    t.problem.predictor = latency;
    assert_int_equal(propose(&t.space, &t.archive, &t.problem, &o, &p, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "has no metric latency"));
    t.problem.predictor = truth;
    t.archive.v[2].summary.genome.v[0] = 3;
    assert_int_equal(propose(&t.space, &t.archive, &t.problem, &o, &p, &e),
                     ERR_FORMAT);
    toy_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spread_is_the_best_there_is),
        cmocka_unit_test(spread_of_many),
        cmocka_unit_test(filling_ends_with_the_space),
        cmocka_unit_test(evolution_makes_progress),
        cmocka_unit_test(evolution_keeps_what_is_good),
        cmocka_unit_test(evolution_in_a_tiny_space),
        cmocka_unit_test(proposals_are_new_and_k),
        cmocka_unit_test(proposals_end_with_the_space),
        cmocka_unit_test(an_empty_archive_is_fine),
        cmocka_unit_test(the_share_within_is_counted),
        cmocka_unit_test(limits_come_first),
        cmocka_unit_test(a_limit_on_an_exact_figure),
        cmocka_unit_test(objectives_of_any_number),
        cmocka_unit_test(one_objective_goes_to_the_best),
        cmocka_unit_test(a_penalty_holds_nobody_back),
        cmocka_unit_test(a_penalty_takes_the_limits_of_eq_19),
        cmocka_unit_test(sources_are_found_by_name),
        cmocka_unit_test(objectives_have_scales),
        cmocka_unit_test(foreign_genomes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
