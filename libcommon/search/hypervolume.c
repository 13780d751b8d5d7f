/* SPDX-License-Identifier: MIT */
#include "libcommon/search/hypervolume.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/stats/sort.h"

/* Points stand in rows of `stride` numbers, of which the first m count. */
struct point_set {
    const double *p;
    size_t n, stride;
};

static const double *point(const struct point_set *s, size_t i)
{
    return s->p + i * s->stride;
}

static double sweep(const struct point_set *s, const double *ref)
{
    uint32_t *order = xcalloc(s->n, sizeof *order);
    double v = 0, top = ref[1];

    sort_identity(order, s->n);
    sort_rows(s->p, s->stride, 2, order, s->n);
    for (size_t i = 0; i < s->n; i++) {
        const double *p = point(s, order[i]);

        if (p[1] < top) {
            v += (ref[0] - p[0]) * (top - p[1]);
            top = p[1];
        }
    }
    free(order);
    return v;
}

/* ---- three objectives: the area of two grows along the third ---- */

/* A staircase of points that do not dominate each other: x ascends, y
 * descends. */
struct stairs {
    double (*step)[2];
    size_t n;
    double area; /* between them and the reference */
};

/* Insert p into the staircase in place of the steps that it dominates, unless a
 * step is at least as good as p, and add to the area what p adds. */
static void stairs_add(struct stairs *t, const double *p, const double *ref)
{
    size_t at = 0, high = t->n, end;
    double x = p[0], y;

    while (at < high) { /* the first step from x on */
        size_t middle = at + (high - at) / 2;

        if (t->step[middle][0] < x)
            at = middle + 1;
        else
            high = middle;
    }
    end = at;
    y = at ? t->step[at - 1][1] : ref[1];
    if (y <= p[1])
        return;
    for (; end < t->n && t->step[end][1] >= p[1]; end++) {
        t->area += (t->step[end][0] - x) * (y - p[1]);
        x = t->step[end][0];
        y = t->step[end][1];
    }
    if (end < t->n && t->step[end][0] == p[0])
        return; /* that step has the same x and a lower y */
    t->area += ((end < t->n ? t->step[end][0] : ref[0]) - x) * (y - p[1]);
    memmove(t->step + at + 1, t->step + end, (t->n - end) * sizeof *t->step);
    memcpy(t->step[at], p, sizeof *t->step);
    t->n += at + 1 - end;
}

static double sweep_space(const struct point_set *s, const double *ref)
{
    uint32_t *order = xcalloc(s->n, sizeof *order);
    struct stairs t = {xcalloc(s->n + 1, sizeof *t.step), 0, 0};
    double v = 0;

    sort_identity(order, s->n);
    sort_rows(s->p + 2, s->stride, 1, order, s->n);
    for (size_t i = 0; i < s->n; i++) {
        const double *p = point(s, order[i]);

        stairs_add(&t, p, ref);
        v += t.area *
             ((i + 1 < s->n ? point(s, order[i + 1])[2] : ref[2]) - p[2]);
    }
    free(t.step);
    free(order);
    return v;
}

/* ---- four objectives and more ---- */

static bool covered(const double *p, const double *out, size_t n, size_t m)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;

        while (j < m && out[i * m + j] <= p[j])
            j++;
        if (j == m)
            return true;
    }
    return false;
}

/* Write the first m objectives of the points order[0..n-1] to out, each raised
 * to that of p where it is better.  For m > 2 points that another one covers
 * are left out.  Returns how many points out holds. */
static size_t limit(const struct point_set *s, const uint32_t *order, size_t n,
                    const double *p, size_t m, double *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        const double *q = point(s, order[i]);
        double *to = out + kept * m;
        size_t left = 0;

        for (size_t j = 0; j < m; j++)
            to[j] = q[j] > p[j] ? q[j] : p[j];
        if (m > 2 && covered(to, out, kept, m))
            continue;
        for (size_t k = 0; m > 2 && k < kept; k++) { /* what `to` covers */
            if (covered(out + k * m, to, 1, m))
                continue;
            memmove(out + left++ * m, out + k * m, m * sizeof *out);
        }
        if (m > 2) {
            memmove(out + left * m, to, m * sizeof *out);
            kept = left;
        }
        kept++;
    }
    return kept;
}

/* Returns the volume that the points dominate in their first m objectives.
 * Beyond three they are taken in ascending order of the last one.  All points
 * before a point are no worse than it in that objective, so what they take from
 * its box is a volume in the other objectives times the depth of the box in the
 * last one. */
static double volume(const struct point_set *s, size_t m, const double *ref)
{
    uint32_t *order;
    double *scratch, v = 0;

    if (m == 1) {
        double best = *ref;

        for (size_t i = 0; i < s->n; i++)
            best = *point(s, i) < best ? *point(s, i) : best;
        return *ref - best;
    }
    if (m == 2)
        return sweep(s, ref);
    if (m == 3)
        return sweep_space(s, ref);
    order = xcalloc(s->n, sizeof *order);
    scratch = xcalloc(s->n, m * sizeof *scratch);
    sort_identity(order, s->n);
    sort_rows(s->p + m - 1, s->stride, 1, order, s->n);
    for (size_t i = 0; i < s->n; i++) {
        const double *p = point(s, order[i]);
        struct point_set rest = {scratch, 0, m - 1};
        double box = 1; /* between the point and the reference */

        rest.n = limit(s, order, i, p, m - 1, scratch);
        for (size_t j = 0; j + 1 < m; j++)
            box *= ref[j] - p[j];
        v += (ref[m - 1] - p[m - 1]) * (box - volume(&rest, m - 1, ref));
    }
    free(order);
    free(scratch);
    return v;
}

double hypervolume(const double *f, size_t n, size_t m, const double *ref)
{
    double *inside = xcalloc(n, m * sizeof *inside), v;
    struct point_set s = {inside, 0, m};

    for (size_t i = 0; i < n; i++) {
        size_t j = 0;

        while (j < m && f[i * m + j] < ref[j])
            j++;
        if (j == m)
            memcpy(inside + s.n++ * m, f + i * m, m * sizeof *f);
    }
    v = s.n ? volume(&s, m, ref) : 0;
    free(inside);
    return v;
}
