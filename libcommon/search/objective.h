/* SPDX-License-Identifier: MIT
 * The objectives of a search: metrics of results, chosen by name and turned
 * into rows of numbers that are all minimised. */
#ifndef SEARCH_OBJECTIVE_H
#define SEARCH_OBJECTIVE_H

#include "libcommon/search/result.h"

#define OBJECTIVES_MAX 16
#define OBJECTIVES_DEFAULT "accuracy:max,macs:min"

struct objective {
    char name[METRIC_NAME_MAX + 1];
    bool maximise;
};

struct objectives {
    struct objective v[OBJECTIVES_MAX];
    size_t n;
};

/* Read a list like "accuracy:max,macs:min": NAME:min or NAME:max, separated by
 * commas, at most OBJECTIVES_MAX of them and no name twice.  ERR_ARG for any
 * other text. */
int objectives_parse(const char *text, struct objectives *o,
                     struct err *e) MUST_CHECK;

/* Returns the place of the objective of that name, o->n when there is none. */
size_t objectives_find(const struct objectives *o, const char *name);

/* Set f (o->n) to the objectives of one result, minimised: a metric to be
 * maximised is negated.  ERR_FORMAT names a metric that the result does not
 * have. */
int objectives_row(const struct objectives *o, const struct result *r,
                   double *f, struct err *e) MUST_CHECK;

#endif
