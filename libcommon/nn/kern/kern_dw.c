/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/kern_scalar.h"

#include <string.h>

/* A meeting says where an output, one of its taps and the pixel that the tap
 * reads stand in the three arrays. */
struct meeting {
    size_t in, weight, out;
};

/* Sets *m for the i-th pair of an output and a tap; the taps of an output
 * follow each other.  Returns false where the tap meets padding. */
static bool meeting_at(const struct window *v, size_t i, struct meeting *m)
{
    int taps = v->kh * v->kw, tap = (int)(i % (size_t)taps);
    int out = (int)(i / (size_t)taps);
    int y = out / v->ow * v->sh + tap / v->kw - v->ph;
    int x = out % v->ow * v->sw + tap % v->kw - v->pw;
    size_t c = (size_t)v->c;

    *m = (struct meeting){((size_t)y * (size_t)v->w + (size_t)x) * c,
                          (size_t)tap * c, (size_t)out * c};
    return y >= 0 && y < v->h && x >= 0 && x < v->w;
}

static size_t meetings(const struct window *v)
{
    return (size_t)v->oh * (size_t)v->ow * (size_t)v->kh * (size_t)v->kw;
}

static size_t in_size(const struct window *v)
{
    return (size_t)v->h * (size_t)v->w * (size_t)v->c;
}

static size_t out_size(const struct window *v)
{
    return (size_t)v->oh * (size_t)v->ow * (size_t)v->c;
}

/* Adds a * b to `to`, element by element. */
static void add_products(int c, const real *a, const real *b, real *to)
{
    for (int i = 0; i < c; i++)
        to[i] += a[i] * b[i];
}

void scalar_dw_forward(const struct window *v, size_t n, const real *in,
                       const real *weight, real *out)
{
    struct meeting m;

    memset(out, 0, n * out_size(v) * sizeof *out);
    for (; n-- > 0; in += in_size(v), out += out_size(v))
        for (size_t i = 0; i < meetings(v); i++)
            if (meeting_at(v, i, &m))
                add_products(v->c, weight + m.weight, in + m.in, out + m.out);
}

void scalar_dw_backward(const struct window *v, size_t n, const real *dout,
                        const real *weight, real *din)
{
    struct meeting m;

    memset(din, 0, n * in_size(v) * sizeof *din);
    for (; n-- > 0; dout += out_size(v), din += in_size(v))
        for (size_t i = 0; i < meetings(v); i++)
            if (meeting_at(v, i, &m))
                add_products(v->c, weight + m.weight, dout + m.out, din + m.in);
}

void scalar_dw_weight(const struct window *v, size_t n, const real *in,
                      const real *dout, real *dweight)
{
    struct meeting m;

    for (; n-- > 0; in += in_size(v), dout += out_size(v))
        for (size_t i = 0; i < meetings(v); i++)
            if (meeting_at(v, i, &m))
                add_products(v->c, in + m.in, dout + m.out, dweight + m.weight);
}
