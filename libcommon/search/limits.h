/* SPDX-License-Identifier: MIT
 * Limits on the metrics of results, by name, and by how much a value breaks
 * them (D16).  All tools have the same pair of options for them, OPT_LIMITS.
 *
 * Example (const struct limit_options *given, const struct result *r,
 *          double *violation, struct err *e):
 *     struct limits l = {0};
 *     int rc = limits_read(&l, given, e);
 *
 *     if (rc == 0)
 *         rc = limits_violation(&l, r, violation, e);
 *     limits_free(&l);
 *     return rc; */
#ifndef SEARCH_LIMITS_H
#define SEARCH_LIMITS_H

#include "libcommon/base/arena.h"
#include "libcommon/base/buf.h"
#include "libcommon/search/result.h"

#define LIMITS_MAX 64

struct limits {
    struct limit v[LIMITS_MAX]; /* (n) ascending by name, one for each */
    size_t n;
    struct arena arena; /* holds the names */
};

/* What --max and --min were given, borrowed from argv, and their rows for a
 * tool that includes cli/opt.h. */
struct limit_options {
    struct strs max, min;
};
#define OPT_LIMITS(t)                                \
    OPT_STRS(0, "max", &(t)->max, "NAME=V",          \
             "limit: the metric NAME is V at most"), \
        OPT_STRS(0, "min", &(t)->min, "NAME=V",      \
                 "limit: the metric NAME is V at least")

void limits_free(struct limits *l);

/* Add a limit: with most, the metric is to be `bound` at most, else at least.
 * A bound of NAN adds nothing, so that an option that was not given needs no
 * question.  ERR_ARG when the metric has a limit of that sense already, when
 * name is empty or longer than METRIC_NAME_MAX, when there are LIMITS_MAX of
 * them, when a share such as accuracy is to be outside 0 .. 1 or a count such
 * as macs below 0, or when nothing is left between the two bounds. */
int limits_add(struct limits *l, const char *name, bool most, double bound,
               struct err *e) MUST_CHECK;

/* Like limits_add with *bound, the value of a short form of --max or --min such
 * as --max-macs; *bound becomes NAN, since the limits hold it now. */
int limits_take(struct limits *l, const char *name, bool most, double *bound,
                struct err *e) MUST_CHECK;

/* Add a limit without bounds where the metric has none yet: it says that this is
 * the metric by which results are judged.  ERR_ARG as limits_add. */
int limits_open(struct limits *l, const char *name, struct err *e) MUST_CHECK;

/* Add all that the options have.  ERR_ARG for a text that is not NAME=V with a
 * finite V, or as limits_add. */
int limits_read(struct limits *l, const struct limit_options *o,
                struct err *e) MUST_CHECK;

/* Set the options to the texts NAME=V of all limits, by name and each number in
 * its one spelling (number_text), so that records and --params tell what is in
 * force.  The texts are borrowed until limits_free; the arrays that the options
 * had are freed, so that this is called once. */
void limits_settle(struct limits *l, struct limit_options *o);

/* Returns the limit on a metric, borrowed, or NULL. */
const struct limit *limits_find(const struct limits *l, const char *name);

/* Returns the limits as those of a result, borrowed. */
struct list limits_list(const struct limits *l);

/* Returns by how much a value breaks a bound, 0 = it keeps it; a value equal to
 * the bound does, and so does any where the bound is NAN.  For a bound b > 0
 * this is value / b - 1 (at most) or 1 - value / b (at least), for b < 0 what
 * is beyond it, divided by |b|, and for b = 0 what is beyond it; VIOLATION_MAX
 * at most, so that the sum over all limits is a number that streams hold. */
#define VIOLATION_MAX 1e298
double bound_violation(double value, double bound, bool most);

/* Returns the sum of bound_violation over both senses of one limit. */
double limit_violation(const struct limit *l, double value);

/* Append to a text "NAME is VALUE, above BOUND", or below it, where the value
 * breaks the limit, behind "; " where the text has something already. */
void limit_unmet(struct buf *b, const struct limit *l, double value);

/* Set *violation to the sum of limit_violation over all limits.  ERR_FORMAT
 * names a metric that the result does not have. */
int limits_violation(const struct limits *l, const struct result *r,
                     double *violation, struct err *e) MUST_CHECK;

#endif
