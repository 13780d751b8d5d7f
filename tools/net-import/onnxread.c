/* SPDX-License-Identifier: MIT */
#include "tools/net-import/onnxread.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <onnxfile.pb-c.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"

#include "tools/net-import/external.h"
#include "tools/net-import/refusals.h"

/* What unpacking may take beside the bytes of the file: a message of two bytes
 * becomes a struct of a hundred. */
#define UNPACK_ROOM ((size_t)1 << 26)

/* Bytes that all tensors beside the model may have: many may name the same bytes,
 * so that the size of the file is no bound. */
#define EXTERNAL_MOST ((size_t)1 << 30)

struct onnx_reading {
    struct onnx_model *m;
    const char *folder;
    size_t external; /* bytes read from beside the model */
    struct refusals refusals;
};

/* ---- memory of protobuf-c ---- */

struct budget {
    size_t left;
    bool spent;
};

static void *budget_alloc(void *data, size_t size)
{
    struct budget *b = data;

    b->spent |= size > b->left;
    if (b->spent)
        return NULL;
    b->left -= size;
    return xmalloc(size ? size : 1);
}

static void budget_free(void *data, void *p)
{
    (void)data;
    free(p);
}

/* ---- tensors ---- */

enum tensor_from { FROM_NONE, FROM_F32, FROM_F64, FROM_I32, FROM_I64, FROM_U8 };

/* ONNX's types of numbers: how their raw bytes are read. */
static const struct {
    const char *name;
    enum tensor_from from;
    size_t bytes;
} types[] = {
    [0] = {"undefined", FROM_NONE, 0},
    [1] = {"float", FROM_F32, 4},
    [2] = {"uint8 (quantised)", FROM_NONE, 0},
    [3] = {"int8 (quantised)", FROM_NONE, 0},
    [4] = {"uint16", FROM_NONE, 0},
    [5] = {"int16", FROM_NONE, 0},
    [6] = {"int32", FROM_I32, 4},
    [7] = {"int64", FROM_I64, 8},
    [8] = {"string", FROM_NONE, 0},
    [9] = {"bool", FROM_U8, 1},
    [10] = {"float16 (half precision)", FROM_NONE, 0},
    [11] = {"double", FROM_F64, 8},
    [12] = {"uint32", FROM_NONE, 0},
    [13] = {"uint64", FROM_NONE, 0},
    [14] = {"complex64", FROM_NONE, 0},
    [15] = {"complex128", FROM_NONE, 0},
    [16] = {"bfloat16 (half precision)", FROM_NONE, 0},
};

static void take_raw(struct constant *c, enum tensor_from from,
                     const uint8_t *raw)
{
    static const enum dtype dtypes[] = {
        [FROM_NONE] = DT_U8, [FROM_F32] = DT_F32, [FROM_F64] = DT_F64,
        [FROM_I32] = DT_I32, [FROM_I64] = DT_I64, [FROM_U8] = DT_U8,
    };

    for (int64_t k = 0; k < c->count; k++) {
        union element v = dtype_element(dtypes[from], raw, (size_t)k);

        switch (from) {
        case FROM_F32:
            c->f[k] = v.f32;
            break;
        case FROM_F64:
            c->f[k] = (float)v.f64;
            break;
        case FROM_I32:
            c->i[k] = v.i32;
            break;
        case FROM_I64:
            c->i[k] = v.i64;
            break;
        case FROM_U8:
            c->i[k] = v.u8;
            break;
        case FROM_NONE:
            break;
        }
    }
}

/* Take the numbers from the list of their type, which has enough. */
static void take_list(struct constant *c, enum tensor_from from,
                      const OnnxFile__Tensor *t)
{
    for (int64_t k = 0; k < c->count; k++)
        switch (from) {
        case FROM_F32:
            c->f[k] = t->float_data[k];
            break;
        case FROM_F64:
            c->f[k] = (float)t->double_data[k];
            break;
        case FROM_I64:
            c->i[k] = t->int64_data[k];
            break;
        default:
            c->i[k] = t->int32_data[k];
            break;
        }
}

/* Returns what external_read says of the tensor's entries, or ERR_FORMAT where all
 * external data are too many. */
static int read_external(struct onnx_reading *u, const OnnxFile__Tensor *t,
                         size_t bytes, void **raw, struct err *e)
{
    struct external x = {0};
    int rc;

    if (bytes > EXTERNAL_MOST - u->external)
        return err_set(e, ERR_FORMAT,
                       "external data of more than %zu bytes in all",
                       EXTERNAL_MOST);

    for (size_t k = 0; k < t->n_external_data; k++) {
        const OnnxFile__Entry *entry = t->external_data[k];
        const char *key = entry->key ? entry->key : "";

        if (strcmp(key, "location") == 0)
            x.location = entry->value;
        else if (strcmp(key, "offset") == 0)
            x.offset = entry->value;
        else if (strcmp(key, "length") == 0)
            x.length = entry->value;
    }
    rc = external_read(u->folder, &x, bytes, raw, e);
    u->external += rc == 0 ? bytes : 0;
    return rc;
}

/* Returns the numbers of a tensor, or NULL when it is refused as `what`. */
static struct constant *take_tensor(struct onnx_reading *u, const char *what,
                                    const OnnxFile__Tensor *t)
{
    int32_t type = t->has_data_type ? t->data_type : 0;
    bool external = t->has_data_location && t->data_location != 0;
    struct constant *c;
    enum tensor_from from;
    size_t bytes, have;
    int64_t count;
    void *raw = NULL;
    struct err e;

    if (type < 0 || type >= (int32_t)ARRAY_LEN(types) ||
        types[type].from == FROM_NONE) {
        refuse(&u->refusals, what, "numbers of type %s",
               type < 0 || type >= (int32_t)ARRAY_LEN(types)
                   ? "unknown"
                   : types[type].name);
        return NULL;
    }
    from = types[type].from;
    if (!constant_count(t->dims, t->n_dims, &count)) {
        refuse(&u->refusals, what, "an impossible shape, or one too large");
        return NULL;
    }
    bytes = (size_t)count * types[type].bytes;
    /* What is announced must be there before memory is taken for it. */
    have = t->has_raw_data    ? t->raw_data.len / types[type].bytes
           : from == FROM_F32 ? t->n_float_data
           : from == FROM_F64 ? t->n_double_data
           : from == FROM_I64 ? t->n_int64_data
                              : t->n_int32_data;
    if (!external && (have != (size_t)count ||
                      (t->has_raw_data && t->raw_data.len != bytes))) {
        refuse(&u->refusals, what,
               "has %zu numbers, and its shape needs %" PRId64, have, count);
        return NULL;
    }
    if (external && read_external(u, t, bytes, &raw, &e) < 0) {
        refuse(&u->refusals, what, "%s", e.text);
        return NULL;
    }
    c = constant_new(&u->m->arena, from == FROM_F32 || from == FROM_F64,
                     t->dims, t->n_dims);
    if (external || t->has_raw_data)
        take_raw(c, from, external ? raw : t->raw_data.data);
    else
        take_list(c, from, t);
    free(raw);
    return c;
}

/* ---- nodes ---- */

static char *text_of(struct onnx_reading *u, const char *s)
{
    return arena_strdup(&u->m->arena, s ? s : "");
}

static struct strs names_of(struct onnx_reading *u, char **v, size_t n)
{
    struct strs s = {arena_alloc(&u->m->arena, n, sizeof(char *)), n};

    for (size_t i = 0; i < n; i++)
        s.v[i] = text_of(u, v[i]);
    return s;
}

static void take_attribute(struct onnx_reading *u, const char *node,
                           const OnnxFile__Attribute *from,
                           struct onnx_attribute *to)
{
    struct arena *a = &u->m->arena;
    char what[200];

    *to = (struct onnx_attribute){
        .name = text_of(u, from->name),
        .i = from->has_i ? from->i : 0,
        .f = from->has_f ? (double)from->f : 0,
        .s = text_of(u, from->s),
        .ints = {arena_memdup(a, from->ints, from->n_ints, sizeof(int64_t)),
                 from->n_ints},
        .reals = {arena_alloc(a, from->n_floats, sizeof(double)),
                  from->n_floats},
        /* 5 = a graph, 10 = several */
        .graph = from->has_type && (from->type == 5 || from->type == 10),
    };
    for (size_t i = 0; i < from->n_floats; i++)
        to->reals.v[i] = (double)from->floats[i];
    if (from->t) {
        snprintf(what, sizeof what, "node %.80s, attribute %.60s", node,
                 to->name);
        to->t = take_tensor(u, what, from->t);
    }
}

static void take_node(struct onnx_reading *u, const OnnxFile__Node *from,
                      size_t i, struct onnx_node *to)
{
    struct onnx_attribute *v;
    char number[32];

    snprintf(number, sizeof number, "#%zu", i);
    *to = (struct onnx_node){
        .op = text_of(u, from->op_type),
        .domain = text_of(u, from->domain),
        .in = names_of(u, from->input, from->n_input),
        .out = names_of(u, from->output, from->n_output),
    };
    to->name = text_of(u, from->name && from->name[0] ? from->name
                          : from->n_output && from->output[0][0]
                              ? from->output[0]
                              : number);
    if (strcmp(to->domain, "ai.onnx") == 0)
        to->domain = "";
    v = arena_alloc(&u->m->arena, from->n_attribute, sizeof *v);
    to->attributes = (struct list){v, from->n_attribute};
    for (size_t k = 0; k < from->n_attribute; k++)
        take_attribute(u, to->name, from->attribute[k], &v[k]);
}

static void take_value(struct onnx_reading *u, const OnnxFile__ValueInfo *from,
                       struct onnx_value *to)
{
    const OnnxFile__TensorType *t = from->type ? from->type->tensor_type : NULL;

    *to = (struct onnx_value){
        .name = text_of(u, from->name),
        .type = t && t->has_elem_type ? t->elem_type : 0,
    };
    if (!t || !t->shape || t->shape->n_dim > CONSTANT_MAX_RANK)
        return;
    to->shaped = true;
    to->rank = t->shape->n_dim;
    for (size_t k = 0; k < to->rank; k++) {
        const OnnxFile__Dimension *d = t->shape->dim[k];

        to->dims[k] = d->has_dim_value && d->dim_value > 0 ? d->dim_value : -1;
    }
}

/* Set *read to the names of the values that somebody reads. */
static void find_read(const OnnxFile__Graph *g, struct set *read)
{
    for (size_t i = 0; i < g->n_node; i++)
        for (size_t k = 0; k < g->node[i]->n_input; k++)
            set_add(read, g->node[i]->input[k], strlen(g->node[i]->input[k]));
    for (size_t i = 0; i < g->n_output; i++)
        if (g->output[i]->name)
            set_add(read, g->output[i]->name, strlen(g->output[i]->name));
}

static void take_graph(struct onnx_reading *u, const OnnxFile__Graph *g)
{
    struct onnx_model *m = u->m;
    struct onnx_value *v = arena_alloc(&m->arena, g->n_initializer, sizeof *v);
    struct onnx_node *nodes = arena_alloc(&m->arena, g->n_node, sizeof *nodes);
    struct set given = {0}, read = {0};

    m->name = text_of(u, g->name);
    m->constants.v = v;
    find_read(g, &read);
    for (size_t i = 0; i < g->n_initializer; i++) {
        const OnnxFile__Tensor *t = g->initializer[i];
        const char *name = t->name ? t->name : "";
        struct onnx_value *to = &v[m->constants.n];
        char what[160];

        set_add(&given, name, strlen(name));
        /* What nobody reads may be of any type. */
        if (set_find(&read, name, strlen(name)) == SET_NONE)
            continue;
        snprintf(what, sizeof what, "initialiser %.120s", name);
        *to = (struct onnx_value){.name = text_of(u, name),
                                  .constant = take_tensor(u, what, t)};
        m->constants.n++;
    }
    v = arena_alloc(&m->arena, g->n_input, sizeof *v);
    m->inputs.v = v;
    for (size_t i = 0; i < g->n_input; i++) {
        const char *name = g->input[i]->name ? g->input[i]->name : "";

        if (set_find(&given, name, strlen(name)) == SET_NONE)
            take_value(u, g->input[i], &v[m->inputs.n++]);
    }
    v = arena_alloc(&m->arena, g->n_output, sizeof *v);
    m->outputs = (struct list){v, g->n_output};
    for (size_t i = 0; i < g->n_output; i++)
        take_value(u, g->output[i], &v[i]);
    m->nodes = (struct list){nodes, g->n_node};
    for (size_t i = 0; i < g->n_node; i++)
        take_node(u, g->node[i], i, &nodes[i]);
    if (g->n_sparse_initializer)
        refuse(&u->refusals, "the model", "sparse initialisers");
    set_free(&given);
    set_free(&read);
}

static int take_model(struct onnx_reading *u, const OnnxFile__Model *x,
                      struct err *e)
{
    u->m->producer = text_of(u, x->producer_name);
    for (size_t i = 0; i < x->n_opset_import; i++) {
        const OnnxFile__Opset *o = x->opset_import[i];

        if (!o->domain || !o->domain[0] || strcmp(o->domain, "ai.onnx") == 0)
            u->m->opset = o->has_version ? o->version : 0;
    }
    if (!x->graph || !x->graph->n_node || !x->n_opset_import)
        return err_set(e, ERR_FORMAT,
                       "not an ONNX model: no graph with nodes, or no operator "
                       "set");
    if (u->m->opset < ONNX_MIN_OPSET || u->m->opset > ONNX_MAX_OPSET)
        return err_set(e, ERR_FORMAT,
                       "operator set %" PRId64 ", known are %d to %d: export "
                       "the model with one of these (opset_version=)",
                       u->m->opset, ONNX_MIN_OPSET, ONNX_MAX_OPSET);
    if (x->graph->n_node > ONNX_MAX_NODES)
        return err_set(e, ERR_FORMAT, "%zu nodes, at most %d are read",
                       x->graph->n_node, ONNX_MAX_NODES);
    take_graph(u, x->graph);
    return refusals_report(&u->refusals, e);
}

int onnx_read(const void *bytes, size_t n, const char *folder,
              struct onnx_model *m, struct err *e)
{
    struct budget budget = {UNPACK_ROOM + 4 * n, false};
    ProtobufCAllocator allocator = {budget_alloc, budget_free, &budget};
    struct onnx_reading u = {.m = m, .folder = folder};
    OnnxFile__Model *x;
    int rc;

    if (n == 0)
        return err_set(e, ERR_FORMAT, "the file is empty");
    x = onnx_file__model__unpack(&allocator, n, bytes);
    if (!x && budget.spent)
        return err_set(e, ERR_FORMAT,
                       "not an ONNX model: it unfolds to far more than its "
                       "%zu bytes",
                       n);
    if (!x)
        return err_set(e, ERR_FORMAT,
                       "not an ONNX model, or one that is cut off or damaged");
    rc = take_model(&u, x, e);
    onnx_file__model__free_unpacked(x, &allocator);
    refusals_free(&u.refusals);
    return rc;
}

void onnx_free(struct onnx_model *m)
{
    arena_free(&m->arena);
    *m = (struct onnx_model){0};
}

const struct onnx_attribute *onnx_attribute(const struct onnx_node *n,
                                            const char *name)
{
    const struct onnx_attribute *a = n->attributes.v;

    for (size_t i = 0; i < n->attributes.n; i++)
        if (strcmp(a[i].name, name) == 0)
            return &a[i];
    return NULL;
}

int64_t onnx_int(const struct onnx_node *n, const char *name, int64_t otherwise)
{
    const struct onnx_attribute *a = onnx_attribute(n, name);

    return a ? a->i : otherwise;
}

double onnx_real(const struct onnx_node *n, const char *name, double otherwise)
{
    const struct onnx_attribute *a = onnx_attribute(n, name);

    return a ? a->f : otherwise;
}
