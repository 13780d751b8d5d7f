/* SPDX-License-Identifier: MIT
 * Depthwise convolution, gradient by the weights.  One vector of channels at a
 * time; TY rows of TX taps are kept in registers while the image goes by: an
 * output's gradient is loaded once for all of them.  Kernels wider than 7 or
 * with more taps than registers take several passes. */
#include "libcommon/nn/simd/simd.h"

enum { MOST_TX = 7 };
#ifdef SIMD_AVX512
enum { MOST_TAPS = 25 };
#else
enum { MOST_TAPS = 14 };
#endif

/* in, w: at the first tap of the group; d: output (0, 0). */
INLINE void taps(int TY, int TX, bool part, const struct dw *g, lanes m,
                 const float *in, const float *d, float *w)
{
    const struct window *v = &g->win;
    const size_t c = (size_t)v->c;
    const size_t in_row = (size_t)g->bw * c, w_row = (size_t)v->kw * c;
    vec acc[MOST_TAPS];

    UNROLL
    for (int i = 0; i < TY * TX; i++)
        acc[i] = v_set(0);
    for (int oy = 0; oy < v->oh; oy++) {
        const float *p = in + (size_t)(oy * v->sh) * in_row;
        const float *q = d + (size_t)oy * dw_grad_step(g);
        for (int ox = 0; ox < v->ow; ox++, p += (size_t)v->sw * c, q += c) {
            vec f = v_get(q, 0, 1, part, m);
            UNROLL
            for (int i = 0; i < TY * TX; i++)
                acc[i] += f * v_get(p + (size_t)(i / TX) * in_row
                                    + (size_t)(i % TX) * c, 0, 1, part, m);
        }
    }
    UNROLL
    for (int i = 0; i < TY * TX; i++) {
        float *p = w + (size_t)(i / TX) * w_row + (size_t)(i % TX) * c;
        v_put(p, v_get(p, 0, 1, part, m) + acc[i], 0, 1, part, m);
    }
}

/* All tap rows of TX columns. */
INLINE void columns(int TX, bool part, const struct dw *g, lanes m,
                    const float *in, const float *d, float *w)
{
    const size_t in_row = (size_t)g->bw * (size_t)g->win.c;
    const size_t w_row = (size_t)g->win.kw * (size_t)g->win.c;
    int left = g->kh;

#define ROWS(TY)                                                            \
    for (; left >= (TY) && (TY) * TX <= MOST_TAPS; left -= (TY)) {          \
        taps((TY) * TX <= MOST_TAPS ? (TY) : 1, TX, part, g, m, in, d, w);  \
        in += (TY) * in_row;                                                \
        w += (TY) * w_row;                                                  \
    }
    ROWS(5)
    ROWS(3)
    ROWS(2)
    ROWS(1)
#undef ROWS
}

INLINE void weight_vec(bool part, const struct dw *g, lanes m, const float *in,
                       const float *d, float *w)
{
    const size_t c = (size_t)g->win.c;

    for (int n, left = g->kw; left > 0; left -= n) {
        n = left < MOST_TX ? left : MOST_TX;
        switch (n) {
        case 1: columns(1, part, g, m, in, d, w); break;
        case 2: columns(2, part, g, m, in, d, w); break;
        case 3: columns(3, part, g, m, in, d, w); break;
        case 4: columns(4, part, g, m, in, d, w); break;
        case 5: columns(5, part, g, m, in, d, w); break;
        case 6: columns(6, part, g, m, in, d, w); break;
        default: columns(7, part, g, m, in, d, w);
        }
        in += (size_t)n * c;
        w += (size_t)n * c;
    }
}

void simd_dw_weight(const struct dw *g, const float *in, const float *dout,
                    float *dweight)
{
    const size_t c = (size_t)g->win.c;
    const lanes m = lanes_first(c % LANES);
    size_t i = 0;

    dout += dw_grad_inside(g);
    dweight += (size_t)(g->ky * g->win.kw + g->kx) * c;
    for (; i + LANES <= c; i += LANES)
        weight_vec(false, g, m, in + i, dout + i, dweight + i);
    if (i < c)
        weight_vec(true, g, m, in + i, dout + i, dweight + i);
}
