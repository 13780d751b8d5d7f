/* SPDX-License-Identifier: MIT */
#include "formats/limit.h"

#include <inttypes.h>
#include <math.h>

#include "libcommon/search/limits.h"

static const struct field limit_fields[] = {
    FIELD(limit, name, F_STR, "", "name of the limited metric",
          .max_count = METRIC_NAME_MAX, .since = "result 1.2, plan 1.0"),
    FIELD(limit, max, F_REAL, "of the metric",
          "largest allowed value; nil = no maximum", .flags = F_OPT | F_NIL,
          .since = "result 1.2, plan 1.0"),
    FIELD(limit, min, F_REAL, "of the metric",
          "smallest allowed value; nil = no minimum", .flags = F_OPT | F_NIL,
          .since = "result 1.2, plan 1.0"),
    FIELD_END,
};

const struct schema schema_limit = {
    .size = sizeof(struct limit),
    .fields = limit_fields,
};

static const struct field certified_fields[] = {
    FIELD(certified, name, F_STR, "", "name of the limited metric, a share",
          .max_count = METRIC_NAME_MAX, .since = "result 1.4, plan 1.0"),
    FIELD(certified, max, F_REAL, "", "the limit, if it is a largest value",
          .max = 1, .flags = F_OPT | F_NIL, .since = "result 1.4, plan 1.0"),
    FIELD(certified, min, F_REAL, "", "the limit, if it is a smallest value",
          .max = 1, .flags = F_OPT | F_NIL, .since = "result 1.4, plan 1.0"),
    FIELD(certified, estimate, F_REAL, "",
          "value of the metric on the test samples", .max = 1,
          .since = "result 1.4, plan 1.0"),
    FIELD(certified, bound, F_REAL, "",
          "confidence bound on the metric, above it for max and below it for "
          "min",
          .max = 1, .since = "result 1.4, plan 1.0"),
    FIELD(certified, samples, F_INT, "",
          "number of test samples that the bound is computed from: all, or "
          "those of one class",
          .max = INT_EXACT, .since = "result 1.4, plan 1.0"),
    FIELD_END,
};

static const struct schema schema_certified = {
    .size = sizeof(struct certified),
    .fields = certified_fields,
};

static const struct field guarantee_fields[] = {
    FIELD(guarantee, confidence, F_REAL, "",
          "probability with which the limits hold on unseen data; nil = there "
          "is no guarantee",
          .max = 1, .flags = F_OPT | F_NIL, .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, certified, F_BOOL, "",
          "whether the limits hold with that confidence", .flags = F_OPT,
          .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, independent, F_BOOL, "",
          "whether the samples had no part in any other choice: they are of "
          "the split cal",
          .flags = F_OPT, .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, samples, F_INT, "", "number of test samples",
          .max = INT_EXACT, .flags = F_OPT, .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, tested, F_INT, "",
          "number of policies that were tested, one after the other",
          .max = INT_EXACT, .flags = F_OPT, .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, passed, F_INT, "", "number of these that passed",
          .max = INT_EXACT, .flags = F_OPT, .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, needed, F_INT, "",
          "if all early exits are off: about how many test samples would have "
          "been needed; nil = unknown, or no number would do",
          .min = 1, .max = INT_EXACT, .flags = F_OPT | F_NIL,
          .since = "result 1.4, plan 1.0"),
    FIELD(guarantee, limits, F_LIST, "", "the limits of the guarantee",
          .sub = &schema_certified, .max_count = LIMITS_MAX, .flags = F_OPT,
          .since = "result 1.4, plan 1.0"),
    FIELD_END,
};

const struct schema schema_guarantee = {
    .size = sizeof(struct guarantee),
    .fields = guarantee_fields,
};

int guarantee_check(const struct guarantee *g, struct err *e)
{
    const struct certified *l = g->limits.v;

    if (isnan(g->confidence))
        return g->certified || g->limits.n
                   ? err_set(e, ERR_FORMAT, "a guarantee without confidence")
                   : 0;
    if (!(g->confidence > 0 && g->confidence < 1) || g->samples < 1 ||
        !g->limits.n || g->passed > g->tested)
        return err_set(
            e, ERR_FORMAT,
            "a guarantee with confidence %.17g, %" PRId64
            " samples, %zu limits, %" PRId64 " of %" PRId64 " policies passed",
            g->confidence, g->samples, g->limits.n, g->passed, g->tested);
    for (size_t i = 0; i < g->limits.n; i++) {
        if (!metric_is_share(l[i].name))
            return err_set(e, ERR_FORMAT,
                           "a guarantee on %s, which is no share of samples",
                           l[i].name);
        if (isnan(l[i].max) == isnan(l[i].min))
            return err_set(e, ERR_FORMAT,
                           "the guarantee on %s has not one limit, max or min",
                           l[i].name);
        if (g->certified && (l[i].bound > l[i].max || l[i].bound < l[i].min))
            return err_set(e, ERR_FORMAT,
                           "the guarantee on %s is certified, and its bound "
                           "%.17g is beyond the limit",
                           l[i].name, l[i].bound);
    }
    return 0;
}
