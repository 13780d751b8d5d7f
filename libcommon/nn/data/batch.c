/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/batch.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/base/rng.h"

/* ---- a stored sample as reals ---- */

/* Convert n pixels, each `step` bytes behind the one before, to normalised
 * reals; from NULL, n black pixels. */
static void to_reals(const struct batch_maker *b, const uint8_t *from,
                     long step, size_t n, real *to)
{
    const real *t = b->table;
    size_t channels = b->input->c;

    if (!from) {
        for (size_t x = 0; x < n; x++, to += channels)
            for (size_t c = 0; c < channels; c++)
                to[c] = t[c * 256];
        return;
    }
    if (channels == 3) { /* RGB has no inner loop */
        for (size_t x = 0; x < n; x++, from += step, to += 3) {
            to[0] = t[from[0]];
            to[1] = t[256 + from[1]];
            to[2] = t[512 + from[2]];
        }
        return;
    }
    for (size_t x = 0; x < n; x++, from += step, to += channels)
        for (size_t c = 0; c < channels; c++)
            to[c] = t[c * 256 + from[c]];
}

/* ---- augmenting ---- */

/* The image is mirrored if `flip` is set; then the crop begins at (dy, dx),
 * which may lie outside of it. */
struct view {
    long dy, dx;
    bool flip;
};

/* Write a row of the image as the view shows it.  Padding is black before
 * normalisation, as if it were part of the image. */
static void fill_row(const struct batch_maker *b, const uint8_t *row,
                     struct view v, real *to)
{
    long w = (long)b->input->w, pixel = (long)b->pixel_bytes;
    size_t c = b->input->c;
    /* Output pixels [lo, hi) show the image, the others padding. */
    long lo = v.dx < 0 ? -v.dx : 0, hi = v.dx > 0 ? w - v.dx : w;
    long first = lo + v.dx;

    if (hi <= lo) {
        to_reals(b, NULL, 0, (size_t)w, to);
        return;
    }
    to_reals(b, NULL, 0, (size_t)lo, to);
    if (v.flip) /* the image is mirrored, then cropped */
        to_reals(b, row + (w - 1 - first) * pixel, -pixel, (size_t)(hi - lo),
                 to + (size_t)lo * c);
    else
        to_reals(b, row + first * pixel, pixel, (size_t)(hi - lo),
                 to + (size_t)lo * c);
    to_reals(b, NULL, 0, (size_t)(w - hi), to + (size_t)hi * c);
}

/* ---- batches ---- */

void batch_init(struct batch_maker *b, const struct input_spec *in,
                const struct split *split, const struct batch_opts *opts)
{
    *b = (struct batch_maker){
        .input = in,
        .split = split,
        .pixel_bytes = input_item_bytes(in) / (in->h * in->w),
    };
    if (opts)
        b->opts = *opts;
    b->table = xcalloc(in->c, 256 * sizeof *b->table);
    for (size_t c = 0; c < in->c; c++)
        for (int x = 0; x < 256; x++) {
            double sd = in->std[c] > 0 ? in->std[c] : 1;

            b->table[c * 256 + (size_t)x] = (real)((x / 255.0 - in->mean[c]) /
                                                   sd);
        }
}

void batch_fini(struct batch_maker *b)
{
    free(b->table);
    *b = (struct batch_maker){0};
}

struct filling {
    const struct batch_maker *b;
    const uint32_t *index; /* (n) */
    uint64_t epoch;
    real *images;    /* (n, h, w, c) */
    int32_t *labels; /* (n) */
};

static void fill_one(void *ctx, int i, int worker)
{
    const struct filling *f = ctx;
    const struct batch_maker *b = f->b;
    const struct input_spec *in = b->input;
    uint32_t image = f->index[i];
    size_t row_bytes = in->w * b->pixel_bytes;
    const uint8_t *item = b->split->items + (size_t)image * in->h * row_bytes;
    real *to = f->images + (size_t)i * input_count(in);
    struct view v = {0};

    (void)worker;
    if (b->opts.flip || b->opts.crop_pad) {
        struct rng r = rng_make(b->opts.seed, "augment", f->epoch, image);
        uint64_t span = 2 * (uint64_t)b->opts.crop_pad + 1;

        if (b->opts.flip)
            v.flip = rng_u32(&r) >> 31;
        if (b->opts.crop_pad) {
            v.dy = (long)rng_below(&r, span) - b->opts.crop_pad;
            v.dx = (long)rng_below(&r, span) - b->opts.crop_pad;
        }
    }
    for (size_t y = 0; y < in->h; y++, to += in->w * in->c) {
        long at = (long)y + v.dy;

        if (at < 0 || at >= (long)in->h)
            to_reals(b, NULL, 0, in->w, to);
        else
            fill_row(b, item + (size_t)at * row_bytes, v, to);
    }
    f->labels[i] = b->split->labels[image];
}

void batch_fill(const struct batch_maker *b, struct pool *pool,
                const uint32_t *index, size_t n, uint64_t epoch, real *images,
                int32_t *labels)
{
    struct filling f = {b, index, epoch, images, labels};

    pool_run(pool, (int)n, fill_one, &f);
}

void batch_shuffle(uint32_t *order, size_t n, uint64_t seed, uint64_t epoch)
{
    struct rng r = rng_make(seed, "shuffle", epoch, 0);

    qsort(order, n, sizeof *order, order_u32);
    rng_shuffle(&r, order, n);
}

size_t batch_size(size_t n, size_t at, size_t size)
{
    size_t left = n - at;

    if (left >= size)
        return size;
    return at == 0 || 4 * left >= size ? left : 0;
}

size_t batch_steps(size_t n, size_t size)
{
    size_t steps = 0, m;

    for (size_t at = 0; at < n && (m = batch_size(n, at, size)) > 0; at += m)
        steps++;
    return steps;
}

size_t batch_auto(size_t n, size_t most)
{
    size_t size = 8;

    while (2 * size <= most && 2 * size <= n / 16)
        size *= 2;
    return size;
}
