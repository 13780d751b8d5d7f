/* SPDX-License-Identifier: MIT
 * Data sets of float features: what is written comes back, with groups and the
 * split cal; moments of each channel and of each band; what a network that was
 * trained on features is fed with. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "formats/dataset.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/io/output.h"
#include "libcommon/nn/data/class_counts.h"

static char path[] = "/tmp/nachos-features-XXXXXX";

#define H 3
#define W 4
#define C 2
#define SIZE (H * W * C)

static float *values(struct dataset *d, int split)
{
    return (void *)d->split[split].items;
}

/* Returns a signal with these samples in train and cal; number k of each is about
 * 100 k, with a spread of k. */
static struct dataset make(size_t train, size_t cal)
{
    static const char *const names[] = {"one", "two"};
    static const char *const leads[] = {"MLII", "V1"};
    struct dataset d = {
        .name = xstrdup("beats"),
        .flip = FLIP_YES,
        .input = {.h = H,
                  .w = W,
                  .c = C,
                  .source = {.kind = INPUT_SIGNAL,
                             .signal = {.rate = 360, .before = 1, .after = 2}}},
    };
    struct rng r = rng_make(4, "features", 0, 0);

    dataset_set_classes(&d, names, 2);
    dataset_set_leads(&d, leads, 2);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        size_t n = s == SPLIT_TRAIN ? train : s == SPLIT_CAL ? cal : 0;

        if (n)
            split_alloc(&d.split[s], n, input_item_bytes(&d.input));
        for (size_t i = 0; i < n; i++) {
            char group[32];

            d.split[s].labels[i] = (int32_t)(i % 2);
            snprintf(group, sizeof group, "patient %zu", i % 7);
            filenames_add(&d.split[s].groups, group);
        }
        for (size_t i = 0; i < n * SIZE; i++)
            values(&d, s)[i] = (float)((double)(i % (W * C)) *
                                       (100 + rng_normal(&r)));
    }
    return d;
}

static void what_is_written_comes_back(void **state)
{
    struct dataset d = make(1500, 40), back = {0};
    struct err e;
    struct writer *w = writer_open(path, &kind_dataset,
                                   &(struct writer_opts){.level = 1}, &e);
    struct reader *r;
    const char *group;
    uint64_t batch = 0;
    int flip = -1;

    (void)state;
    d.input.per_band = true;
    dataset_moments(&d);
    assert_int_equal(dataset_write(w, &d, NULL, &e), 0);
    assert_int_equal(writer_finish(w, NULL, 0, &e), 0);
    assert_int_equal(outputs_commit(&e), 0);
    writer_free(w);

    r = dataset_open(path, &e);
    assert_int_equal(
        dataset_read(r, 1u << SPLIT_TRAIN | 1u << SPLIT_CAL, &back, &e), 0);
    reader_close(r);
    assert_true(input_floats(&back.input));
    assert_true(back.input.per_band);
    assert_int_equal(input_moments(&back.input), W * C);
    assert_memory_equal(back.input.mean, d.input.mean, W * C * sizeof(double));
    assert_memory_equal(back.input.std, d.input.std, W * C * sizeof(double));
    assert_true(back.input.source.signal.rate == 360);
    assert_int_equal(back.input.source.signal.after, 2);
    assert_string_equal(back.input.source.signal.leads.v[1], "V1");
    for (int s = 0; s < SPLIT_COUNT; s++) {
        assert_int_equal(back.split[s].n, d.split[s].n);
        assert_int_equal(back.split[s].groups.n, d.split[s].n);
        if (d.split[s].n)
            assert_memory_equal(back.split[s].items, d.split[s].items,
                                d.split[s].n * SIZE * sizeof(float));
    }
    group = filenames_first(&back.split[SPLIT_CAL].groups);
    assert_string_equal(filenames_next(&back.split[SPLIT_CAL].groups, group),
                        "patient 1");
    dataset_settle_announced(path, 0, 128, &batch, &flip);
    assert_true(batch == 64 && flip == 0); /* although mirroring is fine */
    dataset_fini(&back);
    dataset_fini(&d);
}

static void groups_follow_their_samples(void **state)
{
    static const uint32_t chosen[] = {1, 8}, kept[] = {5};
    struct dataset d = make(9, 0);
    struct split *train = &d.split[SPLIT_TRAIN], *val = &d.split[SPLIT_VAL];
    float one;

    (void)state;
    one = values(&d, SPLIT_TRAIN)[8 * SIZE + 5];
    split_move(train, val, input_item_bytes(&d.input), chosen, 2);
    assert_true(values(&d, SPLIT_VAL)[SIZE + 5] == one);
    assert_string_equal(filenames_first(&val->groups), "patient 1");
    assert_int_equal(val->groups.n, 2);
    assert_int_equal(train->groups.n, 7);
    split_keep(train, input_item_bytes(&d.input), kept, 1);
    assert_string_equal(filenames_first(&train->groups), "patient 6");
    assert_int_equal(train->groups.n, 1);
    dataset_fini(&d);
}

/* Moments against plain sums in long double, about a mean that was found before;
 * a large offset must not cost digits of the deviation. */
static void moments_of_features(void **state)
{
    (void)state;
    for (int per_band = 0; per_band < 2; per_band++)
        for (int offset = 0; offset < 2; offset++) {
            struct dataset d = make(2000, 0);
            float *v = values(&d, SPLIT_TRAIN);
            size_t n = per_band ? W * C : C, count = 2000 * SIZE;

            for (size_t i = 0; i < count && offset; i++)
                v[i] = 1e7f + (float)(i * 2654435761u % 5);
            d.input.per_band = per_band;
            dataset_moments(&d);
            for (size_t k = 0; k < n; k++) {
                long double sum = 0, square = 0, mean;

                for (size_t i = k; i < count; i += n)
                    sum += (long double)v[i];
                mean = sum / (long double)(count / n);
                for (size_t i = k; i < count; i += n)
                    square += ((long double)v[i] - mean) *
                              ((long double)v[i] - mean);
                square = sqrtl(square / (long double)(count / n));
                assert_true(fabs(d.input.mean[k] - (double)mean) <=
                            1e-15 * fabs((double)mean));
                if (square > 0)
                    assert_true(fabs(d.input.std[k] - (double)square) <=
                                1e-14 * (double)square);
                else
                    assert_true(d.input.std[k] == 1); /* number 0 is 0 */
            }
            dataset_fini(&d);
        }
}

/* A constant channel has 1, whatever rounding makes of its mean. */
static void moments_of_what_is_constant(void **state)
{
    struct dataset d = make(100, 0);

    (void)state;
    for (size_t i = 0; i < 100 * SIZE; i++)
        values(&d, SPLIT_TRAIN)[i] = i % 2 ? 0.1f : -1e6f;
    dataset_moments(&d);
    assert_true(d.input.mean[0] == -1e6 && d.input.std[0] == 1);
    assert_true(fabs(d.input.mean[1] - 0.1f) < 1e-16 && d.input.std[1] == 1);
    dataset_fini(&d);
}

static void classes_of_four_splits_are_counted(void **state)
{
    struct dataset d = make(7, 2);
    struct class_counts c;
    struct buf out = {0};

    (void)state;
    dataset_moments(&d);
    d.input.mean[0] = -1, d.input.mean[1] = 300.5;
    d.input.std[0] = 2, d.input.std[1] = .25;
    d.input.w = 1;
    class_counts_init(&c, 2);
    for (int s = 0; s < SPLIT_COUNT; s++)
        class_counts_add(&c, s, d.split[s].labels, d.split[s].n);
    class_counts_text(&c, d.name, &d.input, &d.class_names, &out);
    assert_string_equal(
        out.data, "beats: 9 signals of 3 samples, 2 leads, 2 classes\n"
                  "class     train       val      test       cal       sum\n"
                  "one           4         0         0         1         5\n"
                  "two           3         0         0         1         4\n"
                  "sum           7         0         0         2         9\n"
                  "mean -1.0000 300.5000, std 2.0000 0.2500 (of each "
                  "channel)\n");
    buf_clear(&out);
    input_source_text(&d.input.source, &out);
    assert_string_equal(out.data,
                        "360 Hz, 1 samples before and 2 from an event "
                        "on, leads MLII V1");
    buf_free(&out);
    class_counts_fini(&c);
    dataset_fini(&d);
}

/* ---- networks ---- */

static const struct sound_features words = {.rate = 8000,
                                            .samples = 512,
                                            .window = 256,
                                            .hop = 128,
                                            .fft = 256,
                                            .bands = 4,
                                            .coefs = 2,
                                            .high = 4000};

static void features_are_those_of_the_network(void **state)
{
    struct dataset d = make(50, 0);
    double mean[W * C] = {1, 2, 3, 4, 5, 6, 7, 8};
    double std[W * C] = {1, 1, 1, 2, 2, 2, 3, 3};
    struct input_spec use, banded = d.input;
    struct arena arena = {0}, kept = {0};
    struct input_map m, copy;
    struct err e;

    (void)state;
    dataset_moments(&d);
    banded.mean = mean;
    banded.std = std;
    banded.per_band = true;
    input_map_of(&m, &banded, &d.class_names, &arena);
    input_map_copy(&copy, &m, &kept);
    assert_int_equal(copy.mean.n, W * C);
    assert_ptr_not_equal(copy.source.signal.leads.v,
                         banded.source.signal.leads.v);
    assert_string_equal(copy.source.signal.leads.v[0], "MLII");

    /* The network's moments are of bands, the set's of channels. */
    assert_int_equal(
        input_for_net(&copy, "n", &d.input, &d.class_names, "s", &use, &e), 0);
    assert_true(use.per_band && !d.input.per_band);
    assert_memory_equal(use.mean, mean, sizeof mean);
    input_of_map(&use, &copy, 2);
    assert_true(use.per_band && use.source.kind == INPUT_SIGNAL);
    dataset_go_on(&d, &copy, "n");
    assert_true(d.input.per_band);
    assert_memory_equal(d.input.std, std, sizeof std);

    /* Inputs of another kind: a network cannot run on them, and one that goes on
     * training keeps their own moments. */
    copy.source = (struct input_source){.kind = INPUT_SOUND, .sound = words};
    assert_int_equal(
        input_for_net(&copy, "n", &d.input, &d.class_names, "s", &use, &e),
        ERR_FORMAT);
    assert_string_equal(e.text, "net n takes inputs of kind sound, data set s "
                                "has those of kind signal");
    copy.mean.v[0] = 77;
    dataset_go_on(&d, &copy, "n");
    assert_true(d.input.mean[0] == 1);
    arena_free(&arena);
    arena_free(&kept);
    dataset_fini(&d);
}

static int setup(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_back),
        cmocka_unit_test(groups_follow_their_samples),
        cmocka_unit_test(moments_of_features),
        cmocka_unit_test(moments_of_what_is_constant),
        cmocka_unit_test(classes_of_four_splits_are_counted),
        cmocka_unit_test(features_are_those_of_the_network),
    };

    return cmocka_run_group_tests_name("feature_set", tests, setup, teardown);
}
