/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/count.h"

/* Set *at to the figure called name.  ERR_ARG when there is none. */
static int find_figure(const struct problem *p, const char *what,
                       const char *name, size_t *at, struct err *e)
{
    for (*at = 0; *at < p->figures; ++*at)
        if (!strcmp(p->predictor[*at].name, name))
            return 0;
    err_set(e, ERR_ARG, "%s %s has no source: a surrogate of it%s%s", what,
            name, count_find(name) < 0 ? "" : ", or --exact=",
            count_find(name) < 0 ? "" : name);
    for (size_t i = 0; i < p->figures; i++)
        err_suffix(e, "%s%s", i ? ", " : "; there are ", p->predictor[i].name);
    return e->code;
}

int problem_bind(struct problem *p, struct err *e)
{
    const struct predictor *v = p->predictor;

    for (size_t i = 0; i < p->figures; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(v[i].name, v[j].name))
                return err_set(e, ERR_ARG, "two sources of %s: %s", v[i].name,
                               v[i].exact || v[j].exact
                                   ? "a surrogate and --exact, or --exact twice"
                                   : "two surrogates");
    for (size_t i = 0; i < p->objectives.n; i++)
        if (find_figure(p, "objective", p->objectives.v[i].name,
                        &p->figure_of_objective[i], e) < 0)
            return e->code;
    for (size_t i = 0; i < p->limits.n; i++)
        if (find_figure(p, "the limit on", p->limits.v[i].name,
                        &p->figure_of_limit[i], e) < 0)
            return e->code;
    return 0;
}

void problem_predict(const struct problem *p, const int64_t *genomes, size_t n,
                     double *rows)
{
    double *y = xcalloc(n, sizeof *y);

    for (size_t k = 0; k < p->figures; k++) {
        predictor_ask(&p->predictor[k], genomes, n, y);
        for (size_t i = 0; i < n; i++)
            rows[i * p->figures + k] = y[i];
    }
    free(y);
}

int problem_measured(const struct problem *p, const struct result *r,
                     double *row, struct err *e)
{
    for (size_t k = 0; k < p->figures; k++)
        if (predictor_measured(&p->predictor[k], r, &row[k], e) < 0)
            return e->code;
    return 0;
}

void problem_objectives(const struct problem *p, const double *row, double *f)
{
    for (size_t j = 0; j < p->objectives.n; j++) {
        double v = row[p->figure_of_objective[j]];

        f[j] = p->objectives.v[j].maximise ? -v : v;
    }
}

double problem_violation(const struct problem *p, const double *row)
{
    double sum = 0;

    for (size_t i = 0; i < p->limits.n; i++)
        sum += limit_violation(&p->limits.v[i], row[p->figure_of_limit[i]]);
    return sum;
}

double problem_bound(const struct problem *p, size_t j)
{
    const struct objective *o = &p->objectives.v[j];
    const struct limit *l = limits_find(&p->limits, o->name);

    return !l ? NAN : o->maximise ? l->min : l->max;
}

void problem_scale(const struct problem *p, const int64_t *largest,
                   struct reference *scale)
{
    double *row = xcalloc(p->figures, sizeof *row);

    problem_predict(p, largest, 1, row);
    reference_init(scale, &p->objectives);
    for (size_t j = 0; j < p->objectives.n; j++) {
        bool maximise = p->objectives.v[j].maximise;
        double bound = problem_bound(p, j);
        double size = fabs(row[p->figure_of_objective[j]]);

        if (!isnan(scale->worst[j]))
            continue;
        if (!maximise && bound > 0) /* false for NAN */
            scale->worst[j] = bound;
        else
            scale->worst[j] = (maximise ? -1 : 1) * (size > 0 ? size : 1);
    }
    free(row);
}
