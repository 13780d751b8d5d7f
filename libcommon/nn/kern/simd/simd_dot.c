/* SPDX-License-Identifier: MIT
 * Matmul with an unpacked transpose, C (m, n) = A (m, k) B (n, k)^T: every
 * element is a dot product of two rows.  This is for few rows of A, where
 * packing B does not pay; B is read from memory once, in order. */
#include "libcommon/nn/kern/simd/simd.h"

/* A register tile takes ROWS rows of A and COLUMNS rows of B. */
enum { COLUMNS = 4 };
#ifdef SIMD_AVX512
enum { ROWS = 4 };
#else
enum { ROWS = 2 };
#endif

#ifdef SIMD_AVX512
INLINE __m128 fold(vec v)
{
    __m256 x = _mm512_castps512_ps256(v) + _mm512_extractf32x8_ps(v, 1);
    return _mm256_castps256_ps128(x) + _mm256_extractf128_ps(x, 1);
}
#else
INLINE __m128 fold(vec v)
{
    return _mm256_castps256_ps128(v) + _mm256_extractf128_ps(v, 1);
}
#endif

/* Returns the sums of the lanes of the four vectors. */
INLINE __m128 sums_of(const vec v[COLUMNS])
{
    return _mm_hadd_ps(_mm_hadd_ps(fold(v[0]), fold(v[1])),
                       _mm_hadd_ps(fold(v[2]), fold(v[3])));
}

struct dot_operands {
    size_t k, lda, ldb, ldc;
    bool add; /* C += instead of C = */
};

/* Adds the products of the vectors at i to the accumulators. */
INLINE void multiply(int mr, int nr, bool part, lanes m, size_t i,
                     const struct dot_operands *o, const float *a,
                     const float *b, vec acc[ROWS][COLUMNS])
{
    vec x[ROWS];

    UNROLL
    for (int r = 0; r < mr; r++)
        x[r] = v_at(a + (size_t)r * o->lda + i, part, m);
    UNROLL
    for (int j = 0; j < nr; j++) {
        const float *p = b + (size_t)j * o->ldb + i;
        vec w = v_at(p, part, m);
        _mm_prefetch((const char *)(p + COLUMNS * o->ldb), _MM_HINT_T0);
        UNROLL
        for (int r = 0; r < mr; r++)
            acc[r][j] += x[r] * w;
    }
}

/* Computes the dot products of mr rows of A with nr rows of B. */
INLINE void tile(int mr, int nr, const struct dot_operands *o, const float *a,
                 const float *b, float *c)
{
    const lanes m = lanes_first(o->k % LANES);
    vec acc[ROWS][COLUMNS];
    size_t i = 0;

    UNROLL
    for (int r = 0; r < mr; r++) {
        UNROLL
        for (int j = 0; j < COLUMNS; j++)
            acc[r][j] = v_set(0);
    }
    for (; i + LANES <= o->k; i += LANES)
        multiply(mr, nr, false, m, i, o, a, b, acc);
    if (i < o->k)
        multiply(mr, nr, true, m, i, o, a, b, acc);
    UNROLL
    for (int r = 0; r < mr; r++, c += o->ldc) {
        float sum[COLUMNS];
        _mm_storeu_ps(sum, sums_of(acc[r]));
        UNROLL
        for (int j = 0; j < nr; j++)
            c[j] = o->add ? c[j] + sum[j] : sum[j];
    }
}

/* Computes the dot products of all rows of A with nr rows of B. */
INLINE void columns(int nr, size_t m, const struct dot_operands *o,
                    const float *a, const float *b, float *c)
{
    size_t r = 0;

    for (; r + ROWS <= m; r += ROWS)
        tile(ROWS, nr, o, a + r * o->lda, b, c + r * o->ldc);
    for (; r + 2 <= m; r += 2)
        tile(2, nr, o, a + r * o->lda, b, c + r * o->ldc);
    if (r < m)
        tile(1, nr, o, a + r * o->lda, b, c + r * o->ldc);
}

void simd_dots(size_t m, size_t n, size_t k, const float *a, size_t lda,
               const float *b, size_t ldb, bool add, float *c, size_t ldc)
{
    const struct dot_operands o = {k, lda, ldb, ldc, add};
    size_t j = 0;

    for (; j + COLUMNS <= n; j += COLUMNS)
        columns(COLUMNS, m, &o, a, b + j * ldb, c + j);
    for (; j < n; j++)
        columns(1, m, &o, a, b + j * ldb, c + j);
}
