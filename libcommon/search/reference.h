/* SPDX-License-Identifier: MIT
 * Where hypervolume is measured from: for each objective the worst value that
 * still counts and the best there could be.  The box between the two has
 * volume 1, so that numbers of different runs compare (D22). */
#ifndef SEARCH_REFERENCE_H
#define SEARCH_REFERENCE_H

#include "libcommon/search/objective.h"

struct reference {
    double worst[OBJECTIVES_MAX];   /* NAN = not given */
    double best[OBJECTIVES_MAX];
};

/* What needs no saying: accuracy from 0 to 1, error from 1 to 0; the others
 * are not given. */
void reference_init(struct reference *ref, const struct objectives *o);

/* "NAME=WORST" or "NAME=WORST:BEST"; BEST is 0 unless given (1 for accuracy).
 * ERR_ARG for what is no objective, no number, or better than BEST. */
int reference_parse(struct reference *ref, const struct objectives *o,
                    const char *text, struct err *e) MUST_CHECK;

/* ERR_ARG naming the first objective without a reference. */
int reference_complete(const struct reference *ref,
                       const struct objectives *o, struct err *e) MUST_CHECK;

/* Of n rows of objectives_row: 0 .. 1. */
double reference_volume(const struct reference *ref,
                        const struct objectives *o, const double *f, size_t n);

#endif
