/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/sweep.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define H 5
#define W 6
#define C 3
#define IMAGES 40
#define SIZE (H * W * C)

static uint8_t pixels[IMAGES * SIZE];
static int32_t labels[IMAGES];
static double mean[] = {.5, .25, .4}, sd[] = {.2, 0, .3};
static const struct input_spec input = {
    .h = H,
    .w = W,
    .c = C,
    .mean = mean,
    .std = sd,
};
static struct split split = {.n = IMAGES, .items = pixels, .labels = labels};

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(1 + i * 7919 % 255); /* no black but padding */
    for (int i = 0; i < IMAGES; i++)
        labels[i] = i % 10;
    return 0;
}

static float normal(int pixel, int c)
{
    return (float)((pixel / 255.0 - mean[c]) / (sd[c] > 0 ? sd[c] : 1));
}

static void normalised(void **state)
{
    struct batch_maker b;
    uint32_t index[] = {7, 0, 39};
    float images[3 * SIZE];
    int32_t got[3];

    (void)state;
    batch_init(&b, &input, &split, NULL);
    batch_fill(&b, NULL, index, 3, 5, images, got);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(got[i], labels[index[i]]);
        for (int j = 0; j < SIZE; j++)
            assert_true(images[i * SIZE + j] ==
                        normal(pixels[index[i] * SIZE + (size_t)j], j % C));
    }
    batch_fini(&b);
}

/* Does the image show source image i shifted by (dy, dx), maybe mirrored? */
static bool shows(const float *image, uint32_t i, int dy, int dx, bool flip)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < C; c++) {
                int sy = y + dy, sx = x + dx, pixel = 0;

                if (sy >= 0 && sy < H && sx >= 0 && sx < W) {
                    sx = flip ? W - 1 - sx : sx;
                    pixel = pixels[i * SIZE + (size_t)((sy * W + sx) * C + c)];
                }
                if (image[(y * W + x) * C + c] != normal(pixel, c))
                    return false;
            }
    return true;
}

/* Every augmented image is one of the views there are, and all of them come:
 * 2 x 5 x 5 views in 40 images x 50 epochs. */
static void augmented(void **state)
{
    struct batch_opts o = {.flip = true, .crop_pad = 2, .seed = 3};
    struct batch_maker b;
    int seen[2][5][5] = {0}, kinds = 0;
    float image[SIZE];
    int32_t label;

    (void)state;
    batch_init(&b, &input, &split, &o);
    for (uint64_t epoch = 0; epoch < 50; epoch++)
        for (uint32_t i = 0; i < IMAGES; i++) {
            int found = 0;

            batch_fill(&b, NULL, &i, 1, epoch, image, &label);
            for (int v = 0; v < 50; v++)
                if (shows(image, i, v / 2 % 5 - 2, v / 10 - 2, v % 2)) {
                    seen[v % 2][v / 2 % 5][v / 10]++;
                    found++;
                }
            assert_true(found >= 1);
        }
    for (int v = 0; v < 50; v++)
        kinds += seen[v % 2][v / 2 % 5][v / 10] > 10;
    assert_int_equal(kinds, 50);
    batch_fini(&b);
}

/* A crop may leave nothing of the image, when padding is wider than it. */
static void wide_padding(void **state)
{
    struct batch_opts o = {.crop_pad = 20, .seed = 1};
    struct batch_maker b;
    float image[SIZE];
    int32_t label;

    (void)state;
    batch_init(&b, &input, &split, &o);
    for (uint32_t i = 0; i < IMAGES; i++) {
        int found = 0;

        batch_fill(&b, NULL, &i, 1, 0, image, &label);
        for (int dy = -20; dy <= 20; dy++)
            for (int dx = -20; dx <= 20; dx++)
                found += shows(image, i, dy, dx, false);
        assert_true(found >= 1);
    }
    batch_fini(&b);
}

/* One channel takes another path than three. */
static void one_channel(void **state)
{
    struct batch_opts o = {.flip = true, .seed = 2};
    struct input_spec one = {
        .h = H,
        .w = W * C,
        .c = 1,
        .mean = mean,
        .std = sd,
    };
    struct batch_maker b;
    float image[SIZE];
    int32_t label;
    int flipped = 0;

    (void)state;
    batch_init(&b, &one, &split, &o);
    for (uint32_t i = 0; i < IMAGES; i++) {
        bool flip;

        batch_fill(&b, NULL, &i, 1, 0, image, &label);
        flip = image[0] != normal(pixels[i * SIZE], 0);
        flipped += flip;
        for (int j = 0; j < SIZE; j++) {
            int x = j % (W * C), at = flip ? j - x + W * C - 1 - x : j;

            assert_true(image[j] == normal(pixels[i * SIZE + (size_t)at], 0));
        }
    }
    assert_in_range(flipped, 8, 32);
    batch_fini(&b);
}

/* How an image is augmented does not depend on its neighbours in the batch or
 * on threads, only on seed, epoch and index. */
static void keyed_by_image(void **state)
{
    struct batch_opts o = {.flip = true, .crop_pad = 4, .seed = 9};
    struct batch_maker b;
    uint32_t index[IMAGES];
    static float all[IMAGES * SIZE], image[SIZE], other[IMAGES * SIZE];
    struct pool *pool = pool_new(3);
    int32_t got[IMAGES];

    (void)state;
    for (uint32_t i = 0; i < IMAGES; i++)
        index[i] = IMAGES - 1 - i;
    batch_init(&b, &input, &split, &o);
    batch_fill(&b, NULL, index, IMAGES, 4, all, got);
    batch_fill(&b, pool, index, IMAGES, 4, other, got);
    assert_memory_equal(all, other, sizeof all);
    for (uint32_t i = 0; i < IMAGES; i++)
        assert_int_equal(got[i], labels[index[i]]);
    for (uint32_t i = 0; i < IMAGES; i++) {
        batch_fill(&b, NULL, &index[i], 1, 4, image, got);
        assert_memory_equal(image, all + i * SIZE, sizeof image);
    }
    batch_fill(&b, NULL, index, IMAGES, 5, other, got);
    assert_memory_not_equal(all, other, sizeof all);
    b.opts.seed = 10;
    batch_fill(&b, NULL, index, IMAGES, 4, other, got);
    assert_memory_not_equal(all, other, sizeof all);
    batch_fini(&b);
    pool_free(pool);
}

static void shuffled(void **state)
{
    uint32_t a[100], b[100];
    bool there[300] = {false};

    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        a[i] = b[i] = 3 * i;
    batch_shuffle(a, 100, 1, 7);
    batch_shuffle(b, 100, 1, 6);
    assert_memory_not_equal(a, b, sizeof a);
    batch_shuffle(b, 100, 1, 7); /* whatever it held before */
    assert_memory_equal(a, b, sizeof a);
    for (int i = 0; i < 100; i++)
        there[a[i]] = true;
    for (int i = 0; i < 100; i++)
        assert_true(there[3 * i]);
}

static void sizes(void **state)
{
    (void)state;
    assert_int_equal(batch_size(300, 0, 128), 128);
    assert_int_equal(batch_size(300, 256, 128), 44);
    assert_int_equal(batch_size(287, 256, 128), 0); /* 31 < 32 */
    assert_int_equal(batch_size(288, 256, 128), 32);
    assert_int_equal(batch_size(256, 256, 128), 0);
    assert_int_equal(batch_size(5, 0, 128), 5); /* all there is */
    assert_int_equal(batch_steps(300, 128), 3);
    assert_int_equal(batch_steps(287, 128), 2);
    assert_int_equal(batch_steps(5, 128), 1);
    assert_int_equal(batch_steps(0, 128), 0);
}

/* A sweep shows the split, or the places chosen from it, in order and plain;
 * the last batch is what is left, and after the end there is nothing. */
static void swept(void **state)
{
    static const uint32_t chosen[] = {39, 3, 3, 17, 0};
    static const struct {
        const uint32_t *chosen;
        size_t from, end, batch, batches;
    } cases[] = {
        {NULL, 0, IMAGES, 16, 3}, {NULL, 5, 21, 8, 2}, {chosen, 0, 5, 2, 3},
        {chosen, 1, 4, 64, 1},    {NULL, 7, 7, 4, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct sweep s;
        size_t at = cases[k].from, batches = 0;

        sweep_init(&s, &input, &split, cases[k].batch);
        for (size_t n;
             (n = sweep_fill(&s, NULL, cases[k].chosen, at, cases[k].end)) > 0;
             at += n, batches++)
            for (size_t i = 0; i < n; i++) {
                uint32_t image = cases[k].chosen ? cases[k].chosen[at + i]
                                                 : (uint32_t)(at + i);

                assert_true(shows(s.images + i * SIZE, image, 0, 0, false));
                assert_int_equal(s.labels[i], labels[image]);
            }
        assert_int_equal(at, cases[k].end);
        assert_int_equal(batches, cases[k].batches);
        sweep_fini(&s);
    }
}

static void sizes_by_the_number_of_images(void **state)
{
    static const struct {
        size_t n, most, size;
    } known[] = {
        {0, 128, 8},        {255, 128, 8},       {256, 128, 16},
        {511, 128, 16},     {512, 128, 32},      {2047, 128, 64},
        {2048, 128, 128},   {1 << 20, 128, 128}, {2048, 64, 64},
        {1 << 20, 32, 32},  {300, 32, 16},       {300, 100, 16},
        {1 << 20, 100, 64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(batch_auto(known[i].n, known[i].most), known[i].size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalised),
        cmocka_unit_test(augmented),
        cmocka_unit_test(wide_padding),
        cmocka_unit_test(one_channel),
        cmocka_unit_test(keyed_by_image),
        cmocka_unit_test(shuffled),
        cmocka_unit_test(sizes),
        cmocka_unit_test(swept),
        cmocka_unit_test(sizes_by_the_number_of_images),
    };

    return cmocka_run_group_tests_name("batch", tests, setup, NULL);
}
