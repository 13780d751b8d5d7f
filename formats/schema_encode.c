/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "formats/schema_rules.h"
#include "libcommon/base/log.h"
#include "libcommon/io/mp.h"

struct encoder {
    struct buf *out;
    struct path path;
    struct err *e;
};

static int encode_map(struct encoder *w, const struct schema *s,
                      const void *data);

static struct list array_at(const void *at)
{
    struct list l;

    memcpy(&l, at, sizeof l);
    return l;
}

static bool is_absent_map(const struct schema *s, const char *data);

/* Returns true when the field holds what an absent key reads as. */
static bool is_absent(const struct field *f, const char *data)
{
    const void *at = data + f->offset;
    bool nil = f->flags & F_NIL;
    static const double zero;

    switch (f->type) {
    case F_BOOL:
        return !*(const bool *)at;
    case F_INT:
        return *(const int64_t *)at == (nil ? NIL_INT : 0);
    case F_REAL:
        return nil ? isnan(*(const double *)at)
                   : !memcmp(at, &zero, sizeof zero); /* not -0.0 */
    case F_STR:
        return !*(char *const *)at;
    case F_ENUM:
        return *(const int *)at == (nil ? -1 : 0);
    case F_INTS:
    case F_REALS:
    case F_STRS:
    case F_LIST:
        return !array_at(at).n;
    case F_TENSOR:
        return !((const struct tensor *)at)->data &&
               !((const struct tensor *)at)->ndim;
    case F_MAP:
        return is_absent_map(f->sub, at);
    }
    BUG("field type");
}

static bool is_absent_map(const struct schema *s, const char *data)
{
    for (const struct field *f = s->fields; f->key; f++)
        if (!is_absent(f, data))
            return false;
    return true;
}

static bool left_out(const struct field *f, const void *data)
{
    return (f->flags & F_OPT) && !(f->flags & F_KEEP) && is_absent(f, data);
}

static int put_nil(struct encoder *w, const struct field *f)
{
    if (!(f->flags & F_NIL))
        return path_fail(&w->path, w->e,
                         "has no value, and nil is not allowed here");
    mp_put_nil(w->out);
    return 0;
}

static int put_int(struct encoder *w, const struct field *f, int64_t v)
{
    if (v == NIL_INT)
        return put_nil(w, f);
    mp_put_int(w->out, v);
    return rule_int(&w->path, f, v, w->e);
}

static int put_real(struct encoder *w, const struct field *f, double v)
{
    if (isnan(v) && (f->flags & F_NIL))
        return put_nil(w, f);
    mp_put_real(w->out, v);
    return rule_real(&w->path, f, v, w->e);
}

static int put_str(struct encoder *w, const struct field *f, const char *s)
{
    if (!s)
        return put_nil(w, f);
    mp_put_str(w->out, s);
    return rule_str(&w->path, f, s, strlen(s), w->e);
}

static int put_array(struct encoder *w, const struct field *f, const void *at)
{
    struct list l = array_at(at);
    int rc = rule_count(&w->path, f, l.n, w->e);

    if (rc < 0)
        return rc;
    mp_put_array(w->out, l.n);
    for (size_t i = 0; rc == 0 && i < l.n; i++) {
        path_index(&w->path, i);
        if (f->type == F_INTS)
            rc = put_int(w, f, ((const int64_t *)l.v)[i]);
        else if (f->type == F_REALS)
            rc = put_real(w, f, ((const double *)l.v)[i]);
        else if (f->type == F_STRS)
            rc = put_str(w, f, ((char *const *)l.v)[i]);
        else
            rc = encode_map(w, f->sub, (const char *)l.v + i * f->sub->size);
    }
    return rc;
}

static int put_tensor(struct encoder *w, const struct field *f,
                      const struct tensor *t)
{
    size_t n;

    if (!t->data && !t->ndim)
        return put_nil(w, f);
    if (rule_shape(&w->path, f, t, &n, w->e) < 0 ||
        rule_elements(&w->path, f, t, n, w->e) < 0)
        return w->e->code;
    if (n * dtype_size(t->dtype) > STREAM_MAX_RECORD)
        return path_fail(&w->path, w->e, "larger than 64 MiB");
    mp_put_map(w->out, 3);
    mp_put_str(w->out, "dtype");
    mp_put_str(w->out, dtype_name(t->dtype));
    mp_put_str(w->out, "shape");
    mp_put_array(w->out, (size_t)t->ndim);
    for (int i = 0; i < t->ndim; i++)
        mp_put_int(w->out, t->shape[i]);
    mp_put_str(w->out, "data");
    mp_put_bin(w->out, t->data, n * dtype_size(t->dtype));
    return 0;
}

static int put_field(struct encoder *w, const struct field *f, const char *data)
{
    const void *at = data + f->offset;
    int v, count = 0;

    switch (f->type) {
    case F_BOOL:
        mp_put_bool(w->out, *(const bool *)at);
        return 0;
    case F_INT:
        return put_int(w, f, *(const int64_t *)at);
    case F_REAL:
        return put_real(w, f, *(const double *)at);
    case F_STR:
        return put_str(w, f, *(char *const *)at);
    case F_ENUM:
        v = *(const int *)at;
        if (v == -1)
            return put_nil(w, f);
        while (f->names[count])
            count++;
        if (v < 0 || v >= count)
            return path_fail(&w->path, w->e, "%d names nothing", v);
        mp_put_str(w->out, f->names[v]);
        return 0;
    case F_INTS:
    case F_REALS:
    case F_STRS:
    case F_LIST:
        return put_array(w, f, at);
    case F_TENSOR:
        return put_tensor(w, f, at);
    case F_MAP:
        return encode_map(w, f->sub, at);
    }
    BUG("field type");
}

static int encode_map(struct encoder *w, const struct schema *s,
                      const void *data)
{
    size_t pairs = s->type ? 1 : 0;

    for (const struct field *f = s->fields; f->key; f++)
        pairs += !left_out(f, data);
    mp_put_map(w->out, pairs);
    if (s->type) {
        mp_put_str(w->out, "type");
        mp_put_str(w->out, s->type);
    }
    for (const struct field *f = s->fields; f->key; f++) {
        if (left_out(f, data))
            continue;
        path_push(&w->path, f->key);
        mp_put_str(w->out, f->key);
        if (put_field(w, f, data) < 0)
            return w->e->code;
        path_pop(&w->path);
    }
    return rule_invariants(&w->path, s, data, w->e);
}

int schema_encode(const struct schema *s, const void *data, struct buf *out,
                  struct err *e)
{
    struct encoder w = {out, {.depth = 0}, e};

    return encode_map(&w, s, data);
}
