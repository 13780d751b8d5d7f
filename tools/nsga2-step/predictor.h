/* SPDX-License-Identifier: MIT
 * A predictor is the model of a surrogate record, ready to predict. */
#ifndef NSGA2_STEP_PREDICTOR_H
#define NSGA2_STEP_PREDICTOR_H

#include "libcommon/surrogate/surrogate.h"

struct predictor {
    const struct model_ops *ops;
    void *model;  /* owned (predictor_fini) */
    char *target; /* metric of results it predicts */
    bool invert;  /* target is "error": predict 1 - error instead */
};

/* Load the model of a surrogate record.  ERR_FORMAT when there is no such model
 * or its arrays are not right. */
int predictor_init(struct predictor *p, const struct surrogate *s,
                   struct err *e) MUST_CHECK;
void predictor_fini(struct predictor *p);

/* Set y (n) to the predictions for genomes (n, genes); where the target is
 * "error" they are turned into accuracies. */
void predictor_ask(const struct predictor *p, const int64_t *genomes, size_t n,
                   double *y);

#endif
