/* SPDX-License-Identifier: MIT */
#include "libcommon/cli/recipe.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"

void recipe_list_add(struct recipe_list *l, const char *name, const char *value)
{
    BUG_IF(l->n == RECIPE_MAX);
    l->v[l->n++] = (struct named_text){
        arena_strdup(&l->arena, name),
        arena_strdup(&l->arena, value),
    };
}

/* Returns whether a number is that of a recipe without the row. */
static bool is_nothing(const struct opt *row)
{
    double v = *(const double *)row->target;

    if (row->flags & OPT_NIL)
        return isnan(v);
    return v == (row->flags & OPT_FACTOR ? 1 : 0);
}

static void add_row(void *ctx, const struct opt *row)
{
    struct buf text = {0};
    bool off = (row->flags & OPT_ASIDE) != 0;

    /* A row that came later counts where it shapes the result. */
    if (row->flags & OPT_LATER)
        off |= row->type == OPT_T_ENUM  ? *(const int *)row->target == 0
               : row->type == OPT_T_F64 ? is_nothing(row)
               : row->type == OPT_T_STR
                   ? !strcmp(*(char *const *)row->target, "none")
                   : *(const uint64_t *)row->target == 0;
    if (off)
        return;
    opt_value_text(row, 17, &text);
    recipe_list_add(ctx, row->name, text.data);
    buf_free(&text);
}

void recipe_list_options(struct recipe_list *l, const struct tool *t)
{
    tool_each_param(t, add_row, l);
}

void recipe_list_free(struct recipe_list *l)
{
    arena_free(&l->arena);
    l->n = 0;
}

void recipe_id(const struct recipe_list *l, char out[HASH_HEX])
{
    struct buf text = {0};

    for (size_t i = 0; i < l->n; i++)
        buf_addf(&text, "%s=%s\n", l->v[i].name, l->v[i].value);
    hash_hex(text.data, text.len, out);
    buf_free(&text);
}
