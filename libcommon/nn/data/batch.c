/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/batch.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/base/rng.h"

const char *const batch_flip_names[] = {"alternate", NULL};

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

struct stretch {
    size_t at, n;
};

/* The image is mirrored if `flip` is set and its rows are moved round by `roll`;
 * then the crop begins at (dy, dx), which may lie outside of it.  The masked rows
 * and columns are those of the crop, and so is what is cut out, which is where
 * rows and columns of `hole` meet. */
struct view {
    long dy, dx, roll;
    bool flip;
    struct stretch rows, columns, hole[2];
};

/* Returns a stretch of up to `most` of n rows: all lengths are equally frequent,
 * and so are all places of a length. */
static struct stretch draw_stretch(struct rng *r, int most, size_t n)
{
    uint64_t longest = (uint64_t)most < n ? (uint64_t)most : n;
    size_t length = (size_t)rng_below(r, longest + 1);

    return (struct stretch){(size_t)rng_below(r, n - length + 1), length};
}

/* Returns what a stretch of `side` with its middle at a random one of n places
 * leaves within them: every place is in it equally often, but for the edges. */
static struct stretch draw_hole(struct rng *r, int side, size_t n)
{
    long first = (long)rng_below(r, n) - side / 2, end = first + side;

    first = first < 0 ? 0 : first;
    end = end > (long)n ? (long)n : end;
    return (struct stretch){(size_t)first, (size_t)(end - first)};
}

/* Returns whether an image is flipped in this epoch, and not in the next one. */
static bool flips_now(uint64_t seed, uint64_t epoch, uint32_t image)
{
    struct rng r = rng_make(seed, "flip", 0, image);

    return (rng_u32(&r) >> 31) ^ (epoch & 1);
}

/* What is drawn for one option comes behind all that was drawn before it was
 * there. */
static struct view draw_view(const struct batch_maker *b, uint64_t epoch,
                             uint32_t image)
{
    const struct batch_opts *o = &b->opts;
    struct rng r = rng_make(o->seed, "augment", epoch, image);
    uint64_t span = 2 * (uint64_t)o->crop_pad + 1;
    struct view v = {0};

    if (o->flip == MIRROR_RANDOM)
        v.flip = rng_u32(&r) >> 31;
    else if (o->flip == MIRROR_ALTERNATE)
        v.flip = flips_now(o->seed, epoch, image);
    if (o->crop_pad) {
        v.dy = (long)rng_below(&r, span) - o->crop_pad;
        v.dx = (long)rng_below(&r, span) - o->crop_pad;
    }
    if (o->roll)
        v.roll = (long)rng_below(&r, 2 * (uint64_t)o->roll + 1) - o->roll;
    if (o->time_mask)
        v.rows = draw_stretch(&r, o->time_mask, b->input->h);
    if (o->band_mask)
        v.columns = draw_stretch(&r, o->band_mask, b->input->w);
    if (o->cutout) {
        v.hole[0] = draw_hole(&r, o->cutout, b->input->h);
        v.hole[1] = draw_hole(&r, o->cutout, b->input->w);
    }
    return v;
}

/* Write a row of the image as the view shows it.  Padding is black before
 * normalisation, as if it were part of the image. */
static void fill_row(const struct batch_maker *b, const uint8_t *row,
                     const struct view *v, real *to)
{
    long w = (long)b->input->w, pixel = (long)b->pixel_bytes;
    size_t c = b->input->c;
    /* Output pixels [lo, hi) show the image, the others padding. */
    long lo = v->dx < 0 ? -v->dx : 0, hi = v->dx > 0 ? w - v->dx : w;
    long first = lo + v->dx;

    if (hi <= lo) {
        to_reals(b, NULL, 0, (size_t)w, to);
        return;
    }
    to_reals(b, NULL, 0, (size_t)lo, to);
    if (v->flip) /* the image is mirrored, then cropped */
        to_reals(b, row + (w - 1 - first) * pixel, -pixel, (size_t)(hi - lo),
                 to + (size_t)lo * c);
    else
        to_reals(b, row + first * pixel, pixel, (size_t)(hi - lo),
                 to + (size_t)lo * c);
    to_reals(b, NULL, 0, (size_t)(w - hi), to + (size_t)hi * c);
}

/* ---- batches ---- */

static double deviation(const struct input_spec *in, size_t i)
{
    return in->std[i] > 0 ? in->std[i] : 1;
}

void batch_init(struct batch_maker *b, const struct input_spec *in,
                const struct split *split, const struct batch_opts *opts)
{
    size_t row = in->w * in->c, moments = input_moments(in);

    *b = (struct batch_maker){
        .input = in,
        .split = split,
        .pixel_bytes = input_item_bytes(in) / (in->h * in->w),
        .floats = input_floats(in),
    };
    if (opts)
        b->opts = *opts;
    if (b->floats) {
        b->table = xcalloc(2 * row, sizeof *b->table);
        for (size_t i = 0; i < row; i++) {
            b->table[i] = (real)in->mean[i % moments];
            b->table[row + i] = (real)(1 / deviation(in, i % moments));
        }
        return;
    }
    b->table = xcalloc(in->c, 256 * sizeof *b->table);
    for (size_t c = 0; c < in->c; c++)
        for (int x = 0; x < 256; x++)
            b->table[c * 256 + (size_t)x] = (real)((x / 255.0 - in->mean[c]) /
                                                   deviation(in, c));
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

/* Write row y of the view, which is padding where the item has none. */
static void fill_view(const struct batch_maker *b, const uint8_t *item,
                      const struct view *v, size_t y, real *to)
{
    const struct input_spec *in = b->input;
    size_t n = in->w * in->c;
    long h = (long)in->h, at = (long)y + v->dy;
    bool inside = at >= 0 && at < h;

    if (inside && v->roll)
        at = ((at - v->roll) % h + h) % h;
    if (inside)
        item += (size_t)at * in->w * b->pixel_bytes;
    if (!inside && b->floats) {
        memset(to, 0, n * sizeof *to);
    } else if (!inside) {
        to_reals(b, NULL, 0, in->w, to);
    } else if (b->floats) {
        const real *mean = b->table, *scale = mean + n;
        const float *from = (const void *)item;

        for (size_t i = 0; i < n; i++)
            to[i] = ((real)from[i] - mean[i]) * scale[i];
    } else {
        fill_row(b, item, v, to);
    }
}

static void fill_one(void *ctx, int i, int worker)
{
    const struct filling *f = ctx;
    const struct batch_maker *b = f->b;
    const struct batch_opts *o = &b->opts;
    const struct input_spec *in = b->input;
    uint32_t image = f->index[i];
    size_t row = in->w * in->c;
    const uint8_t *item = b->split->items +
                          (size_t)image * in->h * in->w * b->pixel_bytes;
    real *to = f->images + (size_t)i * input_count(in);
    struct view v = {0};

    (void)worker;
    if (o->flip || o->crop_pad || o->roll || o->time_mask || o->band_mask ||
        o->cutout)
        v = draw_view(b, f->epoch, image);
    for (size_t y = 0; y < in->h; y++)
        fill_view(b, item, &v, y, to + y * row);

    /* What is masked becomes 0, the mean. */
    memset(to + v.rows.at * row, 0, v.rows.n * row * sizeof *to);
    for (size_t y = 0; y < in->h && v.columns.n; y++)
        memset(to + y * row + v.columns.at * in->c, 0,
               v.columns.n * in->c * sizeof *to);
    for (size_t y = 0; y < v.hole[0].n; y++)
        memset(to + (v.hole[0].at + y) * row + v.hole[1].at * in->c, 0,
               v.hole[1].n * in->c * sizeof *to);
    f->labels[i] = b->split->labels[image];
}

void batch_fill(const struct batch_maker *b, struct pool *pool,
                const uint32_t *index, size_t n, uint64_t epoch, real *images,
                int32_t *labels)
{
    struct filling f = {b, index, epoch, images, labels};

    pool_run(pool, (int)n, fill_one, &f);
}

struct mixing {
    real *images; /* (n, count) */
    size_t n, count;
    real share;
};

static void mix_pair(void *ctx, int i, int worker)
{
    const struct mixing *m = ctx;
    real *restrict a = m->images + (size_t)i * m->count;
    real *restrict b = m->images + (m->n - 1 - (size_t)i) * m->count;
    real own = m->share, other = 1 - own;

    (void)worker;
    for (size_t k = 0; k < m->count; k++) {
        real x = a[k], y = b[k];

        a[k] = own * x + other * y;
        b[k] = own * y + other * x;
    }
}

void batch_mix(struct pool *pool, real *images, size_t n, size_t count,
               double share, const int32_t *labels, int32_t *others)
{
    struct mixing m = {images, n, count, (real)share};

    for (size_t i = 0; i < n; i++)
        others[i] = labels[n - 1 - i];
    pool_run(pool, (int)(n / 2), mix_pair, &m);
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
