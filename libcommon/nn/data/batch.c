/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/batch.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"

void batch_init(struct batch_maker *b, const struct dataset *d,
                const struct split *split, const struct batch_opts *opts)
{
    *b = (struct batch_maker){
        .split = split, .h = d->h, .w = d->w, .c = d->c,
    };
    if (opts)
        b->opts = *opts;
    b->table = xcalloc(b->c, 256 * sizeof *b->table);
    for (size_t c = 0; c < b->c; c++)
        for (int x = 0; x < 256; x++) {
            double sd = d->std[c] > 0 ? d->std[c] : 1;

            b->table[c * 256 + (size_t)x] =
                (real)((x / 255.0 - d->mean[c]) / sd);
        }
}

void batch_fini(struct batch_maker *b)
{
    free(b->table);
    *b = (struct batch_maker){0};
}

/* Where the crop starts relative to the image, and whether it is mirrored. */
struct view {
    long dy, dx;
    bool flip;
};

static struct view draw_view(const struct batch_maker *b, uint64_t epoch,
                             uint32_t image)
{
    struct rng r = rng_make(b->opts.seed, "augment", epoch, image);
    uint64_t span = 2 * (uint64_t)b->opts.crop_pad + 1;
    struct view v = {0};

    if (b->opts.flip)
        v.flip = rng_u32(&r) >> 31;
    if (b->opts.crop_pad) {
        v.dy = (long)rng_below(&r, span) - b->opts.crop_pad;
        v.dx = (long)rng_below(&r, span) - b->opts.crop_pad;
    }
    return v;
}

/* n pixels of a row; step -1 walks it backwards. */
static void fill_run(const struct batch_maker *b, const uint8_t *from, long step,
                     size_t n, real *to)
{
    step *= (long)b->c;
    if (b->c == 3) {            /* the usual case, without an inner loop */
        const real *t = b->table;

        for (size_t x = 0; x < n; x++, from += step, to += 3) {
            to[0] = t[from[0]];
            to[1] = t[256 + from[1]];
            to[2] = t[512 + from[2]];
        }
        return;
    }
    for (size_t x = 0; x < n; x++, from += step, to += b->c)
        for (size_t c = 0; c < b->c; c++)
            to[c] = b->table[c * 256 + from[c]];
}

/* n black pixels: padding is put around the image before it is normalised. */
static void fill_black(const struct batch_maker *b, size_t n, real *to)
{
    for (size_t x = 0; x < n; x++, to += b->c)
        for (size_t c = 0; c < b->c; c++)
            to[c] = b->table[c * 256];
}

static void fill_row(const struct batch_maker *b, const uint8_t *row,
                     struct view v, real *to)
{
    long w = (long)b->w;
    /* Output pixels [lo, hi) show the image, the others padding. */
    long lo = v.dx < 0 ? -v.dx : 0, hi = v.dx > 0 ? w - v.dx : w;
    long first = lo + v.dx;

    if (hi <= lo) {
        fill_black(b, b->w, to);
        return;
    }
    fill_black(b, (size_t)lo, to);
    if (v.flip)     /* of the crop: what a mirrored image would show there */
        fill_run(b, row + (w - 1 - first) * (long)b->c, -1, (size_t)(hi - lo),
                 to + (size_t)lo * b->c);
    else
        fill_run(b, row + first * (long)b->c, 1, (size_t)(hi - lo),
                 to + (size_t)lo * b->c);
    fill_black(b, (size_t)(w - hi), to + (size_t)hi * b->c);
}

static void fill_image(const struct batch_maker *b, uint32_t image, struct view v,
                       real *to)
{
    size_t line = b->w * b->c;
    const uint8_t *from = b->split->images + (size_t)image * b->h * line;

    for (size_t y = 0; y < b->h; y++, to += line) {
        long at = (long)y + v.dy;

        if (at < 0 || at >= (long)b->h)
            fill_black(b, b->w, to);
        else
            fill_row(b, from + (size_t)at * line, v, to);
    }
}

struct filling {
    const struct batch_maker *b;
    const uint32_t *index;      /* (n) */
    uint64_t epoch;
    real *images;               /* (n, h, w, c) */
    int32_t *labels;            /* (n) */
};

static void fill_one(void *ctx, int i, int worker)
{
    const struct filling *f = ctx;
    const struct batch_maker *b = f->b;
    uint32_t image = f->index[i];
    struct view v = {0};

    (void)worker;
    if (b->opts.flip || b->opts.crop_pad)
        v = draw_view(b, f->epoch, image);
    fill_image(b, image, v, f->images + (size_t)i * b->h * b->w * b->c);
    f->labels[i] = b->split->labels[image];
}

void batch_fill(const struct batch_maker *b, struct pool *pool,
                const uint32_t *index, size_t n, uint64_t epoch, real *images,
                int32_t *labels)
{
    struct filling f = {b, index, epoch, images, labels};

    pool_run(pool, (int)n, fill_one, &f);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

void batch_shuffle(uint32_t *order, size_t n, uint64_t seed, uint64_t epoch)
{
    struct rng r = rng_make(seed, "shuffle", epoch, 0);

    qsort(order, n, sizeof *order, ascending);
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
