/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/real/kern_scalar.h"

#include <string.h>

static int at_least(int a, int b)
{
    return a > b ? a : b;
}

/* One axis: n pixels in, out pixels out, k taps, stride s, padding p in front.
 * Tap t of output o reads pixel o * s + t - p. */
struct axis {
    int first, taps;        /* the taps that meet a pixel at all */
    int front, size;        /* input buffer */
    int dfront, dsize;      /* gradient buffer */
};

static struct axis axis_of(int n, int out, int k, int s, int p)
{
    struct axis a = {.first = k, .taps = 0};
    int last = -1;

    for (int t = 0; t < k; t++)
        for (int o = 0; o < out; o++) {
            int i = o * s + t - p;
            if (i >= 0 && i < n) {
                a.first = t < a.first ? t : a.first;
                last = t;
            }
        }
    if (last < 0)           /* the output sees nothing but padding */
        a.first = last = 0;
    a.taps = last + 1 - a.first;
    a.front = at_least(0, p - a.first);
    a.size = at_least(a.front + n, (out - 1) * s + a.taps);
    /* Pixel i is read by outputs (i + p - t) / s: how far they reach beyond
     * [0, out) at either end. */
    int low = last - p, high = n - 1 + p - a.first;
    a.dfront = low > 0 ? (low + s - 1) / s : 0;
    a.dsize = a.dfront + at_least(out, high / s + 1);
    return a;
}

void kern_dw_init(struct dw *g, const struct window *win)
{
    struct axis y = axis_of(win->h, win->oh, win->kh, win->sh, win->ph);
    struct axis x = axis_of(win->w, win->ow, win->kw, win->sw, win->pw);

    *g = (struct dw){
        .win = *win,
        .ky = y.first, .kx = x.first, .kh = y.taps, .kw = x.taps,
        .top = y.front, .left = x.front, .bh = y.size, .bw = x.size,
        .dtop = y.dfront, .dleft = x.dfront, .dbh = y.dsize, .dbw = x.dsize,
    };
}

/* Weights of tap (y, x) of those used. */
static size_t tap(const struct dw *g, int y, int x)
{
    return ((size_t)(g->ky + y) * g->win.kw + g->kx + x) * g->win.c;
}

void scalar_dw_forward(const struct dw *g, const real *in, const real *weight,
                       real *out)
{
    const struct window *v = &g->win;
    size_t c = (size_t)v->c;

    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++, out += c) {
            memset(out, 0, c * sizeof *out);
            for (int y = 0; y < g->kh; y++)
                for (int x = 0; x < g->kw; x++) {
                    const real *p = in + ((size_t)(oy * v->sh + y) * g->bw
                                          + ox * v->sw + x) * c;
                    const real *w = weight + tap(g, y, x);
                    for (size_t i = 0; i < c; i++)
                        out[i] += w[i] * p[i];
                }
        }
}

/* Which output read pixel i through tap t of the layer, or -1. */
static int reader(int i, int t, int s, int p, int out)
{
    int o = i + p - t;

    return o >= 0 && o % s == 0 && o / s < out ? o / s : -1;
}

void scalar_dw_backward(const struct dw *g, const real *dout,
                        const real *weight, real *din)
{
    const struct window *v = &g->win;
    size_t c = (size_t)v->c;

    for (int iy = 0; iy < v->h; iy++)
        for (int ix = 0; ix < v->w; ix++, din += c) {
            memset(din, 0, c * sizeof *din);
            for (int y = 0; y < g->kh; y++)
                for (int x = 0; x < g->kw; x++) {
                    int oy = reader(iy, g->ky + y, v->sh, v->ph, v->oh);
                    int ox = reader(ix, g->kx + x, v->sw, v->pw, v->ow);
                    if (oy < 0 || ox < 0)
                        continue;
                    const real *d = dout + ((size_t)(g->dtop + oy) * g->dbw
                                            + g->dleft + ox) * c;
                    const real *w = weight + tap(g, y, x);
                    for (size_t i = 0; i < c; i++)
                        din[i] += w[i] * d[i];
                }
        }
}

void scalar_dw_weight(const struct dw *g, const real *in, const real *dout,
                      real *dweight)
{
    const struct window *v = &g->win;
    size_t c = (size_t)v->c;

    for (int y = 0; y < g->kh; y++)
        for (int x = 0; x < g->kw; x++)
            for (int oy = 0; oy < v->oh; oy++)
                for (int ox = 0; ox < v->ow; ox++) {
                    const real *p = in + ((size_t)(oy * v->sh + y) * g->bw
                                          + ox * v->sw + x) * c;
                    const real *d = dout + ((size_t)(g->dtop + oy) * g->dbw
                                            + g->dleft + ox) * c;
                    real *w = dweight + tap(g, y, x);
                    for (size_t i = 0; i < c; i++)
                        w[i] += d[i] * p[i];
                }
}
