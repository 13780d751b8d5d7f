/* SPDX-License-Identifier: MIT
 * From a stream to tables or a drawing.  Each kind has its views; a view is
 * one or more tables, and some can be drawn. */
#ifndef REPORT_H
#define REPORT_H

#include "formats/ids.h"
#include "libcommon/search/limits.h"
#include "libcommon/search/reference.h"
#include "tools/eenn-report/table.h"

enum report_view {
    VIEW_DEFAULT, /* result: table, guarantees; trace: table, exits; trained: table,
                   * log; surrogate: table; weights: phases, subnets, or
                   * log where there are none; net: net; dataset: its
                   * classes; plan: table, plan */
    VIEW_TABLE,       /* one row per network, plan, or model tried */
    VIEW_FRONT,       /* result, plan: the non-dominated ones */
    VIEW_EXITS,       /* result, trace, plan: one row per exit */
    VIEW_ITERATIONS,  /* result: one row per search iteration */
    VIEW_LOG,         /* trained, weights: one row per epoch */
    VIEW_PAIRS,       /* surrogate: one row per point */
    VIEW_SUBNETS,     /* weights: one row per sub-network measured */
    VIEW_LINE,        /* result, plan: one line of text each, no heads */
    VIEW_CONFUSION,   /* trace, trained: the confusion matrix */
    VIEW_CLASSES,     /* trace, trained, dataset: one row per class */
    VIEW_SAMPLES,     /* trace, trained: one row per sample */
    VIEW_CURVE,       /* result: accuracy over cost as limits move; plan:
                      * accuracy over latency */
    VIEW_GUARANTEES,  /* result, plan: one row per certified limit */
    VIEW_NET,         /* net, trained: layers, exits, sums */
    VIEW_DIFFERENCES, /* trace, trained: each network against the first */
    VIEW_PLAN,        /* plan: segments, exits and processors of one */
};
extern const char *const report_view_names[]; /* NULL-terminated */

struct report_opts {
    int view;
    bool draw;                    /* make the script instead of the tables */
    bool people;                  /* the tables are for people */
    bool wide;                    /* any width will do */
    struct id_prefixes *ids;      /* the items to report; none = all */
    struct id_prefixes *winner;   /* the result to mark; none = by a rule */
    size_t exit;                  /* answers of this exit, from 1; 0 = those of
                                   * the policy, or of the final exit */
    bool wrong;                   /* VIEW_SAMPLES: only wrong answers */
    struct objectives objectives; /* of results, or their default */
    bool objectives_given;
    struct limits *limits;      /* none = those the results were judged by;
                                 * max_macs is added to them */
    double max_macs;            /* limit on the cost metric, NAN = none */
    struct reference reference; /* of the hypervolume */
    int64_t rank;               /* of the plan of VIEW_PLAN, NIL_INT = best */
};

#define REPORT_TABLES 5

struct report {
    struct table tables[REPORT_TABLES];
    size_t n;
    struct buf text;   /* VIEW_LINE */
    struct buf script; /* for gnuplot, when drawing */
};

/* Read the stream to its end.  ERR_FORMAT for a stream without records or
 * without what the view shows, and for ids that are not there or ambiguous;
 * ERR_ARG for a view the kind does not have. */
int report_make(struct reader *r, const struct report_opts *o,
                struct report *out, struct err *e) MUST_CHECK;
void report_fini(struct report *rep);

/* ---- for the parts of this tool ---- */

/* A new table at the end of the report. */
struct table *report_table(struct report *rep, const char *name,
                           const struct column *columns);

/* Do what reader_next_raw does, passing over the items not asked for. */
int report_next(struct reader *r, struct record *rec,
                const struct report_opts *o, struct err *e) MUST_CHECK;

/* One function per kind; rec is the first record, undecoded. */
typedef int report_kind_fn(struct reader *r, struct record *rec,
                           const struct report_opts *o, struct report *rep,
                           struct err *e);
report_kind_fn report_results, report_traces, report_trained, report_surrogates,
    report_weights, report_nets, report_datasets, report_plans;

/* Returns what people call a design: iteration/slot of its search, or else the
 * first digits of the arch id or, where arch is NULL, of `id`; owned (free). */
char *report_label(const char *arch, const char *id,
                   const struct origin *origin);
/* The next cell, COL_ID: the id, NULL = none, for people the label. */
void report_design(struct table *t, const char *arch, const char *id,
                   const struct origin *origin);

/* ERR_ARG: this kind has no such view (or no drawing of it). */
int report_no_view(const struct report_opts *o, const char *kind,
                   struct err *e);

#endif
