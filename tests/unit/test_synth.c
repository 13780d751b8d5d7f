/* SPDX-License-Identifier: MIT
 * The synthetic set: the shapes are what their names say, the images depend on
 * what they should depend on, and hard ones are harder. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/pool.h"
#include "tools/data-synth/beats.h"
#include "tools/data-synth/shapes.h"
#include "tools/data-synth/synth.h"

#define BYTES (32 * 32 * 3)
static const struct synth_opts usual = {.seed = 1,
                                        .size = 32,
                                        .classes = SHAPES,
                                        .difficulty = 0.5};

/* Area by counting points, against geometry (0 = not worked out). */
static void shapes_have_their_areas(void **state)
{
    static const double area[SHAPES] = {
        3.14159265358979324 * 0.85 * 0.85,                 /* disc */
        3.14159265358979324 * (0.88 * 0.88 - 0.48 * 0.48), /* ring */
        1.44 * 1.44,                                       /* square */
        1.44 * 1.44 - 0.76 * 0.76,                         /* frame */
        0.75 * 1.7320508075688772,                         /* triangle */
        2 * 1.9 * 0.54 - 0.54 * 0.54,                      /* cross */
        3 * 1.24 * 0.32,                                   /* bars */
        1.1225699414489634,                                /* pentagram */
        5 * 0.48 * 0.48,                                   /* checker */
        0,
    };

    (void)state;
    for (int k = 0; k < SHAPES; k++) {
        double inside = 0, step = 1 / 256.;

        for (double y = -1.25 + step / 2; y < 1.25; y += step)
            for (double x = -1.25 + step / 2; x < 1.25; x += step)
                if (shape_distance(k, x, y) < 0) {
                    inside += step * step;
                    assert_true(x * x + y * y < 1.02 * 1.02);
                }
        if (area[k] > 0 && fabs(inside - area[k]) > 0.02)
            fail_msg("%s: %g, not %g", shape_names[k], inside, area[k]);
        assert_true(inside > 0.7);
    }
}

static void images_are_functions_of_their_key(void **state)
{
    uint8_t p[BYTES], q[BYTES];
    struct synth_opts o = usual;

    (void)state;
    assert_int_equal(synth_image(&usual, SPLIT_TRAIN, 7, p), 7);
    assert_int_equal(synth_image(&usual, SPLIT_TRAIN, 7, q), 7);
    assert_memory_equal(p, q, BYTES);
    synth_image(&usual, SPLIT_TEST, 7, q);
    assert_memory_not_equal(p, q, BYTES);
    assert_int_equal(synth_image(&usual, SPLIT_TRAIN, 17, q), 7);
    assert_memory_not_equal(p, q, BYTES);
    o.seed = 2;
    synth_image(&o, SPLIT_TRAIN, 7, q);
    assert_memory_not_equal(p, q, BYTES);
}

/* The bytes of the first images, frozen: they must not change from machine to
 * machine, from compiler to compiler, or by accident. */
static void bytes_are_frozen(void **state)
{
    static uint8_t p[200][BYTES];
    char digest[HASH_HEX];

    (void)state;
    for (uint64_t i = 0; i < 200; i++)
        synth_image(&usual, SPLIT_TRAIN, i, p[i]);
    hash_hex(p, sizeof p, digest);
    assert_string_equal(digest, "ebfe1372504550fe453d84a69b2c9334");
}

static void threads_change_nothing(void **state)
{
    struct split one = {0}, four = {0};
    struct pool *p = pool_new(1), *q = pool_new(4);

    (void)state;
    split_alloc(&one, 100, BYTES);
    split_alloc(&four, 100, BYTES);
    synth_fill(&usual, SPLIT_VAL, 0, 100, &one, p);
    synth_fill(&usual, SPLIT_VAL, 0, 60, &four, q);
    synth_fill(&usual, SPLIT_VAL, 60, 40, &four, q);
    assert_memory_equal(one.items, four.items, 100 * BYTES);
    assert_memory_equal(one.labels, four.labels, 100 * sizeof(int32_t));
    pool_free(p);
    pool_free(q);
    split_fini(&one);
    split_fini(&four);
}

/* Mean difference of neighbouring pixels: noise, mostly. */
static double roughness(const uint8_t *p)
{
    double sum = 0;

    for (int i = 3; i < BYTES; i++)
        sum += abs(p[i] - p[i - 3]);
    return sum / (BYTES - 3);
}

static void harder_sets_are_rougher(void **state)
{
    double sum[3] = {0};

    (void)state;
    for (int k = 0; k < 3; k++) {
        struct synth_opts o = usual;

        o.difficulty = k / 2.;
        for (uint64_t i = 0; i < 500; i++) {
            uint8_t p[BYTES];

            synth_image(&o, SPLIT_TRAIN, i, p);
            sum[k] += roughness(p) / 500;
        }
    }
    assert_true(sum[2] > 1.4 * sum[0]);
    /* the mean difficulty is 1/3, 1/2, 2/3: equal steps */
    assert_true(fabs(2 * sum[1] - sum[0] - sum[2]) < 0.05 * sum[1]);
}

/* Each shape has an axis of symmetry: a mirrored one, turned, is the same. */
static void a_mirror_keeps_shapes(void **state)
{
    (void)state;
    for (int k = 0; k < SHAPES; k++) {
        double across = 0, along = 0; /* most that a mirror changes */

        for (int i = -40; i <= 40; i++)
            for (int j = -40; j <= 40; j++) {
                double x = i / 40., y = j / 40., d = shape_distance(k, x, y);

                across = fmax(across, fabs(d - shape_distance(k, -x, y)));
                along = fmax(along, fabs(d - shape_distance(k, x, -y)));
            }
        assert_true(fmin(across, along) < 1e-12);
    }
}

/* ---- signals ---- */

#define LENGTH 128
static const struct beat_opts beats = {.seed = 1,
                                       .length = LENGTH,
                                       .leads = 2,
                                       .classes = BEATS,
                                       .difficulty = 0.5};

static void beats_are_functions_of_their_key(void **state)
{
    float a[2 * LENGTH], b[2 * LENGTH];
    struct beat_opts o = beats;

    (void)state;
    assert_int_equal(beat_draw(&beats, SPLIT_VAL, 8, a), 3);
    assert_int_equal(beat_draw(&beats, SPLIT_VAL, 8, b), 3);
    assert_memory_equal(a, b, sizeof a);
    beat_draw(&beats, SPLIT_CAL, 8, b);
    assert_memory_not_equal(a, b, sizeof a);
    o.seed = 2;
    beat_draw(&o, SPLIT_VAL, 8, b);
    assert_memory_not_equal(a, b, sizeof a);
    o = beats;
    o.leads = 1;
    beat_draw(&o, SPLIT_VAL, 8, b);
    for (int i = 1; i < LENGTH; i++) /* the noise goes to fewer numbers */
        assert_true(fabsf(b[i] - a[2 * i]) < 1.6f);
}

static void beats_are_frozen(void **state)
{
    float a[2 * LENGTH];
    char digest[HASH_HEX];

    (void)state;
    beat_draw(&beats, SPLIT_TRAIN, 12, a);
    hash_hex(a, sizeof a, digest);
    assert_string_equal(digest, "26a079371594635c4d394b6076072ad4");
}

static void beats_of_a_split(void **state)
{
    struct split one = {0}, four = {0};
    struct pool *p = pool_new(4);
    struct input_spec in = {0};
    const char *group;

    (void)state;
    beat_input(&beats, &in);
    assert_int_equal(input_item_bytes(&in), 4 * 2 * LENGTH);
    assert_int_equal(in.source.signal.before + in.source.signal.after, LENGTH);
    split_alloc(&one, 100, input_item_bytes(&in));
    split_alloc(&four, 100, input_item_bytes(&in));
    beats_fill(&beats, SPLIT_TEST, 0, 100, &one, NULL);
    beats_fill(&beats, SPLIT_TEST, 0, 30, &four, p);
    beats_fill(&beats, SPLIT_TEST, 30, 70, &four, p);
    assert_memory_equal(one.items, four.items, 100 * input_item_bytes(&in));
    assert_int_equal(four.groups.n, 100);
    group = filenames_first(&four.groups);
    for (int i = 0; i < 100; i++, group = filenames_next(&four.groups, group)) {
        assert_int_equal(four.labels[i], i % BEATS);
        assert_string_equal(group, i < 40   ? "test0"
                                   : i < 80 ? "test1"
                                            : "test2");
    }
    pool_free(p);
    split_fini(&one);
    split_fini(&four);
}

/* The nearest mean of a class names it for nearly all of the easy beats, and for
 * fewer of the hard ones, but still for more than by chance. */
static void easy_beats_are_told_apart(void **state)
{
    int right[2] = {0};

    (void)state;
    for (int hard = 0; hard < 2; hard++) {
        struct beat_opts o = beats;
        double mean[BEATS][2 * LENGTH] = {{0}};
        float x[2 * LENGTH];

        o.difficulty = hard;
        for (uint64_t i = 0; i < 1000; i++) {
            int label = beat_draw(&o, SPLIT_TRAIN, i, x);

            for (int k = 0; k < 2 * LENGTH; k++)
                mean[label][k] += (double)x[k] / 200;
        }
        for (uint64_t i = 0; i < 400; i++) {
            int label = beat_draw(&o, SPLIT_TEST, i, x), nearest = 0;
            double least = INFINITY;

            for (int c = 0; c < BEATS; c++) {
                double away = 0;

                for (int k = 0; k < 2 * LENGTH; k++)
                    away += ((double)x[k] - mean[c][k]) *
                            ((double)x[k] - mean[c][k]);
                nearest = away < least ? c : nearest;
                least = away < least ? away : least;
            }
            right[hard] += nearest == label;
        }
    }
    assert_true(right[1] > 160 && right[1] < right[0] - 20 && right[0] > 240);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirror_keeps_shapes),
        cmocka_unit_test(shapes_have_their_areas),
        cmocka_unit_test(images_are_functions_of_their_key),
        cmocka_unit_test(bytes_are_frozen),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(harder_sets_are_rougher),
        cmocka_unit_test(beats_are_functions_of_their_key),
        cmocka_unit_test(beats_are_frozen),
        cmocka_unit_test(beats_of_a_split),
        cmocka_unit_test(easy_beats_are_told_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
