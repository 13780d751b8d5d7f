/* SPDX-License-Identifier: MIT
 * What is to be made small or large: figures of results by name, turned into
 * rows of numbers that are all minimised. */
#ifndef SEARCH_OBJECTIVE_H
#define SEARCH_OBJECTIVE_H

#include "libcommon/search/result.h"

#define OBJECTIVES_MAX 16

struct objective {
    char name[65];
    bool maximise;
};

struct objectives {
    struct objective v[OBJECTIVES_MAX];
    size_t n;
};

/* "accuracy:max,macs:min": NAME:min or NAME:max, comma-separated, no name
 * twice.  ERR_ARG otherwise. */
int objectives_parse(const char *text, struct objectives *o,
                     struct err *e) MUST_CHECK;

/* Row of one result, f: (o->n), minimised: a figure to be maximised is
 * negated.  ERR_FORMAT names a figure the result does not have. */
int objectives_row(const struct objectives *o, const struct result *r,
                   double *f, struct err *e) MUST_CHECK;

#endif
