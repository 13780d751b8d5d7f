/* SPDX-License-Identifier: MIT
 * The reference of a hypervolume gives for each objective the worst value that
 * still counts and the best there could be.  The box between the two has
 * volume 1, so that the hypervolumes of different runs compare (D22). */
#ifndef SEARCH_REFERENCE_H
#define SEARCH_REFERENCE_H

#include "libcommon/search/objective.h"

struct reference {
    double worst[OBJECTIVES_MAX]; /* NAN = not given */
    double best[OBJECTIVES_MAX];
};

/* Set worst and best to 0 and 1 for a share (metric_is_share) that is maximised
 * and to 1 and 0 for one that is minimised.  For all other objectives best is 0
 * and worst is not given. */
void reference_init(struct reference *ref, const struct objectives *o);

/* Read "NAME=WORST" or "NAME=WORST:BEST" for the objective NAME.  Without BEST
 * the best value stays what it is (after reference_init 0, or 1 for a share that
 * is maximised).
 * ERR_ARG when NAME is not among o, WORST or BEST is not a finite number, or
 * WORST is not worse than BEST. */
int reference_parse(struct reference *ref, const struct objectives *o,
                    const char *text, struct err *e) MUST_CHECK;

/* Do reference_init, then read "macs=REF_MACS" unless ref_macs is NAN, and each of
 * the texts: what the options --ref-macs and --reference gave.  ERR_ARG as
 * reference_parse. */
int reference_read(struct reference *ref, const struct objectives *o,
                   double ref_macs, const struct strs *texts,
                   struct err *e) MUST_CHECK;

/* Set *texts to "NAME=WORST:BEST" of each objective that has a worst value, in
 * the order of o and each number in its one spelling (number_text).  They are
 * borrowed from the arena; the array that *texts had is freed. */
void reference_settle(const struct reference *ref, const struct objectives *o,
                      struct arena *a, struct strs *texts);

/* Returns 0, or ERR_ARG naming the first objective whose worst value is not
 * given. */
int reference_complete(const struct reference *ref, const struct objectives *o,
                       struct err *e) MUST_CHECK;

/* Returns the hypervolume of n rows of objectives_row: 0..1, unless a row is
 * better than the best value. */
double reference_volume(const struct reference *ref, const struct objectives *o,
                        const double *f, size_t n);

#endif
