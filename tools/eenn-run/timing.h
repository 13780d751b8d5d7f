/* SPDX-License-Identifier: MIT
 * The times of a run are for --report and -v; the stream never has them. */
#ifndef TIMING_H
#define TIMING_H

#include "libcommon/nn/run/inference.h"
#include "libcommon/nn/run/policies.h"

/* Report the times of one network's run.  Lines:
 *     net ID: 10000 images, batch 256: 1.234 s, 8103.7 images/s
 * with a policy, for each exit: images that came, batches that they came in,
 * images that left, mean time of the layers behind the exit before, and mean
 * time and MACs until leaving there;
 *     latency ms: mean 0.12, p50 0.1, p90 0.2, p99 0.3, max 0.5   (one by one)
 *     without early exits: 2.3 s, 4347.8 images/s                 (baseline)
 *     saved: time 46.3 %, MACs 52.0 %, ratio 0.89                 (baseline)
 *     on the platform of the plan: latency 0.0218 s, energy 0.00245 J (plan)
 * Those of a plan are the means of what it says that leaving takes at each exit
 * over the samples as they left; policy: NULL = none. */
void timing_report(const struct inference_job *job, const struct inference *x,
                   const struct summary *s, const struct policy *policy);

#endif
