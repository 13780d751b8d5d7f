/* SPDX-License-Identifier: MIT */
#include "tools/data-synth/synth.h"

#include <math.h>
#include <stdbool.h>

#include "libcommon/base/pool.h"
#include "libcommon/base/rng.h"
#include "tools/data-synth/shapes.h"

#define GRID 5 /* points of the background's texture per side */
#define CLUTTER_MAX 6

/* Describes a shape in the picture; lengths are in units of the image's
 * side. */
struct thing {
    int shape;
    double x, y, radius;
    double to[2][2];  /* from the picture's coordinates to the shape's,
                       * divided by radius */
    double colour[3]; /* 0..255 */
};

struct scene {
    double ground[3];           /* background colour */
    double grid[GRID][GRID][3]; /* added to it */
    struct thing clutter[CLUTTER_MAX];
    int n_clutter;
    struct thing main;
    struct thing cover; /* a disc over the main shape */
    bool covered;
    double noise; /* standard deviation, 0..255 */
};

static double between(struct rng *r, double lo, double hi)
{
    return lo + (hi - lo) * rng_uniform(r);
}

/* Returns how much of one kind of difficulty (noise, clutter, ...) an image of
 * difficulty d has. */
static double share(struct rng *r, double d)
{
    return d * between(r, 0.3, 1);
}

/* Draw a direction, uniform on the circle, without sine and cosine. */
static void direction(struct rng *r, double *x, double *y)
{
    double n;

    do {
        *x = between(r, -1, 1);
        *y = between(r, -1, 1);
        n = *x * *x + *y * *y;
    } while (n > 1 || n < 0.01);
    n = sqrt(n);
    *x /= n;
    *y /= n;
}

/* Turn the shape (turn 0: not at all, 1: anywhere) and squeeze it to
 * 1 - squeeze along one axis. */
static void place(struct rng *r, struct thing *t, double turn, double squeeze)
{
    double c, s, axis = 1 / (1 - squeeze);

    direction(r, &c, &s);
    if (turn < 1) {
        double n;

        c = 1 - turn + turn * c;
        s = turn * s;
        n = sqrt(c * c + s * s);
        c /= n;
        s /= n;
    }
    t->to[0][0] = c / t->radius;
    t->to[0][1] = s / t->radius;
    t->to[1][0] = -s * axis / t->radius;
    t->to[1][1] = c * axis / t->radius;
}

/* Choose at random up to CLUTTER_MAX smaller shapes of any class, at any place,
 * in colours that are faded towards the background's.  A greater difficulty d
 * allows more of them.  The main shape is painted over them. */
static void draw_clutter(struct rng *r, struct scene *s, double d)
{
    s->n_clutter = (int)(share(r, d) * (CLUTTER_MAX + 0.99));
    for (int i = 0; i < s->n_clutter; i++) {
        struct thing *t = &s->clutter[i];
        double pale = between(r, 0.3, 0.9);

        t->shape = (int)rng_below(r, SHAPES);
        t->radius = s->main.radius * between(r, 0.3, 0.6);
        t->x = between(r, 0, 1);
        t->y = between(r, 0, 1);
        place(r, t, 1, 0.3);
        for (int c = 0; c < 3; c++)
            t->colour[c] = s->ground[c] +
                           pale * (between(r, 20, 235) - s->ground[c]);
    }
}

/* Draw a disc that lies over the edge of the main shape; an image of difficulty
 * d has it with probability d. */
static void draw_cover(struct rng *r, struct scene *s, double d)
{
    double hidden = share(r, d), x, y, away;
    struct thing *t = &s->cover;

    s->covered = rng_uniform(r) < d;
    t->shape = 0;
    t->radius = s->main.radius * (0.3 + 0.45 * hidden);
    direction(r, &x, &y);
    away = s->main.radius * between(r, 0.5, 0.9);
    t->x = s->main.x + away * x;
    t->y = s->main.y + away * y;
    place(r, t, 1, 0.3);
    for (int c = 0; c < 3; c++)
        t->colour[c] = between(r, 20, 235);
}

static void draw_scene(const struct synth_opts *o, struct rng *r, int label,
                       struct scene *s)
{
    double u = rng_uniform(r);
    double d = u + (2 * o->difficulty - 1) * u * (1 - u);
    double contrast = 160 - 125 * share(r, d);
    double sign = rng_uniform(r) < 0.25 * d ? -1 : 1;
    double swing, room, turn;

    /* The shape is lighter than the background, the less so the harder the
     * image is; in some hard images it is darker. */
    for (int c = 0; c < 3; c++) {
        double middle = between(r, 100, 155);
        double half = sign * contrast / 2 * between(r, 0.4, 1);

        s->main.colour[c] = middle + half;
        s->ground[c] = middle - half;
    }
    swing = 4 + 44 * share(r, d);
    for (int i = 0; i < GRID * GRID; i++) {
        double grey = between(r, -swing, swing);

        for (int c = 0; c < 3; c++)
            s->grid[i / GRID][i % GRID][c] = grey +
                                             between(r, -swing, swing) / 2;
    }

    s->main.shape = label;
    s->main.radius = 0.44 - 0.25 * share(r, d);
    room = 0.04 + 0.2 * share(r, d);
    s->main.x = 0.5 + between(r, -room, room);
    s->main.y = 0.5 + between(r, -room, room);
    turn = share(r, d);
    place(r, &s->main, 0.7 * turn, 0.35 * share(r, d));

    draw_clutter(r, s, d);
    draw_cover(r, s, d);
    s->noise = 3 + 37 * share(r, d);
}

/* ---- painting ---- */

static void paint_ground(const struct scene *s, double x, double y,
                         double pixel[3])
{
    double gx = x * (GRID - 1), gy = y * (GRID - 1);
    int i = (int)gy, j = (int)gx;
    double a = gy - i, b = gx - j;

    for (int c = 0; c < 3; c++) {
        double top = (1 - b) * s->grid[i][j][c] + b * s->grid[i][j + 1][c];
        double low = (1 - b) * s->grid[i + 1][j][c] +
                     b * s->grid[i + 1][j + 1][c];

        pixel[c] = s->ground[c] + (1 - a) * top + a * low;
    }
}

/* Blend a shape into the pixel by the share of the pixel that it covers,
 * estimated from the distance of the pixel's centre to the edge. */
static void paint(const struct thing *t, double x, double y, double side,
                  double pixel[3])
{
    double dx = x - t->x, dy = y - t->y, cover;

    if (dx * dx + dy * dy > 1.3 * t->radius * t->radius + 0.01)
        return;
    cover = 0.5 - side * t->radius *
                      shape_distance(t->shape,
                                     t->to[0][0] * dx + t->to[0][1] * dy,
                                     t->to[1][0] * dx + t->to[1][1] * dy);
    if (cover <= 0)
        return;
    if (cover > 1)
        cover = 1;
    for (int c = 0; c < 3; c++)
        pixel[c] += cover * (t->colour[c] - pixel[c]);
}

/* Returns a nearly normal number of standard deviation 1: the sum of the four
 * bytes of a random word, shifted and scaled. */
static double noise(struct rng *r)
{
    uint32_t w = rng_u32(r);
    int sum = (int)(w & 255) + (int)(w >> 8 & 255) + (int)(w >> 16 & 255) +
              (int)(w >> 24);

    return (sum - 510) / 147.80;
}

int synth_image(const struct synth_opts *o, enum split_id split, uint64_t i,
                uint8_t *pixels)
{
    static const char *const purpose[SPLIT_COUNT] = {
        "synth train",
        "synth val",
        "synth test",
        "synth cal",
    };
    struct rng r = rng_make(o->seed, purpose[split], i, 0);
    struct scene s;
    int label = (int)(i % o->classes);
    double side = (double)o->size;

    draw_scene(o, &r, label, &s);
    for (uint64_t row = 0; row < o->size; row++)
        for (uint64_t col = 0; col < o->size; col++) {
            double x = ((double)col + 0.5) / side;
            double y = ((double)row + 0.5) / side, pixel[3];

            paint_ground(&s, x, y, pixel);
            for (int k = 0; k < s.n_clutter; k++)
                paint(&s.clutter[k], x, y, side, pixel);
            paint(&s.main, x, y, side, pixel);
            if (s.covered)
                paint(&s.cover, x, y, side, pixel);
            for (int c = 0; c < 3; c++) {
                double v = pixel[c] + s.noise * noise(&r);

                *pixels++ = v <= 0 ? 0 : v >= 255 ? 255 : (uint8_t)(v + 0.5);
            }
        }
    return label;
}

struct fill {
    const struct synth_opts *o;
    enum split_id split;
    size_t from;
    struct split *s;
};

static void fill_one(void *ctx, int index, int worker)
{
    const struct fill *f = ctx;
    size_t i = f->from + (size_t)index, bytes = 3 * f->o->size * f->o->size;

    (void)worker;
    f->s->labels[i] = synth_image(f->o, f->split, i, f->s->items + i * bytes);
}

void synth_fill(const struct synth_opts *o, enum split_id split, size_t from,
                size_t n, struct split *s, struct pool *pool)
{
    struct fill f = {o, split, from, s};

    pool_run(pool, (int)n, fill_one, &f);
}
