/* SPDX-License-Identifier: MIT */
#include "tools/net-import/mapview.h"

#include <string.h>

int64_t view_size(const struct map_view *v, size_t dim)
{
    int64_t n = 1;

    for (size_t i = 0; i < v->dim[dim].n; i++)
        n *= v->size[v->dim[dim].axis[i]];
    return n;
}

void view_sizes(const struct map_view *v, int64_t dims[VIEW_MAX_RANK])
{
    for (size_t k = 0; k < v->rank; k++)
        dims[k] = view_size(v, k);
}

/* Returns true when the axis of the value holds that of the map. */
static bool holds(const struct view_dim *d, enum map_axis axis)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->axis[i] == axis)
            return true;
    return false;
}

bool view_is(const struct map_view *v, size_t dim, enum map_axis axis)
{
    if (dim >= v->rank || view_size(v, dim) != v->size[axis])
        return false;
    if (holds(&v->dim[dim], axis))
        return true;
    /* An axis of size 1 may have been dropped and put in again. */
    for (size_t k = 0; k < v->rank; k++)
        if (holds(&v->dim[k], axis))
            return false;
    return v->size[axis] == 1;
}

void view_place(struct map_view *v, size_t dim, enum map_axis axis)
{
    for (size_t k = 0; k < v->rank; k++) {
        struct view_dim *d = &v->dim[k];
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++)
            if (d->axis[i] != axis)
                d->axis[n++] = d->axis[i];
        d->n = n;
    }
    v->dim[dim] = (struct view_dim){1, {axis}};
}

/* Set axes[] to those of the value's axis that are larger than 1; returns how
 * many. */
static size_t large_axes(const struct map_view *v, size_t dim,
                         enum map_axis axes[AXIS_COUNT])
{
    size_t n = 0;

    for (size_t i = 0; i < v->dim[dim].n; i++)
        if (v->size[v->dim[dim].axis[i]] > 1)
            axes[n++] = v->dim[dim].axis[i];
    return n;
}

bool view_alike(const struct map_view *a, const struct map_view *b)
{
    if (a->rank != b->rank)
        return false;
    for (size_t k = 0; k < a->rank; k++) {
        enum map_axis x[AXIS_COUNT], y[AXIS_COUNT];
        size_t n = large_axes(a, k, x), m = large_axes(b, k, y);

        if (n && m && (n != m || memcmp(x, y, n * sizeof *x) != 0))
            return false;
    }
    return true;
}

void view_transpose(struct map_view *v, const size_t *perm)
{
    struct map_view old = *v;

    for (size_t k = 0; k < v->rank; k++)
        v->dim[k] = old.dim[perm[k]];
}

void view_insert(struct map_view *v, const bool mark[VIEW_MAX_RANK])
{
    struct map_view old = *v;
    size_t from = 0;

    for (v->rank = 0;
         v->rank < VIEW_MAX_RANK && (mark[v->rank] || from < old.rank);
         v->rank++)
        v->dim[v->rank] = mark[v->rank] ? (struct view_dim){0}
                                        : old.dim[from++];
}

void view_remove(struct map_view *v, const bool *mark)
{
    size_t to = 0;

    for (size_t k = 0; k < v->rank; k++)
        if (!mark[k])
            v->dim[to++] = v->dim[k];
    v->rank = to;
}

bool view_reshape(struct map_view *v, const int64_t *dims, size_t rank)
{
    struct map_view to = {.rank = rank};
    enum map_axis all[AXIS_COUNT * (VIEW_MAX_RANK + 1)];
    size_t n = 0, at = 0;

    memcpy(to.size, v->size, sizeof to.size);
    for (size_t k = 0; k < v->rank; k++)
        n += large_axes(v, k, all + n);
    for (size_t k = 0; k < rank; k++) {
        struct view_dim *d = &to.dim[k];

        for (int64_t size = 1; size < dims[k]; size *= v->size[all[at++]]) {
            if (at == n || dims[k] % (size * v->size[all[at]]) != 0)
                return false;
            d->axis[d->n++] = all[at];
        }
    }
    if (at != n)
        return false;
    *v = to;
    return true;
}

bool view_order(const struct map_view *v, size_t dim, int64_t *order)
{
    static const enum map_axis inner[] = {AXIS_C, AXIS_W, AXIS_H};
    const struct view_dim *d = &v->dim[dim];
    int64_t stride[AXIS_COUNT] = {0}, count = 1;

    for (size_t i = 0; i < 3; i++) {
        stride[inner[i]] = count;
        count *= v->size[inner[i]];
    }
    if (view_size(v, dim) != count || (holds(d, AXIS_N) && v->size[AXIS_N] > 1))
        return false;
    for (int64_t i = 0; i < count; i++) {
        int64_t left = i;

        order[i] = 0;
        for (size_t k = d->n; k-- > 0;) {
            int64_t size = v->size[d->axis[k]];

            order[i] += left % size * stride[d->axis[k]];
            left /= size;
        }
    }
    return true;
}
