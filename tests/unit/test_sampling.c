/* SPDX-License-Identifier: MIT
 * Stratified choice, and cutting splits apart in memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/data/sampling.h"

/* Classes of very different sizes, mixed up: 700, 200, 99 and 1 samples. */
#define N 1000
static void make_labels(int32_t *labels)
{
    for (uint32_t i = 0; i < N; i++) {
        uint32_t j = i * 617u % N; /* 617 has no factor in common with N */

        labels[i] = j < 700 ? 0 : j < 900 ? 1 : j < 999 ? 2 : 3;
    }
}

static void count(const int32_t *labels, const uint32_t *index, size_t n,
                  size_t counts[4])
{
    memset(counts, 0, 4 * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        assert_true(index[i] < N);
        assert_true(i == 0 || index[i] > index[i - 1]);
        counts[labels[index[i]]]++;
    }
}

static void shares_are_kept(void **state)
{
    int32_t labels[N];
    uint32_t chosen[N];
    size_t counts[4];

    (void)state;
    make_labels(labels);
    /* 10 %: 70, 20, 9.9, 0.1: the largest remainder goes up. */
    stratified_pick(labels, N, 4, 100, 7, "test", 0, chosen);
    count(labels, chosen, 100, counts);
    assert_int_equal(counts[0], 70);
    assert_int_equal(counts[1], 20);
    assert_int_equal(counts[2], 10);
    assert_int_equal(counts[3], 0);
    /* Three: 2.1, 0.6, 0.297, 0.003. */
    stratified_pick(labels, N, 4, 3, 7, "test", 0, chosen);
    count(labels, chosen, 3, counts);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    stratified_pick(labels, N, 4, N, 7, "test", 0, chosen);
    count(labels, chosen, N, counts);
    assert_int_equal(counts[3], 1);
    stratified_pick(labels, N, 4, 0, 7, "test", 0, chosen);
}

static void a_cut_leaves_no_class_out(void **state)
{
    static const int32_t small[] = {0, 0, 0, 1, 1, 2, 4, 4, 4, 4};
    int32_t labels[N];
    uint32_t chosen[N], picked[N];
    size_t counts[4], n;

    (void)state;
    make_labels(labels);
    /* Where each class has its share, the choice is that of a pick. */
    for (size_t i = 0; i < N; i++)
        labels[i] %= 3;
    n = stratified_cut(labels, N, 3, 100, 1, 7, "test", 0, chosen);
    stratified_pick(labels, N, 3, 100, 7, "test", 0, picked);
    assert_int_equal(n, 100);
    assert_memory_equal(chosen, picked, 100 * sizeof *chosen);

    make_labels(labels);
    /* 10 %: 70, 20, 9.9, 0.1: a class of one keeps it. */
    n = stratified_cut(labels, N, 4, 100, 1, 7, "test", 0, chosen);
    count(labels, chosen, n, counts);
    assert_int_equal(counts[0], 70);
    assert_int_equal(counts[2], 10);
    assert_int_equal(counts[3], 0);
    /* 3 of 1000: 2.1, 0.6, 0.3, 0.003: each class gives one at least. */
    n = stratified_cut(labels, N, 4, 3, 0, 7, "test", 0, chosen);
    count(labels, chosen, n, counts);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[2], 1);
    assert_int_equal(counts[3], 1);

    /* Classes of 3, 2, 1, 0 and 4: at least one is given and `keep` stay. */
    for (size_t keep = 1; keep <= 2; keep++)
        for (size_t want = 0; want <= 10; want++) {
            size_t given[5] = {0};

            n = stratified_cut(small, 10, 5, want, keep, 7, "test", 0, chosen);
            for (size_t i = 0; i < n; i++)
                given[small[chosen[i]]]++;
            assert_in_range(given[0], 1, 3 - keep);
            assert_int_equal(given[1], 2 - keep);
            assert_int_equal(given[2] + given[3], 0);
            assert_in_range(given[4], 1, 4 - keep);
        }
}

static void choice_depends_on_its_key(void **state)
{
    int32_t labels[N];
    uint32_t a[100], b[100];

    (void)state;
    make_labels(labels);
    stratified_pick(labels, N, 4, 100, 7, "test", 0, a);
    stratified_pick(labels, N, 4, 100, 7, "test", 0, b);
    assert_memory_equal(a, b, sizeof a);
    stratified_pick(labels, N, 4, 100, 8, "test", 0, b);
    assert_memory_not_equal(a, b, sizeof a);
    stratified_pick(labels, N, 4, 100, 7, "other", 0, b);
    assert_memory_not_equal(a, b, sizeof a);
    stratified_pick(labels, N, 4, 100, 7, "test", 1, b);
    assert_memory_not_equal(a, b, sizeof a);
}

/* A class's part does not change when other classes are relabelled. */
static void classes_are_independent(void **state)
{
    int32_t labels[N];
    uint32_t a[100], b[100];
    size_t n_a = 0, n_b = 0;

    (void)state;
    make_labels(labels);
    stratified_pick(labels, N, 4, 100, 7, "test", 0, a);
    for (size_t i = 0; i < 100; i++)
        if (labels[a[i]] == 0)
            a[n_a++] = a[i];
    for (size_t i = 0; i < N; i++)
        if (labels[i] == 2)
            labels[i] = 1;
    stratified_pick(labels, N, 4, 100, 7, "test", 0, b);
    for (size_t i = 0; i < 100; i++)
        if (labels[b[i]] == 0)
            b[n_b++] = b[i];
    assert_int_equal(n_a, n_b);
    assert_memory_equal(a, b, n_a * sizeof *a);
}

static void balance_takes_the_same_of_each(void **state)
{
    int32_t labels[N];
    uint32_t chosen[4 * 50];
    size_t counts[4];

    (void)state;
    make_labels(labels);
    assert_int_equal(balanced_pick(labels, N, 4, 50, 7, "test", 3, chosen),
                     151);
    count(labels, chosen, 151, counts);
    assert_int_equal(counts[0], 50);
    assert_int_equal(counts[1], 50);
    assert_int_equal(counts[2], 50);
    assert_int_equal(counts[3], 1);
}

/* Every sample of a class is equally likely: chi-square of 9 degrees of
 * freedom below its 99.9 % point over the ten samples of one class. */
static void all_samples_are_equally_likely(void **state)
{
    int32_t labels[10] = {0};
    size_t hits[10] = {0};
    double chi2 = 0;

    (void)state;
    for (uint64_t draw = 0; draw < 2000; draw++) {
        uint32_t chosen[3];

        stratified_pick(labels, 10, 1, 3, 1, "test", draw, chosen);
        for (int i = 0; i < 3; i++)
            hits[chosen[i]]++;
    }
    for (int i = 0; i < 10; i++)
        chi2 += pow((double)hits[i] - 600, 2) / 600;
    assert_true(chi2 < 27.88);
}

/* Eight images of 2x1x1 whose first pixel is their number. */
static struct split numbered(void)
{
    struct split s = {0};

    split_alloc(&s, 8, 2);
    for (uint8_t i = 0; i < 8; i++) {
        s.items[2 * i] = i;
        s.items[2 * i + 1] = (uint8_t)(10 * i);
        s.labels[i] = i % 3;
    }
    return s;
}

static void splits_are_cut_in_place(void **state)
{
    struct split s = numbered(), part = {0};
    static const uint32_t pick[] = {0, 3, 7};
    static const uint8_t rest[] = {1, 10, 2, 20, 4, 40, 5, 50, 6, 60};

    (void)state;
    split_move(&s, &part, 2, pick, 3);
    assert_int_equal(s.n, 5);
    assert_memory_equal(s.items, rest, sizeof rest);
    assert_int_equal(s.labels[2], 1);
    assert_int_equal(part.n, 3);
    assert_int_equal(part.items[2], 3);
    assert_int_equal(part.items[5], 70);
    assert_int_equal(part.labels[2], 1);
    split_keep(&s, 2, (uint32_t[]){1, 4}, 2);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.items[0], 2);
    assert_int_equal(s.items[3], 60);
    assert_int_equal(s.labels[1], 0);
    split_fini(&s);
    split_fini(&part);
}

static void moments_are_those_of_training(void **state)
{
    struct dataset d = {.input = {.h = 2, .w = 1, .c = 2}};
    static const uint8_t pixels[] = {0, 7, 255, 7, 255, 7, 0, 7};

    (void)state;
    split_alloc(&d.split[SPLIT_TRAIN], 2, 4);
    memcpy(d.split[SPLIT_TRAIN].items, pixels, sizeof pixels);
    split_alloc(&d.split[SPLIT_TEST], 1, 4);
    memset(d.split[SPLIT_TEST].items, 99, 4);
    dataset_moments(&d);
    assert_true(fabs(d.input.mean[0] - 0.5) < 1e-15);
    assert_true(fabs(d.input.std[0] - 0.5) < 1e-15);
    assert_true(fabs(d.input.mean[1] - 7 / 255.) < 1e-15);
    assert_true(d.input.std[1] == 1);
    dataset_fini(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_kept),
        cmocka_unit_test(a_cut_leaves_no_class_out),
        cmocka_unit_test(choice_depends_on_its_key),
        cmocka_unit_test(classes_are_independent),
        cmocka_unit_test(balance_takes_the_same_of_each),
        cmocka_unit_test(all_samples_are_equally_likely),
        cmocka_unit_test(splits_are_cut_in_place),
        cmocka_unit_test(moments_are_those_of_training),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
