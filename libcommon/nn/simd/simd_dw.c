/* SPDX-License-Identifier: MIT
 * Depthwise convolution, forward and its gradient by the input, of any kernel
 * and stride: both are one correlation.
 *
 *     out[r][x] = sum over taps (ty, tx) of
 *                 w[ty][tx] * in[r + ty][x + tx]     (each step its own stride)
 *
 * Forward, one output pixel more is `stride` input pixels more.  Backward, the
 * input pixels fall into stride x stride classes by their residues; those of a
 * class meet the same taps, every stride-th one, in reverse order, on
 * neighbouring pixels of the output gradient.
 *
 * One vector of channels at a time; a tile of R x W outputs is kept in
 * registers, so that a weight is loaded once for all of them and each
 * multiply-add takes its other factor straight from the L1 cache. */
#include "libcommon/nn/simd/simd.h"

struct correlation {
    int rows, cols;         /* of outputs */
    int kh, kw;             /* taps */
    /* Steps in floats: from output row to row, from output to output, from
     * tap row to tap row, from tap to tap. */
    ptrdiff_t in_row, in_col, in_ty, in_tx;
    ptrdiff_t out_row, out_col;
    ptrdiff_t w_ty, w_tx;
};

INLINE void tile(int R, int W, bool part, const struct correlation *k, lanes m,
                 const float *in, const float *w, float *out)
{
    enum { MOST = 16 };
    vec acc[MOST];

    UNROLL
    for (int i = 0; i < R * W; i++)
        acc[i] = v_set(0);
    for (int ty = 0; ty < k->kh; ty++) {
        const float *p = in + ty * k->in_ty, *q = w + ty * k->w_ty;
        for (int tx = 0; tx < k->kw; tx++, p += k->in_tx, q += k->w_tx) {
            vec f = v_get(q, 0, 1, part, m);
            UNROLL
            for (int i = 0; i < R * W; i++)
                acc[i] += f * v_get(p + i / W * k->in_row + i % W * k->in_col,
                                    0, 1, part, m);
        }
    }
    UNROLL
    for (int i = 0; i < R * W; i++)
        v_put(out + i / W * k->out_row + i % W * k->out_col, acc[i], 0, 1, part,
              m);
}

/* R rows of outputs. */
INLINE void strip(int R, bool part, const struct correlation *k, lanes m,
                  const float *in, const float *w, float *out)
{
    int left = k->cols;

#define TILES(W)                                                            \
    for (; left >= (W); left -= (W)) {                                      \
        tile(R, W, part, k, m, in, w, out);                                 \
        in += (W) * k->in_col;                                              \
        out += (W) * k->out_col;                                            \
    }
#ifdef SIMD_AVX512
    TILES(8)
#endif
    TILES(4)
    TILES(2)
    TILES(1)
#undef TILES
}

INLINE void correlate_vec(bool part, const struct correlation *k, lanes m,
                          const float *in, const float *w, float *out)
{
    int left = k->rows;

    for (; left >= 2; left -= 2, in += 2 * k->in_row, out += 2 * k->out_row)
        strip(2, part, k, m, in, w, out);
    if (left)
        strip(1, part, k, m, in, w, out);
}

static void correlate(const struct correlation *k, size_t c, const float *in,
                      const float *w, float *out)
{
    const lanes m = lanes_first(c % LANES);
    size_t i = 0;

    for (; i + LANES <= c; i += LANES)
        correlate_vec(false, k, m, in + i, w + i, out + i);
    if (i < c)
        correlate_vec(true, k, m, in + i, w + i, out + i);
}

void simd_dw_forward(const struct dw *g, const float *in, const float *weight,
                     float *out)
{
    const struct window *v = &g->win;
    const ptrdiff_t c = v->c;
    const struct correlation k = {
        .rows = v->oh, .cols = v->ow, .kh = g->kh, .kw = g->kw,
        .in_row = v->sh * g->bw * c, .in_col = v->sw * c,
        .in_ty = g->bw * c, .in_tx = c,
        .out_row = v->ow * c, .out_col = c,
        .w_ty = v->kw * c, .w_tx = c,
    };

    correlate(&k, (size_t)c, in, weight + (g->ky * v->kw + g->kx) * c, out);
}

/* One axis of a class of input pixels, those i = residue (mod s): output o
 * reads pixel i through tap t = i + p - o * s. */
struct residue {
    int n;                  /* pixels */
    int taps, last;         /* how many of the taps used, and the last */
    int from;               /* the output that reads pixel `residue` through
                             * it, counted in the padded buffer */
};

static struct residue residue_of(int r, int pixels, int s, int p, int first,
                                 int count, int front)
{
    int end = first + count - 1, off = ((r + p - end) % s + s) % s;
    int last = end - (off ? s - off : 0);

    return (struct residue){
        .n = r < pixels ? (pixels - r + s - 1) / s : 0,
        .taps = last < first ? 0 : (last - first) / s + 1,
        .last = last,
        .from = front + (r + p - last) / s,
    };
}

void simd_dw_backward(const struct dw *g, const float *dout,
                      const float *weight, float *din)
{
    const struct window *v = &g->win;
    const ptrdiff_t c = v->c;

    for (int ry = 0; ry < v->sh; ry++)
        for (int rx = 0; rx < v->sw; rx++) {
            struct residue y = residue_of(ry, v->h, v->sh, v->ph, g->ky, g->kh,
                                          g->dtop);
            struct residue x = residue_of(rx, v->w, v->sw, v->pw, g->kx, g->kw,
                                          g->dleft);
            const struct correlation k = {
                .rows = y.n, .cols = x.n,
                .kh = y.taps, .kw = x.taps,
                .in_row = g->dbw * c, .in_col = c,
                .in_ty = g->dbw * c, .in_tx = c,
                .out_row = v->sh * v->w * c, .out_col = v->sw * c,
                .w_ty = -v->sh * v->kw * c, .w_tx = -v->sw * c,
            };
            bool taps = y.taps > 0 && x.taps > 0;
            correlate(&k, (size_t)c,
                      dout + (taps ? (y.from * g->dbw + x.from) * c : 0),
                      weight + (taps ? (y.last * v->kw + x.last) * c : 0),
                      din + (ry * v->w + rx) * c);
        }
}
