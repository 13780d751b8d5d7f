/* SPDX-License-Identifier: MIT
 * Fully connected layers, and maps that are put side by side or added up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/net.h"
#include "tools/net-import/lower.h"

/* ---- Gemm, MatMul ---- */

/* A matrix of weights: element (o, i) of `outputs` rows stands at
 * f[o * row + i * column]. */
struct matrix {
    const float *f;
    int64_t outputs, inputs, row, column;
    float factor;
};

/* Append the layer and set the output.  Along a map of several pixels it is a
 * convolution by one pixel. */
static void add_linear(struct lowering *l, struct lowered_node *n,
                       const struct mapped *from, const struct matrix *w,
                       const float *bias)
{
    struct step step = {.kind = STEP_LINEAR, .name = weighted_name(l, n, 1)};
    struct mapped m = *from;
    size_t last = m.view.rank - 1;
    const int64_t *in;

    if (!channels_along(l, n, &m, last, w->inputs)) {
        refuse_node(l, n,
                    "weights for %" PRId64
                    " inputs, and its input's last axis is neither as many "
                    "channels nor all of a map",
                    w->inputs);
        return;
    }
    step.weight = steps_array(l->steps, (size_t)w->outputs * (size_t)w->inputs,
                              sizeof *step.weight);
    for (int64_t o = 0; o < w->outputs; o++)
        for (int64_t i = 0; i < w->inputs; i++)
            step.weight[o * w->inputs + (m.order ? m.order[i] : i)] =
                w->factor * w->f[o * w->row + i * w->column];
    if (bias)
        step.bias = floats_copy(l, bias, (size_t)w->outputs);
    in = l->steps->v[m.step].out;
    if (in[0] != 1 || in[1] != 1) {
        step.kind = STEP_CONV;
        step.kernel[0] = step.kernel[1] = step.stride[0] = step.stride[1] = 1;
    }
    output_map(l, n, steps_add(l->steps, step, &m.step, 1, w->outputs), &m.view,
               NULL);
}

static bool matrix_fine(struct lowering *l, const struct lowered_node *n,
                        const struct matrix *w)
{
    if (w->outputs >= 1 && w->inputs >= 1 && w->outputs <= NET_MAX_CHANNELS)
        return true;
    refuse_node(l, n, "weights of %" PRId64 " outputs and %" PRId64 " inputs",
                w->outputs, w->inputs);
    return false;
}

void lower_gemm(struct lowering *l, struct lowered_node *n)
{
    const struct constant *c = input_weight(l, n, 1, "weight"), *bias = NULL;
    bool turned = onnx_int(n->args.node, "transB", 0) != 0;
    float beta = (float)onnx_real(n->args.node, "beta", 1), *b = NULL;
    struct matrix w;
    struct mapped *m;

    if (onnx_int(n->args.node, "transA", 0)) {
        refuse_node(l, n, "transA: its input is transposed");
        return;
    }
    if (!c ||
        (args_given(&n->args, 2) && !(bias = input_weight(l, n, 2, "bias"))))
        return;
    w = (struct matrix){
        .f = c->f,
        .outputs = c->rank == 2 ? c->dims[turned ? 0 : 1] : 0,
        .inputs = c->rank == 2 ? c->dims[turned ? 1 : 0] : 0,
        .factor = (float)onnx_real(n->args.node, "alpha", 1),
    };
    w.row = turned ? w.inputs : 1;
    w.column = turned ? 1 : w.outputs;
    if (!matrix_fine(l, n, &w))
        return;
    if (bias && bias->count != 1 && bias->count != w.outputs) {
        refuse_node(l, n,
                    "a bias of %" PRId64 " numbers for %" PRId64 " outputs",
                    bias->count, w.outputs);
        return;
    }
    if (!(m = input_settled(l, n, 0)))
        return;
    if (m->view.rank != 2) {
        refuse_node(l, n, "an input of %zu axes, known are 2", m->view.rank);
        return;
    }
    if (bias) {
        b = steps_array(l->steps, (size_t)w.outputs, sizeof *b);
        for (int64_t k = 0; k < w.outputs; k++)
            b[k] = beta * bias->f[bias->count == 1 ? 0 : k];
    }
    add_linear(l, n, m, &w, b);
}

void lower_matmul(struct lowering *l, struct lowered_node *n)
{
    const struct constant *c = input_weight(l, n, 1, "weight");
    struct matrix w;
    struct mapped *m;

    if (!c)
        return;
    w = (struct matrix){
        .f = c->f,
        .outputs = c->rank == 2 ? c->dims[1] : 0,
        .inputs = c->rank == 2 ? c->dims[0] : 0,
        .row = 1,
        .column = c->rank == 2 ? c->dims[1] : 0,
        .factor = 1,
    };
    if (!matrix_fine(l, n, &w) || !(m = input_settled(l, n, 0)))
        return;
    if (m->view.rank < 2)
        refuse_node(l, n, "an input of %zu axes", m->view.rank);
    else
        add_linear(l, n, m, &w, NULL);
}

/* ---- Concat, Sum ---- */

/* Returns the inputs (n->args.node->in.n; owned, free), settled and of one layout
 * but for the channels, or NULL. */
static struct mapped **input_maps(struct lowering *l, struct lowered_node *n)
{
    size_t count = n->args.node->in.n;
    struct mapped **m = xcalloc(count + 1, sizeof *m);
    bool fine = true;

    for (size_t k = 0; k < count; k++) {
        m[k] = input_settled(l, n, k);
        fine &= m[k] != NULL;
    }
    for (size_t k = 0; fine && k < count; k++) {
        fine = !m[k]->order && view_alike(&m[0]->view, &m[k]->view) &&
               m[k]->view.size[AXIS_H] == m[0]->view.size[AXIS_H] &&
               m[k]->view.size[AXIS_W] == m[0]->view.size[AXIS_W];
        if (!fine)
            refuse_node(l, n,
                        "maps of different sizes, or in different orders");
    }
    if (fine)
        return m;
    free(m);
    return NULL;
}

void lower_concat(struct lowering *l, struct lowered_node *n)
{
    size_t count = n->args.node->in.n, axis = 0;
    struct mapped **m = input_maps(l, n);
    size_t from[NET_MAX_INPUTS];
    struct step step = {.kind = STEP_CONCAT, .name = n->args.node->name};
    struct err e;

    if (!m)
        return;
    if (axis_within(onnx_int(n->args.node, "axis", 1), m[0]->view.rank, &axis,
                    &e) < 0 ||
        !view_is(&m[0]->view, axis, AXIS_C) || (axis == 0 && count > 1) ||
        count > NET_MAX_INPUTS) {
        refuse_node(l, n,
                    "it puts %zu maps side by side along axis %zu: known is "
                    "along the channels, of at most %d",
                    count, axis, NET_MAX_INPUTS);
    } else if (count == 1) {
        *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m[0]};
    } else {
        struct map_view view = m[0]->view;

        view_place(&view, axis, AXIS_C);
        for (size_t k = 0; k < count; k++)
            from[k] = m[k]->step;
        output_map(l, n, steps_add(l->steps, step, from, count, 0), &view,
                   NULL);
    }
    free(m);
}

void lower_sum(struct lowering *l, struct lowered_node *n)
{
    struct mapped **m = input_maps(l, n);
    size_t sum;
    bool fine = true;

    if (!m)
        return;
    for (size_t k = 1; k < n->args.node->in.n; k++)
        fine &= m[k]->view.size[AXIS_C] == m[0]->view.size[AXIS_C];
    sum = m[0]->step;
    for (size_t k = 1; fine && k < n->args.node->in.n; k++)
        sum = steps_add(
            l->steps,
            (struct step){.kind = STEP_ADD, .name = n->args.node->name},
            (size_t[]){sum, m[k]->step}, 2, 0);
    if (fine)
        output_map(l, n, sum, &m[0]->view, NULL);
    else
        refuse_node(l, n, "maps of different numbers of channels");
    free(m);
}
