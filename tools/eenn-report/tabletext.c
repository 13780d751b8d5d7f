/* SPDX-License-Identifier: MIT
 * Tables for people: text and Markdown. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/utf8.h"
#include "tools/eenn-report/table.h"

#define ID_DIGITS 8
#define TEXT_LONG 28  /* texts are cut to as much before columns go, */
#define TEXT_LEAST 12 /* and to as much afterwards */

/* Append a text masked, in Markdown with a backslash before what would mark it
 * up or end its cell. */
static void human_text(const char *s, bool md, struct buf *b)
{
    size_t n = strlen(s), len;
    uint32_t code;

    for (size_t i = 0; i < n; i += len) {
        len = utf8_next(s + i, n - i, &code);
        if (!utf8_safe(code)) {
            buf_adds(b, "?");
            continue;
        }
        if (md && strchr("\\`*_[]<>|~&", s[i]))
            buf_adds(b, "\\");
        buf_add(b, s + i, len);
    }
}

static void human_real(const struct column *c, double v, struct buf *b)
{
    double scale = c->scale > 0 ? c->scale : 1;
    if (isnan(v))
        buf_adds(b, "-");
    else if (c->decimals < 0 || fabs(v * scale) >= 1e15)
        buf_addf(b, "%.*g", c->decimals < 0 ? -c->decimals : 6, v * scale);
    else
        buf_addf(b, "%.*f", c->decimals, v * scale);
}

static bool is_left(const struct column *c)
{
    return c->type == COL_TEXT || c->type == COL_ID || c->type == COL_REALS;
}

struct table_layout {
    size_t *width; /* (columns), 0 = left out */
    bool md;
    bool cut; /* texts are cut */
    struct buf scratch;
};

/* Returns the text of a cell, or of its column's head where x is NULL, borrowed
 * until the next call. */
static const char *show(struct table_layout *l, const struct column *c,
                        const struct cell *x)
{
    struct buf *b = &l->scratch;
    struct column brief = *c; /* for the ends of an interval */

    brief.decimals = 1;
    buf_clear(b);
    if (!x) {
        human_text(c->head, l->md, b);
        return b->data ? b->data : "";
    }
    if (cell_is_nil(c, x))
        return "-";
    switch (c->type) {
    case COL_TEXT:
        human_text(x->text, l->md, b);
        break;
    case COL_ID:
        if (x->label)
            human_text(x->label, l->md, b);
        else
            buf_add(b, x->text, strnlen(x->text, ID_DIGITS));
        break;
    case COL_INT:
        buf_addf(b, "%" PRId64, x->integer);
        break;
    case COL_REAL:
        human_real(c, x->real, b);
        if (isnan(x->low))
            break;
        buf_adds(b, " (");
        human_real(&brief, x->low, b);
        buf_adds(b, x->low < 0 ? " to " : "-");
        human_real(&brief, x->high, b);
        buf_adds(b, ")");
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
                       size_t row, struct buf *out)
{
    bool md = l->md;
    bool first = true;
    for (size_t c = 0; c < t->n_columns; c++) {
        const struct column *col = &t->columns[c];
        if (!l->width[c])
            continue;
        const char *s = show(l, col,
                             row == (size_t)-1 ? NULL : table_cell(t, row, c));
        buf_adds(out, md ? (first ? "| " : " | ") : first ? "" : "  ");
        size_t w = utf8_width(s), gap = l->width[c] > w ? l->width[c] - w : 0;
        bool cut = w > l->width[c];
        pad(out, is_left(col) ? 0 : gap);
        /* A text that is too wide ends in two dots. */
        for (size_t n = 0, keep = l->width[c] - (cut ? 2 : 0); *s; s++) {
            n += ((unsigned char)*s & 0xc0) != 0x80;
            if (n <= keep)
                buf_add(out, s, 1);
        }
        buf_adds(out, cut ? ".." : "");
        pad(out, is_left(col) ? gap : 0);
        first = false;
    }
    if (md)
        buf_adds(out, " |");
    while (out->len && out->data[out->len - 1] == ' ')
        out->data[--out->len] = 0;
    buf_adds(out, "\n");
}

static void set_widths(const struct table *t, struct table_layout *l)
{
    for (size_t c = 0; c < t->n_columns; c++) {
        const struct column *col = &t->columns[c];
        size_t width = col->head ? utf8_width(show(l, col, NULL)) : 0;
        bool empty = true;

        for (size_t r = 0; col->head && r < table_rows(t); r++) {
            const struct cell *x = table_cell(t, r, c);
            size_t w = utf8_width(show(l, col, x));
            empty &= cell_is_nil(col, x);
            width = w > width ? w : width;
        }
        l->width[c] = empty ? 0 : width;
    }
}

/* Returns by how much the lines are wider than TABLE_WIDTH, 0 = they are not. */
static size_t excess(const struct table *t, const struct table_layout *l)
{
    size_t width = 0;

    for (size_t c = 0; c < t->n_columns; c++)
        if (l->width[c])
            width += l->width[c] + (width ? 2 : 0);
    return width > TABLE_WIDTH ? width - TABLE_WIDTH : 0;
}

/* Cut the widest text down to `least` characters, or its head's width, or to
 * what is enough.  Returns false when no text is wider. */
static bool cut_text(const struct table *t, struct table_layout *l,
                     size_t least, size_t over)
{
    size_t at = t->n_columns, keep;

    for (size_t c = 0; c < t->n_columns; c++) {
        int type = t->columns[c].type;

        if ((type == COL_TEXT || type == COL_REALS) && l->width[c] > least &&
            l->width[c] > utf8_width(t->columns[c].head) &&
            (at == t->n_columns || l->width[c] > l->width[at]))
            at = c;
    }
    if (at == t->n_columns)
        return false;
    keep = utf8_width(t->columns[at].head);
    keep = keep > least ? keep : least;
    l->width[at] = l->width[at] > keep + over ? l->width[at] - over : keep;
    return l->cut = true;
}

/* Cut long texts, leave out the columns of the largest `drop`, the last of several
 * first, then cut texts further, until the lines fit or nothing is left to do. */
static void fit(const struct table *t, struct table_layout *l)
{
    size_t over;

    while ((over = excess(t, l)) > 0) {
        size_t at = t->n_columns;

        for (size_t c = 0; c < t->n_columns; c++)
            if (l->width[c] && t->columns[c].drop &&
                (at == t->n_columns ||
                 t->columns[c].drop >= t->columns[at].drop))
                at = c;
        if (cut_text(t, l, TEXT_LONG, over))
            continue;
        if (at < t->n_columns)
            l->width[at] = 0;
        else if (!cut_text(t, l, TEXT_LEAST, over))
            break;
    }
}

/* Append a text in lines of TABLE_WIDTH at most, broken at blanks; each begins
 * with `indent` blanks, from the second on with two more. */
static void add_wrapped(struct buf *out, const char *s, size_t indent)
{
    size_t at = out->len;

    pad(out, indent);
    while (*s) {
        size_t n = strcspn(s, " "), used = out->len - at;

        if (used > indent && utf8_width(out->data + at) + 1 + n > TABLE_WIDTH) {
            buf_adds(out, "\n");
            at = out->len;
            pad(out, indent + 2);
        } else if (used > indent) {
            buf_adds(out, " ");
        }
        buf_add(out, s, n);
        s += n + (s[n] == ' ');
    }
    buf_adds(out, "\n");
}

/* Write below the table what its columns say, unless a table above says the same,
 * and what is not shown. */
static void add_legend(const struct table *t, struct table_layout *l,
                       const size_t *whole, struct buf *out)
{
    struct buf line = {0}, lines = {0};

    for (size_t c = 0; c < t->n_columns; c++) {
        const struct column *col = &t->columns[c];

        if (!l->width[c] || !col->legend)
            continue;
        buf_clear(&line);
        buf_addf(&line, "%s: %s", show(l, col, NULL), col->legend);
        buf_clear(&lines);
        add_wrapped(&lines, line.data, 2);
        if (!strstr(out->data, lines.data))
            buf_adds(out, lines.data);
    }
    buf_clear(&line);
    for (size_t c = 0; c < t->n_columns; c++)
        if (whole[c] && !l->width[c])
            buf_addf(&line, "%s %s", line.len ? "," : "not shown:",
                     show(l, &t->columns[c], NULL));
    if (l->cut)
        buf_addf(&line, "%stexts are cut", line.len ? "; " : "");
    if (line.len) {
        buf_adds(&line, " (--wide shows all)");
        add_wrapped(out, line.data, 2);
    }
    buf_free(&line);
    buf_free(&lines);
}

bool table_fits(const struct table *t)
{
    struct table_layout l = {.width = xcalloc(t->n_columns, sizeof *l.width)};
    bool fits;

    set_widths(t, &l);
    fits = !excess(t, &l);
    free(l.width);
    buf_free(&l.scratch);
    return fits;
}

void table_write_text(const struct table *t, bool md, bool wide, bool legend,
                      struct buf *out)
{
    struct table_layout l = {.md = md};
    size_t *whole;

    l.width = xcalloc(t->n_columns, 2 * sizeof *l.width);
    whole = l.width + t->n_columns;
    set_widths(t, &l);
    memcpy(whole, l.width, t->n_columns * sizeof *whole);
    if (!md && !wide)
        fit(t, &l);
    if (t->title) {
        struct buf title = {0};

        human_text(t->title, md, &title);
        if (md)
            buf_addf(out, "**%s**\n\n", title.data);
        else
            add_wrapped(out, title.data, 0);
        buf_free(&title);
    }
    if (table_rows(t) > 0)
        human_line(t, &l, (size_t)-1, out);
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
        human_line(t, &l, r, out);
    if (!md && legend && table_rows(t) > 0)
        add_legend(t, &l, whole, out);
    free(l.width);
    buf_free(&l.scratch);
}
