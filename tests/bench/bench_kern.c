/* SPDX-License-Identifier: MIT
 * Speed of single kernels at the shapes of the benchmark networks, one thread,
 * data in cache as in the engine: GFLOP/s or GB/s (loads and stores), median.
 *     bench_kern [VARIANT...]         scalar, avx2, avx512; all by default */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/kern/kern.h"
#include "libcommon/nn/kern/kernels.h"

enum { REPEATS = 15, FLOATS = 1 << 20 };

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Scratch for all cases. */
static struct {
    float *a, *b, *c, *u, *per_channel;
    double *sums;
} room;

struct shape {
    const char *what;
    size_t m, n, k; /* rows, channels; gemm: m, n, k */
    struct window win;
};

typedef double run_fn(const struct kernels *k, const struct shape *s);

/* Median of so many giga-units per second; run returns units done. */
static double rate(run_fn *run, const struct kernels *k, const struct shape *s)
{
    double t[REPEATS], units = 0;
    int inner = 1 + (int)(2e6 / run(k, s));

    for (int r = 0; r < REPEATS; r++) {
        double start = now();
        for (int i = 0; i < inner; i++)
            units = run(k, s);
        t[r] = (now() - start) / inner;
    }
    qsort(t, REPEATS, sizeof *t, by_value);
    return units / t[REPEATS / 2] * 1e-9;
}

static double run_forward(const struct kernels *k, const struct shape *s)
{
    struct epilogue t = {ACT_HSWISH, room.per_channel, room.per_channel, NULL};

    k->epilogue_forward(&t, s->m, s->n, room.a, NULL, room.b);
    return 8.0 * (double)(s->m * s->n);
}

static double run_backward(const struct kernels *k, const struct shape *s)
{
    struct epilogue t = {ACT_HSWISH, room.per_channel, room.per_channel, NULL};

    k->epilogue_backward(&t, 1, s->m, s->n, room.a, NULL, room.b, room.sums,
                         room.sums + s->n);
    return 12.0 * (double)(s->m * s->n);
}

static double run_sums(const struct kernels *k, const struct shape *s)
{
    k->sums(s->m, s->n, room.a, room.sums, room.sums + s->n);
    return 4.0 * (double)(s->m * s->n);
}

static double run_norm(const struct kernels *k, const struct shape *s)
{
    k->norm_backward(s->m, s->n, room.a, room.b, room.per_channel,
                     room.per_channel, room.per_channel, room.c);
    return 12.0 * (double)(s->m * s->n);
}

/* Reads room.b as packed weights; the numbers do not matter. */
static double run_gemm(const struct kernels *k, const struct shape *s)
{
    k->gemm_packed(s->m, s->n, s->k, room.a, s->k, room.b, 0, room.c, s->n,
                   NULL);
    return 2.0 * (double)(s->m * s->n * s->k);
}

static double run_gemm_few(const struct kernels *k, const struct shape *s)
{
    k->gemm(false, true, s->m, s->n, s->k, room.a, s->k, room.b, s->k, 0,
            room.c, s->n, NULL);
    return 2.0 * (double)(s->m * s->n * s->k);
}

/* Counts the bytes that packing reads and writes. */
static double run_gemm_pack(const struct kernels *k, const struct shape *s)
{
    k->gemm_pack(true, s->n, s->k, room.b, s->k, 0, s->n, room.c);
    return 8.0 * (double)(s->n * s->k);
}

static double run_gemm_input(const struct kernels *k, const struct shape *s)
{
    k->gemm(false, false, s->m, s->k, s->n, room.a, s->n, room.b, s->k, 0,
            room.c, s->k, NULL);
    return 2.0 * (double)(s->m * s->n * s->k);
}

static double run_gemm_weight(const struct kernels *k, const struct shape *s)
{
    k->gemm(true, false, s->n, s->k, s->m, room.a, s->n, room.b, s->k, 1,
            room.c, s->k, NULL);
    return 2.0 * (double)(s->m * s->n * s->k);
}

/* Counts the multiplications that do not meet padding. */
static double dw_flops(const struct window *v)
{
    int y = 0, x = 0;

    for (int i = 0; i < v->oh * v->kh; i++) {
        int at = i / v->kh * v->sh + i % v->kh - v->ph;
        y += at >= 0 && at < v->h;
    }
    for (int i = 0; i < v->ow * v->kw; i++) {
        int at = i / v->kw * v->sw + i % v->kw - v->pw;
        x += at >= 0 && at < v->w;
    }
    return 2.0 * y * x * v->c;
}

/* Returns how many images the engine gives to one call. */
static size_t dw_images(const struct window *v)
{
    size_t image = (size_t)v->c * ((size_t)v->h * (size_t)v->w +
                                   (size_t)v->oh * (size_t)v->ow);
    size_t most = 65536 / sizeof(float) / image;

    return most < 1 ? 1 : most < 32 ? most : 32;
}

static double run_dw_forward(const struct kernels *k, const struct shape *s)
{
    size_t n = dw_images(&s->win);

    k->dw_forward(&s->win, n, room.a, room.per_channel, room.c);
    return (double)n * dw_flops(&s->win);
}

static double run_dw_backward(const struct kernels *k, const struct shape *s)
{
    size_t n = dw_images(&s->win);

    k->dw_backward(&s->win, n, room.a, room.per_channel, room.c);
    return (double)n * dw_flops(&s->win);
}

static double run_dw_weight(const struct kernels *k, const struct shape *s)
{
    size_t n = dw_images(&s->win);

    k->dw_weight(&s->win, n, room.a, room.b, room.c);
    return (double)n * dw_flops(&s->win);
}

/* ---- dense 3x3 convolutions, of as many images as the cache holds ---- */

static double conv_flops(const struct shape *s)
{
    return 18.0 * (double)(s->m * s->n * s->k) * s->win.oh * s->win.ow;
}

/* A convolution as im2col and one matmul. */
static double run_im2col(const struct kernels *k, const struct shape *s)
{
    const struct window *v = &s->win;
    size_t rows = (size_t)(v->oh * v->ow), taps = 9 * s->k;
    size_t size = rows * taps;

    for (size_t i = 0; i < s->m; i++)
        k->im2col(v, room.a + i * rows * s->k, 0, v->oh, room.b + i * size);
    k->gemm_packed(s->m * rows, s->n, taps, room.b, taps, room.c, 0, room.a,
                   s->n, NULL);
    return conv_flops(s);
}

static double direct_flops(const struct shape *s)
{
    const struct window *v = &s->win;

    return 2.0 * v->oh * v->ow * v->kh * v->kw * v->c * (double)s->n;
}

static double run_direct(const struct kernels *k, const struct shape *s)
{
    const struct window *v = &s->win;

    k->direct(v, (size_t)v->oh, s->n, room.a, direct_columns(v) * (size_t)v->c,
              room.u, room.c, NULL);
    return direct_flops(s);
}

static double run_direct_weight(const struct kernels *k, const struct shape *s)
{
    const struct window *v = &s->win;

    k->direct_weight(v, (size_t)v->oh, s->n, room.a,
                     direct_columns(v) * (size_t)v->c, room.b, room.c, NULL);
    return direct_flops(s);
}

/* Lines of tiles through a transform, or its adjoint. */
static void run_lines(const struct kernels *k, const struct shape *s, bool out,
                      bool back)
{
    size_t tiles = winograd_columns(&s->win), lines = s->m * tiles;
    size_t c = out ? s->n : s->k, w = 2 * tiles;
    size_t plane = winograd_plane(lines * tiles, c);
    float *planes = out ? room.c : room.b;

    for (size_t y = 0; y < lines; y++) {
        float *at = planes + y * tiles * c, *pixels = room.a + 2 * y * w * c;
        if (out && !back)
            k->winograd_output(2, w, c, at, plane, pixels);
        else if (out)
            k->winograd_output_back(2, w, c, pixels, at, plane);
        else if (!back)
            k->winograd_input(tiles, c, pixels, w * c, at, plane);
        else
            k->winograd_input_back(tiles, c, at, plane, y == 0, pixels, w * c);
    }
}

/* GB of what a transform reads and writes: pixels once, 4 times as many. */
static double winograd_bytes(const struct shape *s, size_t c)
{
    return 4.0 * 5.0 * (double)(s->m * c) * s->win.oh * s->win.ow;
}

static double run_winograd_input(const struct kernels *k, const struct shape *s)
{
    run_lines(k, s, false, false);
    return winograd_bytes(s, s->k);
}

static double run_winograd_input_back(const struct kernels *k,
                                      const struct shape *s)
{
    run_lines(k, s, false, true);
    return winograd_bytes(s, s->k);
}

static double run_winograd_output(const struct kernels *k,
                                  const struct shape *s)
{
    run_lines(k, s, true, false);
    return winograd_bytes(s, s->n);
}

static double run_winograd_output_back(const struct kernels *k,
                                       const struct shape *s)
{
    run_lines(k, s, true, true);
    return winograd_bytes(s, s->n);
}

static double run_winograd(const struct kernels *k, const struct shape *s)
{
    size_t tiles = winograd_columns(&s->win), rows = s->m * tiles * tiles;
    size_t plane = winograd_plane(rows, s->k);
    size_t out_plane = winograd_plane(rows, s->n);

    run_lines(k, s, false, false);
    for (size_t i = 0; i < 16; i++)
        k->gemm_packed(rows, s->n, s->k, room.b + i * plane, s->k, room.u, 0,
                       room.c + i * out_plane, s->n, NULL);
    run_lines(k, s, true, false);
    return conv_flops(s);
}

static double run_winograd_weight(const struct kernels *k,
                                  const struct shape *s)
{
    for (size_t row = 0; row < 4; row++)
        k->winograd_weight(s->n, s->k, row, room.b,
                           room.c + 4 * row * s->n * s->k);
    return 4.0 * 25.0 * (double)(s->n * s->k);
}

static double run_winograd_weight_back(const struct kernels *k,
                                       const struct shape *s)
{
    k->winograd_weight_back(s->n, s->k, room.b, room.c);
    return 4.0 * 25.0 * (double)(s->n * s->k);
}

#define DENSE(images, side, cin, cout)                                       \
    {                                                                        \
#cin " > " #cout " x " #side "^2", images, cout, cin,                \
        {                                                                    \
            .h = side, .w = side, .c = cin, .oh = side, .ow = side, .kh = 3, \
            .kw = 3, .sh = 1, .sw = 1, .ph = 1, .pw = 1                      \
        }                                                                    \
    }
#define DW(side, ch, kk, stride)                                      \
    {                                                                 \
#ch " x " #side "^2, " #kk "/" #stride, 0, 0, 0,              \
        {                                                             \
            .h = side, .w = side, .c = ch,                            \
            .oh = (side + stride - 1) / (stride),                     \
            .ow = (side + stride - 1) / (stride), .kh = kk, .kw = kk, \
            .sh = stride, .sw = stride, .ph = kk / 2, .pw = kk / 2    \
        }                                                             \
    }
#define STEM(side, cout, kk, stride)                                   \
    {                                                                  \
        "3 > " #cout " x " #side "^2, " #kk "/" #stride, 1, cout, 3,   \
        {                                                              \
            .h = side, .w = side, .c = 3, .oh = (side) / (stride),     \
            .ow = (side) / (stride), .kh = kk, .kw = kk, .sh = stride, \
            .sw = stride, .ph = kk / 2, .pw = kk / 2                   \
        }                                                              \
    }
#define ROWS(r, ch)             \
    {                           \
#r " x " #ch, r, ch, 0, \
        {                       \
            0                   \
        }                       \
    }
#define MM(mm, kk, nn)                   \
    {                                    \
#mm "," #kk "," #nn, mm, nn, kk, \
        {                                \
            0                            \
        }                                \
    }

static const struct shape dws[] = {
    DW(16, 16, 3, 1), DW(16, 64, 3, 2), DW(16, 48, 7, 1), DW(8, 64, 3, 1),
    DW(8, 72, 5, 1),  DW(8, 72, 7, 1),  DW(8, 96, 5, 2),  DW(4, 128, 3, 1),
    DW(4, 240, 3, 1), DW(4, 240, 5, 1), DW(4, 240, 7, 2), DW(2, 240, 3, 1),
    DW(2, 336, 5, 1), DW(2, 672, 7, 1), DW(2, 672, 5, 2), DW(1, 640, 3, 1),
};
static const struct shape matrices[] = {
    ROWS(1024, 16), ROWS(640, 24),  ROWS(512, 64),
    ROWS(400, 72),  ROWS(128, 240), ROWS(64, 672),
};
static const struct shape matmuls[] = {
    MM(512, 16, 64),  MM(512, 64, 24),   MM(512, 24, 72),  MM(512, 72, 24),
    MM(256, 40, 240), MM(256, 240, 40),  MM(128, 80, 320), MM(128, 320, 80),
    MM(64, 112, 672), MM(64, 672, 112),  MM(32, 160, 640), MM(32, 640, 160),
    MM(32, 160, 960), MM(32, 960, 1280), MM(1024, 27, 16),
};
static const struct shape few[] = {
    MM(1, 112, 672), MM(4, 112, 672),   MM(16, 40, 240),
    MM(16, 240, 40), MM(32, 960, 1280),
};

static const struct shape convs[] = {
    DENSE(1, 32, 3, 16), DENSE(1, 32, 16, 16), DENSE(2, 16, 32, 32),
    DENSE(4, 8, 64, 64), DENSE(4, 8, 96, 96),
};

static const struct shape stems[] = {
    STEM(32, 16, 3, 2),
    STEM(32, 16, 3, 1),
    STEM(32, 24, 3, 1),
    STEM(32, 64, 5, 1),
};

static const struct {
    const char *name;
    run_fn *run;
    const struct shape *shapes;
    size_t n;
} cases[] = {
    {"epilogue_forward GB/s", run_forward, matrices, ARRAY_LEN(matrices)},
    {"epilogue_backward GB/s", run_backward, matrices, ARRAY_LEN(matrices)},
    {"sums GB/s", run_sums, matrices, ARRAY_LEN(matrices)},
    {"norm_backward GB/s", run_norm, matrices, ARRAY_LEN(matrices)},
    {"dw_forward GFLOP/s", run_dw_forward, dws, ARRAY_LEN(dws)},
    {"dw_backward GFLOP/s", run_dw_backward, dws, ARRAY_LEN(dws)},
    {"dw_weight GFLOP/s", run_dw_weight, dws, ARRAY_LEN(dws)},
    {"gemm forward GFLOP/s", run_gemm, matmuls, ARRAY_LEN(matmuls)},
    {"gemm forward, few rows", run_gemm_few, few, ARRAY_LEN(few)},
    {"gemm pack GB/s", run_gemm_pack, few, ARRAY_LEN(few)},
    {"gemm d input", run_gemm_input, matmuls, ARRAY_LEN(matmuls)},
    {"gemm d weight", run_gemm_weight, matmuls, ARRAY_LEN(matmuls)},
    {"direct forward GFLOP/s", run_direct, stems, ARRAY_LEN(stems)},
    {"direct weight GFLOP/s", run_direct_weight, stems, ARRAY_LEN(stems)},
    {"3x3 im2col GFLOP/s", run_im2col, convs, ARRAY_LEN(convs)},
    {"3x3 winograd GFLOP/s", run_winograd, convs, ARRAY_LEN(convs)},
    {"winograd input GB/s", run_winograd_input, convs, ARRAY_LEN(convs)},
    {"winograd input_back", run_winograd_input_back, convs, ARRAY_LEN(convs)},
    {"winograd output GB/s", run_winograd_output, convs, ARRAY_LEN(convs)},
    {"winograd output_back", run_winograd_output_back, convs, ARRAY_LEN(convs)},
    {"winograd weight GB/s", run_winograd_weight, convs, ARRAY_LEN(convs)},
    {"winograd weight_back", run_winograd_weight_back, convs, ARRAY_LEN(convs)},
};

static void run_case(size_t i, int count, const char *const *names)
{
    printf("\n%-24s", cases[i].name);
    for (int v = 0; v < count; v++)
        if (kern_variant(names[v]))
            printf(" %8s", names[v]);
    printf("\n");
    for (size_t s = 0; s < cases[i].n; s++) {
        printf("  %-22s", cases[i].shapes[s].what);
        for (int v = 0; v < count; v++)
            if (kern_variant(names[v]))
                printf(" %8.1f", rate(cases[i].run, kern_variant(names[v]),
                                      &cases[i].shapes[s]));
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static const char *const all[] = {"scalar", "avx2", "avx512"};
    const char *const *names = argc > 1 ? (const char *const *)argv + 1 : all;

    kernels_thread_start();
    room.a = xaligned(FLOATS, sizeof *room.a);
    room.b = xaligned(2 * FLOATS, sizeof *room.b);
    room.c = xaligned(2 * FLOATS, sizeof *room.c);
    room.u = xaligned(FLOATS, sizeof *room.u);
    room.per_channel = xaligned(1 << 16, sizeof *room.per_channel);
    room.sums = xaligned(1 << 13, sizeof *room.sums);
    for (size_t i = 0; i < FLOATS; i++) {
        room.a[i] = (float)(i % 13) * 0.25f - 1;
        room.b[i] = room.b[FLOATS + i] = room.u[i] = room.a[i];
    }
    for (size_t i = 0; i < 1 << 16; i++)
        room.per_channel[i] = (float)(i % 7) * 0.125f - 0.25f;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        run_case(i, argc > 1 ? argc - 1 : 3, names);
    free(room.a);
    free(room.b);
    free(room.c);
    free(room.u);
    free(room.per_channel);
    free(room.sums);
    return 0;
}
