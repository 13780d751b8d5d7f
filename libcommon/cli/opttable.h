/* SPDX-License-Identifier: MIT
 * Private to libcommon/cli: the option table with OPT_COMMON spelled out. */
#ifndef CLI_OPTTABLE_H
#define CLI_OPTTABLE_H

#include "libcommon/base/buf.h"
#include "libcommon/cli/opt.h"

struct opt_table {
    struct opt row[OPT_TABLE_MAX];
    size_t n;
    size_t common; /* first common row; OPT_TABLE_MAX = none */
};

/* Copies the tool's rows and expands OPT_COMMON. */
void opt_table_make(const struct tool *t, struct opt_table *tab);

/* Set a row's target from text; `on` says which of --NAME and --no-NAME it
 * was, for flags.  Returns 0, or ERR_ARG with the reason in *e. */
int opt_set(const struct opt *row, char *text, bool on, struct err *e);

/* Append what --help prints, with the targets' present values as defaults. */
void opt_help(const struct tool *t, const struct opt_table *tab,
              struct buf *out);
/* Append what --options prints: a line of column names, then a line for each row
 * with name, letter, argument, type, values, default, flags and help, separated
 * by tabs; "-" where there is none.  Defaults are the targets' present values.
 * Flags are comma-separated: no (there is --no-NAME), repeatable, required,
 * and si or percent, what may follow a number. */
void opt_list(const struct opt_table *tab, struct buf *out);
void opt_version(const struct tool *t, struct buf *out);

/* Set the parameters of the built-in set or file `name`.  Returns 0, ERR_ARG
 * when there is neither, ERR_FORMAT naming a line that is wrong, or what
 * text_read returns. */
int opt_preset_apply(const struct tool *t, const struct opt *row,
                     const char *name, struct err *e);
void opt_preset_names(const struct opt_presets *presets, struct buf *out);
void opt_preset_list(const struct opt_presets *presets, struct buf *out);

/* Returns true when the row has --no-NAME. */
bool opt_negatable(const struct opt *row);

#endif
