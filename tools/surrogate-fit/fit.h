/* SPDX-License-Identifier: MIT
 * Measured results become a surrogate record. */
#ifndef SURROGATE_FIT_FIT_H
#define SURROGATE_FIT_FIT_H

#include "libcommon/search/archive.h"
#include "libcommon/surrogate/surrogate.h"

struct fitted {
    struct surrogate record; /* borrows from archive, target and members */
    struct selection selection;
    double *measured;
    struct arena arena;
};

/* Fit a model of the metric `target` to every result of the archive that has
 * not failed.  ERR_FORMAT when a result lacks the metric or there are too few
 * results.  Archive and target are borrowed while *out is in use. */
int fit_archive(const struct archive *a, char *target,
                const struct select_opts *o, struct fitted *out,
                struct err *e) MUST_CHECK;
void fitted_fini(struct fitted *f);

#endif
