/* SPDX-License-Identifier: MIT
 * The transforms of Winograd's F(2x2, 3x3) take one vector of channels at a
 * time along a line of tiles.  Two columns of a tile's input belong to the next
 * tile as well; they stay in registers, transformed or, in backward, with the
 * tile's part of the gradient. */
#include "libcommon/nn/kern/simd/simd.h"

/* Runs body for each vector of c channels; the last vector may be partial. */
#define EACH_VEC(c, body, ...)                        \
    do {                                              \
        const lanes mask_ = lanes_first((c) % LANES); \
        size_t i_ = 0;                                \
        for (; i_ + LANES <= (c); i_ += LANES)        \
            body(false, mask_, i_, __VA_ARGS__);      \
        if (i_ < (c))                                 \
            body(true, mask_, i_, __VA_ARGS__);       \
    } while (0)

INLINE vec get(bool part, lanes m, const float *p)
{
    return v_get(p, 0, 1, part, m);
}

INLINE void put(bool part, lanes m, float *p, vec v)
{
    v_put(p, v, 0, 1, part, m);
}

/* ---- lines of four ---- */

INLINE void input_line(vec *a) /* B' d */
{
    vec d1 = a[1];

    a[0] = a[0] - a[2];
    a[1] = d1 + a[2];
    a[2] = a[2] - d1;
    a[3] = d1 - a[3];
}

INLINE void input_back_line(vec *a) /* B v */
{
    vec v1 = a[1];

    a[1] = v1 - a[2] + a[3];
    a[2] = v1 + a[2] - a[0];
    a[3] = v_set(0) - a[3];
}

INLINE void output_line(vec *a) /* A' m, 4 to 2 */
{
    vec low = a[1] - a[2];

    a[0] = a[0] + a[1] + a[2];
    a[1] = low - a[3];
}

INLINE void output_back_line(vec *a) /* A y, 2 to 4 */
{
    vec y1 = a[1];

    a[1] = a[0] + y1;
    a[2] = a[0] - y1;
    a[3] = v_set(0) - y1;
}

INLINE void weight_line(vec *a) /* G g, 3 to 4 */
{
    const vec half = v_set(0.5f);
    vec even = (a[0] + a[2]) * half, odd = a[1] * half;

    a[3] = a[2];
    a[1] = even + odd;
    a[2] = even - odd;
}

INLINE void weight_back_line(vec *a) /* G' u, 4 to 3 */
{
    const vec half = v_set(0.5f);
    vec even = (a[1] + a[2]) * half, odd = (a[1] - a[2]) * half;

    a[0] = a[0] + even;
    a[1] = odd;
    a[2] = even + a[3];
}

/* Gathers row y of a tile from its four columns. */
INLINE void row_of(vec column[4][4], int y, vec *a)
{
    UNROLL
    for (int x = 0; x < 4; x++)
        a[x] = column[x][y];
}

INLINE void get_planes(bool part, lanes m, const float *p, size_t plane,
                       vec column[4][4])
{
    UNROLL
    for (int k = 0; k < 16; k++)
        column[k % 4][k / 4] = get(part, m, p + (size_t)k * plane);
}

INLINE void put_planes(bool part, lanes m, float *p, size_t plane, const vec *a)
{
    UNROLL
    for (int k = 0; k < 4; k++)
        put(part, m, p + (size_t)k * plane, a[k]);
}

/* ---- input ---- */

/* Loads and transforms a column of four pixels. */
INLINE void input_column(bool part, lanes m, const float *x, size_t step,
                         vec *a)
{
    UNROLL
    for (int y = 0; y < 4; y++)
        a[y] = get(part, m, x + (size_t)y * step);
    input_line(a);
}

INLINE void input_vec(bool part, lanes m, size_t i, size_t tiles, size_t c,
                      const float *x, size_t step, float *v, size_t plane)
{
    vec column[4][4], a[4];

    x += i;
    v += i;
    input_column(part, m, x, step, column[0]);
    input_column(part, m, x + c, step, column[1]);
    for (x += 2 * c; tiles-- > 0; x += 2 * c, v += c) {
        input_column(part, m, x, step, column[2]);
        input_column(part, m, x + c, step, column[3]);
        UNROLL
        for (int y = 0; y < 4; y++) {
            row_of(column, y, a);
            input_line(a);
            put_planes(part, m, v + 4 * (size_t)y * plane, plane, a);
            column[0][y] = column[2][y];
            column[1][y] = column[3][y];
        }
    }
}

void simd_winograd_input(size_t tiles, size_t c, const float *x, size_t step,
                         float *v, size_t plane)
{
    EACH_VEC(c, input_vec, tiles, c, x, step, v, plane);
}

INLINE void put_column(bool part, lanes m, bool first, const vec *a, float *x,
                       size_t step)
{
    UNROLL
    for (int y = 0; y < 4; y++) {
        vec old = first || y >= 2 ? v_set(0)
                                  : get(part, m, x + (size_t)y * step);
        put(part, m, x + (size_t)y * step, a[y] + old);
    }
}

INLINE void input_back_vec(bool part, lanes m, size_t i, size_t tiles, size_t c,
                           const float *v, size_t plane, bool first, float *x,
                           size_t step)
{
    vec column[4][4], left[2][4], a[4];

    x += i;
    v += i;
    UNROLL
    for (int y = 0; y < 4; y++)
        left[0][y] = left[1][y] = v_set(0);
    for (; tiles-- > 0; x += 2 * c, v += c) {
        get_planes(part, m, v, plane, column);
        UNROLL
        for (int k = 0; k < 4; k++)
            input_back_line(column[k]);
        UNROLL
        for (int y = 0; y < 4; y++) {
            row_of(column, y, a);
            input_back_line(a);
            column[0][y] = left[0][y] + a[0];
            column[1][y] = left[1][y] + a[1];
            left[0][y] = a[2];
            left[1][y] = a[3];
        }
        put_column(part, m, first, column[0], x, step);
        put_column(part, m, first, column[1], x + c, step);
    }
    put_column(part, m, first, left[0], x, step);
    put_column(part, m, first, left[1], x + c, step);
}

void simd_winograd_input_back(size_t tiles, size_t c, const float *v,
                              size_t plane, bool first, float *dx, size_t step)
{
    if (first)
        EACH_VEC(c, input_back_vec, tiles, c, v, plane, true, dx, step);
    else
        EACH_VEC(c, input_back_vec, tiles, c, v, plane, false, dx, step);
}

/* ---- output ---- */

INLINE void output_vec(bool part, lanes m, size_t i, size_t h, size_t w,
                       size_t c, const float *v, size_t plane, float *y)
{
    vec column[4][4], a[4];

    v += i;
    y += i;
    for (size_t x = 0; x < w; x += 2, v += c, y += 2 * c) {
        get_planes(part, m, v, plane, column);
        UNROLL
        for (int k = 0; k < 4; k++)
            output_line(column[k]);
        UNROLL
        for (int r = 0; r < 2; r++) {
            if ((size_t)r >= h)
                break;
            row_of(column, r, a);
            output_line(a);
            put(part, m, y + (size_t)r * w * c, a[0]);
            if (x + 1 < w)
                put(part, m, y + ((size_t)r * w + 1) * c, a[1]);
        }
    }
}

void simd_winograd_output(size_t h, size_t w, size_t c, const float *m,
                          size_t plane, float *y)
{
    EACH_VEC(c, output_vec, h, w, c, m, plane, y);
}

INLINE void output_back_vec(bool part, lanes m, size_t i, size_t h, size_t w,
                            size_t c, const float *y, float *v, size_t plane)
{
    const vec zero = v_set(0);
    vec column[4][4], a[4];

    v += i;
    y += i;
    for (size_t x = 0; x < w; x += 2, v += c, y += 2 * c) {
        UNROLL
        for (size_t k = 0; k < 2; k++) {
            bool on = x + k < w;
            column[k][0] = on ? get(part, m, y + k * c) : zero;
            column[k][1] = on && h > 1 ? get(part, m, y + (w + k) * c) : zero;
            output_back_line(column[k]);
        }
        UNROLL
        for (int r = 0; r < 4; r++) {
            a[0] = column[0][r];
            a[1] = column[1][r];
            output_back_line(a);
            put_planes(part, m, v + 4 * (size_t)r * plane, plane, a);
        }
    }
}

void simd_winograd_output_back(size_t h, size_t w, size_t c, const float *dy,
                               float *m, size_t plane)
{
    EACH_VEC(c, output_back_vec, h, w, c, dy, m, plane);
}

/* ---- weights ---- */

INLINE void weight_vec(bool part, lanes m, size_t i, int row, size_t c,
                       const float *w, float *u, size_t plane)
{
    vec column[3][4], a[4];

    UNROLL
    for (size_t x = 0; x < 3; x++) {
        UNROLL
        for (size_t y = 0; y < 3; y++)
            column[x][y] = get(part, m, w + i + (3 * y + x) * c);
        weight_line(column[x]);
        a[x] = column[x][row];
    }
    weight_line(a);
    put_planes(part, m, u + i, plane, a);
}

INLINE void weight_row(int row, size_t cout, size_t c, const float *w, float *u)
{
    for (size_t o = 0; o < cout; o++)
        EACH_VEC(c, weight_vec, row, c, w + o * 9 * c, u + o * c, cout * c);
}

void simd_winograd_weight(size_t cout, size_t c, size_t row, const float *w,
                          float *u)
{
    switch (row) {
    case 0:
        weight_row(0, cout, c, w, u);
        break;
    case 1:
        weight_row(1, cout, c, w, u);
        break;
    case 2:
        weight_row(2, cout, c, w, u);
        break;
    default:
        weight_row(3, cout, c, w, u);
    }
}

INLINE void weight_back_vec(bool part, lanes m, size_t i, size_t c,
                            const float *u, size_t plane, float *dw)
{
    vec column[4][4], a[4];

    get_planes(part, m, u + i, plane, column);
    UNROLL
    for (int x = 0; x < 4; x++)
        weight_back_line(column[x]);
    UNROLL
    for (int y = 0; y < 3; y++) {
        row_of(column, y, a);
        weight_back_line(a);
        UNROLL
        for (int x = 0; x < 3; x++)
            put(part, m, dw + i + (size_t)(3 * y + x) * c, a[x]);
    }
}

void simd_winograd_weight_back(size_t cout, size_t c, const float *u, float *dw)
{
    for (size_t o = 0; o < cout; o++)
        EACH_VEC(c, weight_back_vec, c, u + o * c, cout * c, dw + o * 9 * c);
}
