/* SPDX-License-Identifier: MIT */
#include "formats/schema_rules.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/utf8.h"

/* ---- where ---- */

void path_push(struct path *p, const char *key)
{
    BUG_IF(p->depth == STREAM_MAX_DEPTH);
    p->at[p->depth].key = key;
    p->at[p->depth++].indexed = false;
}

void path_pop(struct path *p)
{
    p->depth--;
}

void path_index(struct path *p, size_t index)
{
    p->at[p->depth - 1].index = index;
    p->at[p->depth - 1].indexed = true;
}

static void path_text(const struct path *p, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    for (int i = 0; i < p->depth && n < size; i++) {
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? "." : "",
                              p->at[i].key);
        if (p->at[i].indexed && n < size)
            n += (size_t)snprintf(out + n, size - n, "[%zu]", p->at[i].index);
    }
}

int path_fail(const struct path *p, struct err *e, const char *fmt, ...)
{
    char where[240], what[500];
    va_list ap;

    path_text(p, where, sizeof where);
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (!p->depth)
        return err_set(e, ERR_FORMAT, "%s", what);
    return err_set(e, ERR_FORMAT, "key `%s`: %s", where, what);
}

int rule_invariants(const struct path *p, const struct schema *s,
                    const void *data, struct err *e)
{
    char where[240];

    if (!s->check || s->check(data, e) == 0)
        return 0;
    path_text(p, where, sizeof where);
    return p->depth ? err_prefix(e, "key `%s`", where) : e->code;
}

/* ---- single values ---- */

static bool limited(const struct field *f)
{
    return f->min != 0 || f->max != 0;
}

int rule_int(const struct path *p, const struct field *f, int64_t v,
             struct err *e)
{
    if (v > SCHEMA_INT_MAX || v < -SCHEMA_INT_MAX)
        return path_fail(p, e, "%" PRId64 " is beyond 2^53", v);
    if (limited(f) && ((double)v < f->min || (double)v > f->max))
        return path_fail(p, e, "%" PRId64 " is not in %.15g..%.15g", v, f->min,
                         f->max);
    return 0;
}

int rule_real(const struct path *p, const struct field *f, double v,
              struct err *e)
{
    if (!isfinite(v))
        return path_fail(p, e, "%s where numbers must be finite",
                         isnan(v) ? "NaN" : "infinity");
    if (limited(f) && (v < f->min || v > f->max))
        return path_fail(p, e, "%.17g is not in %.15g..%.15g", v, f->min,
                         f->max);
    return 0;
}

int rule_count(const struct path *p, const struct field *f, size_t n,
               struct err *e)
{
    size_t max = f->max_count ? f->max_count : SCHEMA_MAX_COUNT;

    if (n > max)
        return path_fail(p, e, "%zu %s, %zu are allowed", n,
                         f->type == F_STR ? "bytes" : "elements", max);
    return 0;
}

int rule_str(const struct path *p, const struct field *f, const char *s,
             size_t n, struct err *e)
{
    size_t len;

    /* In an array of strings, max_count bounds the array, not each string. */
    if (f->type == F_STR && rule_count(p, f, n, e) < 0)
        return e->code;
    for (size_t i = 0; i < n; i += len)
        if (!(len = utf8_length(s + i, n - i)))
            return path_fail(p, e, "not UTF-8 (byte %zu of the string)", i);
    return 0;
}

/* ---- tensors ---- */

static double element(const struct tensor *t, size_t i)
{
    const union element v = dtype_element(t->dtype, t->data, i);

    switch (t->dtype) {
    case DT_U8:
        return v.u8;
    case DT_I32:
        return v.i32;
    case DT_I64:
        return (double)v.i64;
    case DT_F32:
        return v.f32;
    case DT_F64:
        return v.f64;
    case DT_COUNT:
        break;
    }
    BUG("dtype");
}

#define STRIDE 64 /* elements looked at together, with vectors */

/* Returns true when one of STRIDE f32 is NaN or infinite: such a number has an
 * exponent of all ones. */
static bool stride_not_finite(const char *p)
{
    uint32_t v[STRIDE], bad = 0;

    memcpy(v, p, sizeof v);
    for (int i = 0; i < STRIDE; i++)
        bad |= (v[i] & 0x7f800000) == 0x7f800000;
    return bad;
}

int rule_elements(const struct path *p, const struct field *f,
                  const struct tensor *t, size_t n, struct err *e)
{
    bool floats = t->dtype == DT_F32 || t->dtype == DT_F64;
    const char *values = t->data;
    size_t fine = floats && !(f->flags & F_NANS) ? 0 : n;

    if (t->dtype == DT_F32)
        while (fine + STRIDE <= n && !stride_not_finite(values + 4 * fine))
            fine += STRIDE;
    while (fine < n && isfinite(element(t, fine)))
        fine++;
    if (fine < n)
        return path_fail(p, e, "element %zu is NaN or infinite", fine);
    for (size_t i = 0; limited(f) && i < n; i++) {
        double v = element(t, i);

        if (v < f->min || v > f->max)
            return path_fail(p, e, "element %zu is %.17g, not in %.15g..%.15g",
                             i, v, f->min, f->max);
    }
    return 0;
}

int rule_shape(const struct path *p, const struct field *f,
               const struct tensor *t, size_t *count, struct err *e)
{
    size_t n = 1;

    if (f->dtypes && !(f->dtypes >> t->dtype & 1))
        return path_fail(p, e, "dtype %s is not what belongs here",
                         dtype_name(t->dtype));
    if (t->ndim < 0 || t->ndim > TENSOR_MAX_DIMS)
        return path_fail(p, e, "%d axes, at most 6 are allowed", t->ndim);
    if (f->ndim && t->ndim != f->ndim)
        return path_fail(p, e, "%d axes instead of %d", t->ndim, f->ndim);
    for (int i = 0; i < t->ndim; i++) {
        uint64_t side = (uint64_t)t->shape[i];

        if (t->shape[i] < 0 || side > STREAM_MAX_RECORD ||
            (side && n > STREAM_MAX_RECORD / side))
            return path_fail(p, e, "axis %d of %" PRId64 " elements", i,
                             t->shape[i]);
        n *= side;
    }
    if (f->max_count && n > f->max_count)
        return path_fail(p, e, "%zu elements, %zu are allowed", n,
                         f->max_count);
    *count = n;
    return 0;
}
