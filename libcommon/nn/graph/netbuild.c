/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/netbuild.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct ints ints_of(struct arena *a, size_t n, const int64_t *v)
{
    return (struct ints){arena_memdup(a, v, n, sizeof *v), n};
}

static struct ints shape3(struct arena *a, int64_t h, int64_t w, int64_t c)
{
    return ints_of(a, 3, (int64_t[]){h, w, c});
}

static PRINTF(2, 3) char *text(struct arena *a, const char *fmt, ...)
{
    char line[2 * NET_MAX_NAME];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    return arena_strdup(a, line);
}

/* A list's array with room for one element more; old ones stay in the arena. */
static void *grown(struct arena *a, struct list *list, size_t *cap, size_t size)
{
    if (list->n == *cap) {
        void *more = arena_alloc(a, *cap ? 2 * *cap : 32, size);

        if (list->n)
            memcpy(more, list->v, list->n * size);
        *cap = *cap ? 2 * *cap : 32;
        list->v = more;
    }
    return (char *)list->v + list->n++ * size;
}

struct net_builder build_net(struct net *n, struct arena *a, int64_t h,
                             int64_t w, int64_t c, int64_t classes)
{
    *n = (struct net){
        .origin = {NIL_INT, NIL_INT}, .input = shape3(a, h, w, c),
        .classes = classes,
    };
    return (struct net_builder){.net = n, .arena = a};
}

const struct ints *build_shape(const struct net_builder *b, int64_t layer)
{
    return layer < 0 ? &b->net->input : &net_layer(b->net, (size_t)layer)->out;
}

struct layer *build_last(const struct net_builder *b)
{
    return net_layer(b->net, b->net->layers.n - 1);
}

struct binding *layer_binding(const struct layer *l, const char *slot)
{
    for (size_t i = 0; i < l->bindings.n; i++) {
        struct binding *b = (struct binding *)l->bindings.v + i;

        if (strcmp(b->slot, slot) == 0)
            return b;
    }
    return NULL;
}

/* ---- bindings ---- */

static void bind(struct net_builder *b, struct layer *l, const char *slot,
                 size_t ndim, const int64_t *shape)
{
    struct binding *v = l->bindings.v;

    v[l->bindings.n++] = (struct binding){
        .slot = text(b->arena, "%s", slot),
        .tensor = text(b->arena, "%s.%s", l->name, slot),
        .shape = ints_of(b->arena, ndim, shape),
    };
}

#define BIND(b, l, slot, ndim, ...) \
    bind((b), (l), (slot), (ndim), (int64_t[]){__VA_ARGS__})

static void bind_layer(struct net_builder *b, struct layer *l, bool bias)
{
    int64_t c = l->in.v[2], out = l->out.v[2];

    l->bindings.v = arena_alloc(b->arena, 9, sizeof(struct binding));
    if (l->op == OP_SE) {
        BIND(b, l, "reduce.weight", 2, l->mid, c);
        BIND(b, l, "reduce.bias", 1, l->mid);
        BIND(b, l, "expand.weight", 2, c, l->mid);
        BIND(b, l, "expand.bias", 1, c);
    } else if (layer_is_depthwise(l)) {
        BIND(b, l, "weight", 3, l->kernel.v[0], l->kernel.v[1], c);
    } else if (l->op == OP_CONV) {
        BIND(b, l, "weight", 4, out, l->kernel.v[0], l->kernel.v[1], c);
    } else if (l->op == OP_LINEAR) {
        BIND(b, l, "weight", 2, out, c);
    }
    if (bias)
        BIND(b, l, "bias", 1, out);
    if (l->norm || l->op == OP_NORM) {
        BIND(b, l, "gamma", 1, out);
        BIND(b, l, "beta", 1, out);
        BIND(b, l, "mean", 1, out);
        BIND(b, l, "var", 1, out);
    }
}

/* ---- layers ---- */

static bool has_window(int op)
{
    return op == OP_CONV || op == OP_MAXPOOL || op == OP_AVGPOOL;
}

static struct ints out_shape(struct net_builder *b, const struct build_op *op,
                             const struct ints *in)
{
    int64_t side[2], c = op->op == OP_CONV && !(op->flags & BUILD_DEPTHWISE)
                             ? op->cout : in->v[2];

    for (size_t k = 0; k < 2; k++)
        side[k] = !has_window(op->op) ? in->v[k]
                  : (in->v[k] + 2 * op->pad[k] - op->kernel[k]) /
                        op->stride[k] + 1;
    switch (op->op) {
    case OP_LINEAR:
        return shape3(b->arena, 1, 1, op->cout);
    case OP_FLATTEN:
        return shape3(b->arena, 1, 1, in->v[0] * in->v[1] * in->v[2]);
    case OP_GLOBALPOOL:
        return shape3(b->arena, 1, 1, c);
    case OP_WIDEN:
        return shape3(b->arena, in->v[0], in->v[1], op->cout);
    default:
        return shape3(b->arena, side[0], side[1], c);
    }
}

int64_t build_layer(struct net_builder *b, const struct build_op *op)
{
    struct net *n = b->net;
    struct ints in = *build_shape(b, op->from);
    struct layer *l = grown(b->arena, &n->layers, &b->layer_cap, sizeof *l);

    *l = (struct layer){
        .name = text(b->arena, "%s", op->name), .op = op->op,
        .inputs = ints_of(b->arena, op->op == OP_ADD ? 2 : 1,
                          (int64_t[]){op->from, op->other}),
        .in = ints_of(b->arena, 3, in.v), .out = out_shape(b, op, &in),
        .mid = op->mid, .norm = op->flags & BUILD_NORM, .act = op->act,
    };
    if (has_window(op->op)) {
        l->kernel = ints_of(b->arena, 2, op->kernel);
        l->stride = ints_of(b->arena, 2, op->stride);
        l->pad = ints_of(b->arena, 2, op->pad);
    }
    if (op->op == OP_CONV)
        l->groups = op->flags & BUILD_DEPTHWISE ? in.v[2] : 1;
    bind_layer(b, l, op->flags & BUILD_BIAS);
    return (int64_t)n->layers.n - 1;
}

int64_t build_conv(struct net_builder *b, const char *name, int64_t from,
                   int64_t cout, int64_t kernel, int64_t stride,
                   unsigned flags, int act)
{
    int64_t pad = flags & BUILD_UNPADDED ? 0 : kernel / 2;

    return build_layer(b, &(struct build_op){
        .name = name, .op = OP_CONV, .from = from, .cout = cout,
        .kernel = {kernel, kernel}, .stride = {stride, stride},
        .pad = {pad, pad}, .flags = flags, .act = act,
    });
}

int64_t build_linear(struct net_builder *b, const char *name, int64_t from,
                     int64_t cout, unsigned flags, int act)
{
    return build_layer(b, &(struct build_op){
        .name = name, .op = OP_LINEAR, .from = from, .cout = cout,
        .flags = flags, .act = act,
    });
}

int64_t build_pool(struct net_builder *b, const char *name, int op,
                   int64_t from, int64_t kernel, int64_t stride, int act)
{
    return build_layer(b, &(struct build_op){
        .name = name, .op = op, .from = from, .kernel = {kernel, kernel},
        .stride = {stride, stride}, .act = act,
    });
}

int64_t build_se(struct net_builder *b, const char *name, int64_t from,
                 int64_t mid)
{
    return build_layer(b, &(struct build_op){
        .name = name, .op = OP_SE, .from = from, .mid = mid,
    });
}

int64_t build_add(struct net_builder *b, const char *name, int64_t from,
                  int64_t other, int act)
{
    return build_layer(b, &(struct build_op){
        .name = name, .op = OP_ADD, .from = from, .other = other, .act = act,
    });
}

int64_t build_widen(struct net_builder *b, const char *name, int64_t from,
                    int64_t cout)
{
    return build_layer(b, &(struct build_op){
        .name = name, .op = OP_WIDEN, .from = from, .cout = cout,
    });
}

int64_t build_simple(struct net_builder *b, const char *name, int op,
                     int64_t from, int act)
{
    return build_layer(b, &(struct build_op){
        .name = name, .op = op, .from = from, .act = act,
    });
}

/* ---- exits ---- */

void build_exit(struct net_builder *b, struct net_exit exit)
{
    struct net *n = b->net;
    size_t before = n->exits.n;
    int64_t start = before ? net_exit_at(n, before - 1)->last + 1 : 0;
    struct net_exit *x = grown(b->arena, &n->exits, &b->exit_cap, sizeof *x);

    *x = exit;
    x->pool = x->pool ? x->pool : 1;
    x->last = (int64_t)n->layers.n - 1;
    x->tap = x->first > start ? x->first - 1
             : before ? net_exit_at(n, before - 1)->tap : NET_IMAGE;
}

int build_done(struct net_builder *b, enum mac_rule rule, struct err *e)
{
    char id[HASH_HEX];

    net_cost(b->net, rule);
    net_id(b->net, id);
    b->net->id = arena_strndup(b->arena, id, HASH_HEX - 1);
    return net_check(b->net, e);
}
