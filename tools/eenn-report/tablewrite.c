/* SPDX-License-Identifier: MIT
 * Tables for machines: TSV and JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/json.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/utf8.h"
#include "tools/eenn-report/table.h"

static void tsv_real(double v, struct buf *out)
{
    if (isnan(v))
        buf_adds(out, "-");
    else
        buf_addf(out, "%.17g", v);
}

/* Tabs and line ends, which only names in streams can have, would break the
 * table and become blanks; what else is unsafe is masked. */
static void tsv_text(const char *s, struct buf *out)
{
    size_t from = out->len;

    for (; *s; s++)
        buf_add(out, (unsigned char)*s < ' ' ? " " : s, 1);
    buf_mask(out, from);
}

static void tsv_cell(const struct column *c, const struct cell *x,
                     struct buf *out)
{
    if (cell_is_nil(c, x)) {
        buf_adds(out, "-");
        return;
    }
    switch (c->type) {
    case COL_TEXT:
    case COL_ID:
        tsv_text(x->text, out);
        break;
    case COL_INT:
        buf_addf(out, "%" PRId64, x->integer);
        break;
    case COL_REAL:
        tsv_real(x->real, out);
        break;
    case COL_REALS:
        for (size_t i = 0; i < x->reals.n; i++) {
            buf_adds(out, i ? "," : "");
            tsv_real(x->reals.v[i], out);
        }
        break;
    case COL_BOOL:
        buf_adds(out, x->integer ? "true" : "false");
        break;
    }
}

static void write_tsv(const struct table *t, bool named, struct buf *out)
{
    if (named)
        buf_addf(out, "# %s\n", t->name);
    for (size_t c = 0; c < t->n_columns; c++) {
        buf_adds(out, c ? "\t" : "");
        tsv_text(t->columns[c].key, out);
    }
    buf_adds(out, "\n");
    for (size_t r = 0; r < table_rows(t); r++)
        for (size_t c = 0; c < t->n_columns; c++) {
            buf_adds(out, c ? "\t" : "");
            tsv_cell(&t->columns[c], table_cell(t, r, c), out);
            buf_adds(out, c + 1 == t->n_columns ? "\n" : "");
        }
}

static void json_text(const char *s, struct buf *out)
{
    json_string(out, s, strlen(s));
}

static void json_real(double v, struct buf *out)
{
    if (isfinite(v))
        buf_addf(out, "%.17g", v);
    else
        buf_adds(out, "null");
}

static void write_json(const struct table *t, struct buf *out)
{
    buf_addf(out, "\"%s\":[", t->name);
    for (size_t r = 0; r < table_rows(t); r++) {
        buf_adds(out, r ? ",\n {" : "\n {");
        for (size_t c = 0; c < t->n_columns; c++) {
            buf_adds(out, c ? "," : "");
            json_text(t->columns[c].key, out);
            buf_adds(out, ":");
            const struct cell *x = table_cell(t, r, c);
            enum column_type type = t->columns[c].type;
            if (type == COL_REALS) {
                buf_adds(out, "[");
                for (size_t i = 0; i < x->reals.n; i++) {
                    buf_adds(out, i ? "," : "");
                    json_real(x->reals.v[i], out);
                }
                buf_adds(out, "]");
            } else if (cell_is_nil(&t->columns[c], x)) {
                buf_adds(out, "null");
            } else if (type == COL_INT) {
                buf_addf(out, "%" PRId64, x->integer);
            } else if (type == COL_BOOL) {
                buf_adds(out, x->integer ? "true" : "false");
            } else if (type == COL_REAL) {
                json_real(x->real, out);
            } else {
                json_text(x->text, out);
            }
        }
        buf_adds(out, "}");
    }
    buf_adds(out, "]");
}

void tables_write(const struct table *t, size_t n, enum table_format format,
                  bool wide, bool legend, struct buf *out)
{
    bool json = format == TABLE_JSON;
    buf_adds(out, json ? "{" : "");
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_adds(out, json ? ",\n" : "\n");
        if (json)
            write_json(&t[i], out);
        else if (format == TABLE_TSV)
            write_tsv(&t[i], n > 1, out);
        else
            table_write_text(&t[i], format == TABLE_MD, wide, legend, out);
    }
    buf_adds(out, json ? "}\n" : "");
}
