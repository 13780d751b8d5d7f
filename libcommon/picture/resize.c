/* SPDX-License-Identifier: MIT */
#include "libcommon/picture/resize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* Holds the filter along one axis: target pixel i is the sum over k < count[i]
 * of weight[i * most + k] times source pixel first[i] + k. */
struct windows {
    size_t *first, *count; /* (targets) */
    size_t most;
    float *weight; /* (targets, most) */
};

/* Make the filter for `targets` pixels out of the stretch of the n source
 * pixels that begins at `from` and is `length` long. */
static void windows_init(struct windows *win, size_t n, double from,
                         double length, size_t targets)
{
    double step = length / (double)targets, reach = step > 1 ? step : 1;

    win->most = 2 * (size_t)ceil(reach) + 1;
    win->first = xcalloc(targets, sizeof *win->first);
    win->count = xcalloc(targets, sizeof *win->count);
    win->weight = xcalloc(targets, win->most * sizeof *win->weight);
    for (size_t i = 0; i < targets; i++) {
        double centre = from + ((double)i + 0.5) * step, sum = 0;
        double begin = centre - reach + 0.5, end = centre + reach + 0.5;
        size_t first = begin > 0 ? (size_t)begin : 0;
        size_t count = (end < (double)n ? (size_t)end : n) - first;
        float *weight = win->weight + i * win->most;

        for (size_t k = 0; k < count; k++) {
            double off = ((double)(first + k) + 0.5 - centre) / reach;
            double v = fabs(off) < 1 ? 1 - fabs(off) : 0;

            weight[k] = (float)v;
            sum += v;
        }
        for (size_t k = 0; k < count; k++)
            weight[k] = (float)(weight[k] / sum);
        win->first[i] = first;
        win->count[i] = count;
    }
}

static void windows_fini(struct windows *win)
{
    free(win->first);
    free(win->count);
    free(win->weight);
}

/* Resample one row of the source, (n, 3), to (w, 3). */
static void resample_row(const struct windows *win, size_t w,
                         const uint8_t *row, float *to)
{
    for (size_t i = 0; i < w; i++, to += 3) {
        const float *weight = win->weight + i * win->most;
        const uint8_t *from = row + 3 * win->first[i];
        float r = 0, g = 0, b = 0;

        for (size_t k = 0; k < win->count[i]; k++, from += 3) {
            r += weight[k] * (float)from[0];
            g += weight[k] * (float)from[1];
            b += weight[k] * (float)from[2];
        }
        to[0] = r;
        to[1] = g;
        to[2] = b;
    }
}

/* Add each row of the source to the target rows whose windows it is in, so that
 * memory is that of the target. */
static void resample(const struct picture *p, const struct windows *rows,
                     const struct windows *cols, size_t h, size_t w,
                     uint8_t *to)
{
    float *sum = xcalloc(h * w, 3 * sizeof *sum); /* (h, w, 3) */
    float *row = xcalloc(w, 3 * sizeof *row);     /* (w, 3) */
    size_t done = 0;

    for (size_t y = rows->first[0]; y < p->h && done < h; y++) {
        resample_row(cols, w, p->rgb + 3 * y * p->w, row);
        for (size_t i = done; i < h && rows->first[i] <= y; i++) {
            size_t k = y - rows->first[i];

            if (k >= rows->count[i])
                continue;
            for (size_t j = 0; j < 3 * w; j++)
                sum[3 * i * w + j] += rows->weight[i * rows->most + k] * row[j];
        }
        for (; done < h && rows->first[done] + rows->count[done] <= y + 1;
             done++)
            for (size_t j = 3 * done * w; j < 3 * (done + 1) * w; j++) {
                float v = sum[j] + 0.5f;

                to[j] = v < 0 ? 0 : v >= 255 ? 255 : (uint8_t)v;
            }
    }
    free(sum);
    free(row);
}

/* Scale and cut the picture to `to` (h, w, 3). */
static void cover(const struct picture *p, size_t h, size_t w, uint8_t *to)
{
    double ph = (double)p->h, pw = (double)p->w, bh = ph, bw = pw;
    struct windows rows, cols;

    if (p->h == h && p->w == w) {
        memcpy(to, p->rgb, 3 * h * w);
        return;
    }
    if (pw * (double)h > ph * (double)w)
        bw = ph * (double)w / (double)h;
    else
        bh = pw * (double)h / (double)w;
    windows_init(&rows, p->h, (ph - bh) / 2, bh, h);
    windows_init(&cols, p->w, (pw - bw) / 2, bw, w);
    resample(p, &rows, &cols, h, w, to);
    windows_fini(&rows);
    windows_fini(&cols);
}

void picture_fit(const struct picture *p, size_t h, size_t w, size_t channels,
                 uint8_t *to)
{
    uint8_t *rgb;

    if (channels == 3) {
        cover(p, h, w, to);
        return;
    }
    rgb = xcalloc(h * w, 3);
    cover(p, h, w, rgb);
    /* The weights in units of 1/65536 add up to 1, so that grey stays grey. */
    for (size_t i = 0; i < h * w; i++) {
        const uint8_t *from = rgb + 3 * i;

        to[i] = (uint8_t)((19595 * from[0] + 38470 * from[1] + 7471 * from[2] +
                           32768) >>
                          16);
    }
    free(rgb);
}
