/* SPDX-License-Identifier: MIT
 * A thin layer over the vector registers, for the files of this room.  Each is
 * compiled once per instruction set and gives its public names the set's
 * suffix: SIMD_NAME(sums) is sums_avx2 or sums_avx512.
 *
 * A vec is LANES floats; + - * / work on it, and the compiler contracts a
 * product and a sum to one FMA.  A kernel over a matrix (rows, c) usually takes
 * the channels in blocks of at most BLOCK vectors, keeps the per-channel
 * numbers of a block in registers and runs down the rows.  The last vector of a
 * block may be partial: its loads and stores go through a mask, `lanes`. */
#ifndef NN_KERN_SIMD_SIMD_H
#define NN_KERN_SIMD_SIMD_H

#if defined(SIMD_AVX512) || defined(SIMD_AVX2)

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/nn/kern/kern.h"

#define INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

#ifdef SIMD_AVX512
#define SIMD_NAME(x) x##_avx512
enum { LANES = 16, BLOCK = 4 };
typedef __m512 vec;
typedef __mmask16 lanes;

INLINE lanes lanes_first(size_t n) /* n < LANES */
{
    return (lanes)((1u << n) - 1);
}
INLINE vec v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
INLINE void v_store(float *p, vec v)
{
    _mm512_storeu_ps(p, v);
}
INLINE vec v_load_part(const float *p, lanes m)
{
    return _mm512_maskz_loadu_ps(m, p);
}
/* Half a vector, the most frequent partial one, is stored without the mask: a
 * load that follows closely would have to wait for a masked store. */
INLINE void v_store_part(float *p, vec v, lanes m)
{
    if (m == 0xff)
        _mm256_storeu_ps(p, _mm512_castps512_ps256(v));
    else
        _mm512_mask_storeu_ps(p, m, v);
}
INLINE vec v_set(float x)
{
    return _mm512_set1_ps(x);
}
/* Both return b where a or b is NaN. */
INLINE vec v_max(vec a, vec b)
{
    return _mm512_max_ps(a, b);
}
INLINE vec v_min(vec a, vec b)
{
    return _mm512_min_ps(a, b);
}
/* Returns x <= y ? a : b. */
INLINE vec v_le(vec x, vec y, vec a, vec b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LE_OQ), b, a);
}
/* Returns a where x > y or x is NaN, else b. */
INLINE vec v_beats(vec x, vec y, vec a, vec b)
{
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_GT_OQ) |
                                    _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q),
                                b, a);
}
/* Returns x > 0 ? a : 0. */
INLINE vec v_if_positive(vec x, vec a)
{
    return _mm512_maskz_mov_ps(
        _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), a);
}
/* Adds v to d[0..LANES). */
INLINE void v_flush(double *d, vec v)
{
    __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(v));
    __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1));
    _mm512_storeu_pd(d, _mm512_loadu_pd(d) + low);
    _mm512_storeu_pd(d + 8, _mm512_loadu_pd(d + 8) + high);
}

#else
#define SIMD_NAME(x) x##_avx2
enum { LANES = 8, BLOCK = 2 };
typedef __m256 vec;
typedef __m256i lanes;

INLINE lanes lanes_first(size_t n) /* n < LANES */
{
    static const int32_t ones[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return _mm256_loadu_si256((const __m256i *)(const void *)(ones + 8 - n));
}
INLINE vec v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
INLINE void v_store(float *p, vec v)
{
    _mm256_storeu_ps(p, v);
}
INLINE vec v_load_part(const float *p, lanes m)
{
    return _mm256_maskload_ps(p, m);
}
INLINE void v_store_part(float *p, vec v, lanes m)
{
    _mm256_maskstore_ps(p, m, v);
}
INLINE vec v_set(float x)
{
    return _mm256_set1_ps(x);
}
/* Both return b where a or b is NaN. */
INLINE vec v_max(vec a, vec b)
{
    return _mm256_max_ps(a, b);
}
INLINE vec v_min(vec a, vec b)
{
    return _mm256_min_ps(a, b);
}
/* Returns x <= y ? a : b. */
INLINE vec v_le(vec x, vec y, vec a, vec b)
{
    return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LE_OQ));
}
/* Returns a where x > y or x is NaN, else b. */
INLINE vec v_beats(vec x, vec y, vec a, vec b)
{
    return _mm256_blendv_ps(b, a,
                            _mm256_or_ps(_mm256_cmp_ps(x, y, _CMP_GT_OQ),
                                         _mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
}
/* Returns x > 0 ? a : 0. */
INLINE vec v_if_positive(vec x, vec a)
{
    return _mm256_and_ps(a, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
}
/* Adds v to d[0..LANES). */
INLINE void v_flush(double *d, vec v)
{
    __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v));
    __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
    _mm256_storeu_pd(d, _mm256_loadu_pd(d) + low);
    _mm256_storeu_pd(d + 4, _mm256_loadu_pd(d + 4) + high);
}
#endif

/* Loads vector j of the nv at p; if `part`, the last one goes through the
 * mask. */
INLINE vec v_get(const float *p, int j, int nv, bool part, lanes m)
{
    return part && j == nv - 1 ? v_load_part(p + (size_t)j * LANES, m)
                               : v_load(p + (size_t)j * LANES);
}
INLINE void v_put(float *p, vec v, int j, int nv, bool part, lanes m)
{
    if (part && j == nv - 1)
        v_store_part(p + (size_t)j * LANES, v, m);
    else
        v_store(p + (size_t)j * LANES, v);
}
/* Loads one vector, through the mask if it is the last, partial one. */
INLINE vec v_at(const float *p, bool part, lanes m)
{
    return part ? v_load_part(p, m) : v_load(p);
}
INLINE void v_to(float *p, vec v, bool part, lanes m)
{
    if (part)
        v_store_part(p, v, m);
    else
        v_store(p, v);
}
/* Loads as v_get does or, where p is NULL, sets all lanes to `other`. */
INLINE vec v_get_or(const float *p, float other, int j, int nv, bool part,
                    lanes m)
{
    return p ? v_get(p, j, nv, part, m) : v_set(other);
}
/* Adds the first n <= LANES lanes of v to d[0..n). */
INLINE void v_flush_part(double *d, vec v, size_t n)
{
    float x[LANES];

    v_store(x, v);
    for (size_t i = 0; i < n; i++)
        d[i] += x[i];
}

/* HIDE keeps the compiler from computing all addresses of an unrolled loop in
 * front of it, for which there are not enough registers; HIDE_VEC keeps it from
 * loading a vector again for each use. */
#define HIDE(x) __asm__("" : "+r"(x))
#define HIDE_VEC(x) __asm__("" : "+v"(x))

/* Prefetches a cache line of the outputs for writing.  Outputs are not in the
 * caches, and stores would wait for them.  The address need not be valid. */
#define WRITTEN_SOON(p) __builtin_prefetch(p, 1)

/* Runs body for each vector of c channels.  i is the vector's first channel;
 * `part`, known at compile time, is true if it is the last one and not full. */
#define EACH_VECTOR(i, part, c, body)          \
    do {                                       \
        size_t i = 0;                          \
        for (; i + LANES <= (c); i += LANES) { \
            enum { part = false };             \
            body;                              \
        }                                      \
        if (i < (c)) {                         \
            enum { part = true };              \
            body;                              \
        }                                      \
    } while (0)

/* Kernels that stream through memory or the third-level cache do so in memory
 * order and prefetch: that is twice as fast as going down the columns of a wide
 * matrix.  The distance is two pages, into the second-level cache; a quarter of
 * it made a training step 1 to 2 % slower. */
enum { AHEAD = 2048 };
INLINE void v_ahead(const float *p)
{
    _mm_prefetch((const char *)(p + AHEAD), _MM_HINT_T1);
}

/* Prefetches the next cache line of f and moves f on. */
INLINE void prefetch_line(struct prefetch *f)
{
    if (f->at >= f->end)
        return;
    __builtin_prefetch(f->at, 0, 2);
    f->at += 64;
    if (f->at >= f->row_end) {
        f->at = f->row_end + f->skip;
        f->row_end += f->pitch;
    }
}

/* A float lane adds up at most this many rows before its sum goes to a total,
 * so that it stays accurate. */
enum { FLUSH_ROWS = 256 };

/* A block is nv vectors of channels (1, 2 or 4; bodies are compiled for each).
 * The last vector is partial if `part`. */
struct block {
    size_t i, n; /* channels i .. i + n */
    int nv;
    bool part;
    lanes mask;
};

INLINE struct block block_at(size_t i, size_t c)
{
    size_t left = (c - i + LANES - 1) / LANES; /* vectors */
    size_t nv = left >= BLOCK ? BLOCK : left >= 2 ? 2 : 1;
    size_t n = nv * LANES < c - i ? nv * LANES : c - i;

    return (struct block){
        .i = i,
        .n = n,
        .nv = (int)nv,
        .part = n % LANES != 0,
        .mask = lanes_first(n % LANES),
    };
}

/* Runs the statement that follows for each block b of c channels. */
#define FOR_BLOCKS(b, c) \
    for (struct block b = block_at(0, c); b.i < (c); b = block_at(b.i + b.n, c))

/* Adds s1 to sum and s2 to sumsq in the channels of a block; sumsq may be
 * NULL. */
INLINE void v_flush_block(int nv, bool part, const struct block *b,
                          const vec *s1, const vec *s2, double *sum,
                          double *sumsq)
{
    UNROLL
    for (int j = 0; j < nv; j++) {
        size_t i = b->i + (size_t)j * LANES;
        if (part && j == nv - 1) {
            v_flush_part(sum + i, s1[j], b->n % LANES);
            if (sumsq)
                v_flush_part(sumsq + i, s2[j], b->n % LANES);
        } else {
            v_flush(sum + i, s1[j]);
            if (sumsq)
                v_flush(sumsq + i, s2[j]);
        }
    }
}

/* Calls body(NV, PART, ...), where both are compile-time constants. */
#define BLOCK_CALL_NV(b, nv, body, ...)   \
    do {                                  \
        if ((b).part)                     \
            body(nv, true, __VA_ARGS__);  \
        else                              \
            body(nv, false, __VA_ARGS__); \
    } while (0)
#ifdef SIMD_AVX512
#define BLOCK_CALL(b, body, ...)                \
    switch ((b).nv) {                           \
    case 1:                                     \
        BLOCK_CALL_NV(b, 1, body, __VA_ARGS__); \
        break;                                  \
    case 2:                                     \
        BLOCK_CALL_NV(b, 2, body, __VA_ARGS__); \
        break;                                  \
    default:                                    \
        BLOCK_CALL_NV(b, 4, body, __VA_ARGS__); \
    }
#else
#define BLOCK_CALL(b, body, ...)                \
    switch ((b).nv) {                           \
    case 1:                                     \
        BLOCK_CALL_NV(b, 1, body, __VA_ARGS__); \
        break;                                  \
    default:                                    \
        BLOCK_CALL_NV(b, 2, body, __VA_ARGS__); \
    }
#endif

/* These are the kernels of this room. */
#define simd_gemm SIMD_NAME(gemm)
#define simd_dots SIMD_NAME(dots)
#define simd_gemm_pack_size SIMD_NAME(gemm_pack_size)
#define simd_gemm_pack SIMD_NAME(gemm_pack)
#define simd_gemm_packed SIMD_NAME(gemm_packed)
#define simd_epilogue_forward SIMD_NAME(epilogue_forward)
#define simd_epilogue_pad SIMD_NAME(epilogue_pad)
#define simd_epilogue_mean SIMD_NAME(epilogue_mean)
#define simd_epilogue_dot SIMD_NAME(epilogue_dot)
#define simd_epilogue_backward SIMD_NAME(epilogue_backward)
#define simd_sums SIMD_NAME(sums)
#define simd_norm_backward SIMD_NAME(norm_backward)
#define simd_dw_forward SIMD_NAME(dw_forward)
#define simd_dw_backward SIMD_NAME(dw_backward)
#define simd_dw_weight SIMD_NAME(dw_weight)
#define simd_im2col SIMD_NAME(im2col)
#define simd_col2im SIMD_NAME(col2im)
#define simd_direct SIMD_NAME(direct)
#define simd_direct_weight SIMD_NAME(direct_weight)
#define simd_winograd_input SIMD_NAME(winograd_input)
#define simd_winograd_input_back SIMD_NAME(winograd_input_back)
#define simd_winograd_output SIMD_NAME(winograd_output)
#define simd_winograd_output_back SIMD_NAME(winograd_output_back)
#define simd_winograd_weight SIMD_NAME(winograd_weight)
#define simd_winograd_weight_back SIMD_NAME(winograd_weight_back)
#define simd_maxpool SIMD_NAME(maxpool)
#define simd_avgpool SIMD_NAME(avgpool)
#define simd_add SIMD_NAME(add)
#define simd_mul SIMD_NAME(mul)
#define simd_reduce SIMD_NAME(reduce)
#define simd_sgd SIMD_NAME(sgd)

kern_gemm_fn simd_gemm;
/* Computes C (m, n) = A (m, k) B (n, k)^T, or adds that to C if `add`
 * (simd_dot.c). */
void simd_dots(size_t m, size_t n, size_t k, const float *a, size_t lda,
               const float *b, size_t ldb, bool add, float *c, size_t ldc);
kern_gemm_pack_size_fn simd_gemm_pack_size;
kern_gemm_pack_fn simd_gemm_pack;
kern_gemm_packed_fn simd_gemm_packed;
kern_epilogue_forward_fn simd_epilogue_forward;
kern_epilogue_pad_fn simd_epilogue_pad;
kern_epilogue_mean_fn simd_epilogue_mean;
kern_epilogue_dot_fn simd_epilogue_dot;
kern_epilogue_backward_fn simd_epilogue_backward;
kern_sums_fn simd_sums;
kern_norm_backward_fn simd_norm_backward;
kern_dw_forward_fn simd_dw_forward;
kern_dw_backward_fn simd_dw_backward;
kern_dw_weight_fn simd_dw_weight;
kern_im2col_fn simd_im2col;
kern_col2im_fn simd_col2im;
kern_direct_fn simd_direct;
kern_direct_weight_fn simd_direct_weight;
kern_winograd_input_fn simd_winograd_input;
kern_winograd_input_back_fn simd_winograd_input_back;
kern_winograd_output_fn simd_winograd_output;
kern_winograd_output_back_fn simd_winograd_output_back;
kern_winograd_weight_fn simd_winograd_weight;
kern_winograd_weight_back_fn simd_winograd_weight_back;
kern_maxpool_fn simd_maxpool;
kern_avgpool_fn simd_avgpool;
kern_add_fn simd_add;
kern_mul_fn simd_mul;
kern_reduce_fn simd_reduce;
kern_sgd_fn simd_sgd;

#endif
#endif
