/* SPDX-License-Identifier: MIT
 * Matrix products of the sizes nets have: one side a few hundred rows that are
 * in cache, the other a weight matrix.  A tile of C stays in registers while
 * k runs; nothing is copied on the way but what gemm_pack has laid out before. */
#include <string.h>

#include "libcommon/nn/real/kern_scalar.h"
#include "libcommon/nn/simd/simd.h"

/* Rows of a tile by its width in vectors: as many accumulators as registers
 * allow. */
#ifdef SIMD_AVX512
enum { WIDTH = 4, ROWS1 = 12, ROWS2 = 12, ROWS3 = 8, ROWS4 = 6 };
#else
enum { WIDTH = 2, ROWS1 = 8, ROWS2 = 6 };
#endif
enum { PANEL = WIDTH * LANES, TILE = 24 };

/* Up to PANEL columns of C from column `at` of n. */
struct strip {
    size_t at, n;
    int nv;
    bool part;
    lanes mask;
};

INLINE struct strip strip_at(size_t at, size_t n)
{
    size_t width = n - at < PANEL ? n - at : PANEL;

    return (struct strip){ at, width, (int)((width + LANES - 1) / LANES),
                           width % LANES != 0, lanes_first(width % LANES) };
}

/* acc += A B: row r of A advances by `ra` per row and `ka` per k. */
INLINE void multiply(int mr, int nv, bool part, lanes m, size_t k,
                     const float *a, size_t ra, size_t ka, const float *b,
                     size_t ldb, vec *acc)
{
    for (size_t i = 0; i < k; i++, a += ka, b += ldb) {
        vec row[WIDTH];
        UNROLL
        for (int j = 0; j < nv; j++)
            row[j] = v_get(b, j, nv, part, m);
        UNROLL
        for (int r = 0; r < mr; r++) {
            vec x = v_set(a[(size_t)r * ra]);
            UNROLL
            for (int j = 0; j < nv; j++)
                acc[r * nv + j] += x * row[j];
        }
    }
}

/* What the products of one strip share. */
struct product {
    size_t k, ra, ka, ldb, ldc;
    bool add;               /* C += instead of C = */
    lanes mask;
};

INLINE void tile(int mr, int nv, bool part, const struct product *p,
                 const float *a, const float *b, float *c)
{
    const lanes m = p->mask;
    vec acc[TILE];

    UNROLL
    for (int i = 0; i < mr * nv; i++)
        acc[i] = v_set(0);
    multiply(mr, nv, part, m, p->k, a, p->ra, p->ka, b, p->ldb, acc);
    UNROLL
    for (int r = 0; r < mr; r++, c += p->ldc) {
        UNROLL
        for (int j = 0; j < nv; j++) {
            vec v = acc[r * nv + j];
            if (p->add)
                v += v_get(c, j, nv, part, m);
            v_put(c, v, j, nv, part, m);
        }
    }
}

/* All rows of a strip, in tiles of mr rows; what is left over in smaller ones. */
INLINE void strip_body(int mr, int nv, bool part, const struct product *p,
                       size_t rows, const float *a, const float *b, float *c)
{
    size_t r = 0;

    for (; r + (size_t)mr <= rows; r += (size_t)mr)
        tile(mr, nv, part, p, a + r * p->ra, b, c + r * p->ldc);
    for (; r + 4 <= rows; r += 4)
        tile(4, nv, part, p, a + r * p->ra, b, c + r * p->ldc);
    for (; r + 2 <= rows; r += 2)
        tile(2, nv, part, p, a + r * p->ra, b, c + r * p->ldc);
    if (r < rows)
        tile(1, nv, part, p, a + r * p->ra, b, c + r * p->ldc);
}

#define STRIP(nv, mr)                                                       \
    case nv:                                                                \
        if (s->part)                                                        \
            strip_body(mr, nv, true, p, rows, a, b, c);                     \
        else                                                                \
            strip_body(mr, nv, false, p, rows, a, b, c);                    \
        break

static void strip_product(const struct strip *s, const struct product *p,
                          size_t rows, const float *a, const float *b, float *c)
{
    switch (s->nv) {
    STRIP(1, ROWS1);
    STRIP(2, ROWS2);
#ifdef SIMD_AVX512
    STRIP(3, ROWS3);
    STRIP(4, ROWS4);
#endif
    }
}

/* C = A B with A's element (r, k) at a[r * ra + k * ka]. */
static void strips(size_t m, size_t n, struct product *p, const float *a,
                   const float *b, float *c)
{
    for (size_t at = 0; at < n; at += PANEL) {
        struct strip s = strip_at(at, n);
        p->mask = s.mask;
        strip_product(&s, p, m, a, b + at, c + at);
    }
}

/* A^T B: k runs over rows that all strips read; a block of them at a time
 * stays in the first-level cache. */
static void transposed(size_t m, size_t n, size_t k, const float *a, size_t lda,
                       const float *b, size_t ldb, bool add, float *c,
                       size_t ldc)
{
    size_t block = 8192 / (m + n);

    block = block < 32 ? 32 : block > 512 ? 512 : block;
    for (size_t i = 0; i < k; i += block) {
        struct product p = { .k = k - i < block ? k - i : block, .ra = 1,
                             .ka = lda, .ldb = ldb, .ldc = ldc,
                             .add = add || i > 0 };
        strips(m, n, &p, a + i * lda, b + i * ldb, c);
    }
}

void simd_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, const float *a,
               size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc)
{
    struct product p = { .k = k, .ra = lda, .ka = 1, .ldb = ldb, .ldc = ldc,
                         .add = beta != 0 };

    if (tb || k == 0)
        scalar_gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc);
    else if (ta)
        transposed(m, n, k, a, lda, b, ldb, beta != 0, c, ldc);
    else
        strips(m, n, &p, a, b, c);
}

/* ---- with B laid out ---- */

/* Panel i holds columns i * PANEL .. of B, row by row, PANEL wide; the last one
 * is filled up with zeros. */
size_t simd_gemm_panels(size_t n)
{
    return (n + PANEL - 1) / PANEL;
}

size_t simd_gemm_pack_size(size_t n, size_t k)
{
    return simd_gemm_panels(n) * PANEL * k;
}

static void pack_rows(const struct strip *s, size_t k, const float *b,
                      size_t ldb, float *to)
{
    if (s->n < PANEL)
        memset(to, 0, k * PANEL * sizeof *to);
    for (size_t i = 0; i < k; i++, b += ldb, to += PANEL)
        for (int j = 0; j < s->nv; j++)
            v_put(to, v_get(b, j, s->nv, s->part, s->mask), j, s->nv, s->part,
                  s->mask);
}

#ifdef SIMD_AVX512
/* r[i][j] <-> r[j][i]: within quarters of 4 x 4, then the quarters. */
INLINE void transpose(vec r[LANES])
{
    vec s[LANES];

    UNROLL
    for (int i = 0; i < 16; i += 4) {
        vec a = _mm512_unpacklo_ps(r[i], r[i + 1]);
        vec b = _mm512_unpackhi_ps(r[i], r[i + 1]);
        vec c = _mm512_unpacklo_ps(r[i + 2], r[i + 3]);
        vec d = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        s[i] = _mm512_shuffle_ps(a, c, 0x44);
        s[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
        s[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
        s[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        vec a = _mm512_shuffle_f32x4(s[i], s[i + 4], 0x88);
        vec b = _mm512_shuffle_f32x4(s[i], s[i + 4], 0xdd);
        vec c = _mm512_shuffle_f32x4(s[i + 8], s[i + 12], 0x88);
        vec d = _mm512_shuffle_f32x4(s[i + 8], s[i + 12], 0xdd);
        r[i] = _mm512_shuffle_f32x4(a, c, 0x88);
        r[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(a, c, 0xdd);
        r[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
}
#else
INLINE void transpose(vec r[LANES])
{
    vec s[LANES];

    UNROLL
    for (int i = 0; i < 8; i += 4) {
        vec a = _mm256_unpacklo_ps(r[i], r[i + 1]);
        vec b = _mm256_unpackhi_ps(r[i], r[i + 1]);
        vec c = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);
        vec d = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
        s[i] = _mm256_shuffle_ps(a, c, 0x44);
        s[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
        s[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
        s[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
    UNROLL
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x20);
        r[i + 4] = _mm256_permute2f128_ps(s[i], s[i + 4], 0x31);
    }
}
#endif

/* Columns j.. of a panel and rows i.. of B, a square at a time, from B's
 * transpose. */
static void pack_square(const float *b, size_t ldb, size_t columns, size_t rows,
                        float *to)
{
    const lanes m = lanes_first(rows % LANES);
    vec r[LANES];

    UNROLL
    for (size_t j = 0; j < LANES; j++) {
        if (j >= columns)
            r[j] = v_set(0);
        else
            r[j] = rows < LANES ? v_load_part(b + j * ldb, m)
                                : v_load(b + j * ldb);
    }
    transpose(r);
    if (rows >= LANES) {
        UNROLL
        for (size_t i = 0; i < LANES; i++)
            v_store(to + i * PANEL, r[i]);
    } else {
        UNROLL
        for (size_t i = 0; i < LANES; i++)
            if (i < rows)
                v_store(to + i * PANEL, r[i]);
    }
}

/* B given as its transpose (n, k). */
static void pack_columns(const struct strip *s, size_t k, const float *b,
                         size_t ldb, float *to)
{
    for (size_t i = 0; i < k; i += LANES)
        for (size_t j = 0; j < PANEL; j += LANES)
            pack_square(b + j * ldb + i, ldb, s->n > j ? s->n - j : 0, k - i,
                        to + i * PANEL + j);
}

void simd_gemm_pack(bool tb, size_t n, size_t k, const float *b, size_t ldb,
                    size_t first, size_t last, float *packed)
{
    for (size_t i = first; i < last; i++) {
        struct strip s = strip_at(i * PANEL, n);
        float *to = packed + i * PANEL * k;
        if (tb)
            pack_columns(&s, k, b + s.at * ldb, ldb, to);
        else
            pack_rows(&s, k, b + s.at, ldb, to);
    }
}

void simd_gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda,
                      const float *packed, float beta, float *c, size_t ldc)
{
    struct product p = { .k = k, .ra = lda, .ka = 1, .ldb = PANEL, .ldc = ldc,
                         .add = beta != 0 };

    for (size_t at = 0; at < n; at += PANEL) {
        struct strip s = strip_at(at, n);
        p.mask = s.mask;
        strip_product(&s, &p, m, a, packed + at * k, c + at);
    }
}
