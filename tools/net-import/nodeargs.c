/* SPDX-License-Identifier: MIT */
#include "tools/net-import/nodeargs.h"

#include <inttypes.h>
#include <string.h>

bool args_given(const struct node_args *n, size_t input)
{
    return input < n->node->in.n && n->node->in.v[input][0];
}

int args_ints(const struct node_args *n, size_t input, const char *attribute,
              struct ints *v, struct err *e)
{
    const struct onnx_attribute *a;
    const struct constant *c;

    if (args_given(n, input)) {
        if (!(c = n->c[input]))
            return err_set(e, ERR_FORMAT, "input %zu is not a constant",
                           input + 1);
        if (c->count > CONSTANT_MAX_RANK * 2)
            return err_set(e, ERR_FORMAT, "input %zu has %" PRId64 " numbers",
                           input + 1, c->count);
        v->n = (size_t)c->count;
        v->v = arena_alloc(n->arena, v->n, sizeof *v->v);
        for (size_t k = 0; k < v->n; k++)
            v->v[k] = constant_int(c, (int64_t)k);
        return 1;
    }
    if (!attribute || !(a = onnx_attribute(n->node, attribute)))
        return 0;
    *v = a->ints;
    if (v->n > CONSTANT_MAX_RANK * 2)
        return err_set(e, ERR_FORMAT, "%s has %zu numbers", attribute, v->n);
    return 1;
}

int args_real(const struct node_args *n, size_t input, const char *attribute,
              double *v, struct err *e)
{
    const struct onnx_attribute *a;
    const struct constant *c;

    if (args_given(n, input)) {
        if (!(c = n->c[input]) || c->count != 1)
            return err_set(e, ERR_FORMAT,
                           "input %zu is not a constant of one number",
                           input + 1);
        *v = constant_real(c, 0);
        return 1;
    }
    if (!attribute || !(a = onnx_attribute(n->node, attribute)))
        return 0;
    *v = a->f;
    return 1;
}

int axis_within(int64_t value, size_t rank, size_t *axis, struct err *e)
{
    int64_t at = value < 0 ? value + (int64_t)rank : value;

    if (at < 0 || at >= (int64_t)rank)
        return err_set(e, ERR_FORMAT, "axis %" PRId64 " of a value of %zu axes",
                       value, rank);
    *axis = (size_t)at;
    return 0;
}

/* ---- Slice ---- */

static int64_t within(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

int args_slices(const struct node_args *n, size_t rank, const int64_t *dims,
                struct axis_slice *s, struct err *e)
{
    struct ints starts = {0}, ends = {0}, axes = {0}, steps = {0};

    for (size_t k = 0; k < rank; k++)
        s[k] = (struct axis_slice){0, 1, dims[k]};
    if (args_ints(n, 1, "starts", &starts, e) < 0 ||
        args_ints(n, 2, "ends", &ends, e) < 0 ||
        args_ints(n, 3, "axes", &axes, e) < 0 ||
        args_ints(n, 4, NULL, &steps, e) < 0)
        return e->code;
    if (ends.n != starts.n || (axes.n && axes.n != starts.n) ||
        (steps.n && steps.n != starts.n) || starts.n > rank)
        return err_set(e, ERR_FORMAT,
                       "%zu starts, %zu ends, %zu axes and %zu steps", starts.n,
                       ends.n, axes.n, steps.n);
    for (size_t k = 0; k < starts.n; k++) {
        int64_t step = steps.n ? steps.v[k] : 1, span, dim, start, end;
        bool back = step < 0;
        size_t axis = k;

        if (axes.n && axis_within(axes.v[k], rank, &axis, e) < 0)
            return e->code;
        if (step == 0 || step == INT64_MIN)
            return err_set(e, ERR_FORMAT, "a step of %" PRId64, step);
        /* Places count from behind where they are negative, and those beyond an
         * end are the end. */
        dim = dims[axis];
        start = starts.v[k] < 0 ? starts.v[k] + dim : starts.v[k];
        end = ends.v[k] < 0 ? ends.v[k] + dim : ends.v[k];
        start = within(start, 0, back ? dim - 1 : dim);
        end = within(end, back ? -1 : 0, back ? dim - 1 : dim);
        span = back ? start - end : end - start;
        s[axis] = (struct axis_slice){start, step, 0};
        if (span > 0 && dim > 0)
            s[axis].count = (span - 1) / (back ? -step : step) + 1;
    }
    return 0;
}

/* ---- shapes ---- */

int args_reshape(const struct node_args *n, size_t rank, const int64_t *dims,
                 size_t *n_to, int64_t to[CONSTANT_MAX_RANK], struct err *e)
{
    bool zeros = onnx_int(n->node, "allowzero", 0) != 0;
    struct ints shape = {0};
    int64_t have, want = 1;
    size_t open = CONSTANT_MAX_RANK;

    if (args_ints(n, 1, "shape", &shape, e) < 0)
        return e->code;
    if (shape.n > CONSTANT_MAX_RANK)
        return err_set(e, ERR_FORMAT, "a shape of %zu axes", shape.n);
    constant_count(dims, rank, &have);
    *n_to = shape.n;
    for (size_t k = 0; k < shape.n; k++) {
        to[k] = shape.v[k];
        if (to[k] == 0 && !zeros && k < rank)
            to[k] = dims[k];
        if (to[k] == -1 && open == CONSTANT_MAX_RANK) {
            open = k;
            to[k] = 1;
        } else if (to[k] < 0) {
            return err_set(e, ERR_FORMAT, "a shape with %" PRId64, to[k]);
        }
    }
    if (!constant_count(to, shape.n, &want))
        return err_set(e, ERR_FORMAT, "a shape too large");
    if (open < CONSTANT_MAX_RANK && want > 0 && have % want == 0) {
        to[open] = have / want;
        want = have;
    }
    if (want != have)
        return err_set(e, ERR_FORMAT,
                       "%" PRId64 " numbers do not fit the shape asked for",
                       have);
    return 0;
}

int args_axes(const struct node_args *n, size_t input, size_t rank,
              bool mark[CONSTANT_MAX_RANK], struct err *e)
{
    struct ints axes = {0};

    memset(mark, 0, CONSTANT_MAX_RANK * sizeof *mark);
    if (args_ints(n, input, "axes", &axes, e) < 0)
        return e->code;
    for (size_t k = 0; k < axes.n; k++) {
        size_t axis = 0;

        if (axis_within(axes.v[k], rank, &axis, e) < 0)
            return e->code;
        if (mark[axis])
            return err_set(e, ERR_FORMAT, "axis %zu twice", axis);
        mark[axis] = true;
    }
    return (int)axes.n;
}

int args_perm(const struct node_args *n, size_t rank,
              size_t perm[CONSTANT_MAX_RANK], struct err *e)
{
    const struct onnx_attribute *a = onnx_attribute(n->node, "perm");
    bool seen[CONSTANT_MAX_RANK] = {false};

    if (a && a->ints.n != rank)
        return err_set(e, ERR_FORMAT, "perm has %zu axes, the data %zu",
                       a->ints.n, rank);
    for (size_t k = 0; k < rank; k++) {
        int64_t from = a ? a->ints.v[k] : (int64_t)(rank - 1 - k);

        if (from < 0 || from >= (int64_t)rank || seen[from])
            return err_set(e, ERR_FORMAT, "perm is no permutation");
        seen[from] = true;
        perm[k] = (size_t)from;
    }
    return 0;
}
