/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-report/table.h"

#define ID_DIGITS 8

static const struct cell *cell_at(const struct table *t, size_t row, size_t col)
{
    return &t->cells[row * t->n_columns + col];
}

static bool cell_is_nil(const struct column *c, const struct cell *x)
{
    switch (c->type) {
    case COL_TEXT:
    case COL_ID:
        return !x->text;
    case COL_INT:
        return x->integer == NIL_INT;
    case COL_REAL:
        return isnan(x->real);
    case COL_REALS:
        return x->reals.n == 0;
    case COL_BOOL:
        break;
    }
    return false;
}

/* ---- for people ---- */

static void human_real(const struct column *c, double v, struct buf *b)
{
    double scale = c->scale > 0 ? c->scale : 1;
    if (isnan(v))
        buf_adds(b, "-");
    else if (c->decimals < 0)
        buf_addf(b, "%.*g", -c->decimals, v * scale);
    else
        buf_addf(b, "%.*f", c->decimals, v * scale);
}

static bool is_left(const struct column *c)
{
    return c->type == COL_TEXT || c->type == COL_ID || c->type == COL_REALS;
}

/* Returns the display width: the number of bytes that do not continue a UTF-8
 * character. */
static size_t width_of(const char *s)
{
    size_t n = 0;
    for (; *s; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

struct table_layout {
    size_t *width; /* (columns), 0 = left out */
    struct buf scratch;
};

/* Returns the text of a cell, borrowed until the next call. */
static const char *show(struct table_layout *l, const struct column *c,
                        const struct cell *x)
{
    struct buf *b = &l->scratch;

    buf_clear(b);
    if (cell_is_nil(c, x))
        return "-";
    switch (c->type) {
    case COL_TEXT:
        buf_adds(b, x->text);
        break;
    case COL_ID:
        buf_add(b, x->text, strnlen(x->text, ID_DIGITS));
        break;
    case COL_INT:
        buf_addf(b, "%" PRId64, x->integer);
        break;
    case COL_REAL:
        human_real(c, x->real, b);
        break;
    case COL_REALS:
        for (size_t i = 0; i < x->reals.n; i++) {
            buf_adds(b, i ? " " : "");
            human_real(c, x->reals.v[i], b);
        }
        break;
    case COL_BOOL:
        buf_adds(b, x->integer ? "yes" : "no");
        break;
    }
    return b->data ? b->data : "";
}

static void pad(struct buf *out, size_t n)
{
    while (n-- > 0)
        buf_add(out, " ", 1);
}

/* Write one line of cells; row (size_t)-1 is that of the heads. */
static void human_line(const struct table *t, struct table_layout *l,
                       size_t row, bool md, struct buf *out)
{
    bool first = true;
    for (size_t c = 0; c < t->n_columns; c++) {
        const struct column *col = &t->columns[c];
        if (!l->width[c])
            continue;
        const char *s = row == (size_t)-1 ? col->head
                                          : show(l, col, cell_at(t, row, c));
        buf_adds(out, md ? (first ? "| " : " | ") : first ? "" : "  ");
        size_t w = width_of(s), gap = l->width[c] > w ? l->width[c] - w : 0;
        pad(out, is_left(col) ? 0 : gap);
        buf_adds(out, s);
        pad(out, is_left(col) ? gap : 0);
        first = false;
    }
    if (md)
        buf_adds(out, " |");
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = 0;
    buf_adds(out, "\n");
}

static void write_human(const struct table *t, bool md, struct buf *out)
{
    struct table_layout l = {0};
    l.width = xcalloc(t->n_columns, sizeof *l.width);
    for (size_t c = 0; c < t->n_columns; c++) {
        const struct column *col = &t->columns[c];
        size_t width = col->head ? width_of(col->head) : 0;
        bool empty = true;
        for (size_t r = 0; col->head && r < table_rows(t); r++) {
            const struct cell *x = cell_at(t, r, c);
            size_t w = width_of(show(&l, col, x));
            empty &= cell_is_nil(col, x);
            width = w > width ? w : width;
        }
        l.width[c] = empty ? 0 : width;
    }
    if (t->title)
        buf_addf(out, md ? "**%s**\n\n" : "%s\n", t->title);
    if (table_rows(t) > 0)
        human_line(t, &l, (size_t)-1, md, out);
    if (table_rows(t) > 0 && md) { /* the rule below the heads */
        for (size_t c = 0; c < t->n_columns; c++) {
            bool left = is_left(&t->columns[c]);

            if (!l.width[c])
                continue;
            buf_adds(out, "|-");
            for (size_t i = 1; i < l.width[c] + left; i++)
                buf_adds(out, "-");
            buf_adds(out, left ? "-" : "-:");
        }
        buf_adds(out, "|\n");
    }
    for (size_t r = 0; r < table_rows(t); r++)
        human_line(t, &l, r, md, out);
    free(l.width);
    buf_free(&l.scratch);
}

/* ---- for machines ---- */

static void tsv_real(double v, struct buf *out)
{
    if (isnan(v))
        buf_adds(out, "-");
    else
        buf_addf(out, "%.17g", v);
}

/* Tabs and line ends, which only names in streams can have, would break the
 * table and become blanks. */
static void tsv_text(const char *s, struct buf *out)
{
    for (; *s; s++) {
        char plain = (unsigned char)*s < ' ' ? ' ' : *s;
        buf_add(out, &plain, 1);
    }
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
            tsv_cell(&t->columns[c], cell_at(t, r, c), out);
            buf_adds(out, c + 1 == t->n_columns ? "\n" : "");
        }
}

static void json_text(const char *s, struct buf *out)
{
    buf_adds(out, "\"");
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", c);
        else if (c < ' ')
            buf_addf(out, "\\u%04x", c);
        else
            buf_add(out, s, 1);
    }
    buf_adds(out, "\"");
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
            const struct cell *x = cell_at(t, r, c);
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
                  struct buf *out)
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
            write_human(&t[i], format == TABLE_MD, out);
    }
    buf_adds(out, json ? "}\n" : "");
}
