/* SPDX-License-Identifier: MIT
 * The built-in spaces: network tables (nettable.h) by name. */
#ifndef SPACE_TABLES_H
#define SPACE_TABLES_H

struct built_in_table {
    const char *name, *text;
};
extern const struct built_in_table built_in_tables[]; /* ends with {0} */

#endif
