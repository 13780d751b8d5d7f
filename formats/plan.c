/* SPDX-License-Identifier: MIT */
#include "formats/plan.h"

#include "formats/limit.h"
#include "formats/summary.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/search/limits.h"

#define NAME_MAX_BYTES 256 /* of a layer, a processor, a platform */
#define STORES_MAX (2 * PLATFORM_MAX_PROCESSORS)
#define NIL (F_OPT | F_NIL)

static const struct field segment_fields[] = {
    FIELD(plan_segment, processor, F_STR, "", "processor that runs the segment",
          .max_count = NAME_MAX_BYTES),
    FIELD(plan_segment, from, F_STR, "",
          "name of the layer that the input of the segment comes from; nil = "
          "the input of the network",
          .max_count = NAME_MAX_BYTES, .flags = NIL | F_KEEP),
    FIELD(plan_segment, to, F_STR, "",
          "name of the last backbone layer of the segment, which the exit taps",
          .max_count = NAME_MAX_BYTES),
    FIELD(plan_segment, exit, F_BOOL, "",
          "whether an exit stands at the end of the segment"),
    FIELD(plan_segment, threshold, F_REAL, "",
          "a sample leaves if its score reaches the threshold; nil = no early "
          "exit",
          .flags = NIL | F_KEEP),
    FIELD(plan_segment, temperature, F_REAL, "",
          "divisor of the logits of the exit before the softmax; 1 if there is "
          "no exit",
          .min = TEMPERATURE_MIN, .max = TEMPERATURE_MAX),
    FIELD(plan_segment, macs, F_INT, "MACs", "backbone of the segment",
          .max = INT_EXACT),
    FIELD(plan_segment, branch_macs, F_INT, "MACs", "head of the exit",
          .max = INT_EXACT, .flags = F_OPT),
    FIELD(plan_segment, seconds, F_REAL, "s",
          "time of the backbone of the segment, its call included",
          .max = 1e300),
    FIELD(plan_segment, branch_seconds, F_REAL, "s", "time of the head",
          .max = 1e300, .flags = F_OPT),
    FIELD(plan_segment, sent, F_INT, "bytes",
          "what comes to the segment over a link", .max = INT_EXACT,
          .flags = F_OPT),
    FIELD(plan_segment, sent_seconds, F_REAL, "s", "time of the link",
          .max = 1e300, .flags = F_OPT),
    FIELD(plan_segment, memory, F_INT, "bytes",
          "peak of the activations of the segment, head included",
          .max = INT_EXACT, .flags = F_OPT),
    FIELD(plan_segment, storage, F_INT, "bytes",
          "weights of the segment, head included", .max = INT_EXACT,
          .flags = F_OPT),
    FIELD(plan_segment, latency, F_REAL, "s",
          "latency of a sample that leaves at the exit; nil = no exit",
          .max = 1e300, .flags = NIL),
    FIELD(plan_segment, energy, F_REAL, "J",
          "energy of a sample that leaves at the exit; nil = no exit, or "
          "unknown",
          .max = 1e300, .flags = NIL),
    FIELD(plan_segment, utilisation, F_REAL, "",
          "share of samples that leave at the exit; nil = no exit", .max = 1,
          .flags = NIL),
    FIELD(plan_segment, exit_accuracy, F_REAL, "",
          "accuracy on the samples that leave at the exit; nil = no exit, or "
          "no sample does",
          .max = 1, .flags = NIL),
    FIELD(plan_segment, exit_accuracy_all, F_REAL, "",
          "accuracy of the exit on all samples; nil = no exit, or unknown",
          .max = 1, .flags = NIL),
    FIELD_END,
};

static const struct schema schema_segment = {
    .size = sizeof(struct plan_segment),
    .fields = segment_fields,
};

static const struct field store_fields[] = {
    FIELD(plan_store, name, F_STR, "", "name of the processor or pool",
          .max_count = NAME_MAX_BYTES),
    FIELD(plan_store, pool, F_BOOL, "",
          "whether it is memory that processors share, not a processor",
          .flags = F_OPT),
    FIELD(plan_store, memory, F_INT, "bytes",
          "activations that it must hold; 0 = it is not used", .max = INT_EXACT,
          .flags = F_OPT | F_KEEP),
    FIELD(plan_store, storage, F_INT, "bytes", "weights that it must hold",
          .max = INT_EXACT, .flags = F_OPT | F_KEEP),
    FIELD(plan_store, memory_limit, F_INT, "bytes",
          "activations that it can hold; nil = no limit", .max = INT_EXACT,
          .flags = NIL),
    FIELD(plan_store, storage_limit, F_INT, "bytes",
          "weights that it can hold; nil = no limit", .max = INT_EXACT,
          .flags = NIL),
    FIELD_END,
};

static const struct schema schema_store = {
    .size = sizeof(struct plan_store),
    .fields = store_fields,
};

static int check_plan(const void *data, struct err *e)
{
    const struct plan *p = data;
    int rc = plan_check(p, e);

    if (rc < 0 || (rc = id_check(p->platform_digest, "platform_digest", e)) < 0)
        return rc;
    return guarantee_check(&p->guarantee, e);
}

static const struct field plan_fields[] = {
    FIELD(plan, summary, F_MAP, "", "the network that was searched",
          .sub = &schema_summary),
    FIELD(plan, platform, F_STR, "", "name of the platform",
          .max_count = NAME_MAX_BYTES),
    FIELD(plan, platform_digest, F_STR, "", "digest of the platform's record",
          .max_count = 64, .flags = NIL),
    FIELD(plan, precision, F_ENUM, "",
          "numbers that the rates and bytes are of; accuracies are those of "
          "float",
          .names = precision_names),
    FIELD(plan, role, F_ENUM, "",
          "plan: what the search found; base: no early exits, one processor; "
          "partition: no early exits, the best division among processors",
          .names = plan_role_names),
    FIELD(plan, rule, F_STR, "", "halting rule that the thresholds belong to",
          .max_count = 64),
    FIELD(plan, segments, F_LIST, "",
          "the backbone in parts, from the input to the final exit",
          .sub = &schema_segment, .max_count = NET_MAX_EXITS),
    FIELD(plan, stores, F_LIST, "",
          "every processor in its order, then the pools", .sub = &schema_store,
          .max_count = STORES_MAX),
    FIELD(plan, split, F_STR, "", "split that the metrics were measured on",
          .max_count = 64, .flags = NIL),
    FIELD(plan, samples, F_INT, "", "number of samples of that split", .min = 1,
          .max = INT_EXACT, .flags = NIL),
    FIELD(plan, dataset, F_STR, "", "name of the data set", .flags = NIL),
    FIELD(plan, accuracy, F_REAL, "",
          "accuracy with the early exits; nil = no labels", .max = 1,
          .flags = NIL | F_KEEP),
    FIELD(plan, final_accuracy, F_REAL, "",
          "accuracy of the final exit on all samples", .max = 1, .flags = NIL),
    FIELD(plan, balanced_accuracy, F_REAL, "",
          "mean recall of the classes that have samples", .max = 1,
          .flags = NIL),
    FIELD(plan, min_class_accuracy, F_REAL, "", "smallest recall of a class",
          .max = 1, .flags = NIL),
    FIELD(plan, lost_answers, F_REAL, "",
          "share of samples that the final exit classifies correctly and the "
          "plan does not",
          .max = 1, .flags = NIL),
    FIELD(plan, disagreement, F_REAL, "",
          "share of samples that the plan classifies otherwise than the final "
          "exit",
          .max = 1, .flags = NIL),
    FIELD(plan, macs, F_REAL, "MACs",
          "mean cost of a sample with every head that ran", .max = INT_EXACT),
    FIELD(plan, latency, F_REAL, "s", "mean latency of a sample", .max = 1e300),
    FIELD(plan, energy, F_REAL, "J", "mean energy of a sample; nil = unknown",
          .max = 1e300, .flags = NIL),
    FIELD(plan, latency_p50, F_REAL, "s", "median of the latency",
          .max = 1e300),
    FIELD(plan, latency_p95, F_REAL, "s", "95 % of the samples take at most it",
          .max = 1e300),
    FIELD(plan, latency_p99, F_REAL, "s", "99 % of the samples take at most it",
          .max = 1e300),
    FIELD(plan, worst_latency, F_REAL, "s",
          "the largest latency of an exit, whether samples leave there or not",
          .max = 1e300),
    FIELD(plan, minimise, F_STR, "", "metric that the search made small",
          .max_count = METRIC_NAME_MAX, .flags = NIL),
    FIELD(plan, weight, F_REAL, "",
          "weight of the efficiency in the paper's scalar; nil = not searched "
          "by it",
          .max = 1, .flags = NIL),
    FIELD(plan, limits, F_LIST, "", "limits that the plan was judged by",
          .sub = &schema_limit, .max_count = LIMITS_MAX, .flags = F_OPT),
    FIELD(plan, feasible, F_BOOL, "", "whether all limits hold",
          .flags = F_OPT | F_KEEP),
    FIELD(plan, violation, F_REAL, "",
          "sum of the relative excesses over the limits; 0 = all limits hold",
          .max = 1e300, .flags = F_OPT | F_KEEP),
    FIELD(plan, guarantee, F_MAP, "",
          "that limits hold on unseen data, with a probability",
          .sub = &schema_guarantee, .flags = F_OPT),
    FIELD(plan, rank, F_INT, "",
          "place among the plans of the run, 0 = the best; nil = not ranked",
          .max = INT_EXACT, .flags = NIL),
    FIELD(plan, pareto, F_BOOL, "",
          "whether no plan of the run is better in accuracy and in the metric "
          "that was made small",
          .flags = F_OPT),
    FIELD_END,
};

const struct schema schema_plan = {
    .type = "plan",
    .size = sizeof(struct plan),
    .fields = plan_fields,
    .check = check_plan,
};

static const struct schema *const records[] = {&schema_plan, NULL};

const struct kind kind_plan = {
    .id = {"plan", 1, 0},
    .doc = "exits, thresholds and processors of a network",
    .records = records,
};
