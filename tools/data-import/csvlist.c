/* SPDX-License-Identifier: MIT */
#include "tools/data-import/csvlist.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/textfile.h"
#include "tools/data-import/filelist.h"

#define CSV_BYTES ((size_t)1 << 30) /* most of a file */
#define FIELDS 64                   /* most of a row */

struct csv {
    char *at, *end;
    size_t line, next; /* where the present row begins, and the next one */
    char *field[FIELDS];
    size_t n;
};

bool csv_named(const char *path)
{
    size_t n = strlen(path);

    return n > 4 && !strcasecmp(path + n - 4, ".csv");
}

/* ---- rows ---- */

/* Copy the text between quotes from c->at on to *to, two quotes as one.  Returns
 * false where they are left open or followed by other text. */
static bool unquote(struct csv *c, char **to)
{
    for (c->at++; c->at < c->end; *(*to)++ = *c->at++) {
        c->next += *c->at == '\n';
        if (*c->at == '"' && c->at[1] != '"')
            break;
        c->at += *c->at == '"';
    }
    if (c->at == c->end)
        return false;
    for (c->at++; c->at < c->end && strchr(" \t\r", *c->at); c->at++)
        ;
    return c->at == c->end || *c->at == ',' || *c->at == '\n';
}

/* Cut the next row into its fields, in place.  Returns 1, or 0 at the end. */
static int next_row(struct csv *c, struct err *e)
{
    bool more = c->at < c->end;

    c->line = c->next;
    for (c->n = 0; more; c->n++) {
        char *to = c->at;

        if (c->n == FIELDS)
            return err_set(e, ERR_FORMAT, "more than %d fields", FIELDS);
        c->field[c->n] = to;
        while (*c->at == ' ' || *c->at == '\t')
            c->at++;
        if (*c->at == '"') {
            if (!unquote(c, &to))
                return err_set(e, ERR_FORMAT,
                               "a quote that is not closed at the end of its "
                               "field");
        } else {
            while (c->at < c->end && *c->at != ',' && *c->at != '\n')
                *to++ = *c->at++;
            while (to > c->field[c->n] && strchr(" \t\r", to[-1]))
                to--;
        }
        more = *c->at == ',';
        c->next += *c->at == '\n';
        c->at += c->at < c->end;
        *to = '\0'; /* perhaps in place of the comma */
    }
    return c->n > 0;
}

/* ---- columns ---- */

enum { COLUMN_PATH, COLUMN_LABEL, COLUMN_SPLIT, COLUMNS };

/* Set column[] to where each column stands, -1 = nowhere.  Returns true when the
 * row names columns. */
static bool find_columns(const struct csv *c, int column[COLUMNS])
{
    static const struct {
        const char *name;
        int column;
    } names[] = {
        {"path", COLUMN_PATH},   {"file", COLUMN_PATH},
        {"image", COLUMN_PATH},  {"filename", COLUMN_PATH},
        {"label", COLUMN_LABEL}, {"class", COLUMN_LABEL},
        {"split", COLUMN_SPLIT},
    };
    int found[COLUMNS] = {-1, -1, -1};

    for (size_t i = c->n; i-- > 0;)
        for (size_t k = 0; k < ARRAY_LEN(names); k++)
            if (!strcasecmp(c->field[i], names[k].name))
                found[names[k].column] = (int)i;
    for (int k = 0; k < COLUMNS; k++)
        column[k] = k;
    if (found[COLUMN_PATH] < 0 || found[COLUMN_LABEL] < 0)
        return false;
    memcpy(column, found, sizeof found);
    return true;
}

static int add_row(struct imagelist *l, const struct csv *c, const char *csv,
                   const int column[COLUMNS], enum split_id split,
                   struct err *e)
{
    const char *field[COLUMNS] = {"", "", ""};
    char *path;
    int named;

    for (int k = 0; k < COLUMNS; k++)
        if (column[k] >= 0 && (size_t)column[k] < c->n)
            field[k] = c->field[column[k]];
    if (!field[COLUMN_PATH][0] || !field[COLUMN_LABEL][0])
        return err_set(e, ERR_FORMAT, "no %s of a picture",
                       field[COLUMN_PATH][0] ? "class" : "path");
    if (field[COLUMN_SPLIT][0]) {
        named = split_called(field[COLUMN_SPLIT]);
        if (named < 0)
            return err_set(e, ERR_FORMAT,
                           "split '%s' is not " SPLITS_TEXT
                           "; a line of titles has path and label",
                           field[COLUMN_SPLIT]);
        if (split == SPLIT_TRAIN)
            split = (enum split_id)named;
    }
    path = field[COLUMN_PATH][0] == '/'
               ? xstrdup(field[COLUMN_PATH])
               : pathname_beside(csv, field[COLUMN_PATH]);
    return imagelist_put(l, path,
                         path + strlen(path) - strlen(field[COLUMN_PATH]),
                         field[COLUMN_LABEL], split, e);
}

int csv_add(struct imagelist *l, const char *path, enum split_id split,
            struct err *e)
{
    struct buf text = {0};
    struct csv c = {.next = 1};
    int column[COLUMNS];
    bool titles = false;
    size_t least = 0, most = 0; /* fields of a row */
    int rc = text_read(path, CSV_BYTES, &text, e);

    if (rc < 0)
        return rc;
    if (memchr(text.data, '\0', text.len)) {
        buf_free(&text);
        return err_set(e, ERR_FORMAT, "%s: has NUL bytes, so it is no CSV file",
                       path);
    }
    c.at = text.data;
    c.end = text.data + text.len;
    if (text.len >= 3 && !memcmp(text.data, "\357\273\277", 3))
        c.at += 3; /* byte order mark */
    while (rc == 0 && (rc = next_row(&c, e)) > 0) {
        rc = 0;
        if (c.n == 1 && !c.field[0][0])
            continue; /* blank line */
        if (!most) {
            titles = find_columns(&c, column);
            least = titles ? c.n : COLUMN_SPLIT;
            most = titles ? c.n : COLUMNS;
            if (titles)
                continue;
        }
        if (c.n < least || c.n > most)
            rc = err_set(e, ERR_FORMAT,
                         "fields: %zu, where %s are expected, "
                         "with commas in between",
                         c.n,
                         titles ? "as many as names of columns"
                                : "path, label and perhaps split");
        else
            rc = add_row(l, &c, path, column, split, e);
    }
    if (rc < 0)
        err_prefix(e, "%s:%zu", path, c.line);
    buf_free(&text);
    return rc;
}
