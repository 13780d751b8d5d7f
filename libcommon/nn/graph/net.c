/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/net.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/mem.h"

#define NAME_OF(op, name) name,
const char *const net_op_names[] = {NET_OPS(NAME_OF) NULL};

struct binding *layer_binding(const struct layer *l, const char *slot)
{
    for (size_t i = 0; i < l->bindings.n; i++) {
        struct binding *b = (struct binding *)l->bindings.v + i;

        if (strcmp(b->slot, slot) == 0)
            return b;
    }
    return NULL;
}

/* ---- id ---- */

static void put_ints(struct buf *text, const char *key, const struct ints *v)
{
    if (!v->n)
        return;
    buf_addf(text, " %s", key);
    for (size_t i = 0; i < v->n; i++)
        buf_addf(text, "%c%" PRId64, i ? ',' : ' ', v->v[i]);
}

void net_id(const struct net *n, char out[HASH_HEX])
{
    struct buf text = {0};

    buf_adds(&text, "net 1");
    put_ints(&text, "input", &n->input);
    buf_addf(&text, " classes %" PRId64 "\n", n->classes);
    for (size_t i = 0; i < n->layers.n; i++) {
        const struct layer *l = net_layer(n, i);

        buf_addf(&text, "layer %s", net_op_names[l->op]);
        put_ints(&text, "from", &l->inputs);
        put_ints(&text, "out", &l->out);
        put_ints(&text, "kernel", &l->kernel);
        put_ints(&text, "stride", &l->stride);
        put_ints(&text, "pad", &l->pad);
        if (l->groups)
            buf_addf(&text, " groups %" PRId64, l->groups);
        if (l->mid)
            buf_addf(&text, " mid %" PRId64, l->mid);
        if (l->norm)
            buf_adds(&text, " norm");
        if (l->act)
            buf_addf(&text, " %s", net_act_names[l->act]);
        for (size_t k = 0; k < l->bindings.n; k++)
            buf_addf(&text, " %s", ((struct binding *)l->bindings.v)[k].slot);
        buf_adds(&text, "\n");
    }
    for (size_t i = 0; i < n->exits.n; i++) {
        const struct net_exit *x = net_exit_at(n, i);

        buf_addf(&text, "exit tap %" PRId64 " head %" PRId64 " %" PRId64 "%s\n",
                 x->tap, x->first, x->last, x->confidence ? " confidence" : "");
    }
    hash_hex(text.data, text.len, out);
    buf_free(&text);
}

/* ---- copy ---- */

void net_copy(struct net *to, const struct net *from, struct arena *a)
{
    *to = *from;
    to->id = arena_strdup(a, from->id);
    to->arch = arena_strdup(a, from->arch);
    to->space = arena_strdup(a, from->space);
    to->genome = ints_copy(a, &from->genome);
    to->input = ints_copy(a, &from->input);
    to->layers.v = arena_memdup(a, from->layers.v, from->layers.n,
                                sizeof(struct layer));
    to->exits.v = arena_memdup(a, from->exits.v, from->exits.n,
                               sizeof(struct net_exit));
    for (size_t i = 0; i < to->layers.n; i++) {
        struct layer *l = net_layer(to, i);
        struct ints *arrays[] = {&l->inputs, &l->in,     &l->out,
                                 &l->kernel, &l->stride, &l->pad};

        l->name = arena_strdup(a, l->name);
        for (size_t k = 0; k < ARRAY_LEN(arrays); k++)
            *arrays[k] = ints_copy(a, arrays[k]);
        l->bindings.v = arena_memdup(a, l->bindings.v, l->bindings.n,
                                     sizeof(struct binding));
        for (size_t k = 0; k < l->bindings.n; k++) {
            struct binding *b = (struct binding *)l->bindings.v + k;

            b->slot = arena_strdup(a, b->slot);
            b->tensor = arena_strdup(a, b->tensor);
            b->shape = ints_copy(a, &b->shape);
            b->offset = ints_copy(a, &b->offset);
            b->transforms.v = arena_memdup(a, b->transforms.v, b->transforms.n,
                                           sizeof *b->transforms.v);
            for (size_t t = 0; t < b->transforms.n; t++)
                b->transforms.v[t] = arena_strdup(a, b->transforms.v[t]);
        }
    }
}
