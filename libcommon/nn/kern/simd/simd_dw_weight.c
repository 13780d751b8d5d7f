/* SPDX-License-Identifier: MIT
 * The gradient of a depthwise convolution's weights.
 *
 * For one vector of channels, the accumulators of TY rows of KW taps stay in
 * registers while all images go by.  W output gradients of a row are loaded at
 * a time, for all accumulators, and each input once for all taps of a row. */
#include "libcommon/nn/kern/simd/simd_dw.h"

/* ABREAST(KW) rows of taps are done at a time: that makes enough accumulators
 * to hide the latency of an addition, and few enough for the registers. */
#ifdef SIMD_AVX512
enum { MOST_LOG = 3, MOST_TAPS = 15 };
#define ABREAST(KW) ((KW) <= 5 ? 3 : 2)
#else
enum { MOST_LOG = 2, MOST_TAPS = 10 };
#define ABREAST(KW) ((KW) <= 3 ? 3 : (KW) <= 5 ? 2 : 1)
#endif

/* Adds to acc, for TY rows of taps from row `tap` on, the products of inputs
 * and W output gradients of row y, from column x on.  Gradients past the end of
 * the row count as 0. */
INLINE void tile(int W, int KW, int TY, int step, bool part,
                 const struct dw_axes *k, lanes m, int tap, int y, int x,
                 const float *in, const float *d, vec *acc)
{
    const int row = y * k->y.step - k->y.pad + tap;
    const int base = x * step - k->x.pad;
    const ptrdiff_t col = k->x.in_step;
    vec g[1 << MOST_LOG];

    d += y * k->y.out_step + x * k->x.out_step;
    UNROLL
    for (int o = 0; o < W; o++, d += k->x.out_step) {
        HIDE(d);
        g[o] = x + o < k->x.out ? v_get(d, 0, 1, part, m) : v_set(0);
    }
    UNROLL
    for (int r = 0; r < TY; r++) {
        if ((unsigned)(row + r) >= (unsigned)k->y.in || tap + r >= k->y.taps)
            continue;
        const float *p = in + (row + r) * k->y.in_step + base * col;
        unsigned at = (unsigned)base;
        UNROLL
        for (int i = 0; i <= (W - 1) * step + KW - 1; i++, at++, p += col) {
            HIDE(p);
            HIDE(at);
            if (at >= (unsigned)k->x.in)
                continue;
            vec v = v_get(p, 0, 1, part, m);
            HIDE_VEC(v);
            UNROLL
            for (int o = 0; o < W; o++) {
                const int t = i - o * step;
                if (t >= 0 && t < KW)
                    acc[r * KW + t] += g[o] * v;
            }
        }
    }
}

/* Adds to the gradients of TY rows of taps from `tap` on. */
INLINE void taps(int W, int KW, int TY, int step, bool part,
                 const struct dw_axes *k, lanes m, int tap, const float *in,
                 const float *d, float *w)
{
    const size_t in_size = dw_image_in(k), out_size = dw_image_out(k);
    vec acc[MOST_TAPS];

    UNROLL
    for (int i = 0; i < TY * KW; i++)
        acc[i] = v_set(0);
    for (size_t n = k->images; n-- > 0; in += in_size, d += out_size)
        for (int y = 0; y < k->y.out; y++)
            for (int x = 0; x < k->x.out; x += W)
                tile(W, KW, TY, step, part, k, m, tap, y, x, in, d, acc);
    UNROLL
    for (int r = 0; r < TY; r++) {
        if (tap + r >= k->y.taps)
            break;
        UNROLL
        for (int t = 0; t < KW; t++) {
            float *p = w + (tap + r) * k->y.w_step + t * k->x.w_step;
            v_put(p, v_get(p, 0, 1, part, m) + acc[r * KW + t], 0, 1, part, m);
        }
    }
}

typedef void taps_fn(const struct dw_axes *k, const float *in, const float *d,
                     float *w);

INLINE void taps_all(int W, int KW, int step, const struct dw_axes *k,
                     const float *in, const float *d, float *w)
{
    const lanes m = lanes_first(k->c % LANES);
    const int TY = ABREAST(KW);

    EACH_VECTOR(i, part, k->c,
                for (int tap = 0; tap < k->y.taps; tap += TY) taps(
                    W, KW, TY, step, part, k, m, tap, in + i, d + i, w + i));
}

/* The functions are taps_STEP_KW_W. */
#define TAPS_W(W, KW, step)                                                 \
    static void taps_##step##_##KW##_##W(                                   \
        const struct dw_axes *k, const float *in, const float *d, float *w) \
    {                                                                       \
        taps_all(W, KW, step, k, in, d, w);                                 \
    }
#ifdef SIMD_AVX512
#define TAPS_8 TAPS_W
#define NAME_8(step, KW) , taps_##step##_##KW##_8
#else
#define TAPS_8(...)
#define NAME_8(...)
#endif
#define TAPS(KW, step)  \
    TAPS_W(1, KW, step) \
    TAPS_W(2, KW, step) TAPS_W(4, KW, step) TAPS_8(8, KW, step)
#define KERNELS(step) TAPS(1, step) TAPS(3, step) TAPS(5, step) TAPS(7, step)
KERNELS(1)
KERNELS(2)

#define NAMES(step, KW)                                 \
    {                                                   \
        taps_##step##_##KW##_1, taps_##step##_##KW##_2, \
            taps_##step##_##KW##_4 NAME_8(step, KW)     \
    }
#define STEP(step)                                                     \
    {                                                                  \
        NAMES(step, 1), NAMES(step, 3), NAMES(step, 5), NAMES(step, 7) \
    }

/* The indices are stride - 1, the kernel's width / 2 and log2 of the tile's
 * width. */
static taps_fn *const kernels[][DW_WIDEST / 2 + 1][MOST_LOG + 1] = {
    STEP(1),
    STEP(2),
};

/* Returns NULL where the kernel has no code of its own. */
static taps_fn *taps_of(const struct dw_axis *x)
{
    int log = 0;

    while (log < MOST_LOG && 1 << log < x->out)
        log++;
    if (x->taps > DW_WIDEST || x->taps % 2 == 0 || x->step > 2)
        return NULL;
    return kernels[x->step - 1][x->taps / 2][log];
}

/* Adds to the gradient of one tap, for any kernel and any stride. */
INLINE void tap_any(bool part, const struct dw_axes *k, lanes m, int ty, int tx,
                    const float *in, const float *d, float *w)
{
    vec acc = v_get(w, 0, 1, part, m);

    for (int y = 0; y < k->y.out; y++)
        for (int x = 0; x < k->x.out; x++) {
            int iy = y * k->y.step + ty - k->y.pad;
            int ix = x * k->x.step + tx - k->x.pad;
            if (iy < 0 || iy >= k->y.in || ix < 0 || ix >= k->x.in)
                continue;
            acc += v_get(in + iy * k->y.in_step + ix * k->x.in_step, 0, 1, part,
                         m) *
                   v_get(d + y * k->y.out_step + x * k->x.out_step, 0, 1, part,
                         m);
        }
    v_put(w, acc, 0, 1, part, m);
}

static void weight_any(const struct dw_axes *k, const float *in, const float *d,
                       float *w)
{
    const lanes m = lanes_first(k->c % LANES);

    for (int y = 0; y < k->y.taps; y++)
        for (int x = 0; x < k->x.taps; x++) {
            float *to = w + y * k->y.w_step + x * k->x.w_step;
            EACH_VECTOR(i, part, k->c,
                        tap_any(part, k, m, y, x, in + i, d + i, to + i));
        }
}

void simd_dw_weight(const struct window *v, size_t images, const float *in,
                    const float *dout, float *dweight)
{
    const struct dw_axes k = dw_axes_of(v, images);

    taps_fn *some = taps_of(&k.x);

    dweight += k.y.w_first + k.x.w_first;
    if (simd_dw_is_2x2(&k))
        simd_dw_weight_2x2(&k, in, dout, dweight);
    else if (some)
        some(&k, in, dout, dweight);
    else
        for (size_t n = 0; n < images; n++)
            weight_any(&k, in + n * dw_image_in(&k),
                       dout + n * dw_image_out(&k), dweight);
}
