/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern_scalar.h"

#include <string.h>

/* Adds a * x[0..n) to y[0..n), in pieces that compilers vectorise. */
static void add_scaled(size_t n, real a, const real *restrict x,
                       real *restrict y)
{
    enum { PIECE = 8 };

    for (; n >= PIECE; n -= PIECE, x += PIECE, y += PIECE)
        for (int i = 0; i < PIECE; i++)
            y[i] += a * x[i];
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

/* Returns where the window of an output begins in the padded image. */
static const real *window_at(const struct window *v, const real *x, size_t step,
                             size_t line, size_t pixel)
{
    return x + line * (size_t)v->sh * step +
           pixel * (size_t)v->sw * (size_t)v->c;
}

void scalar_direct(const struct window *v, size_t lines, size_t cout,
                   const real *x, size_t step, const real *weight, real *y,
                   struct prefetch *f)
{
    size_t row = (size_t)v->kw * (size_t)v->c, kh = (size_t)v->kh;
    size_t ow = (size_t)v->ow;

    (void)f;
    memset(y, 0, lines * ow * cout * sizeof *y);
    for (size_t i = 0; i < lines * ow; i++, y += cout) {
        const real *at = window_at(v, x, step, i / ow, i % ow);
        const real *w = weight;
        for (size_t ky = 0; ky < kh; ky++)
            for (size_t t = 0; t < row; t++, w += cout)
                add_scaled(cout, at[ky * step + t], w, y);
    }
}

void scalar_direct_weight(const struct window *v, size_t lines, size_t cout,
                          const real *x, size_t step, const real *dy,
                          real *dweight, struct prefetch *f)
{
    size_t row = (size_t)v->kw * (size_t)v->c, kh = (size_t)v->kh;
    size_t ow = (size_t)v->ow;

    (void)f;
    for (size_t i = 0; i < lines * ow; i++, dy += cout) {
        const real *at = window_at(v, x, step, i / ow, i % ow);
        real *dw = dweight;
        for (size_t ky = 0; ky < kh; ky++)
            for (size_t t = 0; t < row; t++, dw += cout)
                add_scaled(cout, at[ky * step + t], dy, dw);
    }
}
