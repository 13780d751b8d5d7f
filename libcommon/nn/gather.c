/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/gather.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

static void print_shape(const int64_t *shape, size_t n, char *out, size_t size)
{
    size_t at = (size_t)snprintf(out, size, "(");

    for (size_t i = 0; i < n && at < size; i++)
        at += (size_t)snprintf(out + at, size - at, "%s%" PRId64,
                               i ? ", " : "", shape[i]);
    if (at < size)
        snprintf(out + at, size - at, ")");
}

static int misfit(const struct stored *t, const int64_t *shape, size_t n,
                  struct err *e)
{
    char have[160], want[160];

    print_shape(t->shape, (size_t)t->ndim, have, sizeof have);
    print_shape(shape, n, want, sizeof want);
    return err_set(e, ERR_FORMAT, "tensor %s of shape %s does not fit %s",
                   t->name, have, want);
}

static bool same_shape(const struct stored *t, const struct ints *shape)
{
    return (size_t)t->ndim == shape->n
           && memcmp(t->shape, shape->v, shape->n * sizeof *shape->v) == 0;
}

/* The block of `shape` at `offset` (NULL = 0) of t, row by row. */
static int slice(const struct stored *t, const int64_t *shape,
                 const int64_t *offset, size_t ndim, float *to, struct err *e)
{
    int64_t index[TENSOR_MAX_DIMS] = {0};
    size_t row, rows = 1;

    if (!ndim || (size_t)t->ndim != ndim)
        return misfit(t, shape, ndim, e);
    for (size_t i = 0; i < ndim; i++) {
        if (shape[i] + (offset ? offset[i] : 0) > t->shape[i])
            return misfit(t, shape, ndim, e);
        rows *= i + 1 < ndim ? (size_t)shape[i] : 1;
    }
    row = (size_t)shape[ndim - 1];
    for (size_t r = 0; r < rows; r++, to += row) {
        size_t at = 0;

        for (size_t i = 0; i < ndim; i++)
            at = at * (size_t)t->shape[i]
                 + (size_t)(index[i] + (offset ? offset[i] : 0));
        memcpy(to, t->value + at, row * sizeof *to);
        for (size_t i = ndim - 1; i-- > 0;) {
            if (++index[i] < shape[i])
                break;
            index[i] = 0;
        }
    }
    return 1;
}

/* y (k, k, c) = matrix (k^2, k^2) times what is left of x when `ring` pixels
 * are cut off all around it, for each channel (method.md 1.2). */
static void transform(const float *matrix, const float *x, size_t ring,
                      size_t k, size_t c, float *y)
{
    size_t side = k + 2 * ring;

    for (size_t j = 0; j < k * k; j++)
        for (size_t ch = 0; ch < c; ch++) {
            double sum = 0;

            for (size_t i = 0; i < k * k; i++) {
                size_t pixel = (i / k + ring) * side + i % k + ring;

                sum += (double)matrix[j * k * k + i] * x[pixel * c + ch];
            }
            y[j * c + ch] = (float)sum;
        }
}

static int find_matrix(const struct store *s, const char *name, size_t k,
                       const struct stored **m, struct err *e)
{
    int64_t want[2] = {(int64_t)(k * k), (int64_t)(k * k)};

    *m = store_find(s, name, ROLE_PARAM);
    if (!*m)
        return err_set(e, ERR_FORMAT, "no tensor %s", name);
    if ((*m)->ndim != 2 || memcmp((*m)->shape, want, sizeof want) != 0)
        return misfit(*m, want, 2, e);
    return 0;
}

/* Where the transforms of a kernel start from: the square that the first one
 * works on. */
static int first_square(const struct stored *t, const struct binding *b,
                        size_t side, float *square, struct err *e)
{
    int64_t grow = (int64_t)b->transforms.n - 1;
    int64_t shape[3] = {(int64_t)side, (int64_t)side, b->shape.v[2]};
    int64_t offset[3] = {-grow, -grow, 0};

    for (size_t i = 0; i < b->offset.n; i++)
        offset[i] += b->offset.v[i];
    if (offset[0] < 0 || offset[1] < 0)
        return misfit(t, shape, 3, e);
    return slice(t, shape, offset, 3, square, e);
}

static int gather_kernel(const struct store *s, const struct stored *t,
                         const struct binding *b, float *dense, struct err *e)
{
    size_t k = (size_t)b->shape.v[0] + 2 * (b->transforms.n - 1);
    size_t c = (size_t)b->shape.v[2], all = k * k * c;
    float *x = xcalloc(all, sizeof *x), *y = xcalloc(all, sizeof *y);
    int rc = first_square(t, b, k, x, e);

    for (size_t i = 0; rc >= 0 && i < b->transforms.n; i++, k -= 2) {
        const struct stored *m;
        float *swap = x;

        if ((rc = find_matrix(s, b->transforms.v[i], k, &m, e)) < 0)
            break;
        transform(m->value, x, i > 0, k, c, y);
        x = y;
        y = swap;
    }
    if (rc >= 0)
        memcpy(dense, x, (k + 2) * (k + 2) * c * sizeof *dense);
    free(x);
    free(y);
    return rc < 0 ? rc : 1;
}

int store_gather(const struct store *s, const struct binding *b, int role,
                 float *dense, struct err *e)
{
    const struct stored *t = store_find(s, b->tensor, role);

    if (!t)
        return 0;
    if (same_shape(t, &b->shape)) {
        memcpy(dense, t->value, t->n * sizeof *dense);
        return 1;
    }
    if (b->transforms.n)
        return gather_kernel(s, t, b, dense, e);
    return slice(t, b->shape.v, b->offset.n ? b->offset.v : NULL, b->shape.n,
                 dense, e);
}
