/* SPDX-License-Identifier: MIT
 * The vector kernels against the scalar ones, over random shapes: odd widths,
 * channel tails, strides, maps of one pixel under 7x7 kernels.  The scalar ones
 * are held against PyTorch in test_kern_reference.c.
 *
 * Tolerance: 2e-5 of the largest value of an output array.  Sums of at most
 * some thousand floats in another order differ by less. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/kernels.h"
#include "libcommon/nn/net.h"
#include "libcommon/nn/real/kern.h"

enum { ROUNDS = 150 };
static const double tolerance = 2e-5;

/* From malloc: aligned to 16 bytes, less than a vector. */
static float *randoms(struct rng *r, size_t n)
{
    float *p = xcalloc(n, sizeof *p);

    for (size_t i = 0; i < n; i++)
        p[i] = (float)(3 * rng_normal(r));
    return p;
}

static size_t pick(struct rng *r, size_t low, size_t high)
{
    return low + rng_below(r, high - low + 1);
}

/* Few channels, multiples of 8 and others. */
static size_t pick_channels(struct rng *r)
{
    size_t c = pick(r, 1, 20);

    return rng_below(r, 2) ? c * 8 : c;
}

#define CHECK_SAME(n, want, got, what)                                      \
    do {                                                                    \
        double top_ = 1;                                                    \
        for (size_t i_ = 0; i_ < (n); i_++)                                 \
            top_ = fmax(top_, fabs((double)(want)[i_]));                    \
        for (size_t i_ = 0; i_ < (n); i_++)                                 \
            if (!(fabs((double)(want)[i_] - (double)(got)[i_])              \
                  <= tolerance * top_))                                     \
                fail_msg("%s %s: element %zu of %zu is %g, not %g",         \
                         k->name, what, i_, (size_t)(n),                    \
                         (double)(got)[i_], (double)(want)[i_]);            \
    } while (0)

/* ---- tails and norm ---- */

struct rows_case {
    size_t rows, c, n;
    struct tail tail;
    float *y, *d, *skip, *scale, *shift, *mul, *add;
};

static struct rows_case rows_case_make(struct rng *r)
{
    struct rows_case x = {.rows = pick(r, 1, 40), .c = pick_channels(r)};

    if (rng_below(r, 8) == 0)
        x.rows = pick(r, 500, 800);
    x.n = x.rows * x.c;
    x.y = randoms(r, x.n);
    x.d = randoms(r, x.n);
    x.skip = randoms(r, x.n);
    x.scale = randoms(r, x.c);
    x.shift = randoms(r, x.c);
    x.mul = randoms(r, x.c);
    x.add = randoms(r, x.c);
    for (size_t i = 0; i < x.n; i += 7)     /* kinks, if there is no norm */
        x.y[i] = (float)(3 * ((int)rng_below(r, 3) - 1));
    x.tail = (struct tail){
        .act = (int)rng_below(r, ACT_SIGMOID + 1),
        .scale = rng_below(r, 4) ? x.scale : NULL,
        .shift = rng_below(r, 4) ? x.shift : NULL,
        .mul = rng_below(r, 2) ? x.mul : NULL,
    };
    return x;
}

static void rows_case_free(struct rows_case *x)
{
    float *all[] = {x->y, x->d, x->skip, x->scale, x->shift, x->mul, x->add};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
}

static void check_tail(const struct kernels *s, const struct kernels *k,
                       const struct rows_case *x)
{
    size_t n = x->n, c = x->c;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);

    s->tail_forward(&x->tail, x->rows, c, x->y, x->skip, a);
    k->tail_forward(&x->tail, x->rows, c, x->y, x->skip, b);
    CHECK_SAME(n, a, b, "tail_forward with skip");
    s->tail_forward(&x->tail, x->rows, c, x->y, NULL, a);
    memcpy(b, x->y, n * sizeof *b);
    k->tail_forward(&x->tail, x->rows, c, b, NULL, b);
    CHECK_SAME(n, a, b, "tail_forward in place");
    s->tail_mean(&x->tail, x->rows, c, x->y, a);
    k->tail_mean(&x->tail, x->rows, c, x->y, b);
    CHECK_SAME(c, a, b, "tail_mean");
    s->tail_dot(&x->tail, x->rows, c, x->y, x->d, a);
    k->tail_dot(&x->tail, x->rows, c, x->y, x->d, b);
    CHECK_SAME(c, a, b, "tail_dot");
    free(a);
    free(b);
}

static void check_tail_backward(const struct kernels *s,
                                const struct kernels *k,
                                const struct rows_case *x, const float *add)
{
    size_t n = x->n, c = x->c;
    float *a = xmemdup(x->d, n * sizeof *a), *b = xmemdup(x->d, n * sizeof *b);
    double *sum = xcalloc(4 * c, sizeof *sum);

    for (size_t i = 0; i < 4 * c; i++)
        sum[i] = 1;
    s->tail_backward(&x->tail, x->rows, c, x->y, add, a, sum, sum + c);
    k->tail_backward(&x->tail, x->rows, c, x->y, add, b, sum + 2 * c,
                     sum + 3 * c);
    CHECK_SAME(n, a, b, "tail_backward");
    CHECK_SAME(2 * c, sum, sum + 2 * c, "tail_backward's sums");
    memcpy(b, x->d, n * sizeof *b);
    k->tail_backward(&x->tail, x->rows, c, x->y, add, b, NULL, NULL);
    CHECK_SAME(n, a, b, "tail_backward without sums");
    free(a);
    free(b);
    free(sum);
}

static void check_norm(const struct kernels *s, const struct kernels *k,
                       const struct rows_case *x)
{
    size_t n = x->n, c = x->c;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    double *sum = xcalloc(4 * c, sizeof *sum);

    s->sums(x->rows, c, x->y, sum, sum + c);
    k->sums(x->rows, c, x->y, sum + 2 * c, sum + 3 * c);
    CHECK_SAME(2 * c, sum, sum + 2 * c, "sums");
    memset(sum + 2 * c, 0, c * sizeof *sum);
    k->sums(x->rows, c, x->y, sum + 2 * c, NULL);
    CHECK_SAME(c, sum, sum + 2 * c, "sums without squares");
    s->norm_backward(x->rows, c, x->d, x->y, x->scale, x->shift, x->mul, a);
    k->norm_backward(x->rows, c, x->d, x->y, x->scale, x->shift, x->mul, b);
    CHECK_SAME(n, a, b, "norm_backward");
    free(a);
    free(b);
    free(sum);
}

/* The padded forms: the inside as it should be, the border untouched. */
static void check_pad(const struct kernels *s, const struct kernels *k,
                      const struct rows_case *x)
{
    size_t w = x->rows % 5 == 0 ? 5 : 1, h = x->rows / w, c = x->c;
    size_t step = (w + 2) * c, n = h * step;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);

    s->tail_pad(&x->tail, h, w, c, x->y, a, step);
    k->tail_pad(&x->tail, h, w, c, x->y, b, step);
    CHECK_SAME(n, a, b, "tail_pad");
    s->norm_pad(h, w, c, x->d, x->y, x->scale, x->shift, x->mul, a, step);
    k->norm_pad(h, w, c, x->d, x->y, x->scale, x->shift, x->mul, b, step);
    CHECK_SAME(n, a, b, "norm_pad");
    free(a);
    free(b);
}

static void check_rows(const struct kernels *k)
{
    const struct kernels *s = kern_variant("scalar");

    for (int i = 0; i < ROUNDS; i++) {
        struct rng r = rng_make(1, "rows", (uint64_t)i, 0);
        struct rows_case x = rows_case_make(&r);
        check_tail(s, k, &x);
        check_tail_backward(s, k, &x, NULL);
        check_tail_backward(s, k, &x, x.add);
        check_norm(s, k, &x);
        check_pad(s, k, &x);
        rows_case_free(&x);
    }
}

/* ---- windows ---- */

static int outputs(int n, int k, int s, int p)
{
    return (n + 2 * p - k) / s + 1;
}

/* Any window with at least one output. */
static struct window window_make(struct rng *r, int most)
{
    struct window v = {.c = (int)pick_channels(r)};

    do {
        v.h = (int)pick(r, 1, 12);
        v.w = (int)pick(r, 1, 12);
        v.kh = (int)pick(r, 1, (size_t)most);
        v.kw = rng_below(r, 3) ? v.kh : (int)pick(r, 1, (size_t)most);
        v.sh = (int)pick(r, 1, 3);
        v.sw = rng_below(r, 3) ? v.sh : (int)pick(r, 1, 3);
        v.ph = rng_below(r, 3) ? v.kh / 2 : (int)pick(r, 0, (size_t)v.kh);
        v.pw = rng_below(r, 3) ? v.kw / 2 : (int)pick(r, 0, (size_t)v.kw);
    } while (v.h + 2 * v.ph < v.kh || v.w + 2 * v.pw < v.kw);
    v.oh = outputs(v.h, v.kh, v.sh, v.ph);
    v.ow = outputs(v.w, v.kw, v.sw, v.pw);
    return v;
}

/* The cases that matter: MobileNet's, down to one pixel under 7x7. */
static struct window window_usual(int i)
{
    static const int side[] = {16, 8, 4, 2, 1, 5}, kernel[] = {3, 5, 7};
    struct window v = {.c = i % 2 ? 24 : 16};

    v.h = v.w = side[i / 6 % 6];
    v.kh = v.kw = kernel[i / 2 % 3];
    v.sh = v.sw = 1 + i / 36;
    v.ph = v.pw = v.kh / 2;
    v.oh = v.ow = outputs(v.h, v.kh, v.sh, v.ph);
    return v;
}

struct dw_case {
    struct dw g;
    size_t weights, pixels, outputs;
    float *x, *d, *weight;      /* plain image, output gradient */
    float *in, *dout;           /* the same in their padded buffers */
};

static void pad_into(float *to, size_t step, const float *from, int h,
                     size_t row)
{
    for (int i = 0; i < h; i++)
        memcpy(to + (size_t)i * step, from + (size_t)i * row,
               row * sizeof *to);
}

static struct dw_case dw_case_make(struct rng *r, const struct window *v)
{
    struct dw_case x;

    kern_dw_init(&x.g, v);
    x.weights = (size_t)v->kh * v->kw * v->c;
    x.pixels = (size_t)v->h * v->w * v->c;
    x.outputs = (size_t)v->oh * v->ow * v->c;
    x.x = randoms(r, x.pixels);
    x.d = randoms(r, x.outputs);
    x.weight = randoms(r, x.weights);
    x.in = xcalloc(dw_buffer(&x.g), sizeof *x.in);
    x.dout = xcalloc(dw_grad_buffer(&x.g), sizeof *x.dout);
    pad_into(x.in + dw_inside(&x.g), dw_step(&x.g), x.x, v->h,
             (size_t)v->w * v->c);
    pad_into(x.dout + dw_grad_inside(&x.g), dw_grad_step(&x.g), x.d, v->oh,
             (size_t)v->ow * v->c);
    return x;
}

static void dw_case_free(struct dw_case *x)
{
    free(x->x);
    free(x->d);
    free(x->weight);
    free(x->in);
    free(x->dout);
}

/* Depthwise forward from the definition, in double, padding by index. */
static void dw_define(const struct dw_case *x, float *out)
{
    const struct window *v = &x->g.win;

    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++)
            for (int i = 0; i < v->c; i++) {
                double s = 0;
                for (int ky = 0; ky < v->kh; ky++)
                    for (int kx = 0; kx < v->kw; kx++) {
                        int y = oy * v->sh + ky - v->ph;
                        int z = ox * v->sw + kx - v->pw;
                        if (y >= 0 && y < v->h && z >= 0 && z < v->w)
                            s += (double)x->weight[(ky * v->kw + kx) * v->c + i]
                                 * x->x[(y * v->w + z) * v->c + i];
                    }
                out[(oy * v->ow + ox) * v->c + i] = (float)s;
            }
}

static double dot(size_t n, const float *a, const float *b)
{
    double s = 0;

    for (size_t i = 0; i < n; i++)
        s += (double)a[i] * b[i];
    return s;
}

/* <f(x), d> = <x, f'(d)> = <w, dw>: the three passes are adjoint. */
static void check_adjoint(const struct kernels *k, const struct dw_case *x,
                          const float *out, const float *din, const float *dw)
{
    double a = dot(x->outputs, out, x->d), b = dot(x->pixels, din, x->x);
    double c = dot(x->weights, dw, x->weight);
    double size = sqrt(dot(x->outputs, out, out) * dot(x->outputs, x->d, x->d));

    if (!(fabs(a - b) <= 1e-5 * (1 + size))
        || !(fabs(a - c) <= 1e-5 * (1 + size)))
        fail_msg("%s dw: not adjoint: %g %g %g", k->name, a, b, c);
}

static void check_dw(const struct kernels *k, const struct window *v,
                     struct rng *r)
{
    struct dw_case x = dw_case_make(r, v);
    float *want = xcalloc(x.outputs, sizeof *want);
    float *out = xcalloc(x.outputs, sizeof *out);
    float *din = xcalloc(x.pixels, sizeof *din);
    float *dw = xcalloc(x.weights, sizeof *dw);
    float *twice = xcalloc(x.weights, sizeof *twice);

    dw_define(&x, want);
    k->dw_forward(&x.g, x.in, x.weight, out);
    CHECK_SAME(x.outputs, want, out, "dw_forward");
    memset(din, 0xff, x.pixels * sizeof *din);      /* NaN: all is written */
    k->dw_backward(&x.g, x.dout, x.weight, din);
    k->dw_weight(&x.g, x.in, x.dout, dw);
    check_adjoint(k, &x, out, din, dw);
    k->dw_weight(&x.g, x.in, x.dout, twice);
    k->dw_weight(&x.g, x.in, x.dout, twice);
    for (size_t i = 0; i < x.weights; i++)
        dw[i] *= 2;
    CHECK_SAME(x.weights, dw, twice, "dw_weight adds up");
    free(want);
    free(out);
    free(din);
    free(dw);
    free(twice);
    dw_case_free(&x);
}

/* backward and weight element by element, against the scalar ones. */
static void check_dw_gradients(const struct kernels *k, const struct window *v,
                               struct rng *r)
{
    const struct kernels *s = kern_variant("scalar");
    struct dw_case x = dw_case_make(r, v);
    float *a = xcalloc(x.pixels, sizeof *a), *b = xcalloc(x.pixels, sizeof *b);
    float *p = xcalloc(x.weights, sizeof *p);
    float *q = xcalloc(x.weights, sizeof *q);

    s->dw_backward(&x.g, x.dout, x.weight, a);
    k->dw_backward(&x.g, x.dout, x.weight, b);
    CHECK_SAME(x.pixels, a, b, "dw_backward");
    s->dw_weight(&x.g, x.in, x.dout, p);
    k->dw_weight(&x.g, x.in, x.dout, q);
    CHECK_SAME(x.weights, p, q, "dw_weight");
    free(a);
    free(b);
    free(p);
    free(q);
    dw_case_free(&x);
}

static void check_depthwise(const struct kernels *k)
{
    for (int i = 0; i < ROUNDS + 72; i++) {
        struct rng r = rng_make(2, "depthwise", (uint64_t)i, 0);
        struct window v = i < 72 ? window_usual(i) : window_make(&r, 9);
        check_dw(k, &v, &r);
        check_dw_gradients(k, &v, &r);
    }
}

static void check_patches(const struct kernels *k, const struct window *v,
                          struct rng *r)
{
    const struct kernels *s = kern_variant("scalar");
    size_t pixels = (size_t)v->h * v->w * v->c;
    int first = (int)rng_below(r, (uint64_t)v->oh);
    int last = first + 1 + (int)rng_below(r, (uint64_t)(v->oh - first));
    size_t n = (size_t)(last - first) * v->ow * v->kh * v->kw * v->c;
    float *x = randoms(r, pixels), *d = randoms(r, n);
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    float *dx = xcalloc(pixels, sizeof *dx);

    s->patches(v, x, first, last, a);
    k->patches(v, x, first, last, b);
    assert_memory_equal(a, b, n * sizeof *a);
    k->patches_back(v, d, first, last, dx);
    double want = dot(n, a, d), got = dot(pixels, x, dx);
    if (!(fabs(want - got) <= 1e-5 * (1 + sqrt(dot(n, a, a) * dot(n, d, d)))))
        fail_msg("%s patches: not adjoint: %g %g", k->name, want, got);
    free(x);
    free(d);
    free(a);
    free(b);
    free(dx);
}

static void check_pools(const struct kernels *k, struct window *v,
                        struct rng *r)
{
    const struct kernels *s = kern_variant("scalar");
    v->ph = v->ph < v->kh ? v->ph : 0;      /* every window sees a pixel */
    v->pw = v->pw < v->kw ? v->pw : 0;
    v->oh = v->h + v->ph < v->kh ? 0 : outputs(v->h, v->kh, v->sh, v->ph);
    v->ow = v->w + v->pw < v->kw ? 0 : outputs(v->w, v->kw, v->sw, v->pw);
    if (v->h <= v->ph || v->w <= v->pw)
        return;
    size_t pixels = (size_t)v->h * v->w * v->c;
    size_t n = (size_t)v->oh * v->ow * v->c;
    float *x = randoms(r, pixels), *d = randoms(r, n);
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    float *dx = xcalloc(2 * pixels, sizeof *dx);
    int32_t *ia = xcalloc(n, sizeof *ia), *ib = xcalloc(n, sizeof *ib);

    for (size_t i = 0; i < pixels; i++)     /* ties are common */
        x[i] = roundf(x[i]);
    s->maxpool(v, x, a, ia);
    k->maxpool(v, x, b, ib);
    assert_memory_equal(a, b, n * sizeof *a);
    assert_memory_equal(ia, ib, n * sizeof *ia);
    s->maxpool_back(v, d, ia, dx);
    k->maxpool_back(v, d, ia, dx + pixels);
    CHECK_SAME(pixels, dx, dx + pixels, "maxpool_back");
    s->avgpool(v, x, a);
    k->avgpool(v, x, b);
    CHECK_SAME(n, a, b, "avgpool");
    memset(dx, 0, pixels * sizeof *dx);
    k->avgpool_back(v, d, dx);
    double want = dot(n, b, d), got = dot(pixels, x, dx);
    assert_true(fabs(want - got) <= 1e-4 * (1 + sqrt(dot(n, b, b)
                                                     * dot(n, d, d))));
    free(x);
    free(d);
    free(a);
    free(b);
    free(dx);
    free(ia);
    free(ib);
}

static void check_windows(const struct kernels *k)
{
    for (int i = 0; i < ROUNDS; i++) {
        struct rng r = rng_make(3, "windows", (uint64_t)i, 0);
        struct window v = window_make(&r, 5);
        check_patches(k, &v, &r);
        check_pools(k, &v, &r);
    }
}

/* ---- products and vectors ---- */

static void check_gemm(const struct kernels *k)
{
    for (int i = 0; i < 2 * ROUNDS; i++) {
        struct rng r = rng_make(4, "gemm", (uint64_t)i, 0);
        size_t m = pick(&r, 1, 70), n = pick(&r, 1, 70), d = pick(&r, 1, 70);
        bool ta = rng_below(&r, 2), tb = rng_below(&r, 2);
        size_t lda = (ta ? m : d) + pick(&r, 0, 3);
        size_t ldb = (tb ? d : n) + pick(&r, 0, 3), ldc = n + pick(&r, 0, 3);
        float beta = (float)rng_below(&r, 2);
        float *a = randoms(&r, (ta ? d : m) * lda);
        float *b = randoms(&r, (tb ? n : d) * ldb);
        float *c = randoms(&r, m * ldc);
        float *want = xmemdup(c, m * ldc * sizeof *c);
        for (size_t p = 0; p < m; p++)
            for (size_t q = 0; q < n; q++) {
                double s = beta > 0 ? want[p * ldc + q] : 0;
                for (size_t t = 0; t < d; t++)
                    s += (double)a[ta ? t * lda + p : p * lda + t]
                         * b[tb ? q * ldb + t : t * ldb + q];
                want[p * ldc + q] = (float)s;
                if (beta == 0)
                    c[p * ldc + q] = NAN;   /* beta 0 does not read C */
            }
        k->gemm(ta, tb, m, n, d, a, lda, b, ldb, beta, c, ldc);
        CHECK_SAME(m * ldc, want, c, "gemm");
        free(a);
        free(b);
        free(c);
        free(want);
    }
}

static void check_sgd(const struct kernels *s, const struct kernels *k,
                      struct rng *r, size_t n)
{
    struct sgd_rule rule = {.lr = 0.1f, .momentum = 0.9f, .decay = 0.01f,
                            .nesterov = rng_below(r, 2)};
    float *g = randoms(r, n), *v = randoms(r, n), *w = randoms(r, n);
    float *v2 = xmemdup(v, n * sizeof *v), *w2 = xmemdup(w, n * sizeof *w);

    s->sgd(&rule, n, g, v, w);
    k->sgd(&rule, n, g, v2, w2);
    CHECK_SAME(n, v, v2, "sgd, momentum");
    CHECK_SAME(n, w, w2, "sgd, weights");
    free(g);
    free(v);
    free(w);
    free(v2);
    free(w2);
}

static void check_vectors(const struct kernels *k)
{
    const struct kernels *s = kern_variant("scalar");

    for (int i = 0; i < ROUNDS; i++) {
        struct rng r = rng_make(5, "vectors", (uint64_t)i, 0);
        size_t n = pick(&r, 1, 200);
        float *a = randoms(&r, n), *b = randoms(&r, n), *c = randoms(&r, n);
        float *out = xcalloc(n, sizeof *out);
        const float *const parts[] = {a, b, c};
        s->reduce(n, 3, parts, out);
        k->reduce(n, 3, parts, a);
        assert_memory_equal(a, out, n * sizeof *a);
        memcpy(out, b, n * sizeof *out);
        s->add(n, c, out);
        k->add(n, c, b);
        assert_memory_equal(b, out, n * sizeof *b);
        check_sgd(s, k, &r, n);
        free(a);
        free(b);
        free(c);
        free(out);
    }
}

/* A network that diverged must not look sane: NaN goes through everything. */
static void check_nan(const struct kernels *k)
{
    float y[40], z[40], ones[40];

    for (int i = 0; i < 40; i++) {
        y[i] = i % 3 ? 1 : NAN;
        ones[i] = 1;
    }
    for (int act = ACT_NONE; act <= ACT_SIGMOID; act++) {
        struct tail t = {.act = act, .scale = ones};
        k->tail_forward(&t, 2, 20, y, NULL, z);
        for (int i = 0; i < 40; i++)
            assert_int_equal(isnan(z[i]) != 0, i % 3 == 0);
    }
    struct window v = {.h = 1, .w = 40, .c = 1, .oh = 1, .ow = 20, .kh = 1,
                       .kw = 2, .sh = 1, .sw = 2};
    k->maxpool(&v, y, z, NULL);
    for (int i = 0; i < 20; i++)
        assert_int_equal(isnan(z[i]) != 0, 2 * i % 3 == 0 || 2 * i % 3 == 2);
}

static void check_all(const char *name)
{
    const struct kernels *k = kern_variant(name);

    if (!k) {
        print_message("# this CPU does not run %s\n", name);
        skip();
    }
    check_rows(k);
    check_depthwise(k);
    check_windows(k);
    check_gemm(k);
    check_vectors(k);
    check_nan(k);
}

static void test_scalar(void **state)
{
    (void)state;
    check_all("scalar");
}

static void test_avx2(void **state)
{
    (void)state;
    check_all("avx2");
}

static void test_avx512(void **state)
{
    (void)state;
    check_all("avx512");
}

/* Sums of many rows stay accurate: the float lanes are flushed. */
static void test_sums_stay_exact(void **state)
{
    enum { ROWS = 200000, C = 8 };
    float *y = xcalloc(ROWS * C, sizeof *y);
    double sum[C] = {0}, sumsq[C] = {0};

    (void)state;
    for (size_t i = 0; i < ROWS * C; i++)
        y[i] = 0.1f;
    kern_get()->sums(ROWS, C, y, sum, sumsq);
    for (int i = 0; i < C; i++) {
        assert_true(fabs(sum[i] / ROWS / (double)0.1f - 1) < 1e-6);
        assert_true(fabs(sumsq[i] / ROWS / 0.01 - 1) < 1e-6);
    }
    free(y);
}

/* KERNELS and the CPU decide; the name says it. */
static void test_choice(void **state)
{
    (void)state;
    assert_string_equal(kern_get()->name, isa_names[kernels_isa()]);
    assert_non_null(strstr(kernels_name(), isa_names[kernels_isa()]));
    assert_null(kern_variant("mmx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalar),
        cmocka_unit_test(test_avx2),
        cmocka_unit_test(test_avx512),
        cmocka_unit_test(test_sums_stay_exact),
        cmocka_unit_test(test_choice),
    };

    kernels_thread_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
