/* SPDX-License-Identifier: MIT
 * A surrogate record as something to ask. */
#ifndef NSGA2_STEP_PREDICTOR_H
#define NSGA2_STEP_PREDICTOR_H

#include "libcommon/surrogate/surrogate.h"

struct predictor {
    const struct model_ops *ops;
    void *model;            /* owned (predictor_fini) */
    char *target;           /* figure of results it predicts */
    bool invert;            /* target is "error": accuracy is 1 - it */
};

/* What stands in a surrogate record, ready to predict. */
int predictor_init(struct predictor *p, const struct surrogate *s,
                   struct err *e) MUST_CHECK;
void predictor_fini(struct predictor *p);

/* genomes (n, genes) -> y (n). */
void predictor_ask(const struct predictor *p, const int64_t *genomes, size_t n,
                   double *y);

#endif
