/* SPDX-License-Identifier: MIT
 * Convolution and pooling kernels, vector against scalar, over random windows:
 * odd widths, channel tails, strides, maps of one pixel under 7x7 kernels.
 * Depthwise convolution is also held against its definition. */
#include "tests/unit/kerncase.h"

/* Half the kernel, or any number up to it. */
static int pick_pad(struct rng *r, int kernel)
{
    return rng_below(r, 3) ? kernel / 2 : (int)pick(r, 0, (size_t)kernel);
}

static bool fits(int n, int k, int before, int after)
{
    return window_padded(n, before, after) >= k;
}

/* Any window with at least one output; often sides are padded differently. */
static struct window window_make(struct rng *r, int most)
{
    struct window v = {.c = (int)pick_channels(r)};
    int below, right;

    do {
        v.h = (int)pick(r, 1, 17);
        v.w = (int)pick(r, 1, 17);
        v.kh = (int)pick(r, 1, (size_t)most);
        v.kw = rng_below(r, 3) ? v.kh : (int)pick(r, 1, (size_t)most);
        v.sh = (int)pick(r, 1, 3);
        v.sw = rng_below(r, 3) ? v.sh : (int)pick(r, 1, 3);
        v.ph = pick_pad(r, v.kh);
        v.pw = pick_pad(r, v.kw);
        below = pick_pad(r, v.kh);
        right = pick_pad(r, v.kw);
    } while (!fits(v.h, v.kh, v.ph, below) || !fits(v.w, v.kw, v.pw, right));
    v.oh = (int)window_out(v.h, v.kh, v.sh, v.ph, below);
    v.ow = (int)window_out(v.w, v.kw, v.sw, v.pw, right);
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
    v.oh = v.ow = (int)window_out(v.h, v.kh, v.sh, v.ph, v.ph);
    return v;
}

struct dw_case {
    struct window win;
    size_t images;
    size_t weights, pixels, outputs;
    float *x, *d, *weight; /* images, output gradients */
};

static struct dw_case dw_case_make(struct rng *r, const struct window *v,
                                   size_t images)
{
    struct dw_case x = {.win = *v, .images = images};

    x.weights = (size_t)v->kh * v->kw * v->c;
    x.pixels = images * v->h * v->w * v->c;
    x.outputs = images * v->oh * v->ow * v->c;
    x.x = randoms(r, x.pixels);
    x.d = randoms(r, x.outputs);
    x.weight = randoms(r, x.weights);
    return x;
}

static void dw_case_free(struct dw_case *x)
{
    free(x->x);
    free(x->d);
    free(x->weight);
}

/* Output pixel (oy, ox) of an image, channel i, from the definition. */
static double dw_output(const struct dw_case *x, const float *image, int oy,
                        int ox, int i)
{
    const struct window *v = &x->win;
    double s = 0;

    for (int ky = 0; ky < v->kh; ky++)
        for (int kx = 0; kx < v->kw; kx++) {
            int y = oy * v->sh + ky - v->ph, z = ox * v->sw + kx - v->pw;
            if (y >= 0 && y < v->h && z >= 0 && z < v->w)
                s += (double)x->weight[(ky * v->kw + kx) * v->c + i] *
                     image[(y * v->w + z) * v->c + i];
        }
    return s;
}

/* Depthwise forward from the definition, in double, padding by index. */
static void dw_define(const struct dw_case *x, float *out)
{
    const struct window *v = &x->win;
    const float *image = x->x;

    for (size_t n = 0; n < x->images; n++, image += v->h * v->w * v->c)
        for (int oy = 0; oy < v->oh; oy++)
            for (int ox = 0; ox < v->ow; ox++)
                for (int i = 0; i < v->c; i++)
                    *out++ = (float)dw_output(x, image, oy, ox, i);
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

    if (!(fabs(a - b) <= 1e-5 * (1 + size)) ||
        !(fabs(a - c) <= 1e-5 * (1 + size)))
        fail_msg("%s dw: not adjoint: %g %g %g", k->name, a, b, c);
}

static void check_dw(const struct kernels *k, const struct window *v,
                     struct rng *r)
{
    struct dw_case x = dw_case_make(r, v, pick(r, 1, 3));
    float *want = xcalloc(x.outputs, sizeof *want);
    float *out = xcalloc(x.outputs, sizeof *out);
    float *din = xcalloc(x.pixels, sizeof *din);
    float *dw = xcalloc(x.weights, sizeof *dw);
    float *twice = xcalloc(x.weights, sizeof *twice);

    dw_define(&x, want);
    k->dw_forward(v, x.images, x.x, x.weight, out);
    CHECK_SAME(x.outputs, want, out, "dw_forward");
    memset(din, 0xff, x.pixels * sizeof *din); /* NaN: all is written */
    k->dw_backward(v, x.images, x.d, x.weight, din);
    k->dw_weight(v, x.images, x.x, x.d, dw);
    check_adjoint(k, &x, out, din, dw);
    k->dw_weight(v, x.images, x.x, x.d, twice);
    k->dw_weight(v, x.images, x.x, x.d, twice);
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

/* Element by element, against the scalar ones. */
static void check_dw_scalar(const struct kernels *k, const struct window *v,
                            struct rng *r)
{
    const struct kernels *s = kern_variant("scalar");
    struct dw_case x = dw_case_make(r, v, pick(r, 1, 3));
    size_t n = x.pixels + x.outputs + x.weights;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    float *da = a + x.outputs, *db = b + x.outputs;

    s->dw_forward(v, x.images, x.x, x.weight, a);
    k->dw_forward(v, x.images, x.x, x.weight, b);
    CHECK_SAME(x.outputs, a, b, "dw_forward");
    s->dw_backward(v, x.images, x.d, x.weight, da);
    k->dw_backward(v, x.images, x.d, x.weight, db);
    CHECK_SAME(x.pixels, da, db, "dw_backward");
    s->dw_weight(v, x.images, x.x, x.d, da + x.pixels);
    k->dw_weight(v, x.images, x.x, x.d, db + x.pixels);
    CHECK_SAME(x.weights, da + x.pixels, db + x.pixels, "dw_weight");
    free(a);
    free(b);
    dw_case_free(&x);
}

/* The same bits for an image alone. */
static void check_dw_alone(const struct kernels *k, const struct window *v,
                           struct rng *r)
{
    struct dw_case x = dw_case_make(r, v, 3);
    size_t in = x.pixels / 3, out = x.outputs / 3;
    float *a = xcalloc(x.outputs + x.pixels, sizeof *a);
    float *b = xcalloc(x.outputs + x.pixels, sizeof *b);

    k->dw_forward(v, 3, x.x, x.weight, a);
    k->dw_backward(v, 3, x.d, x.weight, a + x.outputs);
    for (size_t i = 0; i < 3; i++) {
        k->dw_forward(v, 1, x.x + i * in, x.weight, b + i * out);
        k->dw_backward(v, 1, x.d + i * out, x.weight, b + x.outputs + i * in);
    }
    assert_memory_equal(a, b, (x.outputs + x.pixels) * sizeof *a);
    free(a);
    free(b);
    dw_case_free(&x);
}

/* Every width of map and kernel, every stride that has code of its own. */
static struct window window_every(struct rng *r, int i)
{
    struct window v = {
        .h = (int)pick(r, 1, 17), .w = 1 + i % 17, .c = (int)pick(r, 1, 70)};

    v.kw = 1 + i / 17 % 7;
    v.sw = 1 + i / 17 / 7;
    v.pw = rng_below(r, 2) ? v.kw / 2 : (int)pick(r, 0, (size_t)v.kw);
    v.pw = fits(v.w, v.kw, v.pw, v.pw) ? v.pw : v.kw / 2 + 1;
    v.kh = (int)pick(r, 1, 8);
    v.sh = (int)pick(r, 1, 3);
    v.ph = (int)pick(r, (size_t)v.kh / 2, (size_t)v.kh);
    v.ow = (int)window_out(v.w, v.kw, v.sw, v.pw, v.pw);
    v.oh = (int)window_out(v.h, v.kh, v.sh, v.ph, v.ph);
    return v;
}

enum { EVERY_WINDOW = 17 * 7 * 3 };

static void check_depthwise(const struct kernels *k)
{
    for (int i = 0; i < KERN_ROUNDS + 72; i++) {
        struct rng r = rng_make(2, "depthwise", (uint64_t)i, 0);
        struct window v = i < 72 ? window_usual(i) : window_make(&r, 9);
        check_dw(k, &v, &r);
        check_dw_scalar(k, &v, &r);
        check_dw_alone(k, &v, &r);
    }
    for (int i = 0; i < EVERY_WINDOW; i++) {
        struct rng r = rng_make(3, "depthwise", (uint64_t)i, 0);
        struct window v = window_every(&r, i);
        check_dw_scalar(k, &v, &r);
    }
}

static void check_im2col(const struct kernels *k, const struct window *v,
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

    s->im2col(v, x, first, last, a);
    k->im2col(v, x, first, last, b);
    assert_memory_equal(a, b, n * sizeof *a);
    k->col2im(v, d, first, last, dx);
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
    int below = pick_pad(r, v->kh - 1), right = pick_pad(r, v->kw - 1);

    v->ph = v->ph < v->kh ? v->ph : 0; /* every window sees a pixel */
    v->pw = v->pw < v->kw ? v->pw : 0;
    if (!fits(v->h, v->kh, v->ph, below) || !fits(v->w, v->kw, v->pw, right))
        return;
    v->oh = (int)window_out(v->h, v->kh, v->sh, v->ph, below);
    v->ow = (int)window_out(v->w, v->kw, v->sw, v->pw, right);
    size_t pixels = (size_t)v->h * v->w * v->c;
    size_t n = (size_t)v->oh * v->ow * v->c;
    float *x = randoms(r, pixels), *d = randoms(r, n);
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    float *dx = xcalloc(2 * pixels, sizeof *dx);
    int32_t *ia = xcalloc(n, sizeof *ia), *ib = xcalloc(n, sizeof *ib);

    for (size_t i = 0; i < pixels; i++) /* ties are common */
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
    assert_true(fabs(want - got) <=
                1e-4 * (1 + sqrt(dot(n, b, b) * dot(n, d, d))));
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
    for (int i = 0; i < KERN_ROUNDS; i++) {
        struct rng r = rng_make(3, "windows", (uint64_t)i, 0);
        struct window v = window_make(&r, 5);
        check_im2col(k, &v, &r);
        check_pools(k, &v, &r);
    }
}

static void check_all(const struct kernels *k)
{
    check_depthwise(k);
    check_windows(k);
}

KERN_VARIANTS_MAIN(check_all)
