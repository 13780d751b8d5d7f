/* SPDX-License-Identifier: MIT */
#include "libcommon/search/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/sort.h"

bool front_dominates(const double *a, const double *b, size_t m)
{
    bool better = false;

    for (size_t j = 0; j < m; j++) {
        if (a[j] > b[j])
            return false;
        better |= a[j] < b[j];
    }
    return better;
}

/* ---- the fronts found so far ----
 *
 * Points come in lexicographic order, so none is dominated by a later one.  A
 * point that front k dominates is dominated by every front before k as well, so
 * the first front that does not dominate it is found by binary search.  What a
 * front keeps for this test depends on m (struct one_front). */

struct stair {
    double y, z;
};

struct one_front {
    struct stair *stairs; /* m = 3: the front's points that no other one
                             * dominates in (y, z); y ascends, z descends */
    uint32_t *member;     /* m > 3: its points in the order they came */
    size_t n, cap;
    double lowest; /* m <= 2: least last objective */
};

struct fronts {
    const double *f;
    size_t m;
    struct one_front *v;
    size_t n, cap;
};

/* Returns how many stairs have y <= limit. */
static size_t stairs_up_to(const struct one_front *k, double limit)
{
    size_t low = 0, high = k->n;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (k->stairs[mid].y <= limit)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* Returns true when a point of the front dominates p, which equals none of
 * them. */
static bool front_covers(const struct fronts *s, const struct one_front *k,
                         const double *p)
{
    size_t i;

    if (s->m <= 2)
        return k->lowest <= p[s->m - 1];
    if (s->m == 3) {
        i = stairs_up_to(k, p[1]);
        return i > 0 && k->stairs[i - 1].z <= p[2];
    }
    for (i = k->n; i > 0; i--) /* the latest are the likeliest to dominate */
        if (front_dominates(s->f + k->member[i - 1] * s->m, p, s->m))
            return true;
    return false;
}

/* Insert (y, z) into the staircase and remove the points that it dominates. */
static void stairs_add(struct one_front *k, double y, double z)
{
    size_t at = stairs_up_to(k, y), end;

    if (at > 0 && k->stairs[at - 1].y == y)
        at--; /* same y, larger z */
    for (end = at; end < k->n && k->stairs[end].z >= z; end++)
        ;
    if (end == at) {
        GROW(k->stairs, k->n, k->cap);
        memmove(k->stairs + at + 1, k->stairs + at,
                (k->n - at) * sizeof *k->stairs);
        k->n++;
    } else {
        memmove(k->stairs + at + 1, k->stairs + end,
                (k->n - end) * sizeof *k->stairs);
        k->n -= end - at - 1;
    }
    k->stairs[at] = (struct stair){y, z};
}

/* Put point i into the first front that does not dominate it.  Returns the
 * number of that front. */
static uint32_t place(struct fronts *s, uint32_t i)
{
    const double *p = s->f + i * s->m;
    size_t k = 0, high = s->n;
    struct one_front *front;

    while (k < high) {
        size_t mid = (k + high) / 2;

        if (front_covers(s, &s->v[mid], p))
            k = mid + 1;
        else
            high = mid;
    }
    if (k == s->n) {
        GROW(s->v, s->n, s->cap);
        s->v[s->n++] = (struct one_front){0};
    }
    front = &s->v[k];
    if (s->m <= 2) {
        front->lowest = p[s->m - 1];
    } else if (s->m == 3) {
        stairs_add(front, p[1], p[2]);
    } else {
        GROW(front->member, front->n, front->cap);
        front->member[front->n++] = i;
    }
    return (uint32_t)k;
}

size_t front_sort(const double *f, size_t n, size_t m, uint32_t *rank)
{
    struct fronts s = {.f = f, .m = m};
    uint32_t *order = xcalloc(n, sizeof *order);

    sort_identity(order, n);
    sort_rows(f, m, m, order, n);
    for (size_t i = 0; i < n; i++) {
        bool twin = i > 0;

        for (size_t j = 0; twin && j < m; j++)
            twin = f[order[i] * m + j] == f[order[i - 1] * m + j];
        rank[order[i]] = twin ? rank[order[i - 1]] : place(&s, order[i]);
    }
    for (size_t k = 0; k < s.n; k++) {
        free(s.v[k].stairs);
        free(s.v[k].member);
    }
    free(s.v);
    free(order);
    return s.n;
}

size_t front_sort_limited(const double *f, const double *violation, size_t n,
                          size_t m, uint32_t *rank)
{
    uint32_t *order = xcalloc(n, 2 * sizeof *order), *found = order + n;
    double *rows = xcalloc(n, m * sizeof *rows);
    size_t ok = 0, fronts;

    sort_values(violation, n, order);
    while (ok < n && violation[order[ok]] <= 0)
        ok++;
    for (size_t i = 0; i < ok; i++)
        memcpy(rows + i * m, f + order[i] * m, m * sizeof *rows);
    fronts = front_sort(rows, ok, m, found);
    for (size_t i = 0; i < ok; i++)
        rank[order[i]] = found[i];
    for (size_t i = ok; i < n; i++) {
        if (i == ok || violation[order[i]] > violation[order[i - 1]])
            fronts++;
        rank[order[i]] = (uint32_t)fronts - 1;
    }
    free(order);
    free(rows);
    return fronts;
}

void front_crowding(const double *f, size_t m, const uint32_t *member, size_t n,
                    double *distance)
{
    uint32_t *order = xcalloc(n, sizeof *order);
    double *v = xcalloc(n, sizeof *v), range;

    sort_identity(order, n);
    memset(distance, 0, n * sizeof *distance);
    for (size_t j = 0; n && j < m; j++) {
        for (size_t i = 0; i < n; i++)
            v[i] = f[member[i] * m + j];
        sort_rows(v, 1, 1, order, n);
        range = v[order[n - 1]] - v[order[0]];
        distance[order[0]] = distance[order[n - 1]] = INFINITY;
        for (size_t i = 1; range != 0 && i + 1 < n; i++)
            distance[order[i]] += (v[order[i + 1]] - v[order[i - 1]]) /
                                  ((double)m * range);
    }
    free(order);
    free(v);
}

void front_crowding_all(const double *f, size_t n, size_t m,
                        const uint32_t *rank, double *distance)
{
    uint32_t *member = xcalloc(n, sizeof *member);
    double *key = xcalloc(n, sizeof *key), *d = xcalloc(n, sizeof *d);

    for (size_t i = 0; i < n; i++)
        key[i] = rank[i];
    sort_values(key, n, member);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && rank[member[j]] == rank[member[i]]; j++)
            ;
        front_crowding(f, m, member + i, j - i, d);
        for (size_t k = i; k < j; k++)
            distance[member[k]] = d[k - i];
    }
    free(member);
    free(key);
    free(d);
}
