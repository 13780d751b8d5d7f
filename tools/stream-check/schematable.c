/* SPDX-License-Identifier: MIT */
#include "tools/stream-check/schematable.h"

#include <math.h>
#include <string.h>

static void put_limit(struct buf *b, double v)
{
    if (v == 0x1p53 - 1)
        buf_adds(b, "2^53-1");
    else if (v == floor(v) && fabs(v) < 1e15)
        buf_addf(b, "%.0f", v);
    else
        buf_addf(b, "%.15g", v);
}

/* Write the type of a field, as "integers 0..255", "name: ok, failed" or "typed
 * array f32". */
static void put_type(struct buf *b, const struct field *f)
{
    static const char *const names[] = {
        [F_BOOL] = "boolean",       [F_INT] = "integer",
        [F_REAL] = "real",          [F_STR] = "string",
        [F_ENUM] = "name",          [F_INTS] = "integers",
        [F_REALS] = "reals",        [F_STRS] = "strings",
        [F_TENSOR] = "typed array", [F_MAP] = "map",
        [F_LIST] = "list of maps",
    };

    buf_adds(b, names[f->type]);
    for (int i = 0; f->type == F_TENSOR && i < DT_COUNT; i++)
        if (f->dtypes >> i & 1)
            buf_addf(b, " %s", dtype_name((enum dtype)i));
    for (int i = 0; f->type == F_ENUM && f->names[i]; i++)
        buf_addf(b, "%s%s", i ? ", " : ": ", f->names[i]);
    if (f->min != 0 || f->max != 0) {
        buf_adds(b, " ");
        put_limit(b, f->min);
        buf_adds(b, "..");
        put_limit(b, f->max);
    }
    if (f->max_count)
        buf_addf(b, ", at most %zu", f->max_count);
}

/* Write unit and shape of a field; its `unit` holds a unit, a shape in
 * parentheses, or both. */
static void put_unit_and_shape(struct buf *b, const struct field *f)
{
    const char *shape = strchr(f->unit, '(');
    bool array = f->type == F_INTS || f->type == F_REALS || f->type == F_STRS ||
                 f->type == F_TENSOR || f->type == F_LIST;
    size_t unit = strlen(f->unit);

    if (shape)
        unit = (size_t)(shape - f->unit);
    else if (array && f->type != F_REALS && unit) {
        shape = f->unit; /* the unit of an array is its shape, as "genes" */
        unit = 0;
    }
    while (unit && f->unit[unit - 1] == ' ')
        unit--;
    buf_add(b, f->unit, unit);
    buf_addf(b, " | %s", shape ? shape : "");
}

static void put_rows(struct buf *b, const struct schema *s, const char *prefix)
{
    for (const struct field *f = s->fields; f->key; f++) {
        struct buf deeper = {0};

        buf_addf(b, "| `%s%s` | ", prefix, f->key);
        put_type(b, f);
        buf_adds(b, " | ");
        put_unit_and_shape(b, f);
        buf_addf(b, " | %s%s | %s | %s |\n", f->flags & F_OPT ? "no" : "yes",
                 f->flags & F_NIL    ? ", nil"
                 : f->flags & F_NANS ? ", NaN"
                                     : "",
                 f->since ? f->since : "1.0", f->doc);
        if (!f->sub)
            continue;
        buf_addf(&deeper, "%s%s%s", prefix, f->key,
                 f->type == F_LIST ? "[]." : ".");
        put_rows(b, f->sub, deeper.data);
        buf_free(&deeper);
    }
}

void schematable_print(struct buf *out, const struct kind *k)
{
    buf_addf(out, "<!-- schema: stream-check --schema %s -->\n", k->id.name);
    for (size_t i = 0; k->records[i]; i++) {
        buf_addf(out,
                 "\nRecord `%s`:\n\n"
                 "| key | type | unit | shape | required | since | meaning |\n"
                 "|---|---|---|---|---|---|---|\n",
                 k->records[i]->type);
        put_rows(out, k->records[i], "");
    }
    buf_adds(out, "\n<!-- /schema -->\n");
}
