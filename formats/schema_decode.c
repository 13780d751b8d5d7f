/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/schema_rules.h"
#include "libcommon/base/log.h"
#include "libcommon/io/mp.h"

struct decoder {
    struct mp_cursor c;
    struct arena *arena;
    struct path path;
    struct err *e;
    bool as_is; /* without upgrade */
};

static int decode_map(struct decoder *d, const struct schema *s, size_t pairs,
                      void *data);

static int fail_type(struct decoder *d, const struct mp *v, const char *want)
{
    static const char *const names[] = {
        [MP_BAD] = "damaged bytes",
        [MP_NIL] = "nil",
        [MP_BOOL] = "a boolean",
        [MP_INT] = "an integer",
        [MP_BIG] = "an integer beyond 2^53",
        [MP_REAL] = "a real",
        [MP_STR] = "a string",
        [MP_BIN] = "bytes",
        [MP_ARRAY] = "an array",
        [MP_MAP] = "a map",
    };

    return path_fail(&d->path, d->e, "%s where %s belongs", names[v->type],
                     want);
}

static int next(struct decoder *d, struct mp *v)
{
    if (mp_next(&d->c, v) == MP_BAD)
        return path_fail(&d->path, d->e, "damaged MessagePack");
    return 0;
}

static int to_int(struct decoder *d, const struct field *f, const struct mp *v,
                  int64_t *out)
{
    *out = NIL_INT;
    if (v->type == MP_NIL && (f->flags & F_NIL))
        return 0;
    if (v->type != MP_INT)
        return fail_type(d, v, "an integer");
    *out = v->i;
    return rule_int(&d->path, f, v->i, d->e);
}

/* An integer is accepted as a real, since other writers shorten 1.0 to 1. */
static int to_real(struct decoder *d, const struct field *f, const struct mp *v,
                   double *out)
{
    *out = NAN;
    if (v->type == MP_NIL && (f->flags & F_NIL))
        return 0;
    if (v->type != MP_INT && v->type != MP_REAL)
        return fail_type(d, v, "a number");
    *out = v->type == MP_INT ? (double)v->i : v->d;
    return rule_real(&d->path, f, *out, d->e);
}

static int to_str(struct decoder *d, const struct field *f, const struct mp *v,
                  char **out)
{
    *out = NULL;
    if (v->type == MP_NIL && (f->flags & F_NIL))
        return 0;
    if (v->type != MP_STR)
        return fail_type(d, v, "a string");
    if (rule_str(&d->path, f, v->s, v->n, d->e) < 0)
        return d->e->code;
    *out = arena_strndup(d->arena, v->s, v->n);
    return 0;
}

static int to_map(struct decoder *d, const struct field *f, const struct mp *v,
                  void *out)
{
    if (v->type != MP_MAP)
        return fail_type(d, v, "a map");
    return decode_map(d, f->sub, v->n, out);
}

/* struct ints, reals, strs and list are all a pointer and a count. */
static int to_array(struct decoder *d, const struct field *f,
                    const struct mp *v, void *out)
{
    size_t size = f->type == F_INTS    ? sizeof(int64_t)
                  : f->type == F_REALS ? sizeof(double)
                  : f->type == F_STRS  ? sizeof(char *)
                                       : f->sub->size;
    void *elements;
    int rc = 0;

    if (v->type != MP_ARRAY)
        return fail_type(d, v, "an array");
    if (rule_count(&d->path, f, v->n, d->e) < 0)
        return d->e->code;
    elements = arena_alloc(d->arena, v->n, size);
    for (size_t i = 0; rc == 0 && i < v->n; i++) {
        void *at = (char *)elements + i * size;
        struct mp element;

        path_index(&d->path, i);
        if (next(d, &element) < 0)
            return d->e->code;
        rc = f->type == F_INTS    ? to_int(d, f, &element, at)
             : f->type == F_REALS ? to_real(d, f, &element, at)
             : f->type == F_STRS  ? to_str(d, f, &element, at)
                                  : to_map(d, f, &element, at);
    }
    if (rc == 0)
        memcpy(out, &(struct list){elements, v->n}, sizeof(struct list));
    return rc;
}

/* ---- typed arrays ---- */

/* Read a key with its value.  dtype, shape and data each set a bit of *seen;
 * other keys are skipped. */
static int tensor_key(struct decoder *d, struct tensor *t, struct mp *data,
                      unsigned *seen)
{
    static const char *const keys[] = {"dtype", "shape", "data"};
    struct mp key, v, side;
    int which = 0;

    if (next(d, &key) < 0)
        return d->e->code;
    while (which < 3 && !mp_is(&key, keys[which]))
        which++;
    if (which == 3)
        return mp_skip(&d->c)
                   ? 0
                   : path_fail(&d->path, d->e, "damaged MessagePack");
    if (*seen >> which & 1)
        return path_fail(&d->path, d->e, "%s twice", keys[which]);
    *seen |= 1u << which;
    if (next(d, &v) < 0)
        return d->e->code;
    if (which == 0) {
        for (int i = 0; i < DT_COUNT; i++)
            if (mp_is(&v, dtype_name((enum dtype)i))) {
                t->dtype = (enum dtype)i;
                return 0;
            }
        return path_fail(&d->path, d->e, "unknown dtype");
    }
    if (which == 2) {
        *data = v;
        return v.type == MP_BIN ? 0 : fail_type(d, &v, "binary data");
    }
    if (v.type != MP_ARRAY || v.n > TENSOR_MAX_DIMS)
        return path_fail(&d->path, d->e, "shape is no array of at most 6 axes");
    t->ndim = (int)v.n;
    for (int i = 0; i < t->ndim; i++) {
        if (mp_next(&d->c, &side) != MP_INT)
            return path_fail(&d->path, d->e, "shape holds a non-integer");
        t->shape[i] = side.i;
    }
    return 0;
}

static int to_tensor(struct decoder *d, const struct field *f,
                     const struct mp *v, struct tensor *t)
{
    struct mp data = {0};
    unsigned seen = 0;
    size_t n;

    if (v->type == MP_NIL && (f->flags & F_NIL))
        return 0;
    if (v->type != MP_MAP)
        return fail_type(d, v, "a typed array");
    for (size_t i = 0; i < v->n; i++)
        if (tensor_key(d, t, &data, &seen) < 0)
            return d->e->code;
    if (seen != 7)
        return path_fail(&d->path, d->e,
                         "a typed array has dtype, shape and data");
    if (rule_shape(&d->path, f, t, &n, d->e) < 0)
        return d->e->code;
    if (n * dtype_size(t->dtype) != data.n)
        return path_fail(&d->path, d->e,
                         "%zu bytes of data, the shape needs %zu", data.n,
                         n * dtype_size(t->dtype));
    t->data = data.s;
    return rule_elements(&d->path, f, t, n, d->e);
}

/* ---- maps ---- */

static int to_field(struct decoder *d, const struct field *f, char *data)
{
    void *at = data + f->offset;
    struct mp v;

    if (next(d, &v) < 0)
        return d->e->code;
    switch (f->type) {
    case F_BOOL:
        if (v.type != MP_BOOL)
            return fail_type(d, &v, "a boolean");
        *(bool *)at = v.b;
        return 0;
    case F_INT:
        return to_int(d, f, &v, at);
    case F_REAL:
        return to_real(d, f, &v, at);
    case F_STR:
        return to_str(d, f, &v, at);
    case F_ENUM:
        *(int *)at = -1;
        if (v.type == MP_NIL && (f->flags & F_NIL))
            return 0;
        if (v.type != MP_STR)
            return fail_type(d, &v, "a name");
        for (int i = 0; f->names[i]; i++)
            if (mp_is(&v, f->names[i])) {
                *(int *)at = i;
                return 0;
            }
        return path_fail(&d->path, d->e, "unknown name \"%.*s\"",
                         (int)(v.n < 60 ? v.n : 60), v.s);
    case F_INTS:
    case F_REALS:
    case F_STRS:
    case F_LIST:
        return to_array(d, f, &v, at);
    case F_TENSOR:
        return to_tensor(d, f, &v, at);
    case F_MAP:
        return to_map(d, f, &v, at);
    }
    BUG("field type");
}

/* Returns the index of the field called key, or -1.  The search begins at
 * `from`, behind the last field found, since most keys come in order. */
static int find_field(const struct schema *s, const struct mp *key, int from)
{
    for (int i = from; s->fields[i].key; i++)
        if (mp_is(key, s->fields[i].key))
            return i;
    for (int i = 0; i < from; i++)
        if (mp_is(key, s->fields[i].key))
            return i;
    return -1;
}

static int decode_pair(struct decoder *d, const struct schema *s, void *data,
                       uint64_t *seen, int *from)
{
    struct mp key, type;
    int i, rc;

    if (next(d, &key) < 0)
        return d->e->code;
    if (key.type != MP_STR)
        return fail_type(d, &key, "a key");
    if (s->type && mp_is(&key, "type")) {
        if (next(d, &type) < 0)
            return d->e->code;
        return mp_is(&type, s->type)
                   ? 0
                   : path_fail(&d->path, d->e, "the record is no \"%s\"",
                               s->type);
    }
    i = find_field(s, &key, *from);
    if (i < 0)
        return mp_skip(&d->c)
                   ? 0
                   : path_fail(&d->path, d->e, "damaged MessagePack");
    path_push(&d->path, s->fields[i].key);
    if (*seen >> i & 1)
        return path_fail(&d->path, d->e, "stands there twice");
    *seen |= (uint64_t)1 << i;
    *from = i + 1;
    rc = to_field(d, &s->fields[i], data);
    if (rc == 0)
        path_pop(&d->path);
    return rc;
}

/* Set each field to what it is when its key is absent: nil where that is
 * allowed; the others are zero already. */
static void set_absent(const struct schema *s, char *data)
{
    for (const struct field *f = s->fields; f->key; f++) {
        void *at = data + f->offset;

        if (f->type == F_MAP)
            set_absent(f->sub, at);
        if (!(f->flags & F_NIL))
            continue;
        if (f->type == F_INT)
            *(int64_t *)at = NIL_INT;
        else if (f->type == F_REAL)
            *(double *)at = NAN;
        else if (f->type == F_ENUM)
            *(int *)at = -1;
    }
}

static int decode_map(struct decoder *d, const struct schema *s, size_t pairs,
                      void *data)
{
    uint64_t seen = 0;
    int from = 0;

    set_absent(s, data);
    for (size_t i = 0; i < pairs; i++)
        if (decode_pair(d, s, data, &seen, &from) < 0)
            return d->e->code;
    for (int i = 0; s->fields[i].key; i++) {
        BUG_IF(i == SCHEMA_MAX_FIELDS);
        if (!(seen >> i & 1) && !(s->fields[i].flags & F_OPT)) {
            path_push(&d->path, s->fields[i].key);
            return path_fail(&d->path, d->e, "is missing");
        }
    }
    if (s->upgrade && !d->as_is)
        s->upgrade(data, d->arena);
    return rule_invariants(&d->path, s, data, d->e);
}

static int decode(struct decoder *d, const struct schema *s, void *data)
{
    struct mp v;

    memset(data, 0, s->size);
    if (mp_next(&d->c, &v) != MP_MAP)
        return err_set(d->e, ERR_FORMAT, "not a map");
    return decode_map(d, s, v.n, data);
}

int schema_decode(const struct schema *s, const void *bytes, size_t n,
                  struct arena *a, void *data, struct err *e)
{
    struct decoder d = {mp_cursor(bytes, n), a, {.depth = 0}, e, false};

    return decode(&d, s, data);
}

int schema_decode_as_is(const struct schema *s, const void *bytes, size_t n,
                        struct arena *a, void *data, struct err *e)
{
    struct decoder d = {mp_cursor(bytes, n), a, {.depth = 0}, e, true};

    return decode(&d, s, data);
}
