/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern_scalar.h"

#include <math.h>
#include <string.h>

static int clip(int x, int top)
{
    return x < 0 ? 0 : x > top ? top : x;
}

/* Writes one row of a patch: kw pixels from column x of an image row, or zeros
 * where the row is NULL, which is padding.  The pixels on the image are
 * contiguous. */
static void patch_row(const struct window *v, const real *row, int x, real *out)
{
    size_t c = (size_t)v->c, n = (size_t)v->kw * c;
    int x0 = row ? clip(x, v->w) : x, x1 = row ? clip(x + v->kw, v->w) : x;

    if (x1 <= x0) {
        memset(out, 0, n * sizeof *out);
        return;
    }
    size_t before = (size_t)(x0 - x) * c, on = (size_t)(x1 - x0) * c;
    if (before > 0)
        memset(out, 0, before * sizeof *out);
    memcpy(out + before, row + (size_t)x0 * c, on * sizeof *out);
    if (before + on < n)
        memset(out + before + on, 0, (n - before - on) * sizeof *out);
}

void scalar_im2col(const struct window *v, const real *x, int first, int last,
                   real *out)
{
    size_t c = (size_t)v->c;

    for (int oy = first; oy < last; oy++)
        for (int ox = 0; ox < v->ow; ox++)
            for (int ky = 0; ky < v->kh; ky++, out += (size_t)v->kw * c) {
                int iy = oy * v->sh + ky - v->ph;
                bool on = iy >= 0 && iy < v->h;
                patch_row(v, on ? x + (size_t)iy * (size_t)v->w * c : NULL,
                          ox * v->sw - v->pw, out);
            }
}

void scalar_col2im(const struct window *v, const real *d, int first, int last,
                   real *dx)
{
    size_t c = (size_t)v->c;

    for (int oy = first; oy < last; oy++)
        for (int ox = 0; ox < v->ow; ox++)
            for (int ky = 0; ky < v->kh; ky++)
                for (int kx = 0; kx < v->kw; kx++, d += c) {
                    int iy = oy * v->sh + ky - v->ph;
                    int ix = ox * v->sw + kx - v->pw;
                    if (iy < 0 || iy >= v->h || ix < 0 || ix >= v->w)
                        continue;
                    real *p = dx + ((size_t)iy * v->w + ix) * c;
                    for (size_t i = 0; i < c; i++)
                        p[i] += d[i];
                }
}

/* A box is the part [y0, y1) x [x0, x1) of a window that lies on the image. */
struct box {
    int y0, y1, x0, x1;
};

static struct box box_of(const struct window *v, int oy, int ox)
{
    int y = oy * v->sh - v->ph, x = ox * v->sw - v->pw;

    return (struct box){
        .y0 = y < 0 ? 0 : y,
        .y1 = y + v->kh < v->h ? y + v->kh : v->h,
        .x0 = x < 0 ? 0 : x,
        .x1 = x + v->kw < v->w ? x + v->kw : v->w,
    };
}

void scalar_maxpool(const struct window *v, const real *x, real *out,
                    int32_t *arg)
{
    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++) {
            struct box b = box_of(v, oy, ox);
            for (int i = 0; i < v->c; i++, out++) {
                real best = -INFINITY;
                int32_t at = b.y0 * v->w + b.x0;
                for (int y = b.y0; y < b.y1; y++)
                    for (int k = b.x0; k < b.x1; k++) {
                        real p = x[((size_t)y * v->w + k) * v->c + i];
                        if (p > best || isnan(p)) {
                            best = p;
                            at = y * v->w + k;
                        }
                    }
                *out = best;
                if (arg)
                    *arg++ = at;
            }
        }
}

void scalar_maxpool_back(const struct window *v, const real *dout,
                         const int32_t *arg, real *dx)
{
    size_t pixels = (size_t)v->oh * v->ow, c = (size_t)v->c;

    for (size_t p = 0; p < pixels; p++)
        for (size_t i = 0; i < c; i++)
            dx[(size_t)arg[p * c + i] * c + i] += dout[p * c + i];
}

void scalar_avgpool(const struct window *v, const real *x, real *out)
{
    real f = (real)1 / ((real)v->kh * v->kw);

    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++) {
            struct box b = box_of(v, oy, ox);
            for (int i = 0; i < v->c; i++, out++) {
                real s = 0;
                for (int y = b.y0; y < b.y1; y++)
                    for (int k = b.x0; k < b.x1; k++)
                        s += x[((size_t)y * v->w + k) * v->c + i];
                *out = s * f;
            }
        }
}

void scalar_avgpool_back(const struct window *v, const real *dout, real *dx)
{
    real f = (real)1 / ((real)v->kh * v->kw);
    size_t c = (size_t)v->c;

    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++, dout += c) {
            struct box b = box_of(v, oy, ox);
            for (int y = b.y0; y < b.y1; y++)
                for (int k = b.x0; k < b.x1; k++) {
                    real *p = dx + ((size_t)y * v->w + k) * c;
                    for (size_t i = 0; i < c; i++)
                        p[i] += f * dout[i];
                }
        }
}
