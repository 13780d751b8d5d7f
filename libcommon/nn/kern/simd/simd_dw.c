/* SPDX-License-Identifier: MIT
 * Depthwise convolution and its input gradient are the same correlation, which
 * along each axis is
 *
 *     out[o] = sum over t of w[t] * in[i],  i * up = o * step + t - pad
 *
 * Forward, up is 1 and step the stride; backward, step is 1, up the stride, and
 * the taps are reversed.
 *
 * A register tile is W outputs of one row, for one vector of channels.  An
 * input is loaded once for all the tile's outputs that read it; inputs outside
 * of the image are skipped, so no padding is stored.  Kernels 1, 3, 5 and 7
 * wide with strides 1 and 2 have code of their own, in which the taps that read
 * an input are constants; others are computed output by output. */
#include "libcommon/nn/kern/simd/simd_dw.h"

/* One row of outputs reads n rows of the input, each with one row of taps. */
struct dw_lines {
    int n;
    ptrdiff_t in, in_step; /* offset of the first row, step; in floats */
    ptrdiff_t w, w_step;
};

static inline struct dw_lines lines_of(const struct dw_axis *y, int row)
{
    int at = row * y->step - y->pad; /* i * up of tap 0 */
    int tap = at < 0 ? -at : 0, i = at + tap, n = y->taps - tap;

    if (y->up > 1) {
        tap += (y->up - i % y->up) % y->up;
        i = (at + tap) / y->up;
        n = (y->taps - tap + y->up - 1) / y->up;
    }
    n = n < y->in - i ? n : y->in - i;
    return (struct dw_lines){
        .n = n > 0 ? n : 0,
        .in = i * y->in_step,
        .in_step = y->in_step,
        .w = tap * y->w_step,
        .w_step = y->up * y->w_step,
    };
}

/* These arguments of a tile are kept in registers. */
struct place {
    int rows; /* of input and of taps */
    int base;
    unsigned columns; /* of input */
    ptrdiff_t in_row, in_col, w_row, w_col, out_col;
    ptrdiff_t out_ahead; /* to the outputs that are prefetched */
};

/* Computes W outputs.  Tap 0 of the first output stands at base * up + phase on
 * the axis that i * up counts on.  `in` points to column `base`, although that
 * may lie outside of the image. */
INLINE void tile(int W, int KW, int step, int up, int phase, bool part,
                 struct place k, lanes m, const float *in, const float *w,
                 float *out)
{
    enum { MOST = 8 };
    const int columns = (phase + (W - 1) * step + KW - 1) / up + 1;
    vec acc[MOST], f[DW_WIDEST];

    UNROLL
    for (int o = 0; o < W; o++)
        acc[o] = v_set(0);
    for (int y = 0; y < k.rows; y++, in += k.in_row, w += k.w_row) {
        const float *p = in, *q = w;
        unsigned at = (unsigned)k.base;
        UNROLL
        for (int t = 0; t < KW; t++, q += k.w_col) {
            HIDE(q);
            f[t] = v_get(q, 0, 1, part, m);
        }
        UNROLL
        for (int i = 0; i < columns; i++, at++, p += k.in_col) {
            HIDE(p);
            HIDE(at);
            if (at >= k.columns)
                continue;
            vec v = v_get(p, 0, 1, part, m);
            HIDE_VEC(v);
            UNROLL
            for (int o = 0; o < W; o++) {
                const int t = i * up - phase - o * step;
                if (t >= 0 && t < KW)
                    acc[o] += f[t] * v;
            }
        }
    }
    UNROLL
    for (int o = 0; o < W; o++, out += k.out_col) {
        HIDE(out);
        WRITTEN_SOON(out + k.out_ahead);
        v_put(out, acc[o], 0, 1, part, m);
    }
}

/* Computes W outputs of one row, for all channels. */
INLINE void strip_row(int W, int KW, int step, int up, int phase,
                      const struct dw_axes *k, int row, int base,
                      const float *in, const float *w, float *out)
{
    const lanes m = lanes_first(k->c % LANES);
    const struct dw_lines l = lines_of(&k->y, row);
    const struct place at = {
        .rows = l.n,
        .base = base,
        .columns = (unsigned)k->x.in,
        .in_row = l.in_step,
        .in_col = k->x.in_step,
        .w_row = l.w_step,
        .w_col = k->x.w_step,
        .out_col = k->x.out_step,
        .out_ahead = 2 * k->y.out_step,
    };

    in += l.in + base * at.in_col;
    w += l.w;
    out += row * k->y.out_step;
    EACH_VECTOR(
        i, part, k->c,
        tile(W, KW, step, up, phase, part, at, m, in + i, w + i, out + i));
}

/* Computes W columns of outputs, in all rows of all images. */
INLINE void strip(int W, int KW, int step, int up, int phase,
                  const struct dw_axes *k, int base, const float *in,
                  const float *w, float *out)
{
    const size_t from = dw_image_in(k), to = dw_image_out(k);

    for (size_t n = 0; n < k->images; n++)
        for (int row = 0; row < k->y.out; row++)
            strip_row(W, KW, step, up, phase, k, row, base, in + n * from, w,
                      out + n * to);
}

typedef void strip_fn(const struct dw_axes *k, int base, const float *in,
                      const float *w, float *out);

/* The functions are strip_STEP_UP_PHASE_KW_W. */
#define STRIP(W, KW, step, up, phase)                                       \
    static void strip_##step##_##up##_##phase##_##KW##_##W(                 \
        const struct dw_axes *k, int base, const float *in, const float *w, \
        float *out)                                                         \
    {                                                                       \
        strip(W, KW, step, up, phase, k, base, in, w, out);                 \
    }
#define STRIPS(KW, ...)       \
    STRIP(1, KW, __VA_ARGS__) \
    STRIP(2, KW, __VA_ARGS__) \
    STRIP(4, KW, __VA_ARGS__) STRIP(8, KW, __VA_ARGS__)
#define KERNELS(...)       \
    STRIPS(1, __VA_ARGS__) \
    STRIPS(3, __VA_ARGS__) STRIPS(5, __VA_ARGS__) STRIPS(7, __VA_ARGS__)
KERNELS(1, 1, 0)
KERNELS(2, 1, 0)
KERNELS(1, 2, 0)
KERNELS(1, 2, 1)

#define NAMES(mode, KW)                                      \
    {                                                        \
        strip_##mode##_##KW##_1, strip_##mode##_##KW##_2,    \
            strip_##mode##_##KW##_4, strip_##mode##_##KW##_8 \
    }
#define MODE(mode)                                                     \
    {                                                                  \
        NAMES(mode, 1), NAMES(mode, 3), NAMES(mode, 5), NAMES(mode, 7) \
    }

/* The indices are the mode, the kernel's width / 2 and log2 of the strip's
 * width. */
static strip_fn *const strips[][DW_WIDEST / 2 + 1][4] = {
    MODE(1_1_0),
    MODE(2_1_0),
    MODE(1_2_0),
    MODE(1_2_1),
};

/* Returns the phase (see tile), which is the same for all strips of an axis
 * because they begin at even columns. */
static int phase_of(const struct dw_axis *x)
{
    return ((-x->pad) % x->up + x->up) % x->up;
}

static strip_fn *const *strips_of(const struct dw_axis *x)
{
    if (x->taps > DW_WIDEST || x->taps % 2 == 0 || x->step > 2 || x->up > 2)
        return NULL;
    return strips[x->step == 2 ? 1
                  : x->up == 2 ? 2 + phase_of(x)
                               : 0][x->taps / 2];
}

/* Computes one output, for any kernel and any stride. */
INLINE void output(bool part, const struct dw_axes *k, const struct dw_lines *l,
                   lanes m, int at, const float *in, const float *w, float *out)
{
    const struct dw_axis *x = &k->x;
    vec acc = v_set(0);

    for (int y = 0; y < l->n; y++, in += l->in_step, w += l->w_step)
        for (int t = 0; t < x->taps; t++) {
            int i = at * x->step + t - x->pad;
            if (i % x->up || i < 0 || i / x->up >= x->in)
                continue;
            acc += v_get(w + t * x->w_step, 0, 1, part, m) *
                   v_get(in + i / x->up * x->in_step, 0, 1, part, m);
        }
    v_put(out, acc, 0, 1, part, m);
}

static void correlate_any(const struct dw_axes *k, const float *in,
                          const float *w, float *out)
{
    const lanes m = lanes_first(k->c % LANES);

    for (int o = 0; o < k->y.out * k->x.out; o++) {
        int y = o / k->x.out, x = o % k->x.out;
        struct dw_lines l = lines_of(&k->y, y);
        const float *p = in + l.in, *q = w + l.w;
        float *to = out + y * k->y.out_step + x * k->x.out_step;
        EACH_VECTOR(i, part, k->c,
                    output(part, k, &l, m, x, p + i, q + i, to + i));
    }
}

static void correlate_strips(const struct dw_axes *k, strip_fn *const *by_width,
                             const float *in, const float *w, float *out)
{
    const struct dw_axis *x = &k->x;

    for (int at = 0, log = 3; at < x->out; at += 1 << log) {
        while (at + (1 << log) > x->out)
            log--;
        int from = at * x->step - x->pad - phase_of(x);
        by_width[log](k, from / x->up, in, w, out + at * x->out_step);
    }
}

static void correlate(const struct dw_axes *k, const float *in, const float *w,
                      float *out)
{
    strip_fn *const *by_width = strips_of(&k->x);

    w += k->y.w_first + k->x.w_first;
    if (simd_dw_is_2x2(k))
        simd_dw_correlate_2x2(k, in, w, out);
    else if (by_width)
        correlate_strips(k, by_width, in, w, out);
    else
        for (size_t n = 0; n < k->images; n++)
            correlate_any(k, in + n * dw_image_in(k), w,
                          out + n * dw_image_out(k));
}

void simd_dw_forward(const struct window *v, size_t images, const float *in,
                     const float *weight, float *out)
{
    const struct dw_axes k = dw_axes_of(v, images);

    correlate(&k, in, weight, out);
}

/* Reverses the axis, so that the correlation goes from outputs back to
 * inputs. */
static void turn(struct dw_axis *a)
{
    *a = (struct dw_axis){
        .in = a->out,
        .out = a->in,
        .taps = a->taps,
        .step = a->up,
        .up = a->step,
        .pad = a->taps - 1 - a->pad,
        .in_step = a->out_step,
        .out_step = a->in_step,
        .w_step = -a->w_step,
        .w_first = a->w_first + (a->taps - 1) * a->w_step,
    };
}

void simd_dw_backward(const struct window *v, size_t images, const float *dout,
                      const float *weight, float *din)
{
    struct dw_axes k = dw_axes_of(v, images);

    turn(&k.y);
    turn(&k.x);
    correlate(&k, dout, weight, din);
}
