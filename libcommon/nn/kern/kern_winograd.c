/* SPDX-License-Identifier: MIT
 * Each transform works on lines of four numbers, first on the columns of a tile
 * and then on its rows.  A transform that reads only two or three numbers
 * ignores the rest of the four. */
#include "libcommon/nn/kern/kern_scalar.h"

#include <string.h>

/* A line_fn transforms the line a[0], a[s], a[2 s], a[3 s] in place. */
typedef void line_fn(real *a, size_t s);

static void input_line(real *a, size_t s) /* B' d */
{
    real d0 = a[0], d1 = a[s], d2 = a[2 * s], d3 = a[3 * s];

    a[0] = d0 - d2;
    a[s] = d1 + d2;
    a[2 * s] = d2 - d1;
    a[3 * s] = d1 - d3;
}

static void input_back_line(real *a, size_t s) /* B v */
{
    real v0 = a[0], v1 = a[s], v2 = a[2 * s], v3 = a[3 * s];

    a[0] = v0;
    a[s] = v1 - v2 + v3;
    a[2 * s] = v2 + v1 - v0;
    a[3 * s] = -v3;
}

static void output_line(real *a, size_t s) /* A' m, 4 to 2 */
{
    real m0 = a[0], m1 = a[s], m2 = a[2 * s], m3 = a[3 * s];

    a[0] = m0 + m1 + m2;
    a[s] = m1 - m2 - m3;
}

static void output_back_line(real *a, size_t s) /* A y, 2 to 4 */
{
    real y0 = a[0], y1 = a[s];

    a[s] = y0 + y1;
    a[2 * s] = y0 - y1;
    a[3 * s] = -y1;
}

static void weight_line(real *a, size_t s) /* G g, 3 to 4 */
{
    real even = (a[0] + a[2 * s]) / 2, odd = a[s] / 2;

    a[3 * s] = a[2 * s];
    a[s] = even + odd;
    a[2 * s] = even - odd;
}

static void weight_back_line(real *a, size_t s) /* G' u, 4 to 3 */
{
    real u1 = a[s], u2 = a[2 * s];

    a[0] += (u1 + u2) / 2;
    a[s] = (u1 - u2) / 2;
    a[2 * s] = (u1 + u2) / 2 + a[3 * s];
}

static void transform(real t[16], line_fn *f)
{
    for (size_t k = 0; k < 4; k++)
        f(t + k, 4);
    for (size_t k = 0; k < 4; k++)
        f(t + 4 * k, 1);
}

/* Loads one channel of h x w pixels of a tile, with rows `step` apart; pixels
 * outside read as 0. */
static void load(real t[16], size_t h, size_t w, size_t c, const real *p,
                 size_t step)
{
    memset(t, 0, 16 * sizeof *t);
    for (size_t y = 0; y < h; y++)
        for (size_t x = 0; x < w; x++)
            t[4 * y + x] = p[y * step + x * c];
}

static void load_planes(real t[16], const real *p, size_t plane)
{
    for (size_t k = 0; k < 16; k++)
        t[k] = p[k * plane];
}

static void store_planes(const real t[16], real *p, size_t plane)
{
    for (size_t k = 0; k < 16; k++)
        p[k * plane] = t[k];
}

static size_t at_most(size_t n, size_t most)
{
    return n < most ? n : most;
}

void scalar_winograd_input(size_t tiles, size_t c, const real *x, size_t step,
                           real *v, size_t plane)
{
    real t[16];

    for (size_t k = 0; k < tiles; k++, x += 2 * c, v += c)
        for (size_t i = 0; i < c; i++) {
            load(t, 4, 4, c, x + i, step);
            transform(t, input_line);
            store_planes(t, v + i, plane);
        }
}

void scalar_winograd_input_back(size_t tiles, size_t c, const real *v,
                                size_t plane, bool first, real *dx, size_t step)
{
    real t[16];

    for (size_t y = first ? 0 : 2; y < 4; y++)
        memset(dx + y * step, 0, (2 * tiles + 2) * c * sizeof *dx);
    for (size_t k = 0; k < tiles; k++, dx += 2 * c, v += c)
        for (size_t i = 0; i < c; i++) {
            load_planes(t, v + i, plane);
            transform(t, input_back_line);
            for (size_t q = 0; q < 16; q++)
                dx[q / 4 * step + q % 4 * c + i] += t[q];
        }
}

void scalar_winograd_output(size_t h, size_t w, size_t c, const real *m,
                            size_t plane, real *y)
{
    real t[16];

    for (size_t x = 0; x < w; x += 2, m += c)
        for (size_t i = 0; i < c; i++) {
            load_planes(t, m + i, plane);
            transform(t, output_line);
            for (size_t r = 0; r < h; r++)
                for (size_t k = 0; k < at_most(w - x, 2); k++)
                    y[(r * w + x + k) * c + i] = t[4 * r + k];
        }
}

void scalar_winograd_output_back(size_t h, size_t w, size_t c, const real *dy,
                                 real *m, size_t plane)
{
    real t[16];

    for (size_t x = 0; x < w; x += 2, m += c)
        for (size_t i = 0; i < c; i++) {
            load(t, h, at_most(w - x, 2), c, dy + x * c + i, w * c);
            transform(t, output_back_line);
            store_planes(t, m + i, plane);
        }
}

void scalar_winograd_weight(size_t cout, size_t c, size_t row, const real *w,
                            real *u)
{
    real t[16];

    for (size_t o = 0; o < cout; o++, w += 9 * c)
        for (size_t i = 0; i < c; i++) {
            load(t, 3, 3, c, w + i, 3 * c);
            transform(t, weight_line);
            for (size_t k = 0; k < 4; k++)
                u[(k * cout + o) * c + i] = t[4 * row + k];
        }
}

void scalar_winograd_weight_back(size_t cout, size_t c, const real *u, real *dw)
{
    real t[16];

    for (size_t o = 0; o < cout; o++, dw += 9 * c)
        for (size_t i = 0; i < c; i++) {
            load_planes(t, u + o * c + i, cout * c);
            transform(t, weight_back_line);
            for (size_t q = 0; q < 9; q++)
                dw[q * c + i] = t[q / 3 * 4 + q % 3];
        }
}
