/* SPDX-License-Identifier: MIT
 * What the search for plans works on: the samples of a trace as codes, the costs
 * of a network on a platform, and plans as choices over both. */
#ifndef MAPPING_MAPCASE_H
#define MAPPING_MAPCASE_H

#include "libcommon/mapping/mapgoal.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/platform/model.h"

#define MAP_VALUES_MAX 1000

/* ---- samples ---- */

/* What is known of a sample at an exit besides its bin, as bits. */
enum {
    MAP_RIGHT = 1,       /* the exit is right */
    MAP_FINAL_RIGHT = 2, /* the final exit is */
    MAP_DIFFERENT = 4,   /* the exit answers otherwise than the final one */
    MAP_STATES = 8
};

/* The samples as the rule sees them.  The bin of a sample at an exit is the
 * number of values that its score reaches, so that it leaves there by value c
 * exactly when c < bin; the code is MAP_STATES * bin + state. */
struct map_samples {
    const struct halt_table *table; /* borrowed */
    const struct halt_rule *rule;
    const double *value; /* (values) ascending, borrowed */
    size_t samples, exits, values;
    uint16_t *code; /* (exits, samples); the final exit's have bin 0 */
    size_t final_right;
};

/* The rule must not be chained; the table's rows are all filled, and it has
 * labels.  Owned (map_samples_fini). */
void map_samples_init(struct map_samples *s, const struct halt_table *t,
                      const struct halt_rule *rule, const double *value,
                      size_t values);
void map_samples_fini(struct map_samples *s);

/* Samples that leave somewhere. */
struct map_tally {
    uint32_t n, right, lost, different;
};

static inline void map_tally_add(struct map_tally *t, unsigned state,
                                 uint32_t n)
{
    t->n += n;
    t->right += state & MAP_RIGHT ? n : 0;
    t->lost += (state & (MAP_RIGHT | MAP_FINAL_RIGHT)) == MAP_FINAL_RIGHT ? n
                                                                          : 0;
    t->different += state & MAP_DIFFERENT ? n : 0;
}

/* ---- plans ---- */

#define MAP_OFF UINT16_MAX

/* A mapping whose exits have values.  Segment s ends at boundary end[s]; value is
 * MAP_OFF where no early exit is on there, as at the end. */
struct map_plan {
    size_t segments;
    struct map_segment {
        uint8_t processor, end;
        uint16_t value;
    } s[MAPPING_MAX_SEGMENTS];
};

void map_plan_copy(struct map_plan *to, const struct map_plan *from);

/* Join segments that lie on one processor and have no exit between them. */
void map_plan_join(struct map_plan *plan);

/* Returns true where both have the same segments and exits, whatever the
 * values. */
bool map_plan_alike(const struct map_plan *a, const struct map_plan *b);

/* Returns the processor behind a boundary where a plan changes it, else 0: no plan
 * changes to the first one. */
size_t map_changes_to(const struct map_plan *plan, size_t at);

/* Set x to the plan's segments. */
void map_plan_mapping(const struct map_plan *plan, struct mapping *x);

/* Set thresholds (exits - 1) to the plan's, NAN = off. */
void map_plan_thresholds(const struct map_plan *plan,
                         const struct map_samples *s, double *thresholds);

/* ---- the problem ---- */

struct map_case {
    const struct platform_model *model;
    const struct map_samples *samples;
    const struct map_goal *goal;
    size_t per_processor;        /* segments at most, 0 = any number */
    bool allowed[NET_MAX_EXITS]; /* (exits - 1) that may be on */
    /* (exits - 1) whose boundary is that of another exit, and nothing may end
     * there; none of them is allowed. */
    bool blocked[NET_MAX_EXITS];
    /* Where processors change is settled: those of this plan.  NULL = not. */
    const struct map_plan *fixed;
};

/* What a mapping takes, whatever thresholds its exits have.  The places are the
 * segments at whose end samples may leave. */
struct map_takes {
    size_t places;
    double latency[MAPPING_MAX_SEGMENTS], energy[MAPPING_MAX_SEGMENTS],
        macs[MAPPING_MAX_SEGMENTS]; /* (places) */
    double worst, memory, storage;
    int64_t overflow;
    size_t segments;
};

/* Set *t to what a plan takes.  Returns false where it is impossible, having no
 * link between two processors that need one. */
bool map_price(const struct map_case *c, const struct map_plan *plan,
               struct map_takes *t);

/* Set the metrics (MAP_METRICS) that the goal needs and those of which o has
 * members, then *o.  left: (t->places).  Figures of classes are NAN. */
void map_evaluate(const struct map_case *c, const struct map_takes *t,
                  const struct map_tally *left, double *metric,
                  struct map_outcome *o);

/* Returns the mean of a cost (n) over the samples that leave at these places. */
double map_mean(const double *cost, const struct map_tally *left, size_t n);

/* Returns the smallest latency that a share q of the samples does not exceed. */
double map_percentile(const struct map_takes *t, const struct map_tally *left,
                      double q);

/* Set left (places) to where the samples leave by a plan, and take its metrics
 * and its outcome, those of classes included where the goal limits them.  Returns
 * false where the plan is impossible. */
bool map_judge(const struct map_case *c, const struct map_plan *plan,
               struct map_takes *t, struct map_tally *left, double *metric,
               struct map_outcome *o);

#endif
