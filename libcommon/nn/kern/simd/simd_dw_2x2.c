/* SPDX-License-Identifier: MIT
 * Depthwise convolution of 2x2 maps, which the deep layers of small networks
 * have.  There a kernel of 3x3, 5x5 or 7x7 acts as one of 3x3, and 16 of its 36
 * products do not meet padding.  One vector of channels is computed at a time,
 * with the whole image in registers. */
#include "libcommon/nn/kern/simd/simd_dw.h"

static bool is_3_on_2(const struct dw_axis *a)
{
    return a->in == 2 && a->out == 2 && a->taps == 3 && a->pad == 1 &&
           a->step == 1 && a->up == 1;
}

bool simd_dw_is_2x2(const struct dw_axes *k)
{
    return is_3_on_2(&k->y) && is_3_on_2(&k->x);
}

/* Returns the pixel that tap t of output o meets, or -1 where it meets padding.
 * Pixels, taps and outputs are counted row by row. */
INLINE int met(int o, int t)
{
    const int y = o / 2 + t / 3 - 1, x = o % 2 + t % 3 - 1;

    return y < 0 || y > 1 || x < 0 || x > 1 ? -1 : 2 * y + x;
}

INLINE void load_image(bool part, lanes m, const float *p, ptrdiff_t c, vec *v)
{
    UNROLL
    for (int i = 0; i < 4; i++)
        v[i] = v_get(p + i * c, 0, 1, part, m);
}

INLINE void correlate_vec(bool part, const struct dw_axes *k, lanes m,
                          const float *in, const float *w, float *out)
{
    vec v[4], acc[4];

    load_image(part, m, in, k->x.in_step, v);
    UNROLL
    for (int o = 0; o < 4; o++)
        acc[o] = v_set(0);
    UNROLL
    for (int t = 0; t < 9; t++) {
        vec f = v_get(w + t / 3 * k->y.w_step + t % 3 * k->x.w_step, 0, 1, part,
                      m);
        HIDE_VEC(f);
        UNROLL
        for (int o = 0; o < 4; o++)
            if (met(o, t) >= 0)
                acc[o] += f * v[met(o, t)];
    }
    UNROLL
    for (int o = 0; o < 4; o++)
        WRITTEN_SOON(out + (o + 4) * k->x.out_step);
    UNROLL
    for (int o = 0; o < 4; o++)
        v_put(out + o * k->x.out_step, acc[o], 0, 1, part, m);
}

void simd_dw_correlate_2x2(const struct dw_axes *axes, const float *in,
                           const float *w, float *out)
{
    const struct dw_axes k = *axes;
    const lanes m = lanes_first(k.c % LANES);

    for (size_t n = k.images; n-- > 0; in += 4 * k.c, out += 4 * k.c)
        EACH_VECTOR(i, part, k.c,
                    correlate_vec(part, &k, m, in + i, w + i, out + i));
}

INLINE void weight_vec(bool part, const struct dw_axes *k, lanes m,
                       const float *in, const float *d, float *w)
{
    vec v[4], g[4], acc[9];

    UNROLL
    for (int t = 0; t < 9; t++)
        acc[t] = v_set(0);
    for (size_t n = k->images; n-- > 0; in += 4 * k->c, d += 4 * k->c) {
        load_image(part, m, in, k->x.in_step, v);
        load_image(part, m, d, k->x.out_step, g);
        UNROLL
        for (int o = 0; o < 4; o++) {
            UNROLL
            for (int t = 0; t < 9; t++)
                if (met(o, t) >= 0)
                    acc[t] += g[o] * v[met(o, t)];
        }
    }
    UNROLL
    for (int t = 0; t < 9; t++) {
        float *p = w + t / 3 * k->y.w_step + t % 3 * k->x.w_step;
        v_put(p, v_get(p, 0, 1, part, m) + acc[t], 0, 1, part, m);
    }
}

void simd_dw_weight_2x2(const struct dw_axes *axes, const float *in,
                        const float *d, float *w)
{
    const struct dw_axes k = *axes;
    const lanes m = lanes_first(k.c % LANES);

    EACH_VECTOR(i, part, k.c, weight_vec(part, &k, m, in + i, d + i, w + i));
}
