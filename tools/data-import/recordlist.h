/* SPDX-License-Identifier: MIT
 * A recordlist has the WFDB records that the operands mean, each with its split. */
#ifndef DATA_IMPORT_RECORDLIST_H
#define DATA_IMPORT_RECORDLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"

struct record_file {
    char *path; /* of the header; owned by the list */
    enum split_id split;
};

struct recordlist {
    struct record_file *v;
    size_t n, cap;
};

/* Returns true when an operand means records: a header (*.hea), a list of records
 * called RECORDS, or a folder with headers in it. */
bool records_named(const char *path);

/* Add a record by its header, the records of a folder in the order of their names,
 * or those of a list: it has the path of one on each line, without its ending,
 * beside the list. */
int recordlist_add(struct recordlist *l, const char *path, enum split_id split,
                   struct err *e) MUST_CHECK;

void recordlist_free(struct recordlist *l);

#endif
