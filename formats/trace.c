/* SPDX-License-Identifier: MIT */
#include "formats/trace.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/order.h"
#include "formats/summary.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/nn/graph/net.h"

#define MAX_SAMPLES 16777216 /* 64 MiB of labels */
#define RECORD_ROOM 1024     /* bytes of an exit-trace besides its numbers */

static int check_trace(const void *data, struct err *e)
{
    const struct trace_head *t = data;
    const unsigned char *taken = t->taken.data;
    int64_t want = t->policy ? t->samples : 0;
    int32_t label;

    if (t->summary.gamma.n && t->summary.gamma.n != (size_t)t->exits)
        return err_set(e, ERR_FORMAT,
                       "summary has costs of %zu exits, the "
                       "trace has %" PRId64,
                       t->summary.gamma.n, t->exits);

    /* A policy has a rule and thresholds; without one there is neither. */
    if ((t->rule != NULL) != t->policy)
        return err_set(e, ERR_FORMAT, "policy = %s %s a rule",
                       t->policy ? "true" : "false",
                       t->policy ? "without" : "with");
    if (t->thresholds.n != (t->policy ? (size_t)t->exits - 1 : 0))
        return err_set(e, ERR_FORMAT,
                       "%zu thresholds for %" PRId64 " exits "
                       "and policy = %s",
                       t->thresholds.n, t->exits, t->policy ? "true" : "false");
    if (t->temperatures.n &&
        (!t->policy || t->temperatures.n != (size_t)t->exits))
        return err_set(e, ERR_FORMAT,
                       "%zu temperatures for %" PRId64 " exits and policy = %s",
                       t->temperatures.n, t->exits,
                       t->policy ? "true" : "false");

    if (t->labels.shape[0] != t->samples)
        return err_set(e, ERR_FORMAT,
                       "%" PRId64 " labels for %" PRId64 " samples",
                       t->labels.shape[0], t->samples);
    for (size_t i = 0; i < (size_t)t->samples; i++) {
        /* Elements may stand unaligned in the buffer. */
        memcpy(&label, (const char *)t->labels.data + i * sizeof label,
               sizeof label);
        if (label < 0 || label >= t->classes)
            return err_set(e, ERR_FORMAT,
                           "label %" PRId32 " of sample %zu "
                           "is not below the %" PRId64 " classes",
                           label, i, t->classes);
    }

    if (t->taken.shape[0] != want)
        return err_set(e, ERR_FORMAT,
                       "taken has %" PRId64 " entries where "
                       "policy = %s asks for %" PRId64,
                       t->taken.shape[0], t->policy ? "true" : "false", want);
    for (size_t i = 0; i < (size_t)want; i++)
        if (taken[i] >= t->exits ||
            (taken[i] + 1 < t->exits && isnan(t->thresholds.v[taken[i]])))
            return err_set(e, ERR_FORMAT,
                           "sample %zu left at exit %d, which "
                           "is off or not there",
                           i, taken[i]);
    if (t->class_names.n && t->class_names.n != (size_t)t->classes)
        return err_set(e, ERR_FORMAT,
                       "%zu names of classes for %" PRId64 " classes",
                       t->class_names.n, t->classes);
    return filenames_check(&t->names, t->samples, "file name", e);
}

static int check_exit_trace(const void *data, struct err *e)
{
    const struct exit_trace *x = data;
    int64_t units = x->confidence.shape[0];

    if (units != 0 && units != x->logits.shape[0])
        return err_set(e, ERR_FORMAT,
                       "%" PRId64 " confidences for %" PRId64 " samples", units,
                       x->logits.shape[0]);
    if (x->exit < 0 && units != 0)
        return err_set(e, ERR_FORMAT, "confidences in the trace of a policy");
    for (size_t i = 0; i < (size_t)units; i++) {
        float c;

        memcpy(&c, (const char *)x->confidence.data + i * sizeof c, sizeof c);
        if (!(c >= 0 && c <= 1))
            return err_set(e, ERR_FORMAT,
                           "confidence %g of sample %zu is not between 0 and 1",
                           (double)c, i);
    }
    return 0;
}

static const struct field trace_fields[] = {
    FIELD(trace_head, summary, F_MAP, "", "the network",
          .sub = &schema_summary),
    FIELD(trace_head, split, F_STR, "",
          "split that the samples are from: train, val, test or cal",
          .max_count = 64),
    FIELD(trace_head, samples, F_INT, "", "number of samples of the split",
          .min = 1, .max = MAX_SAMPLES),
    FIELD(trace_head, classes, F_INT, "",
          "number of classes, and of logits of each exit", .min = 1,
          .max = NET_MAX_CHANNELS),
    FIELD(trace_head, exits, F_INT, "",
          "number of exits, the final one included", .min = 1,
          .max = NET_MAX_EXITS),
    FIELD(
        trace_head, policy, F_BOOL, "",
        "true: a policy chose one exit for each sample; false: each sample ran "
        "through all exits"),
    FIELD(trace_head, rule, F_STR, "", "halting rule of the policy",
          .flags = F_OPT | F_NIL, .max_count = 64),
    FIELD(trace_head, thresholds, F_REALS, "(exits - 1)",
          "thresholds of the policy; nil = exit off",
          .max_count = NET_MAX_EXITS, .flags = F_OPT | F_NIL),
    FIELD(trace_head, temperatures, F_REALS, "(exits)",
          "temperatures of the policy, by which the logits are divided for the "
          "score; empty = 1 for all exits",
          .min = TEMPERATURE_MIN, .max = TEMPERATURE_MAX,
          .max_count = NET_MAX_EXITS, .flags = F_OPT, .since = "1.1"),
    FIELD(trace_head, labels, F_TENSOR, "(samples)",
          "class index of each sample", .dtypes = 1 << DT_I32, .ndim = 1),
    FIELD(trace_head, taken, F_TENSOR, "(samples)",
          "exit at which each sample left; empty without a policy",
          .dtypes = 1 << DT_U8, .ndim = 1),
    FIELD(trace_head, names, F_TENSOR, "(bytes)",
          "file name of each sample, ended by a NUL byte", .dtypes = 1 << DT_U8,
          .ndim = 1, .flags = F_OPT, .since = "1.2"),
    FIELD(trace_head, dataset, F_STR, "", "name of the data set",
          .flags = F_OPT | F_NIL, .since = "1.2"),
    FIELD(trace_head, class_names, F_STRS, "(classes)",
          "names of the classes; empty if they take more than 512 KiB",
          .max_count = DATASET_MAX_CLASSES, .flags = F_OPT, .since = "1.2"),
    FIELD_END,
};

const struct schema schema_trace = {
    .type = "trace",
    .size = sizeof(struct trace_head),
    .fields = trace_fields,
    .check = check_trace,
};

static const struct field exit_trace_fields[] = {
    FIELD(
        exit_trace, exit, F_INT, "",
        "index of the exit, from 0; -1 = with a policy, the exit at which each "
        "sample left",
        .min = -1, .max = NET_MAX_EXITS - 1),
    FIELD(exit_trace, logits, F_TENSOR, "(samples, classes)",
          "outputs before the softmax", .dtypes = 1 << DT_F32, .ndim = 2),
    FIELD(exit_trace, confidence, F_TENSOR, "(samples)",
          "output of the confidence unit after the sigmoid; empty if the head "
          "has none",
          .dtypes = 1 << DT_F32, .ndim = 1),
    FIELD_END,
};

const struct schema schema_exit_trace = {
    .type = "exit-trace",
    .size = sizeof(struct exit_trace),
    .fields = exit_trace_fields,
    .check = check_exit_trace,
};

static const struct schema *const records[] = {&schema_trace,
                                               &schema_exit_trace, NULL};

const struct kind kind_trace = {
    .id = {"trace", 1, 3},
    .doc = "what a network said at every exit about every sample",
    .records = records,
    .order = &order_trace,
};

int trace_fits(size_t samples, size_t classes, struct err *e)
{
    size_t most = (STREAM_MAX_RECORD - RECORD_ROOM) / sizeof(float) /
                  (classes + 1); /* logits and the confidence */

    if (samples <= most)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "the outputs of an exit for %zu images in %zu classes are "
                   "larger than a record may be, 64 MiB: %zu images fit",
                   samples, classes, most);
}

struct tensor trace_names(const struct filenames *f, size_t samples)
{
    size_t numbers = samples * (sizeof(int32_t) + 1); /* labels, taken */
    size_t room = STREAM_MAX_RECORD - STREAM_MAX_SMALL;

    const char *names = filenames_first(f);

    if (numbers > room || f->bytes.len > room - numbers)
        return (struct tensor){0};
    return filenames_tensor(&names, f->n);
}

void trace_seq_begin(struct trace_seq *s, const struct trace_head *h)
{
    *s = (struct trace_seq){.samples = h->samples,
                            .classes = h->classes,
                            .exits = h->exits,
                            .policy = h->policy};
}

int trace_seq_add(struct trace_seq *s, const struct exit_trace *x,
                  struct err *e)
{
    int64_t want = s->policy ? -1 : s->seen;

    if (trace_seq_done(s))
        return err_set(e, ERR_FORMAT,
                       "exit-trace of exit %" PRId64 " where "
                       "none is expected",
                       x->exit);
    if (x->exit != want)
        return err_set(e, ERR_FORMAT,
                       "exit-trace of exit %" PRId64 " where "
                       "%" PRId64 " is expected",
                       x->exit, want);
    if (x->logits.shape[0] != s->samples || x->logits.shape[1] != s->classes)
        return err_set(e, ERR_FORMAT,
                       "logits of shape (%" PRId64 ", %" PRId64
                       ") where the trace says (%" PRId64 ", %" PRId64 ")",
                       x->logits.shape[0], x->logits.shape[1], s->samples,
                       s->classes);
    s->seen++;
    return 0;
}

bool trace_seq_done(const struct trace_seq *s)
{
    return s->seen == (s->policy ? 1 : s->exits);
}
