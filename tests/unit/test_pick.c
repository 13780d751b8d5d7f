/* SPDX-License-Identifier: MIT
 * The choice of candidates, beside what trying everything finds. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/search/hypervolume.h"
#include "libcommon/stats/sort.h"
#include "tools/nsga2-step/pick.h"
#include "tools/nsga2-step/spread.h"

enum { MOST = 24, DIMS = 5 };

struct problem {
    double front[MOST * DIMS], f[MOST * DIMS];
    size_t n_front, n, m;
    struct pick_opts o;
    double
        fixed[2 * MOST * DIMS]; /* of the slow choice: front and taken ones */
    size_t n_fixed;
    bool taken[MOST];
};

/* Draw points near a front; with `grid` their values are whole numbers, so that
 * many are equal. */
static void draw(struct problem *p, uint64_t seed, size_t m, int how, bool grid)
{
    struct rng r = rng_make(seed, "pick", m, grid);

    *p = (struct problem){.m = m, .o = {.how = how, .m = m, .spread = m - 1}};
    p->n_front = (size_t)rng_below(&r, 8);
    p->n = 3 + (size_t)rng_below(&r, 12);
    for (size_t i = 0; i < MOST * m; i++) {
        p->front[i] = grid ? (double)rng_below(&r, 5) : rng_uniform(&r);
        p->f[i] = grid ? (double)rng_below(&r, 5) : rng_uniform(&r) - 0.2;
    }
    memcpy(p->fixed, p->front, p->n_front * m * sizeof *p->fixed);
    p->n_fixed = p->n_front;
}

static double extreme(const struct problem *p, size_t j, double sign)
{
    double best = -INFINITY;

    for (size_t i = 0; i < p->n_front; i++)
        best = fmax(best, sign * p->front[i * p->m + j]);
    for (size_t i = 0; i < p->n; i++)
        best = fmax(best, sign * p->f[i * p->m + j]);
    return sign * best;
}

static double volume_with(struct problem *p, const double *point)
{
    double ref[DIMS];
    size_t n = p->n_fixed;

    for (size_t j = 0; j < p->m; j++)
        ref[j] = extreme(p, j, 1) + (extreme(p, j, 1) - extreme(p, j, -1)) / 10;
    if (point)
        memcpy(p->fixed + n++ * p->m, point, p->m * sizeof *point);
    return hypervolume(p->fixed, n, p->m, ref);
}

static double nearest(const struct problem *p, const double *point)
{
    double best = INFINITY;

    for (size_t q = 0; q < p->n_fixed; q++) {
        double square = 0;

        for (size_t j = 0; j < p->m; j++) {
            double range = extreme(p, j, 1) - extreme(p, j, -1);

            if (range > 0)
                square += pow((point[j] - p->fixed[q * p->m + j]) / range, 2);
        }
        best = fmin(best, square);
    }
    return best;
}

static double score(struct problem *p, size_t i, bool by_gain)
{
    const double *point = p->f + i * p->m;

    return by_gain ? volume_with(p, point) - volume_with(p, NULL)
                   : nearest(p, point);
}

static void take(struct problem *p, size_t i)
{
    assert_true(i < p->n && !p->taken[i]);
    p->taken[i] = true;
    memcpy(p->fixed + p->n_fixed++ * p->m, p->f + i * p->m,
           p->m * sizeof *p->f);
}

/* Returns true when candidate i has the best score of those left, up to
 * rounding. */
static bool best_of_all(struct problem *p, size_t i, bool by_gain)
{
    double best = -INFINITY;

    for (size_t k = 0; k < p->n; k++)
        if (!p->taken[k])
            best = fmax(best, score(p, k, by_gain));
    return score(p, i, by_gain) >= best - 1e-9;
}

/* The chosen ones come in the order of an objective, not in that of the choice:
 * for each turn one of them must have the best score. */
static void turns(struct problem *p, const uint32_t *chosen, size_t k,
                  size_t first, size_t last, bool by_gain)
{
    for (size_t turn = first; turn < last; turn++) {
        size_t c = 0;

        while (c < k &&
               (p->taken[chosen[c]] || !best_of_all(p, chosen[c], by_gain)))
            c++;
        assert_true(c < k);
        take(p, chosen[c]);
    }
}

/* Check that `chosen` ascends along o.spread and names no candidate twice. */
static void in_order(const struct problem *p, const uint32_t *chosen, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        assert_true(chosen[i] < p->n);
        for (size_t b = 0; b < i; b++)
            assert_int_not_equal(chosen[b], chosen[i]);
        if (i)
            assert_true(p->f[chosen[i - 1] * p->m + p->o.spread] <=
                        p->f[chosen[i] * p->m + p->o.spread]);
    }
}

/* Take up to `want` candidates by gain, as long as they add hypervolume, the
 * earlier of equals.  Returns how many. */
static size_t take_gaining(struct problem *p, size_t want)
{
    size_t n = 0;

    for (; n < want; n++) {
        double best = 1e-12;
        size_t at = p->n;

        for (size_t i = 0; i < p->n; i++)
            if (!p->taken[i] && score(p, i, true) > best) {
                best = score(p, i, true);
                at = i;
            }
        if (at == p->n)
            break;
        take(p, at);
    }
    return n;
}

/* Returns how many of the first `want` turns still add hypervolume. */
static size_t gaining(const struct problem *p, size_t want)
{
    struct problem trial = *p;

    return take_gaining(&trial, want);
}

static void by_gain(void **state)
{
    uint32_t chosen[MOST];
    struct problem p;

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        size_t m = 2 + seed % 2, k;

        draw(&p, seed, m, PICK_GAIN, false);
        k = 1 + seed % p.n;
        pick_choose(&p.o, p.front, p.n_front, p.f, p.n, k, chosen);
        in_order(&p, chosen, k);
        turns(&p, chosen, k, 0, gaining(&p, k), true);
    }
}

static void by_distance(void **state)
{
    uint32_t chosen[MOST];
    struct problem p;

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        size_t k;

        draw(&p, seed, 4 + seed % 2, seed % 4 < 2 ? PICK_MIXED : PICK_GAIN,
             false);
        k = 1 + seed % p.n;
        pick_choose(&p.o, p.front, p.n_front, p.f, p.n, k, chosen);
        in_order(&p, chosen, k);
        if (!p.n_front) /* the first candidate comes first */
            take(&p, 0);
        turns(&p, chosen, k, !p.n_front, k, false);
    }
}

/* With equal rows the choice is the same as that of all steps by hand, the
 * earlier one of equals each time. */
static void the_earlier_of_equals(void **state)
{
    static const double front[] = {1, 4, 4, 1};
    static const double f[] = {2, 2, 2, 2, 3, 1.5, 3, 1.5, 9, 9};
    struct pick_opts o = {.how = PICK_GAIN, .m = 2, .spread = 1};
    uint32_t chosen[5];

    (void)state;
    pick_choose(&o, front, 2, f, 5, 2, chosen);
    assert_int_equal(chosen[0], 2);
    assert_int_equal(chosen[1], 0);
    o.m = 4;
    o.how = PICK_MIXED;
    pick_choose(&o, NULL, 0, (const double[8]){0}, 2, 1, chosen);
    assert_int_equal(chosen[0], 0);
}

/* Take what lies beyond the front in an objective, as PICK_MIXED does where
 * there is room for all objectives. */
static void take_ends(struct problem *p, size_t room)
{
    for (size_t j = 0; j < p->m && p->m <= room; j++) {
        size_t at = p->n;

        for (size_t i = 0; i < p->n; i++) {
            size_t worse = 0;

            for (size_t q = 0; q < p->n_fixed; q++)
                worse += p->fixed[q * p->m + j] > p->f[i * p->m + j];
            if (worse == p->n_fixed &&
                (at == p->n || p->f[i * p->m + j] < p->f[at * p->m + j]))
                at = i;
        }
        if (at < p->n)
            take(p, at);
    }
}

/* The ends, gain up to three quarters of k, and the rest by spread between the
 * front and these. */
static void mixed_is_ends_gain_and_spread(void **state)
{
    uint32_t chosen[MOST], spread[MOST], index[MOST];
    struct problem p;

    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        double fixed[2 * MOST], left[MOST];
        size_t k, first, n = 0;

        draw(&p, seed, 2, PICK_MIXED, seed % 2);
        k = 1 + seed % p.n;
        take_ends(&p, k - k / 4);
        first = p.n_fixed - p.n_front;
        if (first < k - k / 4)
            first += take_gaining(&p, k - k / 4 - first);
        for (size_t i = 0; i < p.n_fixed; i++)
            fixed[i] = p.fixed[2 * i + 1];
        for (size_t i = 0; i < p.n; i++)
            if (!p.taken[i]) {
                left[n] = p.f[2 * i + 1];
                index[n++] = (uint32_t)i;
            }
        if (k > first)
            spread_choose(fixed, p.n_fixed, left, n, k - first, spread);
        pick_choose(&p.o, p.front, p.n_front, p.f, p.n, k, chosen);
        in_order(&p, chosen, k);
        for (size_t i = first; i < k; i++)
            take(&p, index[spread[i - first]]);
        for (size_t i = 0; i < k; i++)
            assert_true(p.taken[chosen[i]]);
    }
}

static void spread_is_the_spread_rule(void **state)
{
    uint32_t chosen[MOST], want[MOST];
    struct problem p;

    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        double fixed[MOST], value[MOST];
        size_t m = 2 + seed % 3, k, at = seed % m;

        draw(&p, seed, m, PICK_SPREAD, seed % 2);
        p.o.spread = at;
        k = 1 + seed % p.n;
        for (size_t i = 0; i < MOST; i++) {
            fixed[i] = p.front[i * m + at];
            value[i] = p.f[i * m + at];
        }
        spread_choose(fixed, p.n_front, value, p.n, k, want);
        pick_choose(&p.o, p.front, p.n_front, p.f, p.n, k, chosen);
        assert_memory_equal(chosen, want, k * sizeof *want);
    }
}

static void one_objective(void **state)
{
    static const double f[] = {5, 3, 8, 1, 3, 9};
    static const uint32_t want[] = {3, 1, 4, 0};
    uint32_t chosen[4];

    (void)state;
    for (int how = PICK_MIXED; pick_names[how]; how++) {
        struct pick_opts o = {.how = how, .m = 1};

        pick_choose(&o, f, 1, f, 6, 4, chosen);
        assert_memory_equal(chosen, want, sizeof want);
    }
}

/* Nothing is better than the front: the spread rule, or the largest distance,
 * decides. */
static void nothing_to_gain(void **state)
{
    static const double front[] = {0, 0};
    static const double f[] = {1, 1, 2, 2, 3, 3, 10, 10};
    static const double space[] = {1, 1, 1, 2, 2, 2, 9, 9, 9};
    struct pick_opts o = {.how = PICK_GAIN, .m = 2, .spread = 1};
    uint32_t chosen[2];

    (void)state;
    pick_choose(&o, front, 1, f, 4, 2, chosen); /* gaps of 1 and 1 */
    assert_int_equal(chosen[0], 0);
    assert_int_equal(chosen[1], 1);
    o.m = 3;
    pick_choose(&o, (const double[3]){0}, 1, space, 3, 1, chosen);
    assert_int_equal(chosen[0], 2);
}

/* Of very many candidates the first PICK_MAX are looked at, or k if that is
 * more. */
static void very_many(void **state)
{
    enum { N = 1000 };
    struct rng r = rng_make(1, "many", 0, 0);
    double *f = xcalloc(N, 3 * sizeof *f);
    uint32_t chosen[N];

    (void)state;
    for (size_t i = 0; i < N * 3; i++)
        f[i] = rng_uniform(&r);
    for (size_t m = 2; m <= 3; m++)
        for (int how = PICK_MIXED; pick_names[how]; how++) {
            struct pick_opts o = {.how = how, .m = m};

            pick_choose(&o, f, 0, f, N, 9, chosen);
            for (size_t i = 0; i < 9; i++)
                assert_true(chosen[i] < PICK_MAX);
            pick_choose(&o, f, 0, f, N, 300, chosen);
            for (size_t i = 0; i < 300; i++)
                assert_true(chosen[i] < 300);
        }
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_gain),
        cmocka_unit_test(by_distance),
        cmocka_unit_test(the_earlier_of_equals),
        cmocka_unit_test(mixed_is_ends_gain_and_spread),
        cmocka_unit_test(spread_is_the_spread_rule),
        cmocka_unit_test(one_objective),
        cmocka_unit_test(nothing_to_gain),
        cmocka_unit_test(very_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
