/* SPDX-License-Identifier: MIT
 * A depthwise convolution is described axis by axis.  Output o and tap t meet
 * at the input i with
 *
 *     i * up = o * step + t - pad
 *
 * where there is one.  Forward, up is 1 and step the stride.  No padding is
 * stored; taps that would meet padding are left out. */
#ifndef NN_KERN_SIMD_SIMD_DW_H
#define NN_KERN_SIMD_SIMD_DW_H

#include "libcommon/nn/kern/simd/simd.h"

#if defined(SIMD_AVX512) || defined(SIMD_AVX2)

struct dw_axis {
    int in, out; /* pixels */
    int taps;
    int step, up, pad;
    /* Steps in floats, from pixel to pixel and from tap to tap, and the offset
     * of the first tap. */
    ptrdiff_t in_step, out_step, w_step, w_first;
};

/* Kernels of odd width up to this one have code of their own. */
enum { DW_WIDEST = 7 };

/* Cuts off the taps at both ends that meet nothing but padding: a 7x7 kernel on
 * a map of 2x2 becomes 3x3.  An odd number of taps stays odd. */
static inline void dw_axis_cut(struct dw_axis *a)
{
    int first = a->pad - (a->out - 1) * a->step, last = a->pad + a->in - 1;

    first = first > 0 ? first : 0;
    last = last < a->taps - 1 ? last : a->taps - 1;
    if (first > last) /* all taps meet padding: any one will do */
        first = last = 0;
    if (a->taps % 2 == 1 && (last - first) % 2 == 1) {
        if (first > 0)
            first--;
        else
            last++;
    }
    a->taps = last - first + 1;
    a->pad -= first;
    a->w_first = first * a->w_step;
}

struct dw_axes {
    struct dw_axis y, x;
    size_t c, images;
};

/* Returns true when the kernel has one tap, which only scales pixels: then all
 * images are one long row. */
static inline bool dw_scales(const struct dw_axis *a)
{
    return a->taps == 1 && a->step == 1 && a->pad == 0 && a->in == a->out;
}

static inline struct dw_axes dw_axes_of(const struct window *v, size_t images)
{
    const ptrdiff_t c = v->c;
    struct dw_axes k = {
        .y = {.in = v->h,
              .out = v->oh,
              .taps = v->kh,
              .step = v->sh,
              .up = 1,
              .pad = v->ph,
              .in_step = v->w * c,
              .out_step = v->ow * c,
              .w_step = v->kw * c},
        .x = {.in = v->w,
              .out = v->ow,
              .taps = v->kw,
              .step = v->sw,
              .up = 1,
              .pad = v->pw,
              .in_step = c,
              .out_step = c,
              .w_step = c},
        .c = (size_t)c,
        .images = images,
    };
    dw_axis_cut(&k.y);
    dw_axis_cut(&k.x);
    if (dw_scales(&k.y) && dw_scales(&k.x)) {
        k.x.in = k.x.out = v->h * v->w * (int)images;
        k.y.in = k.y.out = 1;
        k.images = 1;
    }
    if (k.x.in == 1 && k.x.out == 1) { /* turns a column into a row */
        struct dw_axis y = k.y;
        k.y = k.x;
        k.x = y;
    }
    return k;
}

static inline size_t dw_image_in(const struct dw_axes *k) /* floats */
{
    return (size_t)k->y.in * (size_t)k->x.in * k->c;
}
static inline size_t dw_image_out(const struct dw_axes *k)
{
    return (size_t)k->y.out * (size_t)k->x.out * k->c;
}

/* These compute maps of 2x2 (simd_dw_2x2.c); they take the arguments of the
 * general kernels. */
#define simd_dw_is_2x2 SIMD_NAME(dw_is_2x2)
#define simd_dw_correlate_2x2 SIMD_NAME(dw_correlate_2x2)
#define simd_dw_weight_2x2 SIMD_NAME(dw_weight_2x2)
bool simd_dw_is_2x2(const struct dw_axes *k);
void simd_dw_correlate_2x2(const struct dw_axes *k, const float *in,
                           const float *w, float *out);
void simd_dw_weight_2x2(const struct dw_axes *k, const float *in,
                        const float *d, float *w);

#endif
#endif
