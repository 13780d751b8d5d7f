/* SPDX-License-Identifier: MIT
 * What a network answered about each sample of its trace: of a run with a policy
 * at the exit where the sample left, of a whole trace at one exit. */
#ifndef REPORT_ANSWERS_H
#define REPORT_ANSWERS_H

#include "formats/trace.h"
#include "tools/eenn-report/report.h"

struct answers {
    struct arena arena;     /* holds all that follows */
    struct trace_head head; /* without its labels and taken */
    size_t classes, exits;
    size_t exit; /* from 0: of a whole trace that of all answers, of a run that
                  * of the samples it is about; exits = of all samples */
    const struct halt_rule *scored_by;
    size_t n;                /* answers */
    int32_t *label, *answer; /* (n) classes */
    unsigned char *left;     /* (n) exit of the answer, from 0 */
    double *score;           /* (n) by scored_by, the rule of the policy where
                                * it needs logits alone, else max-softmax */
    size_t *sample;          /* (n) number in the trace, from 0 */
    const char **file;       /* (n), NULL = the trace has no names */
};

/* One function per view: it adds a network's answers to the report. */
typedef int answers_fn(void *ctx, const struct answers *a, struct err *e);

/* Read a stream of kind trace or trained to its end and call fn for each network
 * that has a trace.  ERR_FORMAT for a network without the exit o->exit, and when
 * no network has a trace. */
int answers_read(struct reader *r, struct record *rec,
                 const struct report_opts *o, answers_fn *fn, void *ctx,
                 struct err *e) MUST_CHECK;

/* Returns the name of the class, or its number written into text where the trace
 * has no names. */
#define ANSWERS_NUMBER 24
const char *answers_class(const struct answers *a, size_t class,
                          char text[ANSWERS_NUMBER]);

/* Append "c10, test, 10000 samples" and which answers these are. */
void answers_about(const struct answers *a, struct buf *b);

/* Returns the share of right answers. */
double answers_accuracy(const struct answers *a);

/* The views of answers: VIEW_CONFUSION, VIEW_CLASSES, VIEW_SAMPLES and
 * VIEW_DIFFERENCES. */
bool view_of_answers(const struct report_opts *o);
report_kind_fn report_answers, report_differences;

#endif
