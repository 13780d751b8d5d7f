/* SPDX-License-Identifier: MIT */
#include "tools/net-import/netmake.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/nn/graph/op.h"

/* Room for ".weight" and for a number behind a name that comes twice. */
#define NAME_ROOM (NET_MAX_NAME - 24)

static const struct {
    int op;
    unsigned flags; /* enum build_flag */
    bool ends_maps; /* a head may begin with it */
} kinds[STEP_KINDS] = {
    [STEP_CONV] = {OP_CONV, 0, false},
    [STEP_DEPTHWISE] = {OP_CONV, BUILD_DEPTHWISE, false},
    [STEP_LINEAR] = {OP_LINEAR, 0, false},
    [STEP_NORM] = {OP_NORM, 0, false},
    [STEP_ACT] = {OP_ACT, 0, false},
    [STEP_MAXPOOL] = {OP_MAXPOOL, 0, true},
    [STEP_AVGPOOL] = {OP_AVGPOOL, 0, true},
    [STEP_GLOBALPOOL] = {OP_GLOBALPOOL, 0, true},
    [STEP_ADD] = {OP_ADD, 0, false},
    [STEP_MUL] = {OP_MUL, 0, false},
    [STEP_FLATTEN] = {OP_FLATTEN, 0, true},
    [STEP_WIDEN] = {OP_WIDEN, 0, false},
    [STEP_CONCAT] = {OP_CONCAT, 0, false},
};

/* ---- tensors ---- */

/* Append the tensors that the last layer is bound to. */
static int add_tensors(struct net_builder *b, const struct step *t,
                       struct named_tensor *to, size_t *n, struct err *e)
{
    const struct layer *l = build_last(b);
    const struct binding *v = l->bindings.v;
    const struct {
        const char *slot;
        const float *v;
    } have[] = {
        {"weight", t->weight},    {"bias", t->bias},
        {"gamma", t->norm.gamma}, {"beta", t->norm.beta},
        {"mean", t->norm.mean},   {"var", t->norm.var},
    };
    struct param_slot slots[OP_MAX_SLOTS];
    size_t n_slots = layer_slots(l, slots);

    for (size_t i = 0; i < l->bindings.n; i++) {
        struct named_tensor *x = &to[(*n)++];
        const float *values = NULL;

        for (size_t k = 0; k < ARRAY_LEN(have); k++)
            if (strcmp(have[k].slot, v[i].slot) == 0)
                values = have[k].v;
        *x = (struct named_tensor){
            .name = v[i].tensor,
            .role = slot_find(slots, n_slots, v[i].slot)->stat ? ROLE_STAT
                                                               : ROLE_PARAM,
            .value = {DT_F32, (int)v[i].shape.n, {0}, values},
        };
        memcpy(x->value.shape, v[i].shape.v,
               v[i].shape.n * sizeof *v[i].shape.v);
        for (int64_t k = 0; k < shape_count(&v[i].shape); k++)
            if (!isfinite(values[k]))
                return err_set(e, ERR_FORMAT,
                               "layer %s: %s holds a number that is not finite",
                               l->name, v[i].slot);
    }
    return 0;
}

/* ---- the head ---- */

/* A head and the layers behind its first read no layer before the one in front of
 * it. */
static int64_t head_begin(const struct net *n, const bool *ends_maps)
{
    int64_t last = (int64_t)n->layers.n - 1, first = 0, weighted = 0;

    for (int64_t i = 0; i <= last; i++) {
        const struct layer *l = net_layer(n, (size_t)i);
        bool was_map = l->in.v[0] * l->in.v[1] > 1,
             is_map = l->out.v[0] * l->out.v[1] > 1;

        if (was_map && !is_map && ends_maps[i])
            first = i;
        if (l->bindings.n)
            weighted = i;
    }
    if (first == 0)
        first = weighted;
    for (int64_t i = first; i <= last; i++) {
        const struct ints *in = &net_layer(n, (size_t)i)->inputs;

        for (size_t k = 0; k < in->n; k++)
            if (in->v[k] < first - 1) {
                i = first++;
                break;
            }
    }
    return first <= last ? first : 0;
}

/* ---- layers ---- */

static void add_layer(struct net_builder *b, const struct step *t,
                      const int64_t *layer_of, const char *name)
{
    int64_t from[NET_MAX_INPUTS];
    struct build_op op = {
        .name = name,
        .op = kinds[t->kind].op,
        .from = from,
        .n_from = t->n_from,
        .cout = t->out[2],
        .kernel = {t->kernel[0], t->kernel[1]},
        .stride = {t->stride[0], t->stride[1]},
        .sides = t->pad,
        .flags = kinds[t->kind].flags | (t->bias ? BUILD_BIAS : 0),
        .act = t->act,
    };

    if (t->norm.gamma && t->kind != STEP_NORM)
        op.flags |= BUILD_NORM;
    for (size_t k = 0; k < t->n_from; k++)
        from[k] = layer_of[t->from[k]];
    build_layer(b, &op);
}

/* Build the layers and what they are bound to. */
static int make_layers(const struct steps *s, struct net_builder *b,
                       struct made_net *to, bool *ends_maps, struct err *e)
{
    int64_t *layer_of = xcalloc(s->n, sizeof *layer_of);
    struct set taken = {0};
    int rc = 0;

    layer_of[0] = NET_IMAGE;
    for (size_t i = 1; i < s->n && rc == 0; i++) {
        char name[NET_MAX_NAME];
        size_t n = 0;

        if (!s->v[i].live)
            continue;
        /* A name as layers may have it, and no other one has; PyTorch's lead with
         * a slash. */
        for (const char *c = s->v[i].name; *c && n < NAME_ROOM; c++)
            if (n || (*c != '/' && *c != '.'))
                name[n++] = *c > ' ' && *c <= '~' ? *c : '_';
        if (!n)
            name[n++] = '_';
        name[n] = '\0';
        for (size_t before = taken.n, k = 2;
             set_add(&taken, name, strlen(name)) < before; k++)
            snprintf(name + n, NET_MAX_NAME - n, "-%zu", k);
        ends_maps[b->net->layers.n] = kinds[s->v[i].kind].ends_maps;
        layer_of[i] = (int64_t)b->net->layers.n;
        add_layer(b, &s->v[i], layer_of, name);
        rc = add_tensors(b, &s->v[i], to->tensors.v, &to->tensors.n, e);
    }
    set_free(&taken);
    free(layer_of);
    return rc;
}

int net_make(const struct steps *s, size_t output, struct arena *a,
             struct made_net *to, struct err *e)
{
    const int64_t *image = s->v[0].out, *out = s->v[output].out;
    struct net_builder b = build_net(&to->net, a, image[0], image[1], image[2],
                                     out[2]);
    bool *ends_maps;
    size_t live = 0;
    int rc;

    for (size_t i = 1; i < s->n; i++)
        live += s->v[i].live;
    if (live < 1 || live > NET_MAX_LAYERS)
        return err_set(e, ERR_FORMAT, "a network of %zu layers, at most %d",
                       live, NET_MAX_LAYERS);
    ends_maps = xcalloc(live, sizeof *ends_maps);
    to->tensors.v = arena_alloc(a, live * OP_MAX_SLOTS,
                                sizeof(struct named_tensor));
    to->tensors.n = 0;
    rc = make_layers(s, &b, to, ends_maps, e);
    if (rc == 0) {
        build_exit(&b,
                   (struct net_exit){.first = head_begin(&to->net, ends_maps)});
        rc = build_done(&b, MACS_TRUE, e);
    }
    free(ends_maps);
    return rc;
}
