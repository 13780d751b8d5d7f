/* SPDX-License-Identifier: MIT
 * Matmul at the sizes of nets: A is some hundred rows in cache, B is a weight
 * matrix.  The micro-kernel keeps a tile of C in registers while k runs.  A
 * matmul copies nothing; a B that is used often has been packed by
 * gemm_pack. */
#include <string.h>

#include "libcommon/nn/kern/kern_scalar.h"
#include "libcommon/nn/kern/simd/simd.h"

/* A register tile that is n vectors wide has ROWSn rows; its accumulators, TILE
 * at most, must fit the registers. */
#ifdef SIMD_AVX512
enum { WIDTH = 4, ROWS1 = 12, ROWS2 = 12, ROWS3 = 8, ROWS4 = 6 };
#else
enum { WIDTH = 2, ROWS1 = 8, ROWS2 = 6 };
#endif
enum { TILE = 24 };

/* An enum last says how much of a strip's last vector is used.  CPUs that
 * compute a whole vector in two halves are faster when half of it is enough. */
enum last { WHOLE, PART, HALF };

/* A strip is n columns of C from column `at` on, in nv vectors. */
struct strip {
    size_t at, n;
    int nv;
    enum last last;
    lanes mask;
};

/* Returns how many vectors wide the next strip is when `left` vectors remain:
 * strips are wide, and none is much narrower than the others. */
INLINE size_t strip_width(size_t left)
{
    return left <= WIDTH ? left : left < 2 * WIDTH - 1 ? (left + 1) / 2 : WIDTH;
}

INLINE struct strip strip_at(size_t at, size_t n)
{
    size_t nv = strip_width((n - at + LANES - 1) / LANES);
    size_t width = n - at < nv * LANES ? n - at : nv * LANES;
    size_t over = width % LANES;

    return (struct strip){
        .at = at,
        .n = width,
        .nv = (int)nv,
        .mask = lanes_first(over),
        .last = over == 0                ? WHOLE
                : LANES > 8 && over <= 8 ? HALF
                                         : PART,
    };
}

/* Returns acc + x b; with `half`, only its first eight lanes are valid. */
INLINE vec multiply_add(vec acc, vec x, vec b, bool half)
{
#ifdef SIMD_AVX512
    if (half)
        return _mm512_castps256_ps512(_mm256_fmadd_ps(
            _mm512_castps512_ps256(x), _mm512_castps512_ps256(b),
            _mm512_castps512_ps256(acc)));
#else
    (void)half;
#endif
    return acc + x * b;
}

/* Adds A B to acc; the element (r, k) of A is at a[r * ra + k * ka]. */
INLINE void multiply(int mr, int nv, enum last last, lanes m, size_t k,
                     const float *a, size_t ra, size_t ka, const float *b,
                     size_t ldb, vec *acc)
{
    for (size_t i = 0; i < k; i++, a += ka, b += ldb) {
        vec row[WIDTH];
        UNROLL
        for (int j = 0; j < nv; j++)
            row[j] = v_get(b, j, nv, last != WHOLE, m);
        UNROLL
        for (int r = 0; r < mr; r++) {
            vec x = v_set(a[(size_t)r * ra]);
            UNROLL
            for (int j = 0; j < nv; j++)
                acc[r * nv + j] = multiply_add(acc[r * nv + j], x, row[j],
                                               last == HALF && j == nv - 1);
        }
    }
}

/* A tile prefetches a few cache lines every PREFETCH_K steps of k: more at a
 * time would delay its own misses of the L1 cache. */
enum { PREFETCH_K = 32 };
INLINE void prefetch_lines(struct prefetch *f)
{
    for (int i = 0; f->at < f->end && i < f->lines; i++)
        prefetch_line(f);
}

/* The tiles of a matmul share these arguments. */
struct matmul {
    size_t k, ra, ka, ldb, ldc;
    bool add; /* C += instead of C = */
    lanes mask;
    struct prefetch *prefetch;
};

INLINE void tile(int mr, int nv, enum last last, const struct matmul *p,
                 const float *a, const float *b, float *c)
{
    const lanes m = p->mask;
    const bool part = last != WHOLE;
    vec acc[TILE];

    UNROLL
    for (int i = 0; i < mr * nv; i++)
        acc[i] = v_set(0);
    UNROLL
    for (int i = 0; i < mr * nv; i++) /* stored after the last k */
        __builtin_prefetch(
            c + (size_t)(i / nv) * p->ldc + (size_t)(i % nv) * LANES, 1);
    for (size_t left = p->k, n; left > 0; left -= n) {
        n = left < PREFETCH_K ? left : PREFETCH_K;
        prefetch_lines(p->prefetch);
        multiply(mr, nv, last, m, n, a, p->ra, p->ka, b, p->ldb, acc);
        a += n * p->ka;
        b += n * p->ldb;
    }
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

/* Computes all rows of a strip in tiles of mr rows; tail loops use smaller
 * tiles. */
INLINE void strip_body(int mr, int nv, enum last last, const struct matmul *p,
                       size_t rows, const float *a, const float *b, float *c)
{
    size_t r = 0;

    for (; r + (size_t)mr <= rows; r += (size_t)mr)
        tile(mr, nv, last, p, a + r * p->ra, b, c + r * p->ldc);
    for (; r + 4 <= rows; r += 4)
        tile(4, nv, last, p, a + r * p->ra, b, c + r * p->ldc);
    for (; r + 2 <= rows; r += 2)
        tile(2, nv, last, p, a + r * p->ra, b, c + r * p->ldc);
    if (r < rows)
        tile(1, nv, last, p, a + r * p->ra, b, c + r * p->ldc);
}

#define STRIP(nv, mr)                                    \
    case nv:                                             \
        if (s->last == WHOLE)                            \
            strip_body(mr, nv, WHOLE, p, rows, a, b, c); \
        else if (s->last == PART)                        \
            strip_body(mr, nv, PART, p, rows, a, b, c);  \
        else                                             \
            strip_body(mr, nv, HALF, p, rows, a, b, c);  \
        break

static void strip_matmul(const struct strip *s, const struct matmul *p,
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

/* Computes C = A B, or adds that to C, strip by strip. */
static void strips(size_t m, size_t n, struct matmul *p, const float *a,
                   const float *b, float *c)
{
    for (size_t at = 0; at < n;) {
        struct strip s = strip_at(at, n);
        p->mask = s.mask;
        strip_matmul(&s, p, m, a, b + at, c + at);
        at += s.n;
    }
}

/* Computes C = A^T B.  k is cut into blocks, so that all strips read the rows
 * of a block from the L1 cache, unless C is large. */
static void transposed(size_t m, size_t n, size_t k, const float *a, size_t lda,
                       const float *b, size_t ldb, bool add, float *c,
                       size_t ldc, struct prefetch *f)
{
    size_t block = 8192 / (m + n);

    block = block < 64 ? 64 : block > 512 ? 512 : block;
    for (size_t i = 0; i < k; i += block) {
        struct matmul p = {.k = k - i < block ? k - i : block,
                           .ra = 1,
                           .ka = lda,
                           .ldb = ldb,
                           .ldc = ldc,
                           .add = add || i > 0,
                           .prefetch = f};
        strips(m, n, &p, a + i * lda, b + i * ldb, c);
    }
}

void simd_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, const float *a,
               size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc, struct prefetch *f)
{
    struct prefetch none = {0};
    struct matmul p = {.k = k,
                       .ra = lda,
                       .ka = 1,
                       .ldb = ldb,
                       .ldc = ldc,
                       .add = beta != 0,
                       .prefetch = f ? f : &none};

    if (k == 0 || (ta && tb))
        scalar_gemm(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc, f);
    else if (tb)
        simd_dots(m, n, k, a, lda, b, ldb, beta != 0, c, ldc);
    else if (ta)
        transposed(m, n, k, a, lda, b, ldb, beta != 0, c, ldc, p.prefetch);
    else
        strips(m, n, &p, a, b, c);
}

/* ---- with B packed ---- */

/* Panel i is strip i of B, row by row, in whole vectors; the last vector of a
 * row is padded with zeros. */
size_t simd_gemm_pack_size(size_t n, size_t k)
{
    return (n + LANES - 1) / LANES * LANES * k;
}

INLINE size_t panel_width(const struct strip *s)
{
    return (size_t)s->nv * LANES;
}

/* Packs the rows [first, last) of B, ABREAST at a time. */
static void pack_rows(size_t n, size_t k, const float *b, size_t ldb,
                      size_t first, size_t last, float *packed)
{
    enum { ABREAST = 8 };

    for (size_t i = first, end; i < last; i = end) {
        end = i + ABREAST < last ? i + ABREAST : last;
        struct strip s;
        for (size_t at = 0; at < n; at += s.n) {
            s = strip_at(at, n);
            float *to = packed + at * k + i * panel_width(&s);
            for (size_t r = i; r < end; r++, to += panel_width(&s))
                for (int j = 0; j < s.nv; j++)
                    v_store(to + (size_t)j * LANES,
                            v_get(b + r * ldb + at, j, s.nv, s.last != WHOLE,
                                  s.mask));
        }
    }
}

#ifdef SIMD_AVX512
/* Transposes r: first within blocks of 4 x 4, then the blocks themselves. */
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

/* Packs a piece of B, at most LANES columns and LANES rows, from B's
 * transpose. */
static void pack_square(const float *b, size_t ldb, size_t columns, size_t rows,
                        float *to, size_t width)
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
            v_store(to + i * width, r[i]);
    } else {
        UNROLL
        for (size_t i = 0; i < LANES; i++)
            if (i < rows)
                v_store(to + i * width, r[i]);
    }
}

/* Packs the columns [first, last) of B, which is stored as (n, k). */
static void pack_columns(size_t n, size_t k, const float *b, size_t ldb,
                         size_t first, size_t last, float *packed)
{
    struct strip s;

    for (size_t at = 0; at < last; at += s.n) {
        s = strip_at(at, n);
        const size_t width = panel_width(&s);
        for (size_t j = first > at ? first - at : 0; j < width && at + j < last;
             j += LANES)
            for (size_t i = 0; i < k; i += LANES)
                pack_square(b + (at + j) * ldb + i, ldb, s.n - j, k - i,
                            packed + at * k + i * width + j, width);
    }
}

void simd_gemm_pack(bool tb, size_t n, size_t k, const float *b, size_t ldb,
                    size_t first, size_t last, float *packed)
{
    if (tb)
        pack_columns(n, k, b, ldb, first, last, packed);
    else
        pack_rows(n, k, b, ldb, first, last, packed);
}

void simd_gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda,
                      const float *packed, float beta, float *c, size_t ldc,
                      struct prefetch *f)
{
    struct prefetch none = {0};
    struct matmul p = {.k = k,
                       .ra = lda,
                       .ka = 1,
                       .ldc = ldc,
                       .add = beta != 0,
                       .prefetch = f ? f : &none};

    for (size_t at = 0; at < n;) {
        struct strip s = strip_at(at, n);
        p.mask = s.mask;
        p.ldb = panel_width(&s);
        strip_matmul(&s, &p, m, a, packed + at * k, c + at);
        at += s.n;
    }
}
