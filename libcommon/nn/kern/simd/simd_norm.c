/* SPDX-License-Identifier: MIT
 * Batch norm's sums and backward. */
#include "libcommon/nn/kern/simd/simd.h"

/* Narrow blocks take several rows at once, so that there are enough independent
 * accumulators to hide the latency of an addition. */
INLINE void sums_body(int nv, bool part, const struct block *b, size_t rows,
                      size_t c, const float *y, double *sum, double *sumsq)
{
    enum { MOST = 4 };
    const int abreast = MOST / nv;
    const lanes m = b->mask;
    vec s1[MOST], s2[MOST];
    size_t r = 0;

    UNROLL
    for (int i = 0; i < nv * abreast; i++)
        s1[i] = s2[i] = v_set(0);
    for (y += b->i; r + (size_t)abreast <= rows; r += (size_t)abreast) {
        UNROLL
        for (int q = 0; q < abreast; q++, y += c) {
            UNROLL
            for (int j = 0; j < nv; j++) {
                vec x = v_get(y, j, nv, part, m);
                s1[q * nv + j] += x;
                s2[q * nv + j] += x * x;
            }
        }
    }
    for (; r < rows; r++, y += c) {
        UNROLL
        for (int j = 0; j < nv; j++) {
            vec x = v_get(y, j, nv, part, m);
            s1[j] += x;
            s2[j] += x * x;
        }
    }
    UNROLL
    for (int i = nv; i < nv * abreast; i++) {
        s1[i % nv] += s1[i];
        s2[i % nv] += s2[i];
    }
    v_flush_block(nv, part, b, s1, s2, sum, sumsq);
}

void simd_sums(size_t rows, size_t c, const float *y, double *sum,
               double *sumsq)
{
    for (size_t n; rows > 0; rows -= n, y += n * c) {
        n = rows < FLUSH_ROWS ? rows : FLUSH_ROWS;
        FOR_BLOCKS(b, c)
        BLOCK_CALL(b, sums_body, &b, n, c, y, sum, sumsq)
    }
}

/* Backward streams the rows in memory order, as forward of simd_epilogue.c
 * does. */
struct norm_slope {
    const float *a, *b, *s;
};

INLINE void backward_vec(const struct norm_slope *k, size_t i, bool part,
                         lanes m, const float *d, const float *y, float *dy)
{
    vec g = v_at(d + i, part, m), x = v_at(y + i, part, m);

    v_ahead(d + i);
    v_ahead(y + i);
    v_to(dy + i,
         v_at(k->a + i, part, m) * g +
             (v_at(k->b + i, part, m) * x + v_at(k->s + i, part, m)),
         part, m);
}

/* Computes dy = a * d + (b * y + s) of rows wider than a block. */
static void backward_wide(struct norm_slope k, size_t rows, size_t c,
                          const float *d, const float *y, float *dy)
{
    const lanes m = lanes_first(c % LANES);

    for (; rows-- > 0; d += c, y += c, dy += c) {
        size_t i = 0;
        for (; i + LANES <= c; i += LANES)
            backward_vec(&k, i, false, m, d, y, dy);
        if (i < c)
            backward_vec(&k, i, true, m, d, y, dy);
    }
}

/* Computes dy of rows that are one block wide. */
INLINE void backward_narrow(int nv, bool part, const struct block *blk,
                            const struct norm_slope *k, size_t rows, size_t c,
                            const float *d, const float *y, float *dy)
{
    const lanes m = blk->mask;
    vec a[BLOCK], b[BLOCK], s[BLOCK];

    UNROLL
    for (int j = 0; j < nv; j++) {
        a[j] = v_get(k->a + blk->i, j, nv, part, m);
        b[j] = v_get(k->b + blk->i, j, nv, part, m);
        s[j] = v_get(k->s + blk->i, j, nv, part, m);
    }
    for (size_t at = blk->i; rows-- > 0; at += c) {
        UNROLL
        for (int j = 0; j < nv; j++) {
            vec x = v_get(y + at, j, nv, part, m);
            vec g = v_get(d + at, j, nv, part, m);
            v_ahead(y + at + (size_t)j * LANES);
            v_ahead(d + at + (size_t)j * LANES);
            v_put(dy + at, a[j] * g + (b[j] * x + s[j]), j, nv, part, m);
        }
    }
}

void simd_norm_backward(size_t rows, size_t c, const float *d, const float *y,
                        const float *a, const float *b, const float *s,
                        float *dy)
{
    const struct norm_slope k = {a, b, s};

    if (c > BLOCK * LANES) {
        backward_wide(k, rows, c, d, y, dy);
        return;
    }
    FOR_BLOCKS(blk, c)
    BLOCK_CALL(blk, backward_narrow, &blk, &k, rows, c, d, y, dy)
}
