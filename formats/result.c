/* SPDX-License-Identifier: MIT */
#include "formats/result.h"

#include <math.h>
#include <string.h>

#include "formats/limit.h"
#include "formats/summary.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/search/limits.h"

#define METRICS_MAX 256

static const struct field metric_fields[] = {
    FIELD(metric, name, F_STR, "", "name of the metric",
          .max_count = METRIC_NAME_MAX),
    FIELD(metric, value, F_REAL, "", "value of the metric"),
    FIELD(metric, unit, F_STR, "", "unit; it is not interpreted",
          .max_count = 64, .flags = F_OPT | F_NIL, .since = "1.2"),
    FIELD_END,
};

static const struct schema schema_metric = {
    .size = sizeof(struct metric),
    .fields = metric_fields,
};

/* The limits that the keys of before 1.2 hold become a list, in which cost =
 * paper without a limit is one on macs_paper without bounds. */
static void upgrade_limits(void *data, struct arena *a)
{
    struct result *r = data;
    const struct judged_before b = r->judged_before;
    struct limit *v = arena_alloc(a, 2, sizeof *v);

    r->judged_before = (struct judged_before){NAN, NAN, COST_SEQUENTIAL};
    if (r->limits.n)
        return;
    if (!isnan(b.min_accuracy))
        v[r->limits.n++] = (struct limit){(char *)"accuracy", NAN,
                                          b.min_accuracy};
    if (!isnan(b.max_macs) || b.cost != COST_SEQUENTIAL)
        v[r->limits.n++] = (struct limit){(char *)cost_metrics[b.cost],
                                          b.max_macs, NAN};
    r->limits.v = v;
}

/* Check that own metrics have different names, and of one that is called like a
 * built-in metric its range, and that no key tells of it as well. */
static int check_metrics(const struct result *r, struct err *e)
{
    const struct metric *m = r->metrics.v;
    struct result keys = *r;
    double value;

    keys.metrics = (struct list){NULL, 0};
    for (size_t i = 0; i < r->metrics.n; i++) {
        bool share = metric_is_share(m[i].name);

        for (size_t j = 0; j < i; j++)
            if (!strcmp(m[i].name, m[j].name))
                return err_set(e, ERR_FORMAT, "two metrics called %s",
                               m[i].name);
        if (result_metric(&keys, m[i].name, &value, e) == 0)
            return err_set(e, ERR_FORMAT,
                           "%s is among metrics and follows from a key as well",
                           m[i].name);
        if ((share && (m[i].value < 0 || m[i].value > 1)) ||
            (metric_is_count(m[i].name) && m[i].value < 0))
            return err_set(e, ERR_FORMAT,
                           "metric %s is %.17g; this name is kept for what is "
                           "%s",
                           m[i].name, m[i].value,
                           share ? "a share, 0 to 1" : "never below 0");
    }
    return 0;
}

/* Check that the result has each metric that is limited, and no metric two
 * limits. */
static int check_limits(const struct result *r, struct err *e)
{
    const struct limit *l = r->limits.v;
    double value;

    for (size_t i = 0; i < r->limits.n; i++) {
        if (r->status == RESULT_OK &&
            result_metric(r, l[i].name, &value, e) < 0)
            return err_set(e, ERR_FORMAT, "a result judged by %s without it",
                           l[i].name);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(l[i].name, l[j].name))
                return err_set(e, ERR_FORMAT, "two limits on %s", l[i].name);
    }
    return 0;
}

static int check_result(const void *data, struct err *e)
{
    const struct result *r = data;
    size_t exits = r->utilisation.n;
    const struct {
        const char *key;
        size_t n;
    } same[] = {
        {"exit_accuracy", r->exit_accuracy.n},
        {"exit_accuracy_all", r->exit_accuracy_all.n},
        {"ece", r->ece.n},
        {"thresholds", r->thresholds.n ? r->thresholds.n + 1 : 0},
        {"temperatures", r->temperatures.n},
        {"summary.gamma", r->summary.gamma.n},
    };

    if (r->status == RESULT_OK && !r->metrics.n &&
        ((isnan(r->accuracy) && isnan(r->disagreement)) || isnan(r->macs)))
        return err_set(e, ERR_FORMAT,
                       "a result that is ok without accuracy (or disagreement) "
                       "or macs, and without metrics of its own");
    if (r->status == RESULT_FAILED && !(isnan(r->accuracy) && isnan(r->macs)))
        return err_set(e, ERR_FORMAT, "a failed result with metrics");
    if (check_metrics(r, e) < 0 || check_limits(r, e) < 0 ||
        guarantee_check(&r->guarantee, e) < 0)
        return e->code;
    if (r->feasible && (r->status == RESULT_FAILED || r->violation > 0))
        return err_set(e, ERR_FORMAT,
                       "feasible is true of a result that "
                       "failed or violates a limit");

    /* An array over the exits is empty or has an entry for every exit. */
    for (size_t i = 0; exits && i < sizeof same / sizeof *same; i++)
        if (same[i].n && same[i].n != exits)
            return err_set(e, ERR_FORMAT,
                           "%s does not fit the %zu exits of utilisation",
                           same[i].key, exits);
    return 0;
}

#define OLD_FIELD(key_, ft, unit_, ...)                                        \
    {                                                                          \
        .key = #key_, .type = (ft),                                            \
        .offset = offsetof(struct result, judged_before.key_),                 \
        .unit = (unit_),                                                       \
        .doc = "before 1.2, instead of limits; no longer written", __VA_ARGS__ \
    }
#define OLD_NIL (F_OPT | F_NIL)

static const struct field result_fields[] = {
    FIELD(result, summary, F_MAP, "", "the candidate", .sub = &schema_summary),
    FIELD(result, status, F_ENUM, "",
          "ok, or failed: the candidate has no metrics",
          .names = result_status_names),
    FIELD(result, reason, F_STR, "", "why the candidate failed",
          .max_count = 1024, .flags = F_OPT | F_NIL),
    FIELD(result, accuracy, F_REAL, "",
          "F_A, accuracy with early exits; nil if the candidate failed or has "
          "own metrics only",
          .max = 1, .flags = F_OPT | F_NIL | F_KEEP),
    FIELD(result, macs, F_REAL, "MACs",
          "F_M, mean cost of a sample with every head that ran; nil if the "
          "candidate failed or has own metrics only",
          .max = INT_EXACT, .flags = F_OPT | F_NIL | F_KEEP),
    FIELD(
        result, macs_paper, F_REAL, "MACs",
        "F_M by Eq. 13, with only the head of the exit where the sample leaves",
        .max = INT_EXACT, .flags = F_OPT | F_NIL),
    FIELD(result, final_accuracy, F_REAL, "",
          "accuracy of the final exit on all samples", .max = 1,
          .flags = F_OPT | F_NIL),
    FIELD(result, final_macs, F_REAL, "MACs",
          "MACs of the backbone and the final head, without early heads",
          .max = INT_EXACT, .flags = F_OPT | F_NIL),
    FIELD(result, min_class_accuracy, F_REAL, "",
          "smallest recall of a class: accuracy on the samples of the class",
          .max = 1, .flags = F_OPT | F_NIL, .since = "1.4"),
    FIELD(result, balanced_accuracy, F_REAL, "",
          "mean recall of the classes that have samples", .max = 1,
          .flags = F_OPT | F_NIL, .since = "1.4"),
    FIELD(result, lost_answers, F_REAL, "",
          "share of samples that the final exit classifies correctly and the "
          "policy does not",
          .max = 1, .flags = F_OPT | F_NIL, .since = "1.4"),
    FIELD(result, disagreement, F_REAL, "",
          "share of samples that the policy classifies otherwise than the "
          "final exit",
          .max = 1, .flags = F_OPT | F_NIL, .since = "1.4"),
    FIELD(result, split, F_STR, "", "split that the metrics were measured on",
          .max_count = 64, .flags = F_OPT | F_NIL),
    FIELD(result, samples, F_INT, "", "number of samples of that split",
          .min = 1, .max = INT_EXACT, .flags = F_OPT | F_NIL, .since = "1.3"),
    FIELD(result, dataset, F_STR, "", "name of the data set",
          .flags = F_OPT | F_NIL, .since = "1.3"),
    FIELD(result, rule, F_STR, "", "halting rule that the thresholds belong to",
          .max_count = 64, .flags = F_OPT | F_NIL),
    FIELD(result, thresholds, F_REALS, "(exits - 1)",
          "a sample leaves if its score reaches the threshold; nil = exit off",
          .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(
        result, temperatures, F_REALS, "(exits)",
        "divisor of the logits of each exit before the softmax, for scores and "
        "ece; empty = 1 for all exits",
        .min = TEMPERATURE_MIN, .max = TEMPERATURE_MAX,
        .max_count = NET_MAX_EXITS, .flags = F_OPT, .since = "1.1"),
    FIELD(result, utilisation, F_REALS, "(exits)",
          "share of samples that leave at each exit", .max = 1,
          .max_count = NET_MAX_EXITS, .flags = F_OPT),
    FIELD(
        result, exit_accuracy, F_REALS, "(exits)",
        "accuracy on the samples that leave at the exit; nil = no sample does",
        .max = 1, .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, exit_accuracy_all, F_REALS, "(exits)",
          "accuracy of the exit on all samples; nil = exit off", .max = 1,
          .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, ece, F_REALS, "(exits)",
          "expected calibration error, 30 bins, all samples; nil = unknown",
          .max = 1, .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, limits, F_LIST, "", "limits that the candidate was judged by",
          .sub = &schema_limit, .max_count = LIMITS_MAX, .flags = F_OPT,
          .since = "1.2"),
    OLD_FIELD(min_accuracy, F_REAL, "", .max = 1, .flags = OLD_NIL),
    OLD_FIELD(max_macs, F_REAL, "MACs", .max = INT_EXACT, .flags = OLD_NIL),
    OLD_FIELD(cost, F_ENUM, "", .names = halt_cost_names, .flags = F_OPT,
              .since = "1.1"),
    FIELD(result, feasible, F_BOOL, "", "whether all limits hold",
          .flags = F_OPT | F_KEEP),
    FIELD(result, violation, F_REAL, "",
          "sum of the relative excesses over the limits, see below; 0 = all "
          "limits hold",
          .max = 1e300, .flags = F_OPT | F_KEEP),
    FIELD(result, guarantee, F_MAP, "",
          "that limits hold on unseen data, with a probability",
          .sub = &schema_guarantee, .flags = F_OPT, .since = "1.4"),
    FIELD(result, rank, F_INT, "",
          "index of the non-dominated front, from 0; set by pareto-select",
          .max = INT_EXACT, .flags = F_OPT | F_NIL),
    FIELD(result, crowding, F_REAL, "",
          "crowding distance in the front; -1 = infinite", .min = -1,
          .max = 1e300, .flags = F_OPT | F_NIL),
    FIELD(result, tradeoff, F_REAL, "",
          "smallest ratio of loss to gain in a move to a neighbour",
          .max = 1e300, .flags = F_OPT | F_NIL),
    FIELD(result, metrics, F_LIST, "", "metrics of the user's own",
          .sub = &schema_metric, .max_count = METRICS_MAX, .flags = F_OPT),
    FIELD_END,
};

const struct schema schema_result = {
    .type = "result",
    .size = sizeof(struct result),
    .fields = result_fields,
    .upgrade = upgrade_limits,
    .check = check_result,
};

static const struct schema *const records[] = {&schema_result, NULL};

const struct kind kind_result = {
    .id = {"result", 1, 4},
    .doc = "what each candidate achieved",
    .records = records,
};
