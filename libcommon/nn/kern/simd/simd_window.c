/* SPDX-License-Identifier: MIT
 * im2col and pooling.  A row of a patch is contiguous in the image, so a patch
 * is kh runs of up to kw * c floats. */
#include <math.h>
#include <string.h>

#include "libcommon/nn/kern/simd/simd.h"

INLINE int clip(int x, int top)
{
    return x < 0 ? 0 : x > top ? top : x;
}

/* Copies n floats, or writes zeros where `from` is NULL. */
INLINE void copy(size_t n, const float *from, float *to)
{
    const lanes m = lanes_first(n % LANES);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_store(to + i, from ? v_load(from + i) : v_set(0));
    if (i < n)
        v_store_part(to + i, from ? v_load_part(from + i, m) : v_set(0), m);
}

/* Writes one patch; zeros stand for the part of a row that is off the image. */
static void patch(const struct window *v, const float *x, int oy, int ox,
                  float *out)
{
    const size_t c = (size_t)v->c, n = (size_t)v->kw * c;
    int left = ox * v->sw - v->pw;
    int x0 = clip(left, v->w), x1 = clip(left + v->kw, v->w);
    size_t before = (size_t)(x0 - left) * c, on = (size_t)(x1 - x0) * c;

    for (int ky = 0; ky < v->kh; ky++, out += n) {
        int iy = oy * v->sh + ky - v->ph;
        if (iy < 0 || iy >= v->h || x1 <= x0) {
            copy(n, NULL, out);
            continue;
        }
        copy(before, NULL, out);
        copy(on, x + ((size_t)iy * (size_t)v->w + (size_t)x0) * c,
             out + before);
        copy(n - before - on, NULL, out + before + on);
    }
}

/* Writes a patch that lies wholly on the image, where its first pixel is x.
 * All vectors are stored whole; the next row or patch overwrites the excess. */
INLINE void patch_inside(const struct window *v, const float *x, float *out)
{
    const size_t c = (size_t)v->c, n = (size_t)v->kw * c;
    const lanes m = lanes_first(n % LANES);

    for (int ky = 0; ky < v->kh; ky++, out += n, x += (size_t)v->w * c) {
        size_t i = 0;
        for (; i + LANES <= n; i += LANES)
            v_store(out + i, v_load(x + i));
        if (i < n)
            v_store(out + i, v_load_part(x + i, m));
    }
}

void simd_im2col(const struct window *v, const float *x, int first, int last,
                 float *out)
{
    const size_t c = (size_t)v->c, size = (size_t)(v->kh * v->kw) * c;
    const float *end = out + (size_t)((last - first) * v->ow) * size;

    for (int oy = first; oy < last; oy++)
        for (int ox = 0; ox < v->ow; ox++, out += size) {
            int top = oy * v->sh - v->ph, left = ox * v->sw - v->pw;
            bool inside = top >= 0 && top + v->kh <= v->h && left >= 0 &&
                          left + v->kw <= v->w;
            if (inside && (size_t)(end - out) >= size + LANES)
                patch_inside(
                    v, x + ((size_t)top * (size_t)v->w + (size_t)left) * c,
                    out);
            else
                patch(v, x, oy, ox, out);
        }
}

void simd_col2im(const struct window *v, const float *d, int first, int last,
                 float *dx)
{
    const size_t c = (size_t)v->c;

    for (int oy = first; oy < last; oy++)
        for (int ox = 0; ox < v->ow; ox++) {
            int x = ox * v->sw - v->pw;
            int x0 = clip(x, v->w), x1 = clip(x + v->kw, v->w);
            for (int ky = 0; ky < v->kh; ky++, d += (size_t)v->kw * c) {
                int iy = oy * v->sh + ky - v->ph;
                if (iy >= 0 && iy < v->h && x1 > x0)
                    simd_add((size_t)(x1 - x0) * c, d + (size_t)(x0 - x) * c,
                             dx + ((size_t)iy * v->w + x0) * c);
            }
        }
}

/* A window_box is the part [y0, y1) x [x0, x1) of a window that lies on the
 * image. */
struct window_box {
    int y0, y1, x0, x1;
};

INLINE struct window_box box_of(const struct window *v, int oy, int ox)
{
    int y = oy * v->sh - v->ph, x = ox * v->sw - v->pw;

    return (struct window_box){
        .y0 = clip(y, v->h),
        .y1 = clip(y + v->kh, v->h),
        .x0 = clip(x, v->w),
        .x1 = clip(x + v->kw, v->w),
    };
}

INLINE void max_vec(bool part, lanes m, const struct window *v,
                    const struct window_box *b, const float *x, float *out,
                    int32_t *arg)
{
    vec best = v_set(-INFINITY), at = v_set((float)(b->y0 * v->w + b->x0));

    for (int y = b->y0; y < b->y1; y++)
        for (int k = b->x0; k < b->x1; k++) {
            int i = y * v->w + k;
            vec p = v_get(x + (size_t)i * (size_t)v->c, 0, 1, part, m);
            at = v_beats(p, best, v_set((float)i), at);
            best = v_beats(p, best, p, best);
        }
    v_put(out, best, 0, 1, part, m);
    if (arg) {
        float whole[LANES];
        int n = part ? v->c % LANES : LANES;
        v_store(whole, at);
        for (int i = 0; i < n; i++)
            arg[i] = (int32_t)whole[i];
    }
}

/* Positions of maxima are kept in float lanes, which are exact up to 2^24
 * pixels, that is NET_MAX_SIDE^2. */
void simd_maxpool(const struct window *v, const float *x, float *out,
                  int32_t *arg)
{
    const size_t c = (size_t)v->c;
    const lanes m = lanes_first(c % LANES);

    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++, out += c, arg += arg ? c : 0) {
            struct window_box b = box_of(v, oy, ox);
            size_t i = 0;
            for (; i + LANES <= c; i += LANES)
                max_vec(false, m, v, &b, x + i, out + i, arg ? arg + i : NULL);
            if (i < c)
                max_vec(true, m, v, &b, x + i, out + i, arg ? arg + i : NULL);
        }
}

INLINE void avg_vec(bool part, lanes m, const struct window *v,
                    const struct window_box *b, const float *x, float *out)
{
    vec s = v_set(0);

    for (int y = b->y0; y < b->y1; y++)
        for (int k = b->x0; k < b->x1; k++)
            s += v_get(x + ((size_t)y * v->w + k) * v->c, 0, 1, part, m);
    v_put(out, s * v_set(1.0f / ((float)v->kh * (float)v->kw)), 0, 1, part, m);
}

void simd_avgpool(const struct window *v, const float *x, float *out)
{
    const size_t c = (size_t)v->c;
    const lanes m = lanes_first(c % LANES);

    for (int oy = 0; oy < v->oh; oy++)
        for (int ox = 0; ox < v->ow; ox++, out += c) {
            struct window_box b = box_of(v, oy, ox);
            size_t i = 0;
            for (; i + LANES <= c; i += LANES)
                avg_vec(false, m, v, &b, x + i, out + i);
            if (i < c)
                avg_vec(true, m, v, &b, x + i, out + i);
        }
}
