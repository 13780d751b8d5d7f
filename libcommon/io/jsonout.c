/* SPDX-License-Identifier: MIT */
#include "libcommon/io/jsonout.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "libcommon/base/base64.h"
#include "libcommon/base/json.h"
#include "libcommon/base/log.h"
#include "libcommon/base/number.h"
#include "libcommon/base/values.h"
#include "libcommon/io/mp.h"

static void put_value(struct buf *out, struct mp_cursor *c,
                      const struct jsonout_opts *o);

/* NaN and infinities, which JSON does not have, become null and strings. */
static void put_real(struct buf *out, double v, bool single)
{
    size_t start = out->len;

    if (isnan(v)) {
        buf_adds(out, "null");
        return;
    }
    if (isinf(v)) {
        buf_adds(out, v < 0 ? "\"-inf\"" : "\"inf\"");
        return;
    }
    number_digits(v, single, out);
    if (!strpbrk(out->data + start, ".e"))
        buf_adds(out, ".0");
}

/* ---- typed arrays ---- */

/* If the map with n pairs at *c is a typed array with its keys in order, set
 * its parts, move *c behind it and return true. */
static bool read_tensor(struct mp_cursor *c, size_t n, enum dtype *dtype,
                        struct mp_cursor *shape, struct mp *data)
{
    struct mp_cursor at = *c;
    struct mp v;
    int i = 0;

    if (n != 3 || mp_next(&at, &v) != MP_STR || !mp_is(&v, "dtype") ||
        mp_next(&at, &v) != MP_STR)
        return false;
    while (i < DT_COUNT && !mp_is(&v, dtype_name((enum dtype)i)))
        i++;
    if (i == DT_COUNT || mp_next(&at, &v) != MP_STR || !mp_is(&v, "shape"))
        return false;
    *dtype = (enum dtype)i;
    *shape = at;
    if (!mp_skip(&at) || mp_next(&at, &v) != MP_STR || !mp_is(&v, "data") ||
        mp_next(&at, data) != MP_BIN)
        return false;
    *c = at;
    return true;
}

static void put_tensor(struct buf *out, enum dtype dtype,
                       struct mp_cursor shape, const struct mp *data,
                       const struct jsonout_opts *o)
{
    size_t n = data->n / dtype_size(dtype);

    buf_addf(out, "{\"dtype\":\"%s\",\"shape\":", dtype_name(dtype));
    put_value(out, &shape, o);
    if (!o->values) {
        buf_adds(out, ",\"data\":\"");
        base64_encode(out, data->s, data->n);
        buf_adds(out, "\"}");
        return;
    }
    if (o->max_values && n > o->max_values)
        n = o->max_values;
    buf_adds(out, ",\"values\":[");
    for (size_t i = 0; i < n; i++) {
        const union element v = dtype_element(dtype, data->s, i);

        buf_adds(out, i ? "," : "");
        switch (dtype) {
        case DT_U8:
            buf_addf(out, "%u", v.u8);
            break;
        case DT_I32:
            buf_addf(out, "%" PRId32, v.i32);
            break;
        case DT_I64:
            buf_addf(out, "%" PRId64, v.i64);
            break;
        case DT_F32:
            put_real(out, v.f32, true);
            break;
        case DT_F64:
            put_real(out, v.f64, false);
            break;
        case DT_COUNT:
            BUG("dtype");
        }
    }
    buf_adds(out, "]}");
}

/* ---- the rest ---- */

static void put_map(struct buf *out, struct mp_cursor *c, size_t n,
                    const struct jsonout_opts *o)
{
    struct mp_cursor shape;
    struct mp key;
    enum dtype dtype;

    if (read_tensor(c, n, &dtype, &shape, &key)) {
        put_tensor(out, dtype, shape, &key, o);
        return;
    }
    buf_adds(out, "{");
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, i ? "," : "");
        mp_next(c, &key);
        json_string(out, key.s, key.n);
        buf_adds(out, ":");
        put_value(out, c, o);
    }
    buf_adds(out, "}");
}

/* The depth of the recursion is bounded, since stream readers refuse records
 * that are nested too deeply. */
static void put_value(struct buf *out, struct mp_cursor *c,
                      const struct jsonout_opts *o)
{
    struct mp v;

    switch (mp_next(c, &v)) {
    case MP_BAD:
        BUG("damaged record from a stream reader");
    case MP_NIL:
        buf_adds(out, "null");
        break;
    case MP_BOOL:
        buf_adds(out, v.b ? "true" : "false");
        break;
    case MP_INT:
        buf_addf(out, "%" PRId64, v.i);
        break;
    case MP_BIG:
        buf_addf(out, "%" PRIu64, v.big);
        break;
    case MP_REAL:
        put_real(out, v.d, false);
        break;
    case MP_STR:
        json_string(out, v.s, v.n);
        break;
    case MP_BIN:
        buf_adds(out, "\"");
        base64_encode(out, v.s, v.n);
        buf_adds(out, "\"");
        break;
    case MP_ARRAY:
        buf_adds(out, "[");
        for (size_t i = 0; i < v.n; i++) {
            buf_adds(out, i ? "," : "");
            put_value(out, c, o);
        }
        buf_adds(out, "]");
        break;
    case MP_MAP:
        put_map(out, c, v.n, o);
        break;
    }
}

void jsonout_object(struct buf *out, const void *bytes, size_t n,
                    const struct jsonout_opts *o)
{
    struct mp_cursor c = mp_cursor(bytes, n);

    put_value(out, &c, o);
}
