/* SPDX-License-Identifier: MIT
 * Convolutions, and what stands before and behind them. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "libcommon/nn/graph/net.h"
#include "tools/net-import/lower.h"
#include "tools/net-import/nodewindow.h"

/* ---- Conv ---- */

struct conv {
    const struct constant *weight; /* (cout, cin / groups, k...) */
    int64_t cout, cin, groups;
    struct node_window window;
};

/* Read what the node says by itself.  Returns false when it was refused. */
static bool read_conv(struct lowering *l, struct lowered_node *n,
                      struct conv *c)
{
    const struct constant *w = input_weight(l, n, 1, "weight");

    if (!w)
        return false;
    if (w->rank != 3 && w->rank != 4) {
        refuse_node(l, n, "a convolution over %zu axes, known are 1 and 2",
                    w->rank < 2 ? 0 : w->rank - 2);
        return false;
    }
    c->weight = w;
    c->groups = onnx_int(n->args.node, "group", 1);
    c->cout = w->dims[0];
    if (w->count == 0 || c->cout > NET_MAX_CHANNELS || c->groups < 1 ||
        c->groups > NET_MAX_CHANNELS || w->dims[1] > NET_MAX_CHANNELS) {
        refuse_node(l, n, "an impossible number of channels or groups");
        return false;
    }
    c->cin = w->dims[1] * c->groups;
    if (c->groups > 1 && (w->dims[1] != 1 || c->cout % c->groups)) {
        refuse_node(l, n,
                    "%" PRId64 " groups of %" PRId64
                    " channels: known are 1 group and one for each channel",
                    c->groups, w->dims[1]);
        return false;
    }
    if (c->groups > 1 && c->cout != c->groups) {
        refuse_node(l, n,
                    "a depth multiplier of %" PRId64
                    ": known are depthwise convolutions of one output for "
                    "each channel",
                    c->cout / c->groups);
        return false;
    }
    return window_read(l, n, w->dims + 2, w->rank - 2, &c->window);
}

/* Returns the weights as (cout, kh, kw, cin), or (kh, kw, c) for depthwise
 * ones; w has the sides of the map's window. */
static float *conv_weight(struct lowering *l, const struct conv *c,
                          const struct map_window *w)
{
    const struct constant *from = c->weight;
    float *to = steps_array(l->steps, (size_t)from->count, sizeof *to);
    int64_t kh = w->kernel[0], kw = w->kernel[1], cin = from->dims[1];
    bool turned = c->window.rank == 2 && w->axis[0] == AXIS_W;

    for (int64_t o = 0; o < c->cout; o++)
        for (int64_t i = 0; i < cin; i++)
            for (int64_t y = 0; y < kh; y++)
                for (int64_t x = 0; x < kw; x++) {
                    int64_t at = turned ? x * kh + y : y * kw + x;
                    int64_t place = y * kw + x;

                    to[c->groups > 1 ? place * c->cout + o
                                     : (o * kh * kw + place) * cin + i] =
                        from->f[(o * cin + i) * kh * kw + at];
                }
    return to;
}

void lower_conv(struct lowering *l, struct lowered_node *n)
{
    struct conv c = {0};
    bool fine = read_conv(l, n, &c);
    struct mapped *m = fine ? input_map(l, n, 0) : NULL;
    const struct constant *bias = NULL;
    struct map_window w;
    struct step step;

    if (args_given(&n->args, 2) && !(bias = input_weight(l, n, 2, "bias")))
        return;
    if (fine && bias && (bias->rank != 1 || bias->count != c.cout)) {
        refuse_node(l, n,
                    "a bias of %" PRId64 " numbers for %" PRId64 " channels",
                    bias->count, c.cout);
        return;
    }
    /* Padding by zeros is a convolution's own. */
    if (m && m->padded && m->filler != 0) {
        refuse_node(l, n, "its input is padded with %g, known is 0 for Conv",
                    m->filler);
        return;
    }
    if (!m || (!m->padded && !input_settled(l, n, 0)) ||
        !window_place(l, n, m, &c.window, &w))
        return;
    if (m->view.size[AXIS_C] != c.cin) {
        refuse_node(l, n,
                    "weights for %" PRId64 " channels, and the input has "
                    "%" PRId64,
                    c.cin, m->view.size[AXIS_C]);
        return;
    }
    step = (struct step){
        .kind = c.groups > 1 ? STEP_DEPTHWISE : STEP_CONV,
        .name = weighted_name(l, n, 1),
        .kernel = {w.kernel[0], w.kernel[1]},
        .stride = {w.stride[0], w.stride[1]},
        .pad = {w.pad[0], w.pad[1], w.pad[2], w.pad[3]},
        .weight = conv_weight(l, &c, &w),
    };
    if (bias)
        step.bias = floats_copy(l, bias->f, (size_t)c.cout);
    output_map(l, n, steps_add(l->steps, step, &m->step, 1, c.cout), &w.view,
               NULL);
}

/* ---- BatchNormalization ---- */

void lower_batchnorm(struct lowering *l, struct lowered_node *n)
{
    static const char *const what[] = {"", "scale", "bias", "mean", "variance"};
    struct step step = {.kind = STEP_NORM, .name = weighted_name(l, n, 1)};
    float *v[5] = {NULL};
    struct mapped *m, x;
    bool fine = true;

    if (onnx_int(n->args.node, "training_mode", 0) ||
        onnx_int(n->args.node, "spatial", 1) != 1) {
        refuse_node(l, n,
                    "in training mode, or not one number per channel: "
                    "export the model in evaluation mode");
        return;
    }
    for (size_t k = 1; k < 5; k++)
        fine &= input_weight(l, n, k, what[k]) != NULL;
    if (!fine || !(m = input_settled(l, n, 0)))
        return;
    x = *m;
    if (x.view.rank < 2 || !channels_along(l, n, &x, 1, n->args.c[1]->count)) {
        refuse_node(l, n, "its input's second axis is not the channels");
        return;
    }
    m = &x;
    for (size_t k = 1; k < 5; k++) {
        const struct constant *c = n->args.c[k];

        if (c->count != m->view.size[AXIS_C] ||
            !(v[k] = channel_vector(l, m, c))) {
            refuse_node(
                l, n, "its %s has %" PRId64 " numbers for %" PRId64 " channels",
                what[k], c->count, m->view.size[AXIS_C]);
            return;
        }
    }
    if (!step_norm_set(l->steps, &step.norm, m->view.size[AXIS_C], v[1], v[2],
                       v[3], v[4], onnx_real(n->args.node, "epsilon", 1e-5))) {
        refuse_node(l, n, "a variance that is not above 0");
        return;
    }
    output_map(l, n, steps_add(l->steps, step, &m->step, 1, 0), &m->view,
               m->order);
}

/* ---- Pad ---- */

/* Set by[2 * k] and by[2 * k + 1] to the padding in front and behind of axis k of
 * the value.  Returns false when the node was refused. */
static bool read_pads(struct lowering *l, const struct lowered_node *n,
                      size_t rank, int64_t by[2 * VIEW_MAX_RANK])
{
    struct ints pads = {0}, axes = {0};
    struct err e;

    memset(by, 0, 2 * VIEW_MAX_RANK * sizeof *by);
    if (args_ints(&n->args, 1, "pads", &pads, &e) < 0 ||
        args_ints(&n->args, 3, NULL, &axes, &e) < 0) {
        refuse_node(l, n, "%s", e.text);
        return false;
    }
    if (pads.n != 2 * (axes.n ? axes.n : rank)) {
        refuse_node(l, n, "%zu paddings for %zu axes", pads.n,
                    axes.n ? axes.n : rank);
        return false;
    }
    for (size_t k = 0; k < pads.n / 2; k++) {
        size_t axis = k;

        if (axes.n && axis_within(axes.v[k], rank, &axis, &e) < 0) {
            refuse_node(l, n, "%s", e.text);
            return false;
        }
        by[2 * axis] = pads.v[k];
        by[2 * axis + 1] = pads.v[pads.n / 2 + k];
        if (by[2 * axis] < 0 || by[2 * axis + 1] < 0 ||
            by[2 * axis] > NET_MAX_CHANNELS ||
            by[2 * axis + 1] > NET_MAX_CHANNELS) {
            refuse_node(l, n, "padding by %" PRId64 " and %" PRId64,
                        by[2 * axis], by[2 * axis + 1]);
            return false;
        }
    }
    return true;
}

/* Add channels of zeros: half of the new ones, rounded down, must stand in front,
 * as in a residual network's shortcut without parameters. */
static bool widen(struct lowering *l, const struct lowered_node *n,
                  struct mapped *m, int64_t before, int64_t after)
{
    int64_t all = before + after, c = l->steps->v[m->step].out[2];

    if (before != all / 2 || m->filler != 0 || m->order || m->padded) {
        refuse_node(l, n,
                    "%" PRId64 " channels in front and %" PRId64
                    " behind: known are zeros, half of them, rounded down, in "
                    "front",
                    before, after);
        return false;
    }
    m->step = steps_add(
        l->steps, (struct step){.kind = STEP_WIDEN, .name = n->args.node->name},
        &m->step, 1, c + all);
    m->view.size[AXIS_C] = c + all;
    return true;
}

void lower_pad(struct lowering *l, struct lowered_node *n)
{
    const struct onnx_attribute *mode = onnx_attribute(n->args.node, "mode");
    struct mapped *m = input_map(l, n, 0), to;
    int64_t by[2 * VIEW_MAX_RANK];
    double filler = 0;
    struct err e;

    if (mode && mode->s[0] && strcmp(mode->s, "constant") != 0) {
        refuse_node(l, n, "padding by '%.40s', known is a constant", mode->s);
        return;
    }
    if (args_real(&n->args, 2, "value", &filler, &e) < 0) {
        refuse_node(l, n, "%s", e.text);
        return;
    }
    if (!m || !read_pads(l, n, m->view.rank, by))
        return;
    if (!m->padded && !input_settled(l, n, 0))
        return;
    to = *m;
    if (m->padded && m->filler != filler) {
        refuse_node(l, n, "its input is padded with another number already");
        return;
    }
    to.filler = filler;
    for (size_t k = 0; k < m->view.rank; k++) {
        int64_t *b = &by[2 * k];
        enum map_axis axis;

        if (b[0] == 0 && b[1] == 0)
            continue;
        axis = view_is(&to.view, k, AXIS_C)   ? AXIS_C
               : view_is(&to.view, k, AXIS_H) ? AXIS_H
                                              : AXIS_W;
        /* Where an axis has but one element, its place says which it is. */
        if (m->view.rank >= 3 && k >= 2 && view_size(&m->view, k) == 1)
            axis = k == 2 ? AXIS_H : AXIS_W;
        if (!view_is(&to.view, k, axis)) {
            refuse_node(l, n, "it pads axis %zu, which is no axis of a map", k);
            return;
        }
        if (axis == AXIS_C) {
            if (!widen(l, n, &to, b[0], b[1]))
                return;
            view_place(&to.view, k, AXIS_C);
            continue;
        }
        to.padded = true;
        to.pad[axis == AXIS_H ? 0 : 2] += b[0];
        to.pad[axis == AXIS_H ? 1 : 3] += b[1];
    }
    *n->out = (struct graph_value){.kind = VALUE_MAP, .map = to};
}
