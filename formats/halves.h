/* SPDX-License-Identifier: MIT
 * The trace of a network as tables of scores: one of all samples or, for a
 * guarantee, one of each of two halves, which the seed draws.  The first half
 * chooses, the second tests what was chosen.
 *
 * Example (struct reader *r, struct halves *x, const struct halves_opts *o,
 *          const struct summary *s, const struct trace_head *head,
 *          const struct exit_trace *exits, struct err *e):
 *     int rc = halves_begin(x, o, s, head, e);
 *
 *     if (rc < 0)
 *         return reader_locate(r, e);
 *     for (size_t i = 0; i < x->table.exits; i++)
 *         halves_add(x, o, &exits[i], i);             // as they come
 *     halves_fini(x);
 *     return 0;
 */
#ifndef FORMATS_HALVES_H
#define FORMATS_HALVES_H

#include "formats/io.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/nn/exits/trace.h"

struct halves_opts {
    unsigned rules;    /* 1 << HALT_..: whose values are kept */
    bool temperatures; /* fit one per exit, on the first half; else all are 1 */
    bool divide;       /* into halves */
    bool no_labels;    /* do not look at them */
    uint64_t seed;
    int cost;    /* COST_..: is needed besides COST_SEQUENTIAL */
    size_t rows; /* of the tables, where more than the exits of the trace shall
                  * have one; 0 = as many as these */
    /* For the warning of halves_begin: what is done, "plans are chosen", and what
     * it is written to, "plan". */
    const char *done, *written;
};

struct halves {               /* zeroed at first */
    struct halt_table table;  /* of all samples, or of the first half */
    struct halt_table second; /* of the other half; samples = 0: none */
    double temperature[NET_MAX_EXITS];
    int32_t *labels; /* (samples) the first half, then the second; NULL: none */
    uint32_t *order; /* (samples) where each stands in the trace */
    bool remarked;   /* the warning has been given */
};

/* Begin the tables of a network, freeing those of the one before, with the costs
 * that its summary has; with o->rows they are the caller's to set.  Warn, once for
 * all networks, of a split that had a part in the training or shall judge the
 * network, with o->divide of any but cal.  ERR_FORMAT for a trace that was made
 * with a policy, for one sample that is to be divided, and for a summary without
 * the costs of all exits that are needed. */
int halves_begin(struct halves *x, const struct halves_opts *o,
                 const struct summary *s, const struct trace_head *h,
                 struct err *e) MUST_CHECK;

/* Fill row i with what an exit says, of which the last row is the final one. */
void halves_add(struct halves *x, const struct halves_opts *o,
                const struct exit_trace *t, size_t i);

void halves_fini(struct halves *x);

#endif
