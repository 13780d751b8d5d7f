/* SPDX-License-Identifier: MIT
 * The exponential function on vectors, and the sigmoid made of it. */
#ifndef NN_KERN_SIMD_SIMD_EXP_H
#define NN_KERN_SIMD_SIMD_EXP_H

#include "libcommon/nn/kern/simd/simd.h"

#if defined(SIMD_AVX512) || defined(SIMD_AVX2)

/* v_round returns the integer nearest to x; v_scale returns x * 2^n for an
 * integer n > -127. */
#ifdef SIMD_AVX512
INLINE vec v_round(vec x)
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT);
}
INLINE vec v_scale(vec x, vec n)
{
    return _mm512_scalef_ps(x, n);
}
#else
INLINE vec v_round(vec x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
INLINE vec v_scale(vec x, vec n)
{
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(n),
                                              _mm256_set1_epi32(127));

    return x * _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}
#endif

/* Returns exp(x) of x <= 0 with a relative error of at most 2e-7, but 0 below
 * -87.3, where the value would be denormal.  NaN stays NaN.
 *     exp(x) = 2^n exp(r),  n = round(x / log 2),  |r| <= log(2) / 2.
 * The Taylor polynomial of exp(r) to r^7 is exact to 6e-9.  log 2 is written as
 * the sum of two floats; the first has 15 bits, so that n times it is exact and
 * r has all its bits, whether or not the compiler fuses the two steps. */
INLINE vec v_exp_negative(vec x)
{
    const vec n = v_round(x * v_set(0x1.715476p0f));
    const vec r = x - n * v_set(0x1.62e4p-1f) - n * v_set(0x1.7f7d1cp-20f);
    vec sum = v_set(1.0f / 5040);

    sum = sum * r + v_set(1.0f / 720);
    sum = sum * r + v_set(1.0f / 120);
    sum = sum * r + v_set(1.0f / 24);
    sum = sum * r + v_set(1.0f / 6);
    sum = sum * r + v_set(1.0f / 2);
    sum = sum * r + v_set(1);
    sum = sum * r + v_set(1);
    return v_le(x, v_set(-87.3f), v_set(0), v_scale(sum, n));
}

/* Returns 1 / (1 + exp(-x)) and sets *rest to 1 minus that, computed without
 * the cancellation as 1 / (1 + exp(x)).  The argument of exp is -|x|, so
 * nothing overflows. */
INLINE vec v_sigmoid(vec x, vec *rest)
{
    const vec small = v_exp_negative(v_min(x, v_set(0) - x));
    const vec large = v_set(1) / (v_set(1) + small);

    *rest = v_le(v_set(0), x, small * large, large);
    return v_le(v_set(0), x, large, small * large);
}

#endif
#endif
