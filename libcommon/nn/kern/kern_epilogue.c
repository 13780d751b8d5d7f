/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern_scalar.h"

#include <string.h>

#include "libcommon/nn/kern/kern_act.h"

/* Returns the input of the activation for y in channel i. */
static real epilogue_in(const struct epilogue *t, size_t i, real y)
{
    return (t->scale ? t->scale[i] * y : y) + (t->shift ? t->shift[i] : 0);
}

void scalar_epilogue_forward(const struct epilogue *t, size_t rows, size_t c,
                             const real *y, const real *skip, real *z)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < c; i++) {
            real v = act_value(t->act, epilogue_in(t, i, y[r * c + i]));
            if (t->mul)
                v *= t->mul[i];
            z[r * c + i] = skip ? v + skip[r * c + i] : v;
        }
}

void scalar_epilogue_pad(const struct epilogue *t, size_t h, size_t w, size_t c,
                         const real *y, real *z, size_t step)
{
    for (size_t r = 0; r < h; r++)
        scalar_epilogue_forward(t, w, c, y + r * w * c, NULL, z + r * step);
}

void scalar_epilogue_mean(const struct epilogue *t, size_t rows, size_t c,
                          const real *y, real *mean)
{
    for (size_t i = 0; i < c; i++) {
        double s = 0;
        for (size_t r = 0; r < rows; r++)
            s += act_value(t->act, epilogue_in(t, i, y[r * c + i]));
        mean[i] = (real)(s / rows);
    }
}

void scalar_epilogue_dot(const struct epilogue *t, size_t rows, size_t c,
                         const real *y, const real *d, real *dot)
{
    for (size_t i = 0; i < c; i++) {
        double s = 0;
        for (size_t r = 0; r < rows; r++)
            s += (double)d[r * c + i] *
                 act_value(t->act, epilogue_in(t, i, y[r * c + i]));
        dot[i] = (real)s;
    }
}

void scalar_epilogue_backward(const struct epilogue *t, size_t images,
                              size_t rows, size_t c, const real *y,
                              const real *add, real *d, double *sum,
                              double *sumy)
{
    for (size_t r = 0; r < images * rows; r++)
        for (size_t i = 0; i < c; i++) {
            const size_t at = r / rows * c + i;
            real x = y[r * c + i], g = d[r * c + i];
            if (t->mul)
                g *= t->mul[at];
            if (add)
                g += add[at] / (real)rows;
            g *= act_slope(t->act, epilogue_in(t, i, x));
            d[r * c + i] = g;
            if (sum) {
                sum[i] += g;
                sumy[i] += (double)g * x;
            }
        }
}

void scalar_sums(size_t rows, size_t c, const real *y, double *sum,
                 double *sumsq)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < c; i++) {
            double x = y[r * c + i];
            sum[i] += x;
            if (sumsq)
                sumsq[i] += x * x;
        }
}

void scalar_norm_backward(size_t rows, size_t c, const real *d, const real *y,
                          const real *a, const real *b, const real *s, real *dy)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < c; i++)
            dy[r * c + i] = a[i] * d[r * c + i] + (b[i] * y[r * c + i] + s[i]);
}

void scalar_spread(size_t rows, size_t c, const real *g, real *d)
{
    for (size_t i = 0; i < c; i++)
        d[i] = g[i] / (real)rows;
    for (size_t r = 1; r < rows; r++)
        memcpy(d + r * c, d, c * sizeof *d);
}
