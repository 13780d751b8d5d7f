/* SPDX-License-Identifier: MIT
 * Winograd's transforms, vector against scalar over lines of tiles with odd
 * ends and channel tails; and all of them with products in between against
 * convolution from its definition, and its gradients. */
#include "tests/unit/kerncase.h"

/* A line of tiles: w outputs wide, h of two high. */
struct line {
    size_t h, w, c, tiles, plane, step;
    size_t pixels, outputs, planes; /* array sizes */
};

static struct line line_make(struct rng *r)
{
    struct line l = {.h = pick(r, 1, 2), .w = pick(r, 1, 9)};

    l.c = pick_channels(r);
    l.tiles = (l.w + 1) / 2;
    l.plane = winograd_plane(l.tiles, l.c);
    l.step = (2 * l.tiles + 2) * l.c + pick(r, 0, 9);
    l.pixels = 4 * l.step;
    l.outputs = l.h * l.w * l.c;
    l.planes = 16 * l.plane;
    return l;
}

/* Both on the same arrays, what they leave alone included. */
#define CHECK_BOTH(n, call, what)                                    \
    do {                                                             \
        float *want = randoms(r, n), *got = xcalloc(n, sizeof *got); \
        memcpy(got, want, (n) * sizeof *got);                        \
        {                                                            \
            const struct kernels *kern = kern_variant("scalar");     \
            float *to = want;                                        \
            call;                                                    \
            kern = k;                                                \
            to = got;                                                \
            call;                                                    \
        }                                                            \
        CHECK_SAME(n, want, got, what);                              \
        free(want);                                                  \
        free(got);                                                   \
    } while (0)

static void check_line(const struct kernels *k, struct rng *r)
{
    struct line l = line_make(r);
    float *x = randoms(r, l.pixels), *v = randoms(r, l.planes);
    float *y = randoms(r, l.outputs);

    CHECK_BOTH(l.planes,
               kern->winograd_input(l.tiles, l.c, x, l.step, to, l.plane),
               "winograd_input");
    for (int first = 0; first < 2; first++)
        CHECK_BOTH(l.pixels,
                   kern->winograd_input_back(l.tiles, l.c, v, l.plane, first,
                                             to, l.step),
                   "winograd_input_back");
    CHECK_BOTH(l.outputs, kern->winograd_output(l.h, l.w, l.c, v, l.plane, to),
               "winograd_output");
    CHECK_BOTH(l.planes,
               kern->winograd_output_back(l.h, l.w, l.c, y, to, l.plane),
               "winograd_output_back");
    free(x);
    free(v);
    free(y);
}

static void check_weights(const struct kernels *k, struct rng *r)
{
    size_t c = pick_channels(r), cout = pick(r, 1, 20), n = c * cout;
    float *w = randoms(r, 9 * n), *u = randoms(r, 16 * n);

    for (size_t row = 0; row < 4; row++)
        CHECK_BOTH(4 * n, kern->winograd_weight(cout, c, row, w, to),
                   "winograd_weight");
    CHECK_BOTH(9 * n, kern->winograd_weight_back(cout, c, u, to),
               "winograd_weight_back");
    free(w);
    free(u);
}

/* ---- a convolution ---- */

/* All passes over one image, already padded, its border included in dx. */
struct whole {
    size_t oh, ow, cin, cout;
    size_t bh, bw; /* padded image, of whole tiles */
    size_t tiles, plane, out_plane;
    float *x, *w, *dy, *y, *dx, *dw;
};

static struct whole whole_make(struct rng *r)
{
    struct whole s = {.oh = pick(r, 1, 9),
                      .ow = pick(r, 1, 9),
                      .cin = pick_channels(r),
                      .cout = pick_channels(r)};

    s.bh = (s.oh + 1) / 2 * 2 + 2;
    s.bw = (s.ow + 1) / 2 * 2 + 2;
    s.tiles = (s.bh - 2) * (s.bw - 2) / 4;
    s.plane = winograd_plane(s.tiles, s.cin);
    s.out_plane = winograd_plane(s.tiles, s.cout);
    s.x = randoms(r, s.bh * s.bw * s.cin);
    s.w = randoms(r, 9 * s.cin * s.cout);
    s.dy = randoms(r, s.oh * s.ow * s.cout);
    s.y = xcalloc(s.oh * s.ow * s.cout, sizeof *s.y);
    s.dx = xcalloc(s.bh * s.bw * s.cin, sizeof *s.dx);
    s.dw = xcalloc(9 * s.cin * s.cout, sizeof *s.dw);
    return s;
}

static void whole_free(struct whole *s)
{
    free(s->x);
    free(s->w);
    free(s->dy);
    free(s->y);
    free(s->dx);
    free(s->dw);
}

/* Lines of tiles, of m: into y, or from dy; of v: from x, or into dx. */
static void outputs(const struct kernels *k, const struct whole *s, float *m,
                    bool back)
{
    for (size_t y = 0; y < s->oh; y += 2, m += (s->bw - 2) / 2 * s->cout) {
        size_t h = s->oh - y > 1 ? 2 : 1, at = y * s->ow * s->cout;
        if (back)
            k->winograd_output_back(h, s->ow, s->cout, s->dy + at, m,
                                    s->out_plane);
        else
            k->winograd_output(h, s->ow, s->cout, m, s->out_plane, s->y + at);
    }
}

static void inputs(const struct kernels *k, const struct whole *s, float *v,
                   bool back)
{
    size_t step = s->bw * s->cin, tiles = (s->bw - 2) / 2;

    for (size_t y = 0; y < s->oh; y += 2, v += tiles * s->cin) {
        if (back)
            k->winograd_input_back(tiles, s->cin, v, s->plane, y == 0,
                                   s->dx + y * step, step);
        else
            k->winograd_input(tiles, s->cin, s->x + y * step, step, v,
                              s->plane);
    }
}

static void run_whole(const struct kernels *k, const struct whole *s)
{
    size_t n = s->cin * s->cout;
    float *v = xcalloc(16 * s->plane, sizeof *v);
    float *m = xcalloc(16 * s->out_plane, sizeof *m);
    float *u = xcalloc(32 * n, sizeof *u), *du = u + 16 * n;

    for (size_t row = 0; row < 4; row++)
        k->winograd_weight(s->cout, s->cin, row, s->w, u + 4 * row * n);
    inputs(k, s, v, false);
    for (size_t i = 0; i < 16; i++)
        k->gemm(false, true, s->tiles, s->cout, s->cin, v + i * s->plane,
                s->cin, u + i * n, s->cin, 0, m + i * s->out_plane, s->cout,
                NULL);
    outputs(k, s, m, false);
    outputs(k, s, m, true);
    for (size_t i = 0; i < 16; i++)
        k->gemm(true, false, s->cout, s->cin, s->tiles, m + i * s->out_plane,
                s->cout, v + i * s->plane, s->cin, 0, du + i * n, s->cin, NULL);
    k->winograd_weight_back(s->cout, s->cin, du, s->dw);
    for (size_t i = 0; i < 16; i++)
        k->gemm(false, false, s->tiles, s->cin, s->cout, m + i * s->out_plane,
                s->cout, u + i * n, s->cin, 0, v + i * s->plane, s->cin, NULL);
    inputs(k, s, v, true);
    free(v);
    free(m);
    free(u);
}

/* The same three from the definition, in double. */
static void define(const struct whole *s, double *y, double *dx, double *dw)
{
    for (size_t p = 0; p < s->oh * s->ow; p++)
        for (size_t o = 0; o < s->cout; o++)
            for (size_t t = 0; t < 9; t++) {
                size_t pixel = (p / s->ow + t / 3) * s->bw + p % s->ow + t % 3;
                double d = s->dy[p * s->cout + o];
                for (size_t i = 0; i < s->cin; i++) {
                    size_t a = pixel * s->cin + i;
                    size_t b = (o * 9 + t) * s->cin + i;
                    y[p * s->cout + o] += (double)s->x[a] * s->w[b];
                    dx[a] += d * s->w[b];
                    dw[b] += d * s->x[a];
                }
            }
}

static void check_whole(const struct kernels *k, struct rng *r)
{
    struct whole s = whole_make(r);
    size_t ny = s.oh * s.ow * s.cout, nx = s.bh * s.bw * s.cin;
    size_t nw = 9 * s.cin * s.cout;
    double *y = xcalloc(ny + nx + nw, sizeof *y), *dx = y + ny, *dw = dx + nx;

    define(&s, y, dx, dw);
    run_whole(k, &s);
    CHECK_SAME(ny, y, s.y, "winograd forward");
    CHECK_SAME(nx, dx, s.dx, "winograd d input");
    CHECK_SAME(nw, dw, s.dw, "winograd d weight");
    free(y);
    whole_free(&s);
}

static void check_all(const struct kernels *k)
{
    for (int i = 0; i < KERN_ROUNDS; i++) {
        struct rng r = rng_make(4, "winograd", (uint64_t)i, 0);
        check_line(k, &r);
        check_weights(k, &r);
        if (i % 5 == 0)
            check_whole(k, &r);
    }
}

KERN_VARIANTS_MAIN(check_all)
