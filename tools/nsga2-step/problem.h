/* SPDX-License-Identifier: MIT
 * What a step of the search is about: objectives and limits by name, and
 * predictors of the figures that they name; other figures may have predictors,
 * too.  A row of figures holds a value per predictor, in their order; objectives
 * and violations come from such rows, whether measured or predicted. */
#ifndef NSGA2_STEP_PROBLEM_H
#define NSGA2_STEP_PROBLEM_H

#include "libcommon/search/limits.h"
#include "libcommon/search/objective.h"
#include "libcommon/search/reference.h"
#include "tools/nsga2-step/predictor.h"

struct problem {
    struct objectives objectives;
    struct limits limits;
    const struct predictor *predictor; /* (figures) */
    size_t figures;
    /* set by problem_bind: the figures that they are about */
    size_t figure_of_objective[OBJECTIVES_MAX];
    size_t figure_of_limit[LIMITS_MAX];
};

/* Find the figure of each objective and limit.  ERR_ARG names an objective or
 * limit without one, and a figure that two predictors have. */
int problem_bind(struct problem *p, struct err *e) MUST_CHECK;

/* Set rows (n, figures) to what is predicted of genomes (n, genes). */
void problem_predict(const struct problem *p, const int64_t *genomes, size_t n,
                     double *rows);

/* Set row (figures) to the metrics of a result; exact figures are asked for.
 * ERR_FORMAT names a metric that the result does not have. */
int problem_measured(const struct problem *p, const struct result *r,
                     double *row, struct err *e) MUST_CHECK;

/* Set f (objectives) to the objectives of a row, minimised: what is to be large
 * is negated. */
void problem_objectives(const struct problem *p, const double *row, double *f);

/* Returns by how much a row breaks the limits, 0 = they hold. */
double problem_violation(const struct problem *p, const double *row);

/* Returns the limit on objective j in the sense that it goes against: from above
 * where it is minimised.  NAN = none. */
double problem_bound(const struct problem *p, size_t j);

/* Set scale->best and worst of every objective, which evolution counts as 0 and
 * 1: those of reference_init, else 0 and, if it is minimised, its limit.  Without
 * a limit above 0, and if it is maximised, worst is the size of what is predicted
 * for `largest`, a genome; less than 0 if it is maximised (D12). */
void problem_scale(const struct problem *p, const int64_t *largest,
                   struct reference *scale);

#endif
