/* SPDX-License-Identifier: MIT
 * The recipe of a result: the parameters that shape it, as a list and as an
 * id.  Two runs of one recipe on the same inputs give the same result, and a
 * run that continues another's result can check that both have one recipe.
 *
 * The parameters are the rows of the tool's option table that provenance
 * records, except those marked OPT_ASIDE (opt.h).  The rows outside the recipe
 * carry the mark, so that an option added later cannot be forgotten.  The tool
 * adds what the table does not know, such as the digest of a file.
 *
 * Example (const struct tool *tool, const char *digest, char id[HASH_HEX]):
 *     struct recipe_list l = {0};
 *
 *     recipe_list_options(&l, tool);
 *     recipe_list_add(&l, "init-weights", digest);
 *     recipe_id(&l, id);
 *     recipe_list_free(&l);
 */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include "libcommon/base/arena.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/values.h"
#include "libcommon/cli/opt.h"

#define RECIPE_MAX 96

/* A list of parameters in the order added; a zeroed list is empty. */
struct recipe_list {
    struct named_text v[RECIPE_MAX]; /* texts in the arena */
    size_t n;
    struct arena arena;
};

/* Add each row of the tool's table that is part of the recipe, under the
 * option's name and with its present value (opt_value_text, 17 digits). */
void recipe_list_options(struct recipe_list *l, const struct tool *t);
void recipe_list_add(struct recipe_list *l, const char *name,
                     const char *value); /* copies both */
void recipe_list_free(struct recipe_list *l);

/* Set out to the id, which is the hash of the lines NAME=VALUE. */
void recipe_id(const struct recipe_list *l, char out[HASH_HEX]);

#endif
