/* SPDX-License-Identifier: MIT
 * The kind `trace` (formats/trace.md): what a network said at every exit about
 * every sample of a split.  libcommon/nn/exits/trace.h has the structs.  The
 * same two records stand inside a trained stream. */
#ifndef FORMATS_TRACE_H
#define FORMATS_TRACE_H

#include "formats/schema.h"
#include "libcommon/nn/data/filenames.h"
#include "libcommon/nn/exits/trace.h"

extern const struct schema schema_trace, schema_exit_trace;
extern const struct kind kind_trace;

/* Returns 0 when what an exit says of so many samples fits into a record, else
 * ERR_FORMAT with a text that says how many do. */
int trace_fits(size_t samples, size_t classes, struct err *e) MUST_CHECK;

/* Returns the key `names` of a trace of so many samples, borrowed: absent when
 * there are no names, or when they make the record too large. */
struct tensor trace_names(const struct filenames *f, size_t samples);

/* What has been seen of one net's records, for the orders of both kinds.  A
 * zeroed struct has begun no net. */
struct trace_seq {
    int64_t samples, classes, exits;
    bool policy;
    int64_t seen; /* exit-trace records so far */
};

void trace_seq_begin(struct trace_seq *s, const struct trace_head *h);

/* Check the next exit-trace record.  ERR_FORMAT when it is not of the exit that
 * is due (the exits in order; with a policy only -1), or has not as many
 * samples and classes as the head said. */
int trace_seq_add(struct trace_seq *s, const struct exit_trace *x,
                  struct err *e) MUST_CHECK;

/* Returns true when every exit-trace record of the net has come, and when no
 * net has begun. */
bool trace_seq_done(const struct trace_seq *s);

#endif
