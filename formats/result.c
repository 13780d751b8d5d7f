/* SPDX-License-Identifier: MIT */
#include "formats/result.h"

#include <math.h>
#include <string.h>

#include "formats/summary.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/nn/exits/halting.h"

#define METRICS_MAX 256

static const struct field metric_fields[] = {
    FIELD(metric, name, F_STR, "", "what it is called", .max_count = 64),
    FIELD(metric, value, F_REAL, "", "its value"),
    FIELD_END,
};

static const struct schema schema_metric = {
    .size = sizeof(struct metric),
    .fields = metric_fields,
};

static int check_result(const void *data, struct err *e)
{
    const struct result *r = data;
    const struct metric *m = r->metrics.v;
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

    if (r->status == RESULT_OK && (isnan(r->accuracy) || isnan(r->macs)))
        return err_set(e, ERR_FORMAT,
                       "a result that is ok without accuracy or macs");
    if (r->status == RESULT_FAILED && !(isnan(r->accuracy) && isnan(r->macs)))
        return err_set(e, ERR_FORMAT, "a failed result with metrics");
    if (r->status == RESULT_OK && isnan(result_judged_macs(r)))
        return err_set(e, ERR_FORMAT,
                       "a result judged by macs_paper without it");
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
    for (size_t i = 0; i < r->metrics.n; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(m[i].name, m[j].name))
                return err_set(e, ERR_FORMAT, "two metrics called %s",
                               m[i].name);
    return 0;
}

static const struct field result_fields[] = {
    FIELD(result, summary, F_MAP, "", "the candidate this is about",
          .sub = &schema_summary),
    FIELD(result, status, F_ENUM, "",
          "ok, or failed: a candidate without metrics",
          .names = result_status_names),
    FIELD(result, reason, F_STR, "", "why it failed", .max_count = 1024,
          .flags = F_OPT | F_NIL),
    FIELD(result, accuracy, F_REAL, "",
          "F_A, share of right answers with early exits; nil when failed",
          .max = 1, .flags = F_NIL),
    FIELD(result, macs, F_REAL, "MACs",
          "F_M, mean cost of a sample, every "
          "head that ran included; nil when failed",
          .max = INT_EXACT, .flags = F_NIL),
    FIELD(result, macs_paper, F_REAL, "MACs",
          "F_M by Eq. 13, with the head of the exit taken alone",
          .max = INT_EXACT, .flags = F_OPT | F_NIL),
    FIELD(result, final_accuracy, F_REAL, "",
          "the final exit alone on all samples", .max = 1,
          .flags = F_OPT | F_NIL),
    FIELD(result, final_macs, F_REAL, "MACs",
          "backbone and final head, no early head", .max = INT_EXACT,
          .flags = F_OPT | F_NIL),
    FIELD(result, split, F_STR, "", "split it was measured on", .max_count = 64,
          .flags = F_OPT | F_NIL),
    FIELD(result, rule, F_STR, "", "halting rule the thresholds belong to",
          .max_count = 64, .flags = F_OPT | F_NIL),
    FIELD(result, thresholds, F_REALS, "(exits - 1)",
          "leave where the score reaches it; nil = exit off",
          .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, temperatures, F_REALS, "(exits)",
          "logits are divided by it "
          "before the softmax, for scores and ece; empty = 1 everywhere",
          .min = TEMPERATURE_MIN, .max = TEMPERATURE_MAX,
          .max_count = NET_MAX_EXITS, .flags = F_OPT, .since = "1.1"),
    FIELD(result, utilisation, F_REALS, "(exits)",
          "share of samples that leave there", .max = 1,
          .max_count = NET_MAX_EXITS, .flags = F_OPT),
    FIELD(result, exit_accuracy, F_REALS, "(exits)",
          "accuracy on the samples that leave there; nil = nobody does",
          .max = 1, .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, exit_accuracy_all, F_REALS, "(exits)",
          "accuracy of that exit on all samples; nil = exit off", .max = 1,
          .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, ece, F_REALS, "(exits)",
          "expected calibration error, 30 bins, all samples; nil = unknown",
          .max = 1, .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(result, min_accuracy, F_REAL, "",
          "limit it was judged by; nil = none", .max = 1,
          .flags = F_OPT | F_NIL),
    FIELD(result, max_macs, F_REAL, "MACs",
          "limit it was judged by; nil = none", .max = INT_EXACT,
          .flags = F_OPT | F_NIL),
    FIELD(result, cost, F_ENUM, "",
          "what max_macs limits: sequential = macs, paper = macs_paper",
          .names = halt_cost_names, .flags = F_OPT, .since = "1.1"),
    FIELD(result, feasible, F_BOOL, "", "both limits hold",
          .flags = F_OPT | F_KEEP),
    FIELD(result, violation, F_REAL, "",
          "how far from holding: "
          "max(0, macs/max_macs - 1) + max(0, 1 - accuracy/min_accuracy)",
          .max = 1e300, .flags = F_OPT | F_KEEP),
    FIELD(result, rank, F_INT, "",
          "number of its front, from 0; set by pareto-select", .max = INT_EXACT,
          .flags = F_OPT | F_NIL),
    FIELD(result, crowding, F_REAL, "",
          "crowding distance in its front; -1 = infinite", .min = -1,
          .max = 1e300, .flags = F_OPT | F_NIL),
    FIELD(result, tradeoff, F_REAL, "",
          "least loss per gain of moving to a neighbour", .max = 1e300,
          .flags = F_OPT | F_NIL),
    FIELD(result, metrics, F_LIST, "", "metrics of the user's own",
          .sub = &schema_metric, .max_count = METRICS_MAX, .flags = F_OPT),
    FIELD_END,
};

const struct schema schema_result = {
    .type = "result",
    .size = sizeof(struct result),
    .fields = result_fields,
    .check = check_result,
};

static const struct schema *const records[] = {&schema_result, NULL};

const struct kind kind_result = {
    .id = {"result", 1, 1},
    .doc = "what each candidate achieved",
    .records = records,
};
