/* SPDX-License-Identifier: MIT
 * A table of pictures in a CSV file: a row for each, with its path, the name of
 * its class and, where there is a third column, its split.
 *
 *     path,label,split
 *     cats/1.jpg,cat,train
 *     "dogs/a, b.jpg",dog,val
 *
 * A first row that names the columns may give them in any order and among
 * others: path, file, filename or image; label or class; split.  Without it they
 * stand as above.  Fields are separated by commas and may be quoted (RFC 4180);
 * blanks round a field without quotes are left out. */
#ifndef DATA_IMPORT_CSVLIST_H
#define DATA_IMPORT_CSVLIST_H

#include <stdbool.h>

#include "tools/data-import/imagelist.h"

/* Returns true for a file named *.csv, in upper or lower case. */
bool csv_named(const char *path);

/* Add the pictures of the table.  Their paths are relative to the folder of the
 * CSV file unless they begin with a slash.  If split is SPLIT_TRAIN, a row with
 * a value in the column of splits goes to that split (split_called).  ERR_FORMAT
 * names the file and the line of a row that is wrong. */
int csv_add(struct imagelist *l, const char *path, enum split_id split,
            struct err *e) MUST_CHECK;

#endif
