/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/stats/stats.h"

void table_init(struct table *t, const char *name, const struct column *columns)
{
    memset(t, 0, sizeof *t);
    t->name = name;
    t->columns = columns;
    while (columns[t->n_columns].key)
        t->n_columns++;
}

void table_column(struct table *t, const struct column *c)
{
    struct column *v = t->own;

    BUG_IF(t->n_cells);
    if (t->n_columns + 2 > t->room) {
        t->room = 2 * (t->n_columns + 2);
        v = arena_alloc(&t->arena, t->room, sizeof *v);
        memcpy(v, t->columns, t->n_columns * sizeof *v);
        t->columns = t->own = v;
    }
    v[t->n_columns] = *c;
    v[t->n_columns].key = arena_strdup(&t->arena, c->key);
    v[t->n_columns].head = arena_strdup(&t->arena, c->head);
    v[t->n_columns].legend = arena_strdup(&t->arena, c->legend);
    v[++t->n_columns] = (struct column){.key = NULL};
}

void table_fini(struct table *t)
{
    arena_free(&t->arena);
    free(t->cells);
    memset(t, 0, sizeof *t);
}

size_t table_rows(const struct table *t)
{
    return t->n_cells / t->n_columns;
}

void table_clear(struct table *t)
{
    t->n_cells = 0;
}

const struct cell *table_cell(const struct table *t, size_t row, size_t col)
{
    return &t->cells[row * t->n_columns + col];
}

bool cell_is_nil(const struct column *c, const struct cell *x)
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

static struct cell *next_cell(struct table *t, enum column_type type)
{
    enum column_type want = t->columns[t->n_cells % t->n_columns].type;
    BUG_IF(want != type && !(want == COL_ID && type == COL_TEXT));
    GROW(t->cells, t->n_cells, t->cap);
    struct cell *c = &t->cells[t->n_cells++];
    memset(c, 0, sizeof *c);
    return c;
}

void table_text(struct table *t, const char *s)
{
    next_cell(t, COL_TEXT)->text = arena_strdup(&t->arena, s);
}

void table_id(struct table *t, const char *id, const char *label)
{
    struct cell *c = next_cell(t, COL_ID);

    c->text = arena_strdup(&t->arena, id);
    c->label = arena_strdup(&t->arena, label);
}

void table_int(struct table *t, int64_t v)
{
    next_cell(t, COL_INT)->integer = v;
}

void table_real(struct table *t, double v)
{
    table_share(t, v, NAN);
}

void table_share(struct table *t, double share, double samples)
{
    double low, high;

    stats_wilson(share, samples, &low, &high);
    table_between(t, share, low, high);
}

void table_between(struct table *t, double v, double low, double high)
{
    struct cell *c = next_cell(t, COL_REAL);

    c->real = v;
    c->low = low;
    c->high = high;
}

void table_reals(struct table *t, const double *v, size_t n)
{
    struct reals copy = {arena_memdup(&t->arena, v, n, sizeof *v), n};
    next_cell(t, COL_REALS)->reals = copy;
}

void table_bool(struct table *t, bool v)
{
    next_cell(t, COL_BOOL)->integer = v;
}

void table_title(struct table *t, const char *s)
{
    t->title = arena_strdup(&t->arena, s);
}
