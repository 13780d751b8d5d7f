/* SPDX-License-Identifier: MIT */
#include "tools/net-import/nodewindow.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/graph/window.h"

/* Set to[] to the numbers of an attribute, of which there must be `n`, each of
 * low..high, or leave it where there is none. */
static bool read_list(struct lowering *l, const struct lowered_node *n,
                      const char *name, size_t count, int64_t low, int64_t high,
                      int64_t *to)
{
    const struct onnx_attribute *a = onnx_attribute(n->args.node, name);

    if (!a || !a->ints.n)
        return true;
    if (a->ints.n != count) {
        refuse_node(l, n, "%s has %zu numbers, not %zu", name, a->ints.n,
                    count);
        return false;
    }
    for (size_t k = 0; k < count; k++) {
        if (a->ints.v[k] < low || a->ints.v[k] > high) {
            refuse_node(l, n, "%s has %" PRId64, name, a->ints.v[k]);
            return false;
        }
        to[k] = a->ints.v[k];
    }
    return true;
}

static bool read_auto_pad(struct lowering *l, const struct lowered_node *n,
                          struct node_window *w)
{
    const struct onnx_attribute *a = onnx_attribute(n->args.node, "auto_pad");
    const char *how = a ? a->s : "NOTSET";

    if (strcmp(how, "SAME_UPPER") == 0)
        w->same = PAD_SAME_UPPER;
    else if (strcmp(how, "SAME_LOWER") == 0)
        w->same = PAD_SAME_LOWER;
    else if (strcmp(how, "VALID") == 0)
        memset(w->before, 0, sizeof w->before + sizeof w->after);
    else if (how[0] && strcmp(how, "NOTSET") != 0) {
        refuse_node(l, n, "auto_pad is %.40s", how);
        return false;
    }
    return true;
}

bool window_read(struct lowering *l, const struct lowered_node *n,
                 const int64_t *kernel, size_t rank, struct node_window *w)
{
    const struct onnx_attribute *a = onnx_attribute(n->args.node,
                                                    "kernel_shape");
    int64_t pads[4] = {0}, dilations[2] = {1, 1};

    *w = (struct node_window){.stride = {1, 1}, .kernel = {1, 1}};
    if (!kernel)
        rank = a ? a->ints.n : 0;
    if (rank < 1 || rank > 2) {
        refuse_node(l, n, "a window of %zu axes, known are 1 and 2", rank);
        return false;
    }
    if (kernel)
        memcpy(w->kernel, kernel, rank * sizeof *kernel);
    if (!read_list(l, n, "kernel_shape", rank, 1, NET_MAX_SIDE, w->kernel) ||
        !read_list(l, n, "strides", rank, 1, NET_MAX_SIDE, w->stride) ||
        !read_list(l, n, "pads", 2 * rank, 0, NET_MAX_SIDE, pads) ||
        !read_list(l, n, "dilations", rank, 1, NET_MAX_SIDE, dilations))
        return false;
    if (dilations[0] != 1 || dilations[1] != 1) {
        refuse_node(l, n, "a dilated window (%" PRId64 "x%" PRId64 ")",
                    dilations[0], dilations[1]);
        return false;
    }
    if (kernel && memcmp(kernel, w->kernel, rank * sizeof *kernel) != 0) {
        refuse_node(l, n, "kernel_shape is not that of its weights");
        return false;
    }
    for (size_t k = 0; k < rank; k++) {
        w->before[k] = pads[k];
        w->after[k] = pads[rank + k];
    }
    w->rank = rank;
    w->ceil = onnx_int(n->args.node, "ceil_mode", 0) != 0;
    return read_auto_pad(l, n, w);
}

/* Set axis[k] to the map's axis that axis 2 + k of the value is. */
static bool find_axes(const struct mapped *m, size_t rank,
                      enum map_axis axis[2])
{
    const struct map_view *v = &m->view;

    if (v->rank != rank + 2 || !view_is(v, 1, AXIS_C) || !view_is(v, 0, AXIS_N))
        return false;
    axis[0] = view_is(v, 2, AXIS_H) ? AXIS_H : AXIS_W;
    axis[1] = axis[0] == AXIS_H ? AXIS_W : AXIS_H;
    return view_is(v, 2, axis[0]) &&
           (rank == 2 ? view_is(v, 3, axis[1]) : v->size[axis[1]] == 1);
}

bool window_place(struct lowering *l, const struct lowered_node *n,
                  const struct mapped *m, const struct node_window *w,
                  struct map_window *to)
{
    const int64_t *in = l->steps->v[m->step].out;

    *to = (struct map_window){.kernel = {1, 1}, .stride = {1, 1}};
    if (m->order || !find_axes(m, w->rank, to->axis)) {
        refuse_node(l, n,
                    "its input is not (batch, channels%s): axes were "
                    "transposed or reshaped in a way that is not known",
                    w->rank == 2 ? ", height, width" : ", length");
        return false;
    }
    memcpy(to->pad, m->pad, sizeof to->pad);
    to->view = m->view;
    view_place(&to->view, 0, AXIS_N);
    view_place(&to->view, 1, AXIS_C);
    for (size_t k = 0; k < w->rank; k++)
        view_place(&to->view, 2 + k, to->axis[k]);
    for (size_t k = 0; k < w->rank; k++) {
        size_t at = to->axis[k] == AXIS_W;
        int64_t kernel = w->kernel[k], stride = w->stride[k], rest;
        int64_t *before = &to->pad[2 * at], *after = &to->pad[2 * at + 1];

        to->kernel[at] = kernel;
        to->stride[at] = stride;
        if (w->same) {
            int64_t all = window_padded(in[at], *before, *after);
            int64_t out = (all + stride - 1) / stride,
                    both = (out - 1) * stride + kernel - all;

            both = both > 0 ? both : 0;
            *before += w->same == PAD_SAME_UPPER ? both / 2 : (both + 1) / 2;
            *after += w->same == PAD_SAME_UPPER ? (both + 1) / 2 : both / 2;
        } else {
            *before += w->before[k];
            *after += w->after[k];
        }
        rest = window_padded(in[at], *before, *after) - kernel;
        if (rest < 0) {
            refuse_node(l, n,
                        "a window of %" PRId64 " does not fit a map of %" PRId64
                        " pixels",
                        kernel, rest + kernel);
            return false;
        }
        /* A window that would begin in the padding behind is left out. */
        rest %= stride;
        if (w->ceil && rest &&
            window_padded(in[at], *before, *after) - rest - kernel + stride <
                window_padded(in[at], *before, 0))
            to->extra[at] = stride - rest;
        *after += to->extra[at];
        /* PyTorch pads for ceil_mode by more than the last window reads. */
        if (!to->extra[at])
            to->spare[at] = rest < *after ? rest : *after;
        if (*after >= kernel) {
            *after -= to->spare[at];
            to->spare[at] = 0;
        }
        if (*before >= kernel || *after >= kernel) {
            refuse_node(l, n,
                        "padding of %" PRId64 " and %" PRId64
                        " for a window of %" PRId64 ": known is less than the "
                        "window",
                        *before, *after, kernel);
            return false;
        }
    }
    return true;
}
