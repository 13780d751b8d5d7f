/* SPDX-License-Identifier: MIT
 * One kind of table for every view, and one writer per format: columns say
 * what a number means, writers how it is put down.
 *
 * Example (const char *const *id, const double *macs, size_t n,
 *          struct buf *out):
 *     static const struct column columns[] = {
 *         {.key = "id", .head = "id", .type = COL_ID},
 *         {"macs", "MACs M", COL_REAL, .scale = 1e-6, .decimals = 3},
 *         {NULL}};
 *     struct table t;
 *
 *     table_init(&t, "results", columns);
 *     for (size_t i = 0; i < n; i++) {
 *         table_text(&t, id[i]);
 *         table_real(&t, macs[i]);
 *     }
 *     tables_write(&t, 1, TABLE_TEXT, false, true, out);
 *     table_fini(&t);
 *
 * For people (text, md) numbers are scaled and rounded, ids cut to 8 digits,
 * and columns without any value left out.  Text is TABLE_WIDTH wide at most,
 * unless that is not wanted: columns are left out and long texts cut, which a
 * line below the table says; before that line stands the legend of the columns,
 * each of which one table of a report explains.  For machines (tsv, json) numbers
 * stand as they are, with 17 digits, in all columns.  A value that is not
 * there (NULL, NAN, NIL_INT) is "-", in JSON null.  Texts, heads and titles may
 * come from streams: writers mask what is unsafe (base/utf8.h) and escape what
 * the format would read as its own. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/values.h"

#define TABLE_WIDTH 80 /* characters */

enum column_type { COL_TEXT, COL_ID, COL_INT, COL_REAL, COL_REALS, COL_BOOL };

struct column {
    const char *key;  /* NULL ends the list */
    const char *head; /* for people, with the unit after scaling;
                                 * NULL = not for people */
    enum column_type type;
    double scale;       /* COL_REAL, COL_REALS: 0 = 1 */
    int decimals;       /* negative: so many significant digits */
    int drop;           /* text wider than TABLE_WIDTH loses the columns of the
                             * largest number first; 0 = is never left out */
    const char *legend; /* what it says, for people, or NULL */
};

struct cell {
    const char *text;
    const char *label; /* COL_ID: for people in place of the text, or NULL */
    double real;
    double low, high; /* COL_REAL: 95 % interval, NAN = unknown */
    int64_t integer;
    struct reals reals;
};

struct table {
    const char *name;  /* key in JSON, heading in TSV */
    const char *title; /* a line above it for people, or NULL */
    const struct column *columns;
    size_t n_columns;
    struct column *own; /* (room) columns, once one has been added, or NULL */
    size_t room;
    struct cell *cells; /* row-major, n_cells of them so far */
    size_t n_cells, cap;
    struct arena arena; /* what the cells point to */
};

void table_init(struct table *t, const char *name,
                const struct column *columns);
/* Add a column behind those that the table has, before its first cell; what is
 * given is copied. */
void table_column(struct table *t, const struct column *c);
void table_fini(struct table *t);
size_t table_rows(const struct table *t);
/* Returns true when the table fits into TABLE_WIDTH as it is. */
bool table_fits(const struct table *t);
void table_clear(struct table *t); /* no rows any more */

/* For writers: a cell, whether it has no value, and a table as text or
 * Markdown. */
const struct cell *table_cell(const struct table *t, size_t row, size_t col);
bool cell_is_nil(const struct column *c, const struct cell *x);
void table_write_text(const struct table *t, bool md, bool wide, bool legend,
                      struct buf *out);

/* The next cell, row by row; what is given is copied. */
void table_text(struct table *t, const char *s); /* COL_TEXT, COL_ID */
void table_id(struct table *t, const char *id, const char *label); /* COL_ID */
void table_int(struct table *t, int64_t v);
void table_real(struct table *t, double v);
/* A share (COL_REAL) of so many samples, with its 95 % interval for people; NAN
 * or 0 samples = unknown. */
void table_share(struct table *t, double share, double samples);
/* A number (COL_REAL) with its 95 % interval for people. */
void table_between(struct table *t, double v, double low, double high);
void table_reals(struct table *t, const double *v, size_t n);
void table_bool(struct table *t, bool v);
/* The title, kept by the table. */
void table_title(struct table *t, const char *s);

enum table_format { TABLE_TEXT, TABLE_TSV, TABLE_MD, TABLE_JSON };

/* All tables of a report, one after the other; JSON makes one object.  Text of
 * any width where `wide`, with the legends where `legend`. */
void tables_write(const struct table *t, size_t n, enum table_format format,
                  bool wide, bool legend, struct buf *out);

#endif
