/* SPDX-License-Identifier: MIT */
#include "tools/net-import/lower.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/net.h"
#include "tools/net-import/constfold.h"

static const struct {
    const char *op;
    size_t inputs; /* at least */
    lower_fn *lower;
} operators[] = {
    {"Add", 2, lower_add},
    {"AveragePool", 1, lower_averagepool},
    {"BatchNormalization", 5, lower_batchnorm},
    {"Cast", 1, lower_cast},
    {"Clip", 1, lower_clip},
    {"Concat", 1, lower_concat},
    {"Conv", 2, lower_conv},
    {"Div", 2, lower_div},
    {"Dropout", 1, lower_dropout},
    {"Expand", 2, lower_expand},
    {"Flatten", 1, lower_flatten},
    {"Gemm", 2, lower_gemm},
    {"GlobalAveragePool", 1, lower_globalaverage},
    {"GlobalMaxPool", 1, lower_globalmax},
    {"HardSigmoid", 1, lower_hardsigmoid},
    {"HardSwish", 1, lower_hardswish},
    {"Identity", 1, lower_identity},
    {"Log", 1, lower_log},
    {"LogSoftmax", 1, lower_softmax},
    {"MatMul", 2, lower_matmul},
    {"MaxPool", 1, lower_maxpool},
    {"Mul", 2, lower_mul},
    {"Neg", 1, lower_neg},
    {"Pad", 1, lower_pad},
    {"ReduceMax", 1, lower_reducemax},
    {"ReduceMean", 1, lower_reducemean},
    {"Relu", 1, lower_relu},
    {"Reshape", 1, lower_reshape},
    {"Shape", 1, lower_shape},
    {"Sigmoid", 1, lower_sigmoid},
    {"Slice", 1, lower_slice},
    {"Softmax", 1, lower_softmax},
    {"Squeeze", 1, lower_squeeze},
    {"Sub", 2, lower_sub},
    {"Sum", 1, lower_sum},
    {"Transpose", 1, lower_transpose},
    {"Unsqueeze", 1, lower_unsqueeze},
};

#define CHANNELS_ENOUGH ((int64_t)1 << 22) /* of a vector */
#define NAME_ENOUGH ((size_t)NET_MAX_NAME)

/* ---- for the operators ---- */

void refuse_node(struct lowering *l, const struct lowered_node *n,
                 const char *fmt, ...)
{
    const struct onnx_node *node = n->args.node;
    char what[200], why[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    snprintf(what, sizeof what, "node %.80s (%.30s)", node->name,
             node->op[0] ? node->op : "no operator");
    refuse(l->refusals, what, "%s", why);
}

struct mapped *input_map(struct lowering *l, struct lowered_node *n, size_t k)
{
    struct graph_value *v = k < n->args.node->in.n ? n->in[k] : NULL;

    if (v && v->kind == VALUE_MAP)
        return &v->map;
    if (!v)
        refuse_node(l, n, "input %zu is missing", k + 1);
    else if (v->kind == VALUE_CONSTANT)
        refuse_node(l, n, "input %zu is a constant", k + 1);
    return NULL;
}

void settle(struct lowering *l, const char *name, struct mapped *m)
{
    struct pending_plan p;
    struct {
        size_t step;
        double f[8];
    } key = {m->step,
             {(double)m->f.form, (double)m->f.times, m->f.a, m->f.b, m->f.lo,
              m->f.hi, m->f.s, m->f.t}};
    size_t known = l->settled.n, at, x = m->step;
    const double one = 1;

    if (pending_is_none(&m->f))
        return;
    p = pending_plan(&m->f);
    m->f = pending_none;
    at = set_add(&l->settled, &key, sizeof key);
    if (at < known) {
        m->step = l->settled_step[at];
        return;
    }
    if (p.scale != 1 || p.shift != 0)
        x = steps_affine(l->steps, name, x, &p.scale, &p.shift, true);
    if (p.act)
        x = steps_add(
            l->steps,
            (struct step){.kind = STEP_ACT, .name = name, .act = p.act}, &x, 1,
            0);
    if (p.gain != 1 || p.term != 0)
        x = steps_affine(l->steps, name, x, &p.gain, &p.term, true);
    if (p.times)
        x = steps_add(l->steps, (struct step){.kind = STEP_MUL, .name = name},
                      (size_t[]){m->step, x}, 2, 0);
    if (p.after != 0)
        x = steps_affine(l->steps, name, x, &one, &p.after, true);
    GROW(l->settled_step, known, l->settled_cap);
    l->settled_step[at] = m->step = x;
}

struct mapped *input_settled(struct lowering *l, struct lowered_node *n,
                             size_t k)
{
    struct mapped *m = input_map(l, n, k);

    if (m && m->padded)
        refuse_node(l, n,
                    "its input is padded by a Pad node, which only Conv and "
                    "MaxPool can take up");
    else if (m && m->probabilities)
        refuse_node(l, n,
                    "its input comes from a Softmax, which is known only "
                    "at the end of a network");
    else if (m)
        settle(l, n->args.node->in.v[k], m);
    return m && !m->padded && !m->probabilities ? m : NULL;
}

const struct constant *input_weight(struct lowering *l, struct lowered_node *n,
                                    size_t k, const char *what)
{
    const struct graph_value *v = n->in[k];

    if (v->kind == VALUE_CONSTANT && v->constant->real &&
        constant_finite(v->constant))
        return v->constant;
    if (v->kind == VALUE_MAP)
        refuse_node(l, n, "its %s is computed, not a constant", what);
    else if (v->kind == VALUE_CONSTANT && !v->constant->real)
        refuse_node(l, n, "its %s is whole numbers", what);
    else if (v->kind == VALUE_CONSTANT)
        refuse_node(l, n, "its %s %.80s holds a number that is not finite",
                    what, n->args.node->in.v[k]);
    return NULL;
}

bool channels_along(struct lowering *l, const struct lowered_node *n,
                    struct mapped *m, size_t dim, int64_t count)
{
    const int64_t *in = l->steps->v[m->step].out;
    int64_t *places;

    /* The count is that of numbers which are there, so that memory for as many
     * may be taken. */
    if (view_size(&m->view, dim) != count)
        return false;
    if (view_is(&m->view, dim, AXIS_C)) {
        view_place(&m->view, dim, AXIS_C);
        return true;
    }
    places = steps_array(l->steps, (size_t)count, sizeof *places);
    if (m->order || !view_order(&m->view, dim, places))
        return false;
    if (in[0] != 1 || in[1] != 1) {
        m->step = steps_add(
            l->steps,
            (struct step){.kind = STEP_FLATTEN, .name = n->args.node->in.v[0]},
            &m->step, 1, 0);
        m->order = places;
    }
    m->view.size[AXIS_H] = m->view.size[AXIS_W] = 1;
    m->view.size[AXIS_C] = count;
    view_place(&m->view, dim, AXIS_C);
    return true;
}

float *channel_vector(struct lowering *l, const struct mapped *m,
                      const struct constant *c)
{
    int64_t n = l->steps->v[m->step].out[2];
    float *v;

    if (c->count != 1 && c->count != n)
        return NULL;
    v = steps_array(l->steps, (size_t)n, sizeof *v);
    for (int64_t i = 0; i < n; i++)
        v[m->order ? m->order[i] : i] = (float)constant_real(
            c, c->count == 1 ? 0 : i);
    return v;
}

float *floats_copy(struct lowering *l, const float *v, size_t n)
{
    float *to = steps_array(l->steps, n, sizeof *to);

    memcpy(to, v, n * sizeof *v);
    return to;
}

const char *weighted_name(struct lowering *l, const struct lowered_node *n,
                          size_t weight)
{
    static const char *const ends[] = {".weight", "/weight", "_weight"};
    const char *name = n->args.node->in.v[weight];
    size_t len = strlen(name);

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t end = strlen(ends[i]);

        if (len > end && strcmp(name + len - end, ends[i]) == 0)
            return arena_strndup(&l->steps->arena, name,
                                 len - end < NAME_ENOUGH ? len - end
                                                         : NAME_ENOUGH);
    }
    return n->args.node->name;
}

void output_map(struct lowering *l, struct lowered_node *n, size_t step,
                const struct map_view *view, const int64_t *order)
{
    static const enum map_axis axes[] = {AXIS_H, AXIS_W, AXIS_C};
    const int64_t *out = l->steps->v[step].out;
    struct map_view v = *view;

    /* All that is computed from sizes later on stays within bounds. */
    if (out[0] > NET_MAX_SIDE || out[1] > NET_MAX_SIDE ||
        out[2] > CHANNELS_ENOUGH ||
        out[2] > NET_MAX_ELEMENTS / (out[0] * out[1])) {
        refuse_node(l, n,
                    "its output is too large: %" PRId64 "x%" PRId64
                    " pixels of %" PRId64 " channels",
                    out[0], out[1], out[2]);
        return;
    }
    for (size_t k = 0; k < 3; k++)
        v.size[axes[k]] = out[k];
    *n->out = (struct graph_value){
        .kind = VALUE_MAP,
        .map = {.step = step, .view = v, .f = pending_none, .order = order},
    };
}

/* ---- one node ---- */

size_t lowering_value(const struct lowering *l, const char *name)
{
    return set_find(&l->names, name, strlen(name));
}

static void dispatch(struct lowering *l, struct lowered_node *n)
{
    const struct onnx_node *node = n->args.node;

    for (size_t i = 0; i < ARRAY_LEN(operators); i++) {
        if (node->domain[0] || strcmp(operators[i].op, node->op) != 0)
            continue;
        for (size_t k = 0; k < operators[i].inputs; k++)
            if (!args_given(&n->args, k)) {
                refuse_node(l, n, "input %zu is missing", k + 1);
                return;
            }
        operators[i].lower(l, n);
        return;
    }
    if (!node->domain[0] && constant_foldable(node->op)) {
        for (size_t k = 0; k < node->in.n; k++)
            if (n->in[k] && n->in[k]->kind == VALUE_UNKNOWN)
                return;
        refuse_node(l, n, "the operator is known for constants alone");
        return;
    }
    if (node->domain[0])
        refuse_node(l, n, "operators of %.60s are not known", node->domain);
    else
        refuse_node(l, n, "the operator is not known");
}

void lower_node(struct lowering *l, const struct onnx_node *node)
{
    size_t n_in = node->in.n;
    const struct constant **c = xcalloc(n_in + 1, sizeof *c);
    struct lowered_node n = {
        .args = {node, l->model->opset, c, &l->steps->arena},
        .in = xcalloc(n_in + 1, sizeof *n.in),
    };
    struct constant *made = NULL;
    int folded = 0;
    struct err e;

    for (size_t k = 0; k < n_in; k++) {
        if (!node->in.v[k][0])
            continue;
        n.in[k] = &l->values[lowering_value(l, node->in.v[k])];
        if (n.in[k]->kind == VALUE_CONSTANT)
            c[k] = n.in[k]->constant;
    }
    if (node->out.n && node->out.v[0][0]) {
        n.out = &l->values[lowering_value(l, node->out.v[0])];
        if (!node->domain[0])
            folded = constant_fold(&n.args, &l->room, &made, &e);
        if (folded < 0)
            refuse_node(l, &n, "%s", e.text);
        else if (folded > 0)
            *n.out = (struct graph_value){.kind = VALUE_CONSTANT,
                                          .constant = made};
        else
            dispatch(l, &n);
    }
    free(n.in);
    free((void *)c);
}
