/* SPDX-License-Identifier: MIT
 * The value of an option that lists names with commas between, in any order.
 *
 * Example (char *text, const char *name, struct err *e):
 *     struct namelist l = {0};
 *     int rc = namelist_read(&l, "--exits", &text, e);
 *
 *     if (rc == 0 && namelist_takes(&l, name))
 *         rc = 1;
 *     namelist_free(&l);
 *     return rc;
 */
#ifndef CLI_NAMELIST_H
#define CLI_NAMELIST_H

#include <stdbool.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/values.h"

struct namelist {      /* zeroed at first */
    struct strs names; /* ascending, each once; n = 0: not given */
    char *copy;        /* holds them */
    struct buf joined;
};

/* Read the value of an option, NULL = it was not given.  *text becomes what the
 * names are joined to, their one spelling, borrowed from the list.  ERR_ARG, about
 * the option, for an empty name.  Owned (namelist_free, also after a failure). */
int namelist_read(struct namelist *l, const char *option, char **text,
                  struct err *e) MUST_CHECK;

/* Returns true when the list has the name, and when it was not given. */
bool namelist_takes(const struct namelist *l, const char *name);

void namelist_free(struct namelist *l);

#endif
