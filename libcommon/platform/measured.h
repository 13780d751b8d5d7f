/* SPDX-License-Identifier: MIT
 * Costs that were measured, in place of what rates say: text of lines
 *
 *     WHAT  PROCESSOR  SECONDS  [JOULES]
 *
 * whose columns one tab separates.  WHAT is the name of a layer, or two layers
 * that the network may be divided behind, FROM and TO with a blank between them:
 * the segment behind FROM up to TO, its call included and without the branch at
 * TO; FROM is - for the input.  Joules are all that was used in these seconds.
 * Empty lines and lines that begin with # say nothing.
 *
 * Example (const char *text, struct err *e):
 *     struct measured_costs costs = {0};
 *     int rc = measured_parse(&costs, "costs.tsv", text, strlen(text), e);
 *
 *     measured_free(&costs);      // model_init takes it before
 *     return rc;
 */
#ifndef PLATFORM_MEASURED_H
#define PLATFORM_MEASURED_H

#include <string.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"

struct measured_cost {
    const char *from; /* of a segment; NULL: a layer's */
    const char *to;   /* the layer, or the segment's last one */
    const char *processor;
    double seconds;
    double joules; /* NAN = not measured */
    size_t line;   /* from 1 */
};

struct measured_costs {
    struct measured_cost *v; /* in order of what they are of */
    size_t n, cap;
    const char *name; /* of the file, for messages */
    struct arena arena;
};

#define MEASURED_MAX_BYTES ((size_t)16 << 20)

/* Add the lines of a text to *c, which is zeroed before the first and owned
 * (measured_free, also after a failure); name is that of its file.  ERR_FORMAT
 * for a wrong line or one that is there twice, with NAME:LINE in front. */
int measured_parse(struct measured_costs *c, const char *name, const char *text,
                   size_t n, struct err *e) MUST_CHECK;

/* Returns what was measured of a layer on a processor, borrowed, or NULL. */
const struct measured_cost *measured_layer(const struct measured_costs *c,
                                           const char *layer,
                                           const char *processor);

void measured_free(struct measured_costs *c);

#endif
