/* SPDX-License-Identifier: MIT */
#include "tools/net-import/graphinput.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/net.h"

#define MOST_STEPS 64     /* nodes that are followed */
#define INSERTED SIZE_MAX /* an axis that the value's beginning does not have */

/* What the axes are of the value at which the network begins. */
static const enum map_axis places[] = {AXIS_N, AXIS_C, AXIS_H, AXIS_W};

/* The way from the input to what reads it: the axes of the value that has been
 * reached, by their places in the value at which the network begins. */
struct way {
    const char *begin;               /* the name of that value */
    size_t rank;                     /* of it */
    int64_t dims[CONSTANT_MAX_RANK]; /* of it; -1 = open */
    const char *now;                 /* the value that has been reached */
    size_t axes, axis[CONSTANT_MAX_RANK];
    bool changed; /* by arithmetic, so that it begins no later */
};

static void begin_at(struct way *w, const char *name, size_t rank)
{
    w->begin = name;
    w->rank = w->axes = rank;
    for (size_t k = 0; k < rank; k++)
        w->axis[k] = k;
}

/* Follow a Reshape that makes a map of a vector.  Returns false when it is none. */
static bool follow_reshape(struct way *w, const struct node_args *a)
{
    int64_t from[CONSTANT_MAX_RANK], to[CONSTANT_MAX_RANK];
    size_t rank;
    struct err e;

    for (size_t k = 0; k < w->axes; k++) {
        from[k] = w->axis[k] == INSERTED ? 1 : w->dims[w->axis[k]];
        if (from[k] < 0 && k > 0)
            return false;
        from[k] = from[k] < 0 ? 1 : from[k];
    }
    if (w->changed || args_reshape(a, w->axes, from, &rank, to, &e) < 0 ||
        rank < 3 || rank <= w->axes)
        return false;
    memcpy(w->dims, to, rank * sizeof *to);
    begin_at(w, a->node->out.v[0], rank);
    return true;
}

static bool follow_transpose(struct way *w, const struct node_args *a)
{
    size_t perm[CONSTANT_MAX_RANK], old[CONSTANT_MAX_RANK];
    struct err e;

    if (args_perm(a, w->axes, perm, &e) < 0)
        return false;
    memcpy(old, w->axis, sizeof old);
    for (size_t k = 0; k < w->axes; k++)
        w->axis[k] = old[perm[k]];
    return true;
}

static bool follow_unsqueeze(struct way *w, const struct node_args *a)
{
    size_t old[CONSTANT_MAX_RANK], from = 0;
    bool mark[CONSTANT_MAX_RANK];
    struct ints axes = {0};
    struct err e;

    if (args_ints(a, 1, "axes", &axes, &e) < 0 ||
        w->axes + axes.n > CONSTANT_MAX_RANK ||
        args_axes(a, 1, w->axes + axes.n, mark, &e) < 0)
        return false;
    memcpy(old, w->axis, sizeof old);
    w->axes += axes.n;
    for (size_t k = 0; k < w->axes; k++)
        w->axis[k] = mark[k] ? INSERTED : old[from++];
    return true;
}

/* Normalising leaves the axes as they are: arithmetic with a constant. */
static bool follow_arithmetic(struct way *w, const struct node_args *a)
{
    w->changed = true;
    for (size_t k = 0; k < a->node->in.n; k++)
        if (a->c[k] && a->c[k]->rank <= w->axes)
            return true;
    return false;
}

static bool follow_nothing(struct way *w, const struct node_args *a)
{
    (void)w;
    (void)a;
    return true;
}

static const struct {
    const char *op;
    bool (*follow)(struct way *, const struct node_args *);
} follows[] = {
    {"Add", follow_arithmetic},      {"Cast", follow_nothing},
    {"Div", follow_arithmetic},      {"Dropout", follow_nothing},
    {"Identity", follow_nothing},    {"Mul", follow_arithmetic},
    {"Reshape", follow_reshape},     {"Sub", follow_arithmetic},
    {"Transpose", follow_transpose}, {"Unsqueeze", follow_unsqueeze},
};

/* Go on by the only node that reads the value, apart from those which ask for its
 * shape.  Returns false when the network begins here. */
static bool follow(struct lowering *l, struct way *w)
{
    const struct onnx_node *nodes = l->model->nodes.v, *node = NULL;
    const struct constant *c[8] = {NULL};
    size_t readers = 0;
    bool known = false;

    for (size_t i = 0; i < l->model->nodes.n; i++)
        for (size_t k = 0; k < nodes[i].in.n; k++)
            if (strcmp(nodes[i].in.v[k], w->now) == 0 &&
                strcmp(nodes[i].op, "Shape") != 0) {
                node = &nodes[i];
                readers++;
            }
    if (readers != 1 || node->domain[0] || node->in.n > 8 || !node->out.n ||
        !node->out.v[0][0])
        return false;
    for (size_t k = 0; k < node->in.n; k++)
        c[k] = l->values[lowering_value(l, node->in.v[k])].constant;
    for (size_t i = 0; i < ARRAY_LEN(follows) && !known; i++)
        known = strcmp(follows[i].op, node->op) == 0 &&
                follows[i].follow(w, &(struct node_args){node, l->model->opset,
                                                         c, &l->steps->arena});
    if (known)
        w->now = node->out.v[0];
    return known;
}

/* Returns false when all nodes that read the value flatten it, to which its axes are
 * all the same. */
static bool asks_for_axes(const struct onnx_model *m, const char *name)
{
    static const char *const flat[] = {"Flatten", "Reshape", "Gemm", "MatMul",
                                       "Shape"};
    const struct onnx_node *nodes = m->nodes.v;

    for (size_t i = 0; i < m->nodes.n; i++)
        for (size_t k = 0; k < nodes[i].in.n; k++) {
            bool asks = strcmp(nodes[i].in.v[k], name) == 0;

            for (size_t f = 0; f < ARRAY_LEN(flat); f++)
                asks &= strcmp(nodes[i].op, flat[f]) != 0;
            if (asks)
                return true;
        }
    return false;
}

/* Set the axes' sizes from the value and, where it leaves them open, from
 * `size`. */
static int take_sizes(struct lowering *l, const struct way *w,
                      const int64_t size[3], int64_t to[AXIS_COUNT])
{
    static const char *const names[AXIS_COUNT] = {"batch", "height", "width",
                                                  "channels"};
    const int64_t given[AXIS_COUNT] = {1, size[0], size[1], size[2]};

    for (size_t k = 0; k < AXIS_COUNT; k++)
        to[k] = 1;
    for (size_t k = 0; k < w->axes; k++) {
        enum map_axis x = places[k];
        int64_t *have = &to[x];

        if (w->axis[k] != INSERTED)
            *have = w->dims[w->axis[k]];
        if (*have < 0 && !given[x])
            return refuse(l->refusals, "the model",
                          "it leaves the %s of its input open: give the size "
                          "of a sample (--input=HxWxC)",
                          names[x]);
        if (*have < 0)
            *have = given[x];
    }
    for (size_t k = AXIS_H; k < AXIS_COUNT; k++)
        if (given[k] && to[k] != given[k])
            return refuse(l->refusals, "the model",
                          "its input has the %s %" PRId64 ", not %" PRId64,
                          names[k], to[k], given[k]);
    if (to[AXIS_H] > NET_MAX_SIDE || to[AXIS_W] > NET_MAX_SIDE ||
        to[AXIS_C] > NET_MAX_CHANNELS || to[AXIS_N] > NET_MAX_CHANNELS)
        return refuse(l->refusals, "the model", "its input is too large");
    return 0;
}

int graph_input(struct lowering *l, const int64_t size[3],
                struct graph_input *in)
{
    const struct onnx_value *v = l->model->inputs.v;
    int64_t sizes[AXIS_COUNT];
    struct map_view view = {0};
    struct way w = {0};
    size_t steps = MOST_STEPS;

    if (l->model->inputs.n != 1)
        return refuse(l->refusals, "the model", "has %zu inputs, not one",
                      l->model->inputs.n);
    if (v->type != 1 && v->type != 11 && v->type != 2) /* float double uint8 */
        return refuse(l->refusals, "the model",
                      "its input %.80s is neither float nor bytes%s", v->name,
                      v->type == 10 || v->type == 16 ? ", but half precision"
                                                     : "");
    if (!v->shaped || v->rank < 2)
        return refuse(l->refusals, "the model",
                      "the shape of its input %.80s is not said, or of no "
                      "batch of samples",
                      v->name);
    memcpy(w.dims, v->dims, sizeof w.dims);
    begin_at(&w, v->name, v->rank);
    w.now = v->name;
    while (steps-- && follow(l, &w))
        continue;
    if (!asks_for_axes(l->model, w.now)) {
        memcpy(w.dims, v->dims, sizeof w.dims);
        begin_at(&w, v->name, v->rank);
    }
    if (w.axes < 2 || w.axes > 4)
        return refuse(l->refusals, "the model",
                      "its network reads values of %zu axes, known are 2 to 4",
                      w.axes);
    if (take_sizes(l, &w, size, sizes) < 0)
        return ERR_FORMAT;
    view.rank = w.rank;
    memcpy(view.size, sizes, sizeof sizes);
    for (size_t k = 0; k < w.axes; k++)
        if (w.axis[k] != INSERTED)
            view.dim[w.axis[k]] = (struct view_dim){1, {places[k]}};
    steps_init(l->steps, sizes[AXIS_H], sizes[AXIS_W], sizes[AXIS_C]);
    l->values[lowering_value(l, w.begin)] = (struct graph_value){
        .kind = VALUE_MAP, .map = {.view = view, .f = pending_none}};
    *in = (struct graph_input){
        v->name,
        {sizes[AXIS_H], sizes[AXIS_W], sizes[AXIS_C]},
        v->type == 2,
    };
    return 0;
}
