/* SPDX-License-Identifier: MIT */
#include "tools/stream-cmp/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/base/values.h"
#include "libcommon/io/mp.h"

struct comparison {
    struct mp_cursor a, b;
    const struct compare_opts *o;
    struct buf path;
    struct buf *where;
};

static bool same_value(struct comparison *c);

static bool same_real(const struct compare_opts *o, double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    if (a == b)
        return true;
    if (isinf(a) || isinf(b))
        return false;
    return fabs(a - b) <= o->atol + o->rtol * fmax(fabs(a), fabs(b));
}

/* ---- saying what differs ---- */

static void path_cut(struct comparison *c, size_t len)
{
    c->path.len = len;
    if (c->path.data)
        c->path.data[len] = '\0';
}

static bool differ(struct comparison *c, const char *what)
{
    if (c->path.len)
        buf_addf(c->where, "key `%s`: ", c->path.data);
    buf_adds(c->where, what);
    return false;
}

static void describe(char *out, size_t size, const struct mp *v)
{
    switch (v->type) {
    case MP_NIL:
        snprintf(out, size, "nil");
        break;
    case MP_BOOL:
        snprintf(out, size, v->b ? "true" : "false");
        break;
    case MP_INT:
        snprintf(out, size, "%" PRId64, v->i);
        break;
    case MP_BIG:
        snprintf(out, size, "%" PRIu64, v->big);
        break;
    case MP_REAL:
        snprintf(out, size, "%.17g", isnan(v->d) ? NAN : v->d); /* no -nan */
        break;
    case MP_STR:
        snprintf(out, size, "\"%.*s%s\"", (int)(v->n < 60 ? v->n : 60), v->s,
                 v->n < 60 ? "" : "...");
        break;
    case MP_BIN:
        snprintf(out, size, "%zu bytes", v->n);
        break;
    case MP_ARRAY:
        snprintf(out, size, "an array of %zu", v->n);
        break;
    case MP_MAP:
        snprintf(out, size, "a map of %zu", v->n);
        break;
    case MP_BAD:
        snprintf(out, size, "damage");
        break;
    }
}

static bool values_differ(struct comparison *c, const struct mp *a,
                          const struct mp *b)
{
    char x[120], y[120], text[300];

    describe(x, sizeof x, a);
    describe(y, sizeof y, b);
    snprintf(text, sizeof text, "%s is not %s", x, y);
    return differ(c, text);
}

/* ---- typed arrays ---- */

static double float_at(enum dtype t, const char *data, size_t i)
{
    float f;
    double d;

    if (t == DT_F32) {
        memcpy(&f, data + 4 * i, 4);
        return f;
    }
    memcpy(&d, data + 8 * i, 8);
    return d;
}

/* Returns the dtype of the typed array that the map of n pairs at `at` is;
 * DT_COUNT when it is no typed array or not of floats. */
static enum dtype float_type(struct mp_cursor at, size_t n)
{
    struct mp v;

    if (n != 3 || mp_next(&at, &v) != MP_STR || !mp_is(&v, "dtype"))
        return DT_COUNT;
    mp_next(&at, &v);
    return mp_is(&v, "f32") ? DT_F32 : mp_is(&v, "f64") ? DT_F64 : DT_COUNT;
}

static bool same_bytes(struct comparison *c, const struct mp *a,
                       const struct mp *b)
{
    char text[80];
    size_t i = 0;

    if (a->n != b->n)
        return values_differ(c, a, b);
    if (!memcmp(a->s, b->s, a->n))
        return true;
    while (a->s[i] == b->s[i])
        i++;
    snprintf(text, sizeof text, "byte %zu: %u is not %u", i,
             (unsigned char)a->s[i], (unsigned char)b->s[i]);
    return differ(c, text);
}

/* ---- maps and arrays ---- */

/* Move *at to the value of `key` in the map of n pairs at *at.  Returns false
 * when there is no such key. */
static bool seek_key(struct mp_cursor *at, size_t n, const struct mp *key)
{
    struct mp k;

    for (size_t i = 0; i < n; i++) {
        mp_next(at, &k);
        if (k.n == key->n && !memcmp(k.s, key->s, k.n))
            return true;
        mp_skip(at);
    }
    return false;
}

/* Returns true, and says so, when the map at `in` has a key that the map at
 * `other` lacks. */
static bool lacks_key(struct comparison *c, struct mp_cursor in, size_t n,
                      struct mp_cursor other, size_t other_n, const char *which)
{
    char text[200];
    struct mp key;

    for (size_t i = 0; i < n; i++) {
        struct mp_cursor at = other;

        mp_next(&in, &key);
        mp_skip(&in);
        if (seek_key(&at, other_n, &key))
            continue;
        snprintf(text, sizeof text, "key `%.*s` is only in the %s",
                 (int)(key.n < 80 ? key.n : 80), key.s, which);
        return !differ(c, text);
    }
    return false;
}

static bool same_pair(struct comparison *c, enum dtype floats)
{
    size_t path = c->path.len;
    struct mp key, a, b;
    char text[120];
    bool same;

    mp_next(&c->a, &key);
    if (floats == DT_COUNT || !mp_is(&key, "data")) {
        buf_addf(&c->path, "%s%.*s", path ? "." : "",
                 (int)(key.n < 80 ? key.n : 80), key.s);
        same = same_value(c);
        if (same)
            path_cut(c, path);
        return same;
    }

    mp_next(&c->a, &a);
    mp_next(&c->b, &b);
    if (a.n != b.n)
        return values_differ(c, &a, &b);
    if (!memcmp(a.s, b.s, a.n))
        return true;
    for (size_t i = 0; i < a.n / dtype_size(floats); i++) {
        double x = float_at(floats, a.s, i), y = float_at(floats, b.s, i);

        if (!same_real(c->o, x, y)) {
            snprintf(text, sizeof text, "element %zu: %.17g is not %.17g", i,
                     isnan(x) ? NAN : x, isnan(y) ? NAN : y);
            return differ(c, text);
        }
    }
    return true;
}

/* Compare two maps; the pairs of b may come in any order. */
static bool same_map(struct comparison *c, size_t a_n, size_t b_n)
{
    struct mp_cursor b_start = c->b, b_end;
    enum dtype floats = float_type(c->a, a_n);

    if (lacks_key(c, c->a, a_n, c->b, b_n, "first") ||
        lacks_key(c, c->b, b_n, c->a, a_n, "second"))
        return false;
    if (floats != float_type(c->b, b_n))
        floats = DT_COUNT;
    for (size_t i = 0; i < a_n; i++) {
        struct mp_cursor peek = c->a;
        struct mp key;

        mp_next(&peek, &key);
        c->b = b_start;
        seek_key(&c->b, b_n, &key);
        if (!same_pair(c, floats))
            return false;
    }
    b_end = b_start;
    for (size_t i = 0; i < 2 * b_n; i++)
        mp_skip(&b_end);
    c->b = b_end;
    return true;
}

static bool is_number(const struct mp *v)
{
    return v->type == MP_INT || v->type == MP_REAL;
}

static double number(const struct mp *v)
{
    return v->type == MP_INT ? (double)v->i : v->d;
}

static bool same_scalar(struct comparison *c, const struct mp *a,
                        const struct mp *b)
{
    bool same = false;

    if (a->type != b->type)
        same = is_number(a) && is_number(b) &&
               same_real(c->o, number(a), number(b));
    else if (a->type == MP_REAL)
        same = same_real(c->o, a->d, b->d);
    else if (a->type == MP_STR)
        same = a->n == b->n && !memcmp(a->s, b->s, a->n);
    else
        same = a->type == MP_NIL ||
               (a->type == MP_BOOL ? a->b == b->b : a->i == b->i);
    return same || values_differ(c, a, b);
}

static bool same_value(struct comparison *c)
{
    size_t path = c->path.len;
    struct mp a, b;

    mp_next(&c->a, &a);
    mp_next(&c->b, &b);
    if (a.type == b.type && a.type == MP_BIN)
        return same_bytes(c, &a, &b);
    if (a.type == b.type && a.type == MP_MAP)
        return same_map(c, a.n, b.n);
    if (a.type != b.type || a.type != MP_ARRAY)
        return same_scalar(c, &a, &b);
    if (a.n != b.n)
        return values_differ(c, &a, &b);
    for (size_t i = 0; i < a.n; i++) {
        buf_addf(&c->path, "[%zu]", i);
        if (!same_value(c))
            return false;
        path_cut(c, path);
    }
    return true;
}

bool compare_objects(const void *a, size_t a_size, const void *b, size_t b_size,
                     const struct compare_opts *o, struct buf *where)
{
    struct comparison c = {
        .a = mp_cursor(a, a_size),
        .b = mp_cursor(b, b_size),
        .o = o,
        .where = where,
    };
    bool same = (a_size == b_size && !memcmp(a, b, a_size)) || same_value(&c);

    buf_free(&c.path);
    return same;
}
