/* SPDX-License-Identifier: MIT
 * Direct dense convolution, vector against scalar over random windows:
 * few channels and many, all widths of a line; and scalar against im2col and
 * a matmul. */
#include "tests/unit/kerncase.h"

/* One image, already padded, some numbers between its lines. */
struct direct_case {
    struct window win;
    size_t lines, cout, step, taps;
    size_t pixels, outputs, weights; /* array sizes */
    float *x, *w, *dy;
};

static struct window window_make(struct rng *r, int i)
{
    static const int channels[] = {3, 3, 1, 2, 4, 7};
    struct window v = {.c = channels[i % 6]};

    v.oh = (int)pick(r, 1, 9);
    v.ow = (int)pick(r, 1, rng_below(r, 4) ? 20 : 150);
    v.kh = (int)pick(r, 1, 7);
    v.kw = rng_below(r, 3) ? v.kh : (int)pick(r, 1, 9);
    v.sh = (int)pick(r, 1, 3);
    v.sw = rng_below(r, 3) ? v.sh : (int)pick(r, 1, 3);
    v.h = (v.oh - 1) * v.sh + v.kh;
    v.w = (v.ow - 1) * v.sw + v.kw;
    return v;
}

static struct direct_case case_make(struct rng *r, int i)
{
    struct direct_case s = {.win = window_make(r, i), .cout = pick_channels(r)};
    const struct window *v = &s.win;

    s.lines = (size_t)v->oh;
    s.step = (size_t)(v->w * v->c) + pick(r, 0, 9);
    s.taps = (size_t)(v->kh * v->kw * v->c);
    s.pixels = (size_t)v->h * s.step;
    s.outputs = s.lines * (size_t)v->ow * s.cout;
    s.weights = s.taps * s.cout;
    s.x = randoms(r, s.pixels);
    s.w = randoms(r, s.weights);
    s.dy = randoms(r, s.outputs);
    return s;
}

static void case_free(struct direct_case *s)
{
    free(s->x);
    free(s->w);
    free(s->dy);
}

/* A gradient is added to what there is. */
static void check_scalar(const struct kernels *k, const struct direct_case *s)
{
    const struct kernels *scalar = kern_variant("scalar");
    const struct window *v = &s->win;
    size_t n = s->outputs + s->weights;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    float *da = a + s->outputs, *db = b + s->outputs;
    const char *end = (const char *)(s->x + s->pixels);
    struct prefetch f = {.at = (const char *)s->x, .row_end = end, .end = end};

    memcpy(da, s->w, s->weights * sizeof *da);
    memcpy(db, s->w, s->weights * sizeof *db);
    memset(b, 0xff, s->outputs * sizeof *b); /* NaN: all is written */
    scalar->direct(v, s->lines, s->cout, s->x, s->step, s->w, a, NULL);
    k->direct(v, s->lines, s->cout, s->x, s->step, s->w, b, &f);
    CHECK_SAME(s->outputs, a, b, "direct");
    scalar->direct_weight(v, s->lines, s->cout, s->x, s->step, s->dy, da, NULL);
    k->direct_weight(v, s->lines, s->cout, s->x, s->step, s->dy, db, &f);
    CHECK_SAME(s->weights, da, db, "direct_weight");
    free(a);
    free(b);
}

/* The same by im2col and a matmul; the lines are computed in two calls. */
static void check_im2col(const struct kernels *k, const struct direct_case *s,
                         struct rng *r)
{
    struct window v = s->win;
    size_t ow = (size_t)v.ow, rows = s->lines * ow;
    size_t first = pick(r, 0, s->lines), part = first * ow * s->cout;
    const float *x = s->x + first * (size_t)v.sh * s->step;
    float *patches = xcalloc(rows * s->taps, sizeof *patches);
    float *y = xcalloc(2 * s->outputs, sizeof *y), *to = y + s->outputs;
    float *dw = xcalloc(2 * s->weights, sizeof *dw), *dto = dw + s->weights;

    for (size_t i = 0; i < rows * s->taps; i++) {
        size_t row = i / s->taps, tap = i % s->taps;
        size_t line = (size_t)(v.kw * v.c);
        patches[i] = s->x[(row / ow * (size_t)v.sh + tap / line) * s->step +
                          row % ow * (size_t)(v.sw * v.c) + tap % line];
    }
    k->gemm(false, false, rows, s->cout, s->taps, patches, s->taps, s->w,
            s->cout, 0, y, s->cout, NULL);
    k->direct(&v, first, s->cout, s->x, s->step, s->w, to, NULL);
    k->direct(&v, s->lines - first, s->cout, x, s->step, s->w, to + part, NULL);
    CHECK_SAME(s->outputs, y, to, "direct and patches");
    k->gemm(true, false, s->taps, s->cout, rows, patches, s->taps, s->dy,
            s->cout, 0, dw, s->cout, NULL);
    k->direct_weight(&v, first, s->cout, s->x, s->step, s->dy, dto, NULL);
    k->direct_weight(&v, s->lines - first, s->cout, x, s->step, s->dy + part,
                     dto, NULL);
    CHECK_SAME(s->weights, dw, dto, "direct_weight and patches");
    free(patches);
    free(y);
    free(dw);
}

static void check_all(const struct kernels *k)
{
    for (int i = 0; i < 2 * KERN_ROUNDS; i++) {
        struct rng r = rng_make(5, "direct", (uint64_t)i, 0);
        struct direct_case s = case_make(&r, i);
        check_scalar(k, &s);
        check_im2col(k, &s, &r);
        case_free(&s);
    }
}

KERN_VARIANTS_MAIN(check_all)
