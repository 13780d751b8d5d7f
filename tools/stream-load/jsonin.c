/* SPDX-License-Identifier: MIT */
#include "tools/stream-load/jsonin.h"

#include <math.h>
#include <string.h>

#include "formats/schema_rules.h"
#include "libcommon/base/base64.h"
#include "libcommon/io/mp.h"

struct jsonin {
    struct buf *out;
    struct path path;
    bool skip_unknown;
    struct err *e;
};

static int put_map(struct jsonin *j, const struct schema *s, const json_t *v);

/* json_object_foreach needs an object that is not const. */
static json_t *unconst(const json_t *v)
{
    return (json_t *)v;
}

void jsonin_plain(struct buf *out, const json_t *v)
{
    const char *key;
    json_t *value;
    size_t i;

    switch (json_typeof(v)) {
    case JSON_NULL:
        mp_put_nil(out);
        break;
    case JSON_TRUE:
        mp_put_bool(out, true);
        break;
    case JSON_FALSE:
        mp_put_bool(out, false);
        break;
    case JSON_INTEGER:
        mp_put_int(out, json_integer_value(v));
        break;
    case JSON_REAL:
        mp_put_real(out, json_real_value(v));
        break;
    case JSON_STRING:
        mp_put_strn(out, json_string_value(v), json_string_length(v));
        break;
    case JSON_ARRAY:
        mp_put_array(out, json_array_size(v));
        json_array_foreach(v, i, value) jsonin_plain(out, value);
        break;
    case JSON_OBJECT:
        mp_put_map(out, json_object_size(v));
        json_object_foreach(unconst(v), key, value)
        {
            mp_put_str(out, key);
            jsonin_plain(out, value);
        }
        break;
    }
}

/* Write a number where the schema has an integer: jq may have made 1e3 or 1.0
 * of it. */
static void put_int(struct buf *out, const json_t *v)
{
    double d = json_number_value(v);

    if (json_is_real(v) && d == floor(d) && fabs(d) <= 0x1p53)
        mp_put_int(out, (int64_t)d);
    else
        jsonin_plain(out, v);
}

static void put_real(struct buf *out, const json_t *v)
{
    if (json_is_integer(v))
        mp_put_real(out, json_number_value(v));
    else
        jsonin_plain(out, v);
}

/* ---- typed arrays ---- */

/* Append one element of `values` in its binary form.  Returns false when it is
 * not of this dtype. */
static bool add_number(struct buf *bytes, enum dtype dtype, const json_t *v)
{
    double d = json_number_value(v);
    json_int_t i = json_is_integer(v) ? json_integer_value(v) : (json_int_t)0;
    const char *s = json_string_value(v);
    uint8_t u8 = (uint8_t)i;
    int32_t i32 = (int32_t)i;
    int64_t i64 = (int64_t)i;
    float f32;

    if (dtype == DT_F32 || dtype == DT_F64) {
        if (json_is_null(v))
            d = NAN;
        else if (s && (!strcmp(s, "inf") || !strcmp(s, "-inf")))
            d = *s == '-' ? -INFINITY : INFINITY;
        else if (!json_is_number(v))
            return false;
        f32 = (float)d;
        buf_add(bytes, dtype == DT_F32 ? (void *)&f32 : (void *)&d,
                dtype_size(dtype));
        return true;
    }
    if (!json_is_integer(v) || (dtype == DT_U8 && i != u8) ||
        (dtype == DT_I32 && i != i32))
        return false;
    buf_add(bytes,
            dtype == DT_U8    ? (void *)&u8
            : dtype == DT_I32 ? (void *)&i32
                              : (void *)&i64,
            dtype_size(dtype));
    return true;
}

/* Append the bytes of a typed array, from base64 in `data` or numbers in
 * `values`. */
static int tensor_bytes_of(struct jsonin *j, const json_t *v, enum dtype dtype,
                           struct buf *bytes)
{
    const json_t *data = json_object_get(v, "data");
    const json_t *values = json_object_get(v, "values");
    json_t *element;
    size_t i;

    if (json_is_string(data)) {
        if (!base64_decode(bytes, json_string_value(data),
                           json_string_length(data)))
            return path_fail(&j->path, j->e, "data is not base64");
        return 0;
    }
    if (!json_is_array(values))
        return path_fail(&j->path, j->e,
                         "a typed array has dtype, shape and "
                         "data (base64) or values (numbers)");
    json_array_foreach(values, i, element) if (
        !add_number(bytes, dtype,
                    element)) return path_fail(&j->path, j->e,
                                               "values[%zu] is no %s", i,
                                               dtype_name(dtype));
    return 0;
}

static int put_tensor(struct jsonin *j, const json_t *v)
{
    struct buf bytes = {0};
    enum dtype dtype = DT_U8;
    const json_t *shape = json_object_get(v, "shape");
    const char *name = json_string_value(json_object_get(v, "dtype"));
    int rc = 0;

    while (dtype < DT_COUNT && name && strcmp(name, dtype_name(dtype)) != 0)
        dtype++;
    if (dtype == DT_COUNT || !name)
        rc = path_fail(&j->path, j->e, "dtype is none of u8 i32 i64 f32 f64");
    if (rc == 0 && !shape)
        rc = path_fail(&j->path, j->e, "a typed array needs a shape");
    if (rc == 0)
        rc = tensor_bytes_of(j, v, dtype, &bytes);
    if (rc == 0) {
        mp_put_map(j->out, 3);
        mp_put_str(j->out, "dtype");
        mp_put_str(j->out, dtype_name(dtype));
        mp_put_str(j->out, "shape");
        jsonin_plain(j->out, shape);
        mp_put_str(j->out, "data");
        mp_put_bin(j->out, bytes.data, bytes.len);
    }
    buf_free(&bytes);
    return rc;
}

/* ---- by schema ---- */

static int put_field(struct jsonin *j, const struct field *f, const json_t *v)
{
    if (json_is_array(v) && (f->type == F_INTS || f->type == F_REALS ||
                             f->type == F_STRS || f->type == F_LIST)) {
        mp_put_array(j->out, json_array_size(v));
        for (size_t i = 0; i < json_array_size(v); i++) {
            const json_t *element = json_array_get(v, i);

            path_index(&j->path, i);
            if (f->type == F_INTS && json_is_number(element))
                put_int(j->out, element);
            else if (f->type == F_REALS && json_is_number(element))
                put_real(j->out, element);
            else if (f->type != F_LIST || !json_is_object(element))
                jsonin_plain(j->out, element);
            else if (put_map(j, f->sub, element) < 0)
                return j->e->code;
        }
        return 0;
    }
    if (f->type == F_TENSOR && json_is_object(v))
        return put_tensor(j, v);
    if (f->type == F_MAP && json_is_object(v))
        return put_map(j, f->sub, v);
    if (f->type == F_INT && json_is_number(v))
        put_int(j->out, v);
    else if (f->type == F_REAL && json_is_number(v))
        put_real(j->out, v);
    else
        jsonin_plain(j->out, v);
    return 0;
}

static const struct field *find_field(const struct schema *s, const char *key)
{
    for (const struct field *f = s->fields; f->key; f++)
        if (!strcmp(f->key, key))
            return f;
    return NULL;
}

static int put_map(struct jsonin *j, const struct schema *s, const json_t *v)
{
    const char *key;
    json_t *value;
    size_t known = 0;

    json_object_foreach(unconst(v), key, value)
    {
        if ((s->type && !strcmp(key, "type")) || find_field(s, key)) {
            known++;
        } else if (!j->skip_unknown) {
            path_push(&j->path, key);
            return path_fail(&j->path, j->e, "unknown key");
        }
    }
    mp_put_map(j->out, known);
    json_object_foreach(unconst(v), key, value)
    {
        const struct field *f = find_field(s, key);

        if (s->type && !strcmp(key, "type")) {
            mp_put_str(j->out, "type");
            jsonin_plain(j->out, value);
        } else if (f) {
            mp_put_str(j->out, key);
            path_push(&j->path, f->key);
            if (put_field(j, f, value) < 0)
                return j->e->code;
            path_pop(&j->path);
        }
    }
    return 0;
}

int jsonin_record(struct buf *out, const struct schema *s, const json_t *v,
                  bool skip_unknown, struct err *e)
{
    struct jsonin j = {out, {.depth = 0}, skip_unknown, e};

    return put_map(&j, s, v);
}
