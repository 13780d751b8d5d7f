/* SPDX-License-Identifier: MIT
 * The graph: which values there are, and in which order nodes are lowered. */
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "tools/net-import/constfold.h"
#include "tools/net-import/lower.h"

/* What folded constants may take beside the model's own, in numbers. */
#define FOLD_ROOM ((int64_t)1 << 22)

/* Bytes that the steps of one model may take beside four times its constants. */
#define STEPS_ROOM ((size_t)1 << 28)

/* ---- the order of nodes ---- */

enum mark { MARK_NEW, MARK_OPEN, MARK_DONE };

struct ordering {
    size_t *producer; /* (names) node, or SIZE_MAX */
    unsigned char *mark;
    size_t *stack, *next; /* (nodes): nodes being visited, and their next
                           * input */
    size_t *order, n;
    /* Each node stands behind those it waits for in the file, which is how
     * models should be. */
    bool sorted;
};

/* Set the nodes that `node` waits for, then itself, in an order.  Returns a node
 * that waits for itself, or SIZE_MAX. */
static size_t visit(const struct lowering *l, struct ordering *o, size_t node)
{
    const struct onnx_node *nodes = l->model->nodes.v;
    size_t depth = 0;

    o->stack[depth] = node;
    o->next[depth++] = 0;
    o->mark[node] = MARK_OPEN;
    while (depth) {
        size_t now = o->stack[depth - 1];
        const struct strs *in = &nodes[now].in;
        size_t k = o->next[depth - 1]++, from;

        if (k == in->n) {
            o->mark[now] = MARK_DONE;
            o->order[o->n++] = now;
            depth--;
            continue;
        }
        from = in->v[k][0] ? o->producer[lowering_value(l, in->v[k])]
                           : SIZE_MAX;
        o->sorted &= from == SIZE_MAX || from < now;
        if (from == SIZE_MAX || o->mark[from] == MARK_DONE)
            continue;
        if (o->mark[from] == MARK_OPEN)
            return from;
        o->mark[from] = MARK_OPEN;
        o->stack[depth] = from;
        o->next[depth++] = 0;
    }
    return SIZE_MAX;
}

/* Lower the nodes that the output needs. */
static void lower_needed(struct lowering *l, size_t output)
{
    const struct onnx_node *nodes = l->model->nodes.v;
    size_t n = l->model->nodes.n, loop = SIZE_MAX;
    struct ordering o = {
        .producer = xcalloc(l->names.n, sizeof *o.producer),
        .mark = xcalloc(n, 1),
        .stack = xcalloc(n + 1, sizeof *o.stack),
        .next = xcalloc(n + 1, sizeof *o.next),
        .order = xcalloc(n, sizeof *o.order),
        .sorted = true,
    };

    for (size_t i = 0; i < l->names.n; i++)
        o.producer[i] = SIZE_MAX;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < nodes[i].out.n; k++)
            if (nodes[i].out.v[k][0])
                o.producer[lowering_value(l, nodes[i].out.v[k])] = i;
    if (o.producer[output] != SIZE_MAX)
        loop = visit(l, &o, o.producer[output]);
    if (loop != SIZE_MAX) {
        struct lowered_node at = {.args.node = &nodes[loop]};

        refuse_node(l, &at, "it waits for its own output");
        o.n = 0;
    }
    /* In the order of the file, where that is one, the layers are in the order
     * in which their author thought of them. */
    for (size_t i = 0, k = 0; o.sorted && i < n && k < o.n; i++)
        if (o.mark[i] == MARK_DONE)
            o.order[k++] = i;
    for (size_t i = 0; i < o.n && l->steps->used <= l->most; i++)
        /* What the image goes through before the network begins is done. */
        if (l->values[lowering_value(l, nodes[o.order[i]].out.v[0])].kind ==
            VALUE_UNKNOWN)
            lower_node(l, &nodes[o.order[i]]);
    if (l->steps->used > l->most)
        refuse(l->refusals, "the model",
               "it unfolds to far more numbers than "
               "it has");
    free(o.producer);
    free(o.mark);
    free(o.stack);
    free(o.next);
    free(o.order);
}

int lower_graph(struct lowering *l, struct mapped *out)
{
    const struct onnx_value *result = l->model->outputs.v;
    struct graph_value *v;

    if (l->model->outputs.n != 1)
        return refuse(l->refusals, "the model",
                      "has %zu outputs, not one: export it with the logits "
                      "alone",
                      l->model->outputs.n);
    v = &l->values[lowering_value(l, result->name)];
    lower_needed(l, lowering_value(l, result->name));
    if (l->refusals->n)
        return ERR_FORMAT;
    if (v->kind != VALUE_MAP)
        return refuse(l->refusals, "the model",
                      "its output %.80s does not depend on its input",
                      result->name);
    *out = v->map;
    return 0;
}

/* ---- the values ---- */

/* Give the value its number.  Names that nodes read count as values, too: those
 * which nobody defines are refused. */
static void define(struct lowering *l, unsigned char *times, const char *name,
                   const char *what)
{
    size_t i = lowering_value(l, name);

    if (times[i] < 2 && times[i]++ == 1)
        refuse(l->refusals, what, "value %.80s is defined twice", name);
}

static void name_values(struct lowering *l)
{
    const struct onnx_model *m = l->model;
    const struct onnx_node *nodes = m->nodes.v;
    const struct onnx_value *in = m->inputs.v, *out = m->outputs.v,
                            *c = m->constants.v;

    for (size_t i = 0; i < m->inputs.n; i++)
        set_add(&l->names, in[i].name, strlen(in[i].name));
    for (size_t i = 0; i < m->constants.n; i++)
        set_add(&l->names, c[i].name, strlen(c[i].name));
    for (size_t i = 0; i < m->nodes.n; i++) {
        for (size_t k = 0; k < nodes[i].in.n; k++)
            set_add(&l->names, nodes[i].in.v[k], strlen(nodes[i].in.v[k]));
        for (size_t k = 0; k < nodes[i].out.n; k++)
            set_add(&l->names, nodes[i].out.v[k], strlen(nodes[i].out.v[k]));
    }
    for (size_t i = 0; i < m->outputs.n; i++)
        set_add(&l->names, out[i].name, strlen(out[i].name));
}

int lowering_init(struct lowering *l, const struct onnx_model *m,
                  struct steps *s, struct refusals *r)
{
    const struct onnx_node *nodes = m->nodes.v;
    const struct onnx_value *in = m->inputs.v, *out = m->outputs.v,
                            *c = m->constants.v;
    unsigned char *times;

    *l = (struct lowering){.model = m,
                           .steps = s,
                           .refusals = r,
                           .room = FOLD_ROOM,
                           .most = STEPS_ROOM};
    name_values(l);
    l->values = xcalloc(l->names.n + 1, sizeof *l->values);
    times = xcalloc(l->names.n + 1, 1);
    for (size_t i = 0; i < m->inputs.n; i++)
        define(l, times, in[i].name, "an input");
    for (size_t i = 0; i < m->constants.n; i++) {
        define(l, times, c[i].name, "an initialiser");
        l->values[lowering_value(l, c[i].name)] = (struct graph_value){
            .kind = VALUE_CONSTANT, .constant = c[i].constant};
        l->room += 4 * c[i].constant->count;
        l->most += 16 * (size_t)c[i].constant->count;
    }
    for (size_t i = 0; i < m->nodes.n; i++)
        for (size_t k = 0; k < nodes[i].out.n; k++)
            if (nodes[i].out.v[k][0])
                define(l, times, nodes[i].out.v[k], nodes[i].name);
    for (size_t i = 0; i < m->nodes.n; i++)
        for (size_t k = 0; k < nodes[i].in.n; k++)
            if (nodes[i].in.v[k][0] &&
                !times[lowering_value(l, nodes[i].in.v[k])])
                refuse_node(l, &(struct lowered_node){.args.node = &nodes[i]},
                            "reads value %.80s, which nobody defines",
                            nodes[i].in.v[k]);
    for (size_t i = 0; i < m->outputs.n; i++)
        if (!times[lowering_value(l, out[i].name)])
            refuse(r, "the model", "its output %.80s is defined by nobody",
                   out[i].name);
    free(times);
    /* Constants are known before the input is looked at (graphinput.h). */
    for (size_t i = 0; i < m->nodes.n && !r->n; i++) {
        const struct node_args a = {.node = &nodes[i], .arena = &s->arena};
        struct constant *made;
        struct err e;

        if (strcmp(nodes[i].op, "Constant") == 0 && !nodes[i].domain[0] &&
            nodes[i].in.n == 0 && nodes[i].out.n &&
            constant_fold(&a, &l->room, &made, &e) > 0)
            l->values[lowering_value(l, nodes[i].out.v[0])] =
                (struct graph_value){.kind = VALUE_CONSTANT, .constant = made};
    }
    return r->n ? ERR_FORMAT : 0;
}

void lowering_free(struct lowering *l)
{
    set_free(&l->names);
    set_free(&l->settled);
    free(l->values);
    free(l->settled_step);
    *l = (struct lowering){0};
}
