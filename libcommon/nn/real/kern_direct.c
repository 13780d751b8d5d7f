/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/real/kern_scalar.h"

#include <string.h>

/* y[0..n) += a * x[0..n) */
static void add_scaled(size_t n, real a, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

/* What the window of an output sees first. */
static const real *window_at(const struct window *v, const real *x, size_t step,
                             size_t line, size_t pixel)
{
    return x + line * (size_t)v->sh * step +
           pixel * (size_t)v->sw * (size_t)v->c;
}

void scalar_direct(const struct window *v, size_t lines, size_t cout,
                   const real *x, size_t step, const real *weight, real *y,
                   struct fetch *f)
{
    size_t row = (size_t)v->kw * (size_t)v->c, taps = (size_t)v->kh * row;
    size_t ow = (size_t)v->ow;

    (void)f;
    memset(y, 0, lines * ow * cout * sizeof *y);
    for (size_t i = 0; i < lines * ow; i++, y += cout) {
        const real *at = window_at(v, x, step, i / ow, i % ow);
        for (size_t t = 0; t < taps; t++)
            add_scaled(cout, at[t / row * step + t % row], weight + t * cout,
                       y);
    }
}

void scalar_direct_weight(const struct window *v, size_t lines, size_t cout,
                          const real *x, size_t step, const real *dy,
                          real *dweight, struct fetch *f)
{
    size_t row = (size_t)v->kw * (size_t)v->c, taps = (size_t)v->kh * row;
    size_t ow = (size_t)v->ow;

    (void)f;
    for (size_t i = 0; i < lines * ow; i++, dy += cout) {
        const real *at = window_at(v, x, step, i / ow, i % ow);
        for (size_t t = 0; t < taps; t++)
            add_scaled(cout, at[t / row * step + t % row], dy,
                       dweight + t * cout);
    }
}
