/* SPDX-License-Identifier: MIT
 * Nodes that compute nothing: they pass their input on, look at it in another
 * way, or are left out. */
#include <inttypes.h>
#include <string.h>

#include "tools/net-import/lower.h"

/* Set the output to a copy of input 0, whose view is then changed.  Returns it, or
 * NULL. */
static struct mapped *passed_on(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = input_map(l, n, 0);

    if (!m)
        return NULL;
    if (m->padded) {
        refuse_node(l, n,
                    "its input is padded by a Pad node, which only Conv and "
                    "MaxPool can take up");
        return NULL;
    }
    *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m};
    return &n->out->map;
}

static void refused(struct lowering *l, struct lowered_node *n,
                    const struct err *e)
{
    n->out->kind = VALUE_UNKNOWN;
    refuse_node(l, n, "%s", e->text);
}

void lower_identity(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = input_map(l, n, 0);

    if (m)
        *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m};
}

void lower_dropout(struct lowering *l, struct lowered_node *n)
{
    double training = 0;
    struct err e;

    if (args_real(&n->args, 2, NULL, &training, &e) < 0 || training != 0)
        refuse_node(l, n,
                    "in training mode: export the model in evaluation "
                    "mode");
    else if (n->args.node->out.n > 1 && n->args.node->out.v[1][0])
        refuse_node(l, n, "its second output, the mask");
    else
        lower_identity(l, n);
}

void lower_cast(struct lowering *l, struct lowered_node *n)
{
    int64_t to = onnx_int(n->args.node, "to", 0);

    if (to == 1 || to == 11) /* float, double */
        lower_identity(l, n);
    else if (to == 10 || to == 16)
        refuse_node(l, n, "it turns numbers into half precision");
    else
        refuse_node(l, n, "it turns numbers into ones of type %" PRId64, to);
}

void lower_transpose(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    size_t perm[CONSTANT_MAX_RANK];
    struct err e;

    if (!m)
        return;
    if (args_perm(&n->args, m->view.rank, perm, &e) < 0)
        refused(l, n, &e);
    else
        view_transpose(&m->view, perm);
}

/* Reshape the output, which passed_on has set. */
static void reshape(struct lowering *l, struct lowered_node *n,
                    const int64_t *dims, size_t rank)
{
    if (view_reshape(&n->out->map.view, dims, rank))
        return;
    n->out->kind = VALUE_UNKNOWN;
    refuse_node(l, n, "it takes an axis apart");
}

void lower_reshape(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    int64_t from[VIEW_MAX_RANK], to[VIEW_MAX_RANK];
    size_t rank;
    struct err e;

    if (!m)
        return;
    view_sizes(&m->view, from);
    if (args_reshape(&n->args, m->view.rank, from, &rank, to, &e) < 0)
        refused(l, n, &e);
    else
        reshape(l, n, to, rank);
}

void lower_flatten(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    int64_t to[2] = {1, 1}, axis = onnx_int(n->args.node, "axis", 1);

    if (!m)
        return;
    if (axis < 0)
        axis += (int64_t)m->view.rank;
    for (size_t k = 0; k < m->view.rank; k++)
        to[(int64_t)k >= axis] *= view_size(&m->view, k);
    reshape(l, n, to, 2);
}

void lower_squeeze(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    bool mark[CONSTANT_MAX_RANK];
    struct err e;
    int named;

    if (!m)
        return;
    named = args_axes(&n->args, 1, m->view.rank, mark, &e);
    if (named < 0) {
        refused(l, n, &e);
        return;
    }
    for (size_t k = 0; k < m->view.rank; k++) {
        bool one = view_size(&m->view, k) == 1;

        if (named && mark[k] && !one) {
            err_set(&e, ERR_FORMAT, "axis %zu is not of size 1", k);
            refused(l, n, &e);
            return;
        }
        if (!named)
            mark[k] = one;
    }
    view_remove(&m->view, mark);
}

void lower_unsqueeze(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    bool mark[CONSTANT_MAX_RANK];
    struct ints axes = {0};
    struct err e;

    if (!m)
        return;
    if (args_ints(&n->args, 1, "axes", &axes, &e) < 0) {
        refused(l, n, &e);
        return;
    }
    if (m->view.rank + axes.n > VIEW_MAX_RANK) {
        err_set(&e, ERR_FORMAT, "%zu axes", m->view.rank + axes.n);
        refused(l, n, &e);
        return;
    }
    if (args_axes(&n->args, 1, m->view.rank + axes.n, mark, &e) < 0)
        refused(l, n, &e);
    else
        view_insert(&m->view, mark);
}

/* A map that is repeated over height and width, or not at all, stays as it is:
 * the product that reads it does that by itself, and others find that the sizes do
 * not fit. */
void lower_expand(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    struct ints shape = {0};
    struct err e;
    bool fine;

    if (!m)
        return;
    if (args_ints(&n->args, 1, NULL, &shape, &e) < 0) {
        refused(l, n, &e);
        return;
    }
    fine = shape.n == m->view.rank;
    for (size_t k = 0; fine && k < shape.n; k++)
        fine = view_size(&m->view, k) == 1 || shape.v[k] == 1 ||
               shape.v[k] == view_size(&m->view, k);
    if (!fine) {
        err_set(&e, ERR_FORMAT, "to a shape that does not fit");
        refused(l, n, &e);
    }
}

void lower_shape(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = input_map(l, n, 0);
    int64_t dims[VIEW_MAX_RANK], rank, start, end;
    struct constant *c;

    if (!m)
        return;
    if (m->padded) {
        refuse_node(l, n, "the shape of a padded map");
        return;
    }
    rank = (int64_t)m->view.rank;
    start = onnx_int(n->args.node, "start", 0);
    end = onnx_int(n->args.node, "end", rank);
    start = start < -rank ? 0 : start < 0 ? start + rank : start;
    end = end > rank ? rank : end < -rank ? 0 : end < 0 ? end + rank : end;
    rank = end > start ? end - start : 0;
    view_sizes(&m->view, dims);
    c = constant_new(&l->steps->arena, false, &rank, 1);
    for (int64_t k = 0; k < rank; k++)
        c->i[k] = dims[start + k];
    *n->out = (struct graph_value){.kind = VALUE_CONSTANT, .constant = c};
}

/* ---- at the end ---- */

void lower_softmax(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = passed_on(l, n);
    size_t axis = 0;
    struct err e;

    if (!m)
        return;
    if (axis_within(onnx_int(n->args.node, "axis", n->args.opset < 13 ? 1 : -1),
                    m->view.rank, &axis, &e) < 0) {
        refused(l, n, &e);
        return;
    }
    if (!view_is(&m->view, axis, AXIS_C) || m->probabilities) {
        err_set(&e, ERR_FORMAT, "along axis %zu, which is not the classes",
                axis);
        refused(l, n, &e);
        return;
    }
    m->probabilities = true;
}

void lower_log(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = input_map(l, n, 0);

    if (m && !m->probabilities)
        refuse_node(l, n, "known only behind a Softmax at the end");
    else if (m)
        *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m};
}
