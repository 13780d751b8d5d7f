/* SPDX-License-Identifier: MIT
 * From networks' traces to results, one network at a time. */
#ifndef TUNING_H
#define TUNING_H

#include "formats/io.h"
#include "tools/thresh-tune/thresholds.h"

/* Read a trained or trace stream to its end; for each network with a trace
 * write the result that tune_thresholds finds, for each failed one a failed
 * result.  Holds one network's table, skips tensors undecoded. */
int tuning_run(struct reader *r, struct writer *w, const struct tune_opts *o,
               struct err *e) MUST_CHECK;

#endif
