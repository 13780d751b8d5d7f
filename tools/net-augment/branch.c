/* SPDX-License-Identifier: MIT */
#include "tools/net-augment/branch.h"

#include <stdio.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/op.h"
#include "libcommon/space/place.h"

#define NAME (2 * NET_MAX_NAME) /* candidates_find sees to it that names fit */

static bool is_vector(const struct ints *shape)
{
    return shape->v[0] == 1 && shape->v[1] == 1;
}

/* Set [*first, *last] to the layers of base's final head that turn a vector into
 * logits, one behind the other.  Returns false when it ends in no such layers. */
static bool vector_part(const struct net *base, int64_t *first, int64_t *last)
{
    const struct net_exit *x = net_exit_at(base, base->exits.n - 1);
    bool weights = false;

    *last = x->last;
    for (int64_t i = x->last; i >= x->first; i--) {
        const struct layer *l = net_layer(base, (size_t)i);

        if (!is_vector(&l->in) || op_info(l->op)->view || l->inputs.n != 1 ||
            (i > x->first && l->inputs.v[0] != i - 1))
            break;
        /* What has no weights in front of it brings the map down to a
         * vector. */
        if (l->bindings.n) {
            *first = i;
            weights = true;
        }
    }
    return weights;
}

/* Append a layer of the blueprint behind `from`. */
static int64_t copy_layer(struct net_builder *b, const struct layer *l,
                          int64_t from, const char *name)
{
    int64_t sides[4];
    struct build_op op = {
        .name = name,
        .op = l->op,
        .from = &from,
        .n_from = 1,
        .cout = l->out.v[2],
        .mid = l->mid,
        .flags = (l->norm ? BUILD_NORM : 0u) |
                 (layer_binding(l, "bias") ? BUILD_BIAS : 0u) |
                 (layer_is_depthwise(l) ? BUILD_DEPTHWISE : 0u),
        .act = l->act,
    };

    for (size_t k = 0; k < l->kernel.n; k++) {
        op.kernel[k] = l->kernel.v[k];
        op.stride[k] = l->stride.v[k];
    }
    for (size_t k = 0; l->pad.n && k < 2; k++) {
        sides[2 * k] = layer_pad_before(l, k);
        sides[2 * k + 1] = layer_pad_after(l, k);
        op.sides = sides;
    }
    return build_layer(b, &op);
}

/* Append the pool to `side` pixels along each axis, where that is fewer than
 * there are, and the flatten.  Windows overlap where the map cannot be cut into
 * equal ones. */
static int64_t build_front(struct net_builder *b, int64_t side, int64_t from,
                           const char *prefix)
{
    const int64_t *map = build_shape(b, from)->v;
    struct build_op pool = {.op = OP_AVGPOOL, .from = &from, .n_from = 1};
    char name[NAME];

    snprintf(name, sizeof name, "%s.pool", prefix);
    pool.name = name;
    if (is_vector(build_shape(b, from)))
        return from;
    if (side == 1)
        return build_simple(b, name, OP_GLOBALPOOL, from, ACT_NONE);
    for (size_t k = 0; k < 2; k++) {
        int64_t out = side < map[k] ? side : map[k];

        pool.stride[k] = map[k] / out;
        pool.kernel[k] = map[k] - (out - 1) * pool.stride[k];
    }
    if (side < map[0] || side < map[1])
        from = build_layer(b, &pool);
    snprintf(name, sizeof name, "%s.flatten", prefix);
    return build_simple(b, name, OP_FLATTEN, from, ACT_NONE);
}

void branch_build(struct net_builder *b, const struct net *base,
                  const struct branch_opts *o, const struct branch_form *form,
                  int64_t from, const char *tap, int64_t stage)
{
    int64_t start = (int64_t)b->net->layers.n, first, last, x;
    char prefix[NET_MAX_NAME], name[NAME];

    snprintf(prefix, sizeof prefix, "exit.%.120s", tap);
    if (o->head.head) {
        head_build(o->head.head, b,
                   &(struct head_site){.prefix = prefix,
                                       .from = from,
                                       .stage = stage,
                                       .pool = form->pool,
                                       .width = o->head.width,
                                       .confidence = true});
        net_exit_at(b->net, b->net->exits.n - 1)->violation = form->violation;
        return;
    }
    x = build_front(b, form->size, from, prefix);
    if (vector_part(base, &first, &last)) {
        for (int64_t i = form->plain ? last : first; i <= last; i++) {
            if (i < last)
                snprintf(name, sizeof name, "%s.hidden%d", prefix,
                         (int)(i - first) + 1);
            else
                snprintf(name, sizeof name, "%s.classifier", prefix);
            x = copy_layer(b, net_layer(base, (size_t)i), x, name);
        }
    } else {
        snprintf(name, sizeof name, "%s.classifier", prefix);
        build_linear(b, name, x, base->classes, BUILD_BIAS, ACT_NONE);
    }
    build_exit(b, (struct net_exit){.stage = stage, .first = start});
}

/* Set form->macs, counted in a net that has the branch alone. */
static void count_macs(struct branch_form *form, const struct net *base,
                       const struct branch_opts *o)
{
    const int64_t *map = net_layer(base, form->layer)->out.v;
    struct arena a = {0};
    struct net net;
    struct net_builder b = build_net(&net, &a, map[0], map[1], map[2],
                                     base->classes);

    branch_build(&b, base, o, form, NET_IMAGE, "", 0);
    net_cost(&net, MACS_TRUE);
    form->macs = net_exit_at(&net, 0)->head_macs;
    arena_free(&a);
}

/* Find the largest S with which the branch keeps to so many MACs. */
static bool find_size(struct branch_form *form, const struct net *base,
                      const struct branch_opts *o, int64_t most)
{
    const int64_t *map = net_layer(base, form->layer)->out.v;
    int64_t longest = map[0] > map[1] ? map[0] : map[1];

    for (form->size = o->side < longest ? o->side : longest;; form->size--) {
        count_macs(form, base, o);
        if (form->macs <= most || form->size == 1)
            return form->macs <= most;
    }
}

/* Find the pools of the heads of a table. */
static void place(struct branch_form *v, size_t n, const struct net *base,
                  const struct branch_opts *o)
{
    struct place_point *p = xcalloc(n + 1, sizeof *p);
    int64_t macs = 0;
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        const int64_t *map = net_layer(base, v[i].layer)->out.v;

        for (; at <= v[i].layer; at++)
            macs += net_layer(base, at)->macs;
        p[i] = (struct place_point){.head = o->head,
                                    .h = map[0],
                                    .w = map[1],
                                    .c = map[2],
                                    .prefix = macs};
    }
    for (; at < base->layers.n; at++)
        macs += net_layer(base, at)->macs;
    place_pools(p, n, macs, base->classes,
                &(struct place_opts){MACS_TRUE, POOL_DIVISORS});
    for (size_t i = 0; i < n; i++) {
        v[i].pool = p[i].pool;
        v[i].violation = p[i].violation;
        count_macs(&v[i], base, o);
    }
    free(p);
}

void branch_forms(struct branch_form *v, size_t n, const struct net *base,
                  const struct branch_opts *o)
{
    int64_t backbone = net_prefix(base, base->exits.n - 1, MACS_TRUE);
    int64_t most = (int64_t)(o->most * (double)backbone), first, last;

    if (o->head.head) {
        place(v, n, base, o);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bool fits = find_size(&v[i], base, o, most);

        v[i].plain = !fits && vector_part(base, &first, &last) && first < last;
        if (v[i].plain)
            find_size(&v[i], base, o, most);
    }
}
