/* SPDX-License-Identifier: MIT
 * Pools, means over a map, and slices that take every n-th pixel. */
#include <inttypes.h>
#include <string.h>

#include "tools/net-import/lower.h"
#include "tools/net-import/nodewindow.h"

/* No number of a map is below this. */
#define LOWEST (-1e30)

static void add_pool(struct lowering *l, struct lowered_node *n,
                     const struct mapped *m, enum step_kind kind,
                     const struct map_window *w)
{
    const struct map_view *view = w->view.rank ? &w->view : &m->view;
    const int64_t *in = l->steps->v[m->step].out;
    struct step step = {.kind = kind, .name = n->args.node->name};

    if (kind == STEP_AVGPOOL && w->kernel[0] == in[0] &&
        w->kernel[1] == in[1]) {
        step.kind = STEP_GLOBALPOOL;
    } else {
        memcpy(step.kernel, w->kernel, sizeof step.kernel);
        memcpy(step.stride, w->stride, sizeof step.stride);
        memcpy(step.pad, w->pad, sizeof step.pad);
    }
    output_map(l, n, steps_add(l->steps, step, &m->step, 1, 0), view, m->order);
}

void lower_maxpool(struct lowering *l, struct lowered_node *n)
{
    static const bool never_negative[ACT_COUNT] = {[ACT_RELU] = true,
                                                   [ACT_RELU6] = true,
                                                   [ACT_SIGMOID] = true,
                                                   [ACT_HSIGMOID] = true};
    struct node_window window;
    struct map_window w;
    struct mapped *m;

    if (n->args.node->out.n > 1 && n->args.node->out.v[1][0]) {
        refuse_node(l, n, "its second output, Indices");
        return;
    }
    if (!window_read(l, n, NULL, 0, &window) || !(m = input_map(l, n, 0)))
        return;
    /* Padding by zeros is padding by nothing where no number is smaller. */
    if (m->padded && m->filler > LOWEST &&
        !(m->filler == 0 && never_negative[l->steps->v[m->step].act])) {
        refuse_node(l, n,
                    "its input is padded with %g, which may be more than its "
                    "numbers",
                    m->filler);
        return;
    }
    if ((m->padded || input_settled(l, n, 0)) &&
        window_place(l, n, m, &window, &w))
        add_pool(l, n, m, STEP_MAXPOOL, &w);
}

void lower_averagepool(struct lowering *l, struct lowered_node *n)
{
    struct node_window window;
    struct map_window w;
    struct mapped *m;

    if (!window_read(l, n, NULL, 0, &window) || !(m = input_settled(l, n, 0)) ||
        !window_place(l, n, m, &window, &w))
        return;
    w.pad[1] -= w.spare[0];
    w.pad[3] -= w.spare[1];
    if (w.pad[0] || w.pad[1] || w.pad[2] || w.pad[3])
        refuse_node(l, n, "a padded average pool");
    else
        add_pool(l, n, m, STEP_AVGPOOL, &w);
}

/* ---- over the whole map, or along one of its axes ---- */

static void add_whole(struct lowering *l, struct lowered_node *n,
                      const struct mapped *m, enum step_kind kind, bool along_h,
                      bool along_w)
{
    const int64_t *in = l->steps->v[m->step].out;
    struct map_window w = {
        .kernel = {along_h ? in[0] : 1, along_w ? in[1] : 1},
        .stride = {1, 1},
    };

    add_pool(l, n, m, kind, &w);
}

static void lower_global(struct lowering *l, struct lowered_node *n,
                         enum step_kind kind)
{
    struct mapped *m = input_settled(l, n, 0);

    if (m && (m->order || !view_is(&m->view, 1, AXIS_C)))
        refuse_node(l, n, "its input's second axis is not the channels");
    else if (m)
        add_whole(l, n, m, kind, true, true);
}

void lower_globalaverage(struct lowering *l, struct lowered_node *n)
{
    lower_global(l, n, STEP_AVGPOOL);
}

void lower_globalmax(struct lowering *l, struct lowered_node *n)
{
    lower_global(l, n, STEP_MAXPOOL);
}

static void lower_reduce(struct lowering *l, struct lowered_node *n,
                         enum step_kind kind)
{
    struct mapped *m = input_settled(l, n, 0);
    bool mark[VIEW_MAX_RANK], along[AXIS_COUNT] = {false};
    struct map_view rest;
    struct err e;
    int axes;

    if (!m)
        return;
    axes = args_axes(&n->args, 1, m->view.rank, mark, &e);
    if (axes < 0) {
        refuse_node(l, n, "%s", e.text);
        return;
    }
    if (axes == 0 && onnx_int(n->args.node, "noop_with_empty_axes", 0)) {
        *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m};
        return;
    }
    for (size_t k = 0; k < m->view.rank; k++) {
        const struct view_dim *d = &m->view.dim[k];

        for (size_t i = 0; (mark[k] || axes == 0) && i < d->n; i++)
            along[d->axis[i]] = m->view.size[d->axis[i]] > 1;
    }
    if (along[AXIS_N] || along[AXIS_C]) {
        refuse_node(l, n, "it reduces more than height and width");
        return;
    }
    /* An axis of one pixel is reduced by itself. */
    along[AXIS_H] |= m->view.size[AXIS_H] == 1;
    along[AXIS_W] |= m->view.size[AXIS_W] == 1;
    add_whole(l, n, m, kind, along[AXIS_H], along[AXIS_W]);
    rest = n->out->map.view;
    if (!onnx_int(n->args.node, "keepdims", 1))
        view_remove(&rest, mark);
    n->out->map.view = rest;
}

void lower_reducemean(struct lowering *l, struct lowered_node *n)
{
    lower_reduce(l, n, STEP_AVGPOOL);
}

void lower_reducemax(struct lowering *l, struct lowered_node *n)
{
    lower_reduce(l, n, STEP_MAXPOOL);
}

/* ---- Slice ---- */

/* Set stride[] to how far apart the pixels are that the slices take.  Returns
 * false when they take something else, and the node was refused. */
static bool strides_of_slices(struct lowering *l, const struct lowered_node *n,
                              const struct map_view *v,
                              const struct axis_slice *s, int64_t stride[2])
{
    for (size_t k = 0; k < v->rank; k++) {
        int64_t size = view_size(v, k);
        bool h = view_is(v, k, AXIS_H), w = !h && view_is(v, k, AXIS_W);

        if (s[k].first == 0 && s[k].count == size)
            continue;
        if (s[k].first != 0 || s[k].step < 1 || !(h || w) ||
            s[k].count != (size - 1) / s[k].step + 1) {
            refuse_node(l, n,
                        "it takes %" PRId64 " of the %" PRId64
                        " elements of axis %zu: known is every n-th row or "
                        "column, from the first one on",
                        s[k].count, size, k);
            return false;
        }
        stride[w] *= s[k].step;
    }
    return true;
}

void lower_slice(struct lowering *l, struct lowered_node *n)
{
    struct mapped *m = input_settled(l, n, 0);
    struct axis_slice s[VIEW_MAX_RANK];
    int64_t dims[VIEW_MAX_RANK];
    struct map_window w = {.kernel = {1, 1}, .stride = {1, 1}};
    struct mapped from;
    const struct step *before;
    struct err e;

    if (!m)
        return;
    view_sizes(&m->view, dims);
    if (args_slices(&n->args, m->view.rank, dims, s, &e) < 0) {
        refuse_node(l, n, "%s", e.text);
        return;
    }
    if (!strides_of_slices(l, n, &m->view, s, w.stride))
        return;
    if (w.stride[0] == 1 && w.stride[1] == 1) {
        *n->out = (struct graph_value){.kind = VALUE_MAP, .map = *m};
        return;
    }
    /* Rows and columns are mostly two slices, one behind the other. */
    from = *m;
    before = &l->steps->v[m->step];
    if (before->kind == STEP_MAXPOOL && before->kernel[0] == 1 &&
        before->kernel[1] == 1) {
        w.stride[0] *= before->stride[0];
        w.stride[1] *= before->stride[1];
        from.step = before->from[0];
    }
    add_pool(l, n, &from, STEP_MAXPOOL, &w);
}
