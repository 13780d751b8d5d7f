/* SPDX-License-Identifier: MIT
 * What says which value of one metric a genome has: the model of a surrogate,
 * or the space itself, which counts some figures exactly. */
#ifndef NSGA2_STEP_PREDICTOR_H
#define NSGA2_STEP_PREDICTOR_H

#include "libcommon/search/result.h"
#include "libcommon/space/place.h"
#include "libcommon/surrogate/surrogate.h"

struct predictor {
    char *name; /* of the metric; owned (predictor_fini) */
    bool exact; /* what it says is the metric itself, so that measured genomes
                 * are asked for as well */
    bool from_error; /* a predictor of accuracy that asks "error" and takes it
                      * from 1, as it does of results without accuracy */
    /* The function behind predictor_ask. */
    void (*ask)(const void *state, const int64_t *genomes, size_t n, double *y);
    void (*release)(void *state); /* or NULL */
    void *state;
};

/* Load the model of a surrogate record, which is not needed afterwards.
 * ERR_FORMAT when there is no such model or its arrays are not right. */
int predictor_of_surrogate(struct predictor *p, const struct surrogate *s,
                           struct err *e) MUST_CHECK;

/* Make a predictor of "error" one of "accuracy". */
void predictor_complement(struct predictor *p);

/* Set y (n) to the values of genomes (n, genes). */
void predictor_ask(const struct predictor *p, const int64_t *genomes, size_t n,
                   double *y);

/* Set *y to the value of a result.  ERR_FORMAT when it does not have it. */
int predictor_measured(const struct predictor *p, const struct result *r,
                       double *y, struct err *e) MUST_CHECK;

/* Returns the index of a figure that spaces count (space/count.h), or ERR_ARG
 * where they count none of that name. */
int exact_figure(const char *name, struct err *e) MUST_CHECK;

/* Ask the space, whose nets are placed by `how`; both are borrowed while *p is
 * in use.  ERR_ARG as exact_figure, and for a space without networks. */
int predictor_of_space(struct predictor *p, const struct space *s,
                       const struct place_opts *how, const char *name,
                       struct err *e) MUST_CHECK;

void predictor_fini(struct predictor *p);

#endif
