/* SPDX-License-Identifier: MIT
 * What cannot be imported, gathered so that one run names all of it: with each
 * reason the operator and the nodes. */
#ifndef NET_IMPORT_REFUSALS_H
#define NET_IMPORT_REFUSALS_H

#include <stddef.h>

#include "libcommon/base/attr.h"
#include "libcommon/base/err.h"

struct refusals {
    struct refusal *v; /* (n) those that are kept */
    size_t n, cap;
    size_t more; /* too many to be kept */
};

/* A zeroed struct is ready to use. */

/* Add one: `what` is a thing of the model, such as "node conv1 (Conv)", the
 * text says why it cannot be imported.  Returns ERR_FORMAT. */
int refuse(struct refusals *r, const char *what, const char *fmt, ...)
    PRINTF(3, 4);

/* Returns 0 when nothing was refused.  Else ERR_FORMAT with one line that names
 * the things by their reasons, as many as a line holds, and the number of the
 * others; each is also reported by log_info. */
int refusals_report(const struct refusals *r, struct err *e) MUST_CHECK;

void refusals_free(struct refusals *r);

#endif
