/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/sweep.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"

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

/* ---- features ---- */

#define FH 7 /* (FH, FW, FC) floats each */
#define FW 4
#define FC 2
#define FEATURES 30
#define FSIZE (FH * FW * FC)

static float features[FEATURES * FSIZE];
static double of_channel[2][FC] = {{3, -1}, {2, 0}};
static double of_band[2][FW * FC] = {{1, 2, 3, 4, 5, 6, 7, 8},
                                     {.5, 1, 2, 4, 8, 16, 0, 3}};
static struct split heard = {.n = FEATURES,
                             .items = (void *)features,
                             .labels = labels};

static struct input_spec features_spec(bool per_band)
{
    double(*m)[FC] = of_channel;

    for (int i = 0; i < FEATURES * FSIZE; i++)
        features[i] = (float)(i * 7919 % 1000) * .0625f - 20;
    return (struct input_spec){
        .h = FH,
        .w = FW,
        .c = FC,
        .mean = per_band ? of_band[0] : m[0],
        .std = per_band ? of_band[1] : m[1],
        .per_band = per_band,
        .source = {.kind = INPUT_SIGNAL},
    };
}

/* Returns number j of sample i, normalised. */
static double feature(const struct input_spec *in, uint32_t i, int j)
{
    size_t k = (size_t)(in->per_band ? j % (FW * FC) : j % FC);
    double std = in->std[k] > 0 ? in->std[k] : 1;

    return ((double)features[i * FSIZE + (uint32_t)j] - in->mean[k]) / std;
}

static void features_are_normalised(void **state)
{
    uint32_t index[] = {29, 0};

    (void)state;
    for (int per_band = 0; per_band < 2; per_band++) {
        struct input_spec in = features_spec(per_band);
        struct batch_maker b;
        float got[2 * FSIZE];
        int32_t label[2];

        assert_int_equal(input_item_bytes(&in), 4 * FSIZE);
        batch_init(&b, &in, &heard, NULL);
        batch_fill(&b, NULL, index, 2, 0, got, label);
        for (int j = 0; j < 2 * FSIZE; j++)
            assert_float_equal(got[j],
                               feature(&in, index[j / FSIZE], j % FSIZE), 1e-5);
        assert_int_equal(label[0], labels[29]);
        batch_fini(&b);
    }
}

/* What a draw decides, made anew in the order that batch.c promises: flip, crop
 * down and across, roll, length and place of each mask, then the middle of what is
 * cut out. */
struct drawn {
    bool flip;
    int dy, dx, roll, time[2], band[2], side, middle[2];
};

static struct drawn draw(const struct batch_opts *o, int h, int w,
                         uint64_t epoch, uint32_t i)
{
    struct rng r = rng_make(o->seed, "augment", epoch, i);
    struct drawn d = {0};

    if (o->flip == MIRROR_RANDOM)
        d.flip = rng_u32(&r) >> 31;
    if (o->flip == MIRROR_ALTERNATE) {
        struct rng own = rng_make(o->seed, "flip", 0, i);

        d.flip = (rng_u32(&own) >= 1u << 31) != (epoch % 2 == 1);
    }
    if (o->crop_pad) {
        d.dy = (int)rng_below(&r, 2 * (uint64_t)o->crop_pad + 1) - o->crop_pad;
        d.dx = (int)rng_below(&r, 2 * (uint64_t)o->crop_pad + 1) - o->crop_pad;
    }
    if (o->roll)
        d.roll = (int)rng_below(&r, 2 * (uint64_t)o->roll + 1) - o->roll;
    if (o->time_mask) {
        int most = o->time_mask < h ? o->time_mask : h;

        d.time[1] = (int)rng_below(&r, (uint64_t)most + 1);
        d.time[0] = (int)rng_below(&r, (uint64_t)(h - d.time[1]) + 1);
    }
    if (o->band_mask) {
        int most = o->band_mask < w ? o->band_mask : w;

        d.band[1] = (int)rng_below(&r, (uint64_t)most + 1);
        d.band[0] = (int)rng_below(&r, (uint64_t)(w - d.band[1]) + 1);
    }
    d.side = o->cutout;
    for (int k = 0; k < 2 && d.side; k++)
        d.middle[k] = (int)rng_below(&r, (uint64_t)(k ? w : h));
    return d;
}

/* The middle of a square of side 4 has two before it and one behind. */
static bool cut_out(int side, int middle, int at)
{
    int off = at - middle;

    return 2 * off >= -side && 2 * off < side && (side % 2 || off < side / 2);
}

static bool masked(const struct drawn *d, int y, int x)
{
    if (d->side && cut_out(d->side, d->middle[0], y) &&
        cut_out(d->side, d->middle[1], x))
        return true;
    return (y >= d->time[0] && y < d->time[0] + d->time[1]) ||
           (x >= d->band[0] && x < d->band[0] + d->band[1]);
}

static const struct batch_opts augmentations[] = {
    {.roll = 3, .seed = 5},
    {.roll = 100, .seed = 5},
    {.time_mask = 3, .seed = 6},
    {.time_mask = 99, .seed = 6},
    {.band_mask = 2, .seed = 7},
    {.band_mask = 99, .time_mask = 1, .seed = 7},
    {.crop_pad = 2, .seed = 8},
    {.crop_pad = 20, .roll = 2, .time_mask = 2, .band_mask = 1, .seed = 9},
    {.flip = true, .crop_pad = 2, .roll = 2, .time_mask = 2, .band_mask = 1},
    {.cutout = 1, .seed = 10},
    {.cutout = 2, .seed = 10},
    {.cutout = 3, .crop_pad = 1, .seed = 11},
    {.cutout = 4096, .flip = MIRROR_ALTERNATE, .seed = 12},
    {.flip = MIRROR_ALTERNATE, .crop_pad = 2, .time_mask = 1, .cutout = 4},
};

/* Features move along the rows alone, and all that is not theirs is 0, the mean.
 * Every augmentation changes some sample. */
static void features_are_augmented(void **state)
{
    struct input_spec in = features_spec(true);

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(augmentations); k++) {
        const struct batch_opts *o = &augmentations[k];
        struct batch_maker b;
        float got[FSIZE];
        int32_t label;
        int changed = 0;

        batch_init(&b, &in, &heard, o);
        for (uint32_t i = 0; i < FEATURES; i++) {
            struct drawn d = draw(o, FH, FW, 3, i);

            batch_fill(&b, NULL, &i, 1, 3, got, &label);
            for (int j = 0; j < FSIZE; j++) {
                int y = j / (FW * FC), x = j / FC % FW, from = y + d.dy;
                double want = 0;

                if (from >= 0 && from < FH && !masked(&d, y, x)) {
                    from = (from + 100 * FH - d.roll) % FH;
                    want = feature(&in, i, (from * FW + x) * FC + j % FC);
                }
                assert_float_equal(got[j], want, 1e-5);
                changed += fabs(want - feature(&in, i, j)) > 1e-3;
            }
        }
        assert_true(changed > (o->cutout == 1 ? FEATURES : 100));
        batch_fini(&b);
    }
}

/* Images roll and are masked in the same way, after the draws of flips and crops,
 * which thus stay what they were. */
static void images_are_rolled_and_masked(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(augmentations); k++) {
        const struct batch_opts *o = &augmentations[k];
        struct batch_maker b;
        float got[SIZE];
        int32_t label;

        batch_init(&b, &input, &split, o);
        for (uint32_t i = 0; i < IMAGES; i++) {
            struct drawn d = draw(o, H, W, 8, i);

            batch_fill(&b, NULL, &i, 1, 8, got, &label);
            for (int j = 0; j < SIZE; j++) {
                int y = j / (W * C), x = j / C % W, c = j % C;
                int from = y + d.dy, at = x + d.dx;
                float want = normal(0, c);

                if (masked(&d, y, x)) {
                    want = 0;
                } else if (from >= 0 && from < H && at >= 0 && at < W) {
                    from = (from + 100 * H - d.roll) % H;
                    at = d.flip ? W - 1 - at : at;
                    want = normal(
                        pixels[i * SIZE + (size_t)((from * W + at) * C + c)],
                        c);
                }
                assert_true(got[j] == want);
            }
        }
        batch_fini(&b);
    }
}

/* Every image is flipped in one of two epochs that follow each other, half of them
 * in the first, others by another seed. */
static void flips_alternate(void **state)
{
    struct batch_opts o = {.flip = MIRROR_ALTERNATE, .seed = 4};
    int even = 0, same = 0;
    float image[SIZE];
    int32_t label;

    (void)state;
    for (uint32_t i = 0; i < IMAGES; i++) {
        bool flipped[2][6];

        for (uint64_t k = 0; k < 12; k++) {
            struct batch_maker b;

            o.seed = 4 + k / 6;
            batch_init(&b, &input, &split, &o);
            batch_fill(&b, NULL, &i, 1, k % 6, image, &label);
            batch_fini(&b);
            flipped[k / 6][k % 6] = shows(image, i, 0, 0, true);
            assert_true(flipped[k / 6][k % 6] || shows(image, i, 0, 0, false));
            if (k % 6)
                assert_true(flipped[k / 6][k % 6] != flipped[k / 6][k % 6 - 1]);
        }
        even += flipped[0][0];
        same += flipped[0][0] == flipped[1][0];
    }
    assert_in_range(even, 10, 30); /* 20 expected, 3 off at 1 sigma */
    assert_in_range(same, 10, 30);
}

/* The middle of what is cut out is at every place equally often, so that a corner
 * of the image is in a square of side 2 a fourth as often as a place inside. */
static void cutouts_reach_over_edges(void **state)
{
    struct batch_opts o = {.cutout = 2, .seed = 13};
    int holes[H][W] = {{0}};
    struct batch_maker b;
    float image[SIZE];
    int32_t label;

    (void)state;
    batch_init(&b, &input, &split, &o);
    for (uint64_t epoch = 0; epoch < 150; epoch++)
        for (uint32_t i = 0; i < IMAGES; i++) {
            batch_fill(&b, NULL, &i, 1, epoch, image, &label);
            for (int k = 0; k < H * W; k++)
                holes[k / W][k % W] += image[k * C] == 0 &&
                                       image[k * C + 1] == 0 &&
                                       image[k * C + 2] == 0;
        }
    batch_fini(&b);
    /* 6000 draws of 30 places, from one of which the last corner is seen: 200 of
     * them, 14 off at 1 sigma; at the other end two rows and columns see it. */
    assert_in_range(holes[H - 1][W - 1], 140, 260);
    assert_in_range(holes[0][W - 1], 320, 480);
    assert_in_range(holes[H - 1][0], 320, 480);
    assert_in_range(holes[0][0], 680, 920);
    assert_in_range(holes[2][3], 680, 920);
}

/* Over many draws every distance and every length of a mask comes as often as the
 * others. */
static void draws_are_uniform(void **state)
{
    struct input_spec in = features_spec(false);
    struct batch_opts o = {.roll = 2, .seed = 1};
    int roll[5] = {0}, length[4] = {0};
    struct batch_maker b;
    float got[FSIZE];
    int32_t label;

    (void)state;
    for (int masks = 0; masks < 2; masks++) {
        if (masks)
            o = (struct batch_opts){.time_mask = 3, .seed = 1};
        batch_init(&b, &in, &heard, &o);
        for (uint64_t epoch = 0; epoch < 100; epoch++)
            for (uint32_t i = 0; i < FEATURES; i++) {
                int zero = 0;

                batch_fill(&b, NULL, &i, 1, epoch, got, &label);
                for (int y = 0; y < FH; y++)
                    zero += got[y * FW * FC] == 0 && got[y * FW * FC + 5] == 0;
                for (int k = 0; k < 5 && !masks; k++)
                    if (fabs((double)got[k * FW * FC] -
                             feature(&in, i, 2 * FW * FC)) < 1e-5)
                        roll[k]++;
                length[zero] += masks;
            }
        batch_fini(&b);
    }
    for (int k = 0; k < 5; k++)
        assert_in_range(roll[k], 500,
                        700); /* 600 expected, 22 off at 1 sigma */
    for (int k = 0; k < 4; k++)
        assert_in_range(length[k], 650, 850); /* 750, 24 */
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
        cmocka_unit_test(features_are_normalised),
        cmocka_unit_test(features_are_augmented),
        cmocka_unit_test(images_are_rolled_and_masked),
        cmocka_unit_test(flips_alternate),
        cmocka_unit_test(cutouts_reach_over_edges),
        cmocka_unit_test(draws_are_uniform),
    };

    return cmocka_run_group_tests_name("batch", tests, setup, NULL);
}
