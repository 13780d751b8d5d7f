/* SPDX-License-Identifier: MIT */
#include "tools/net-import/foldops.h"

#include <inttypes.h>
#include <string.h>

/* Returns a constant of zeros, or NULL with an error. */
static struct constant *made(struct folding *f, bool real, const int64_t *dims,
                             size_t rank)
{
    int64_t count;

    if (!constant_count(dims, rank, &count) || count > *f->room) {
        err_set(f->e, ERR_FORMAT, "a constant too large");
        return NULL;
    }
    *f->room -= count;
    return constant_new(f->n->arena, real, dims, rank);
}

static void strides_of(const struct constant *c, int64_t *stride)
{
    int64_t n = 1;

    for (size_t k = c->rank; k-- > 0;) {
        stride[k] = n;
        n *= c->dims[k];
    }
}

/* Fill `to` with the elements of `from` at base + sum of index * stride. */
static void take_strided(struct constant *to, const struct constant *from,
                         int64_t base, const int64_t *stride)
{
    int64_t at[CONSTANT_MAX_RANK] = {0}, offset = base;

    for (int64_t i = 0; i < to->count; i++) {
        if (to->real)
            to->f[i] = (float)constant_real(from, offset);
        else
            to->i[i] = constant_int(from, offset);
        for (size_t k = to->rank; k-- > 0;) {
            offset += stride[k];
            if (++at[k] < to->dims[k])
                break;
            offset -= stride[k] * at[k];
            at[k] = 0;
        }
    }
}

/* Returns the same numbers in another shape of as many. */
static struct constant *reshaped(struct folding *f, const struct constant *c,
                                 const int64_t *dims, size_t rank)
{
    struct constant *to = made(f, c->real, dims, rank);

    if (to && c->real)
        memcpy(to->f, c->f, (size_t)c->count * sizeof *c->f);
    else if (to)
        memcpy(to->i, c->i, (size_t)c->count * sizeof *c->i);
    return to;
}

/* ---- the operators ---- */

struct constant *fold_constant(struct folding *f)
{
    const struct onnx_attribute *a = f->n->node->attributes.v;
    struct constant *c = NULL;
    int64_t n;

    if (f->n->node->attributes.n != 1) {
        err_set(f->e, ERR_FORMAT, "not one value");
    } else if (strcmp(a->name, "value") == 0 && a->t) {
        return a->t;
    } else if (strcmp(a->name, "value_int") == 0) {
        if ((c = made(f, false, NULL, 0)))
            c->i[0] = a->i;
    } else if (strcmp(a->name, "value_float") == 0) {
        if ((c = made(f, true, NULL, 0)))
            c->f[0] = (float)a->f;
    } else if (strcmp(a->name, "value_ints") == 0) {
        n = (int64_t)a->ints.n;
        if ((c = made(f, false, &n, 1)) && n)
            memcpy(c->i, a->ints.v, a->ints.n * sizeof *c->i);
    } else if (strcmp(a->name, "value_floats") == 0) {
        n = (int64_t)a->reals.n;
        c = made(f, true, &n, 1);
        for (int64_t k = 0; c && k < n; k++)
            c->f[k] = (float)a->reals.v[k];
    } else {
        err_set(f->e, ERR_FORMAT, "a value of an unknown kind");
    }
    return c;
}

struct constant *fold_constant_of_shape(struct folding *f)
{
    const struct onnx_attribute *a = onnx_attribute(f->n->node, "value");
    const struct constant *v = a ? a->t : NULL;
    struct ints dims = {0};
    struct constant *c;

    if ((a && (!v || v->count != 1)) ||
        args_ints(f->n, 0, NULL, &dims, f->e) < 0)
        return NULL;
    if (!(c = made(f, !v || v->real, dims.v, dims.n)) || !v)
        return c;
    for (int64_t k = 0; k < c->count; k++)
        if (c->real)
            c->f[k] = v->f[0];
        else
            c->i[k] = v->i[0];
    return c;
}

struct constant *fold_shape(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    int64_t n = (int64_t)from->rank;
    struct constant *c = made(f, false, &n, 1);

    if (c && n)
        memcpy(c->i, from->dims, from->rank * sizeof *c->i);
    return c;
}

struct constant *fold_gather(struct folding *f)
{
    const struct constant *from = f->n->c[0], *at = f->n->c[1];
    int64_t dims[2 * CONSTANT_MAX_RANK], inner = 1, row;
    struct constant *to;
    size_t axis, rank = 0;

    if (axis_within(onnx_int(f->n->node, "axis", 0), from->rank, &axis, f->e) <
        0)
        return NULL;
    for (size_t k = 0; k < axis; k++)
        dims[rank++] = from->dims[k];
    for (size_t k = 0; k < at->rank; k++)
        dims[rank++] = at->dims[k];
    for (size_t k = axis + 1; k < from->rank; k++)
        inner *= dims[rank++] = from->dims[k];
    row = from->dims[axis];
    for (int64_t k = 0; k < at->count; k++)
        if (constant_int(at, k) < -row || constant_int(at, k) >= row) {
            err_set(f->e, ERR_FORMAT, "index %" PRId64 " of %" PRId64,
                    constant_int(at, k), row);
            return NULL;
        }
    if (!(to = made(f, from->real, dims, rank)))
        return NULL;
    for (int64_t i = 0; i < to->count; i++) {
        int64_t in = i % inner, k = i / inner % at->count,
                out = i / inner / at->count;
        int64_t index = constant_int(at, k);
        int64_t offset = (out * row + (index < 0 ? index + row : index)) *
                             inner +
                         in;

        if (to->real)
            to->f[i] = from->f[offset];
        else
            to->i[i] = from->i[offset];
    }
    return to;
}

struct constant *fold_unsqueeze(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    bool mark[CONSTANT_MAX_RANK];
    int64_t dims[CONSTANT_MAX_RANK];
    struct ints axes = {0};
    size_t rank;

    if (args_ints(f->n, 1, "axes", &axes, f->e) < 0)
        return NULL;
    rank = from->rank + axes.n;
    if (rank > CONSTANT_MAX_RANK) {
        err_set(f->e, ERR_FORMAT, "%zu axes", rank);
        return NULL;
    }
    if (args_axes(f->n, 1, rank, mark, f->e) < 0)
        return NULL;
    for (size_t k = 0, old = 0; k < rank; k++)
        dims[k] = mark[k] ? 1 : from->dims[old++];
    return reshaped(f, from, dims, rank);
}

struct constant *fold_squeeze(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    bool mark[CONSTANT_MAX_RANK];
    int64_t dims[CONSTANT_MAX_RANK];
    size_t rank = 0;
    int named = args_axes(f->n, 1, from->rank, mark, f->e);

    if (named < 0)
        return NULL;
    for (size_t k = 0; k < from->rank; k++) {
        if (mark[k] && from->dims[k] != 1) {
            err_set(f->e, ERR_FORMAT, "axis %zu is not of size 1", k);
            return NULL;
        }
        if (named ? !mark[k] : from->dims[k] != 1)
            dims[rank++] = from->dims[k];
    }
    return reshaped(f, from, dims, rank);
}

struct constant *fold_reshape(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    int64_t dims[CONSTANT_MAX_RANK];
    size_t rank;

    if (args_reshape(f->n, from->rank, from->dims, &rank, dims, f->e) < 0)
        return NULL;
    return reshaped(f, from, dims, rank);
}

struct constant *fold_identity(struct folding *f)
{
    return (struct constant *)f->n->c[0];
}

struct constant *fold_concat(struct folding *f)
{
    const struct constant *const *c = f->n->c;
    size_t n = f->n->node->in.n, axis;
    int64_t dims[CONSTANT_MAX_RANK], inner = 1, outer = 1, done = 0;
    bool real = c[0]->real;
    struct constant *to;

    if (axis_within(onnx_int(f->n->node, "axis", 0), c[0]->rank, &axis, f->e) <
        0)
        return NULL;
    memcpy(dims, c[0]->dims, sizeof dims);
    for (size_t i = 1; i < n; i++) {
        if (!c[i]) {
            err_set(f->e, ERR_FORMAT, "input %zu is missing", i + 1);
            return NULL;
        }
        for (size_t k = 0; k < c[0]->rank; k++)
            if (c[i]->rank != c[0]->rank || c[i]->real != real ||
                (k != axis && c[i]->dims[k] != dims[k])) {
                err_set(f->e, ERR_FORMAT, "inputs that do not fit");
                return NULL;
            }
        dims[axis] += c[i]->dims[axis];
    }
    if (!(to = made(f, real, dims, c[0]->rank)))
        return NULL;
    for (size_t k = 0; k < axis; k++)
        outer *= dims[k];
    for (size_t k = axis + 1; k < to->rank; k++)
        inner *= dims[k];
    for (int64_t o = 0; o < outer; o++)
        for (size_t i = 0; i < n; i++) {
            int64_t block = c[i]->dims[axis] * inner;

            if (block && real)
                memcpy(to->f + done, c[i]->f + o * block,
                       (size_t)block * sizeof *to->f);
            else if (block)
                memcpy(to->i + done, c[i]->i + o * block,
                       (size_t)block * sizeof *to->i);
            done += block;
        }
    return to;
}

struct constant *fold_slice(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    int64_t dims[CONSTANT_MAX_RANK], stride[CONSTANT_MAX_RANK], base = 0;
    struct axis_slice s[CONSTANT_MAX_RANK];
    struct constant *to;

    if (args_slices(f->n, from->rank, from->dims, s, f->e) < 0)
        return NULL;
    strides_of(from, stride);
    for (size_t k = 0; k < from->rank; k++) {
        dims[k] = s[k].count;
        base += s[k].first * stride[k];
        stride[k] = s[k].count > 1 ? stride[k] * s[k].step : 0;
    }
    if ((to = made(f, from->real, dims, from->rank)))
        take_strided(to, from, base, stride);
    return to;
}

struct constant *fold_transpose(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    int64_t dims[CONSTANT_MAX_RANK], stride[CONSTANT_MAX_RANK],
        permuted[CONSTANT_MAX_RANK];
    size_t perm[CONSTANT_MAX_RANK];
    struct constant *to;

    if (args_perm(f->n, from->rank, perm, f->e) < 0)
        return NULL;
    strides_of(from, stride);
    for (size_t k = 0; k < from->rank; k++) {
        dims[k] = from->dims[perm[k]];
        permuted[k] = stride[perm[k]];
    }
    if ((to = made(f, from->real, dims, from->rank)))
        take_strided(to, from, 0, permuted);
    return to;
}

struct constant *fold_cast(struct folding *f)
{
    const struct constant *from = f->n->c[0];
    int64_t to = onnx_int(f->n->node, "to", 0), stride[CONSTANT_MAX_RANK];
    bool real = to == 1 || to == 11; /* float, double */
    struct constant *c;

    if (!real && to != 6 && to != 7 && to != 9) {
        err_set(f->e, ERR_FORMAT, "a type that is not known (%" PRId64 ")", to);
        return NULL;
    }
    if (!(c = made(f, real, from->dims, from->rank)))
        return NULL;
    strides_of(from, stride);
    take_strided(c, from, 0, stride);
    for (int64_t k = 0; to == 9 && k < c->count; k++)
        c->i[k] = constant_real(from, k) != 0;
    return c;
}

/* ---- Add, Sub, Mul, Div ---- */

/* Set the strides with which c is read in a shape it is broadcast to.  Returns
 * false when it cannot be. */
static bool broadcast(const struct constant *c, const int64_t *dims,
                      size_t rank, int64_t *stride)
{
    int64_t own[CONSTANT_MAX_RANK];
    size_t before = rank - c->rank;

    strides_of(c, own);
    for (size_t k = 0; k < rank; k++) {
        stride[k] = 0;
        if (k < before || c->dims[k - before] == 1)
            continue;
        if (c->dims[k - before] != dims[k])
            return false;
        stride[k] = own[k - before];
    }
    return true;
}

/* Compute one element of whole numbers, which wrap around.  Returns false for a
 * division that has no result. */
static bool whole(char op, int64_t x, int64_t y, int64_t *to)
{
    uint64_t a = (uint64_t)x, b = (uint64_t)y;

    switch (op) {
    case 'A':
        *to = (int64_t)(a + b);
        return true;
    case 'S':
        *to = (int64_t)(a - b);
        return true;
    case 'M':
        *to = (int64_t)(a * b);
        return true;
    default:
        if (y == 0 || (y == -1 && x == INT64_MIN))
            return false;
        *to = x / y;
        return true;
    }
}

struct constant *fold_arithmetic(struct folding *f)
{
    const struct constant *x = f->n->c[0], *y = f->n->c[1];
    size_t rank = x->rank > y->rank ? x->rank : y->rank;
    int64_t dims[CONSTANT_MAX_RANK], sx[CONSTANT_MAX_RANK],
        sy[CONSTANT_MAX_RANK];
    char op = f->n->node->op[0];
    struct constant *a, *b;

    for (size_t k = 0; k < rank; k++) {
        int64_t dx = k + x->rank < rank ? 1 : x->dims[k + x->rank - rank];
        int64_t dy = k + y->rank < rank ? 1 : y->dims[k + y->rank - rank];

        dims[k] = dx == 1 ? dy : dx;
    }
    if (!broadcast(x, dims, rank, sx) || !broadcast(y, dims, rank, sy)) {
        err_set(f->e, ERR_FORMAT, "shapes that do not fit");
        return NULL;
    }
    if (!(a = made(f, x->real || y->real, dims, rank)) ||
        !(b = made(f, a->real, dims, rank)))
        return NULL;
    take_strided(a, x, 0, sx);
    take_strided(b, y, 0, sy);
    for (int64_t k = 0; k < a->count; k++) {
        double p = constant_real(a, k), q = constant_real(b, k);

        if (a->real) {
            a->f[k] = (float)(op == 'A'   ? p + q
                              : op == 'S' ? p - q
                              : op == 'M' ? p * q
                                          : p / q);
        } else if (!whole(op, a->i[k], b->i[k], &a->i[k])) {
            err_set(f->e, ERR_FORMAT, "a division by zero");
            return NULL;
        }
    }
    return a;
}
