/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/netbuild.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/nn/graph/op.h"

static struct ints ints_of(struct arena *a, size_t n, const int64_t *v)
{
    return (struct ints){arena_memdup(a, v, n, sizeof *v), n};
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

/* The list grows by one element, whose address is returned.  Arrays that become
 * too small stay in the arena. */
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
        .origin = {NIL_INT, NIL_INT},
        .classes = classes,
        .input = ints_of(a, 3, (int64_t[]){h, w, c}),
    };
    return (struct net_builder){.net = n, .arena = a};
}

const struct ints *build_shape(const struct net_builder *b, int64_t layer)
{
    return net_shape(b->net, layer);
}

struct layer *build_last(const struct net_builder *b)
{
    return net_layer(b->net, b->net->layers.n - 1);
}

/* ---- layers ---- */

int64_t build_layer(struct net_builder *b, const struct build_op *op)
{
    struct net *n = b->net;
    const struct op_info *info = op_info(op->op);
    const struct ints *in = build_shape(b, op->from[0]);
    struct layer *l = grown(b->arena, &n->layers, &b->layer_cap, sizeof *l);
    int64_t out[3] = {0, 0, op->cout};
    struct param_slot slots[OP_MAX_SLOTS];
    const int64_t *sides = op->sides;
    struct binding *v;
    size_t n_slots;

    *l = (struct layer){
        .name = text(b->arena, "%s", op->name),
        .op = op->op,
        .inputs = ints_of(b->arena, op->n_from, op->from),
        .in = ints_of(b->arena, 3, in->v),
        .mid = op->mid,
        .norm = op->flags & BUILD_NORM,
        .act = op->act,
    };
    if (info->window != WINDOW_NONE) {
        l->kernel = ints_of(b->arena, 2, op->kernel);
        l->stride = ints_of(b->arena, 2, op->stride);
        /* Four numbers are kept only where sides differ. */
        if (!sides)
            l->pad = ints_of(b->arena, 2, op->pad);
        else if (sides[0] == sides[1] && sides[2] == sides[3])
            l->pad = ints_of(b->arena, 2, (int64_t[]){sides[0], sides[2]});
        else
            l->pad = ints_of(b->arena, 4, sides);
    }
    if (info->groups)
        l->groups = op->flags & BUILD_DEPTHWISE ? in->v[2] : 1;
    if (op->flags & BUILD_DEPTHWISE)
        out[2] = in->v[2];
    info->shape(n, l, out);
    l->out = ints_of(b->arena, 3, out);

    /* The only optional parameter is the op's bias. */
    n_slots = layer_slots(l, slots);
    l->bindings.v = v = arena_alloc(b->arena, n_slots + 1, sizeof *v);
    for (size_t i = 0; i < n_slots; i++)
        if (op->flags & BUILD_BIAS || !slots[i].optional)
            v[l->bindings.n++] = (struct binding){
                .slot = text(b->arena, "%s", slots[i].name),
                .tensor = text(b->arena, "%s.%s", l->name, slots[i].name),
                .shape = ints_of(b->arena, slots[i].ndim, slots[i].shape),
            };
    return (int64_t)n->layers.n - 1;
}

int64_t build_conv(struct net_builder *b, const char *name, int64_t from,
                   int64_t cout, int64_t kernel, int64_t stride, unsigned flags,
                   int act)
{
    int64_t pad = flags & BUILD_UNPADDED ? 0 : kernel / 2;

    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_CONV,
                              .from = &from,
                              .n_from = 1,
                              .cout = cout,
                              .kernel = {kernel, kernel},
                              .stride = {stride, stride},
                              .pad = {pad, pad},
                              .flags = flags,
                              .act = act,
                          });
}

int64_t build_linear(struct net_builder *b, const char *name, int64_t from,
                     int64_t cout, unsigned flags, int act)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_LINEAR,
                              .from = &from,
                              .n_from = 1,
                              .cout = cout,
                              .flags = flags,
                              .act = act,
                          });
}

int64_t build_pool(struct net_builder *b, const char *name, int op,
                   int64_t from, int64_t kernel, int64_t stride, int act)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = op,
                              .from = &from,
                              .n_from = 1,
                              .kernel = {kernel, kernel},
                              .stride = {stride, stride},
                              .act = act,
                          });
}

int64_t build_se(struct net_builder *b, const char *name, int64_t from,
                 int64_t mid)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_SE,
                              .from = &from,
                              .n_from = 1,
                              .mid = mid,
                          });
}

int64_t build_add(struct net_builder *b, const char *name, int64_t from,
                  int64_t other, int act)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_ADD,
                              .from = (int64_t[]){from, other},
                              .n_from = 2,
                              .act = act,
                          });
}

int64_t build_mul(struct net_builder *b, const char *name, int64_t from,
                  int64_t by, int act)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_MUL,
                              .from = (int64_t[]){from, by},
                              .n_from = 2,
                              .act = act,
                          });
}

int64_t build_widen(struct net_builder *b, const char *name, int64_t from,
                    int64_t cout)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_WIDEN,
                              .from = &from,
                              .n_from = 1,
                              .cout = cout,
                          });
}

int64_t build_concat(struct net_builder *b, const char *name,
                     const int64_t *from, size_t n_from, int act)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = OP_CONCAT,
                              .from = from,
                              .n_from = n_from,
                              .act = act,
                          });
}

int64_t build_simple(struct net_builder *b, const char *name, int op,
                     int64_t from, int act)
{
    return build_layer(b, &(struct build_op){
                              .name = name,
                              .op = op,
                              .from = &from,
                              .n_from = 1,
                              .act = act,
                          });
}

int64_t build_copy(struct net_builder *b, const struct layer *l,
                   const int64_t *from)
{
    struct layer *copy = grown(b->arena, &b->net->layers, &b->layer_cap,
                               sizeof *copy);

    *copy = *l;
    copy->inputs = ints_of(b->arena, l->inputs.n, from);
    return (int64_t)b->net->layers.n - 1;
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
             : before         ? net_exit_at(n, before - 1)->tap
                              : NET_IMAGE;
}

int build_done(struct net_builder *b, enum mac_rule rule, struct err *e)
{
    char id[HASH_HEX];

    net_cost(b->net, rule);
    net_id(b->net, id);
    b->net->id = arena_strndup(b->arena, id, HASH_HEX - 1);
    return net_check(b->net, e);
}
