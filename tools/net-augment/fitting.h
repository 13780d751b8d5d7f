/* SPDX-License-Identifier: MIT
 * Candidate exits that no mapping on a platform can have are dropped before
 * anything is trained.
 *
 * What is asked of each is necessary and cheap to know: that there are processors,
 * used in their order, such that the part of the network on each and the branch
 * of this exit, of all branches the only one, have room there; and the least time
 * in which, that way, a sample is through that does not leave early.  Each
 * processor runs one piece of the network, which the exit may divide into two
 * segments. */
#ifndef NET_AUGMENT_FITTING_H
#define NET_AUGMENT_FITTING_H

#include "libcommon/platform/measured.h"
#include "libcommon/platform/platform.h"
#include "tools/net-augment/candidates.h"

struct fitting_opts {
    const struct platform *platform;    /* that was checked; NULL = none */
    int precision;                      /* enum precision */
    const struct measured_costs *costs; /* NULL = none */
    double max_latency; /* s, of the worst case, NAN = no limit */
};

/* Set latency, memory and storage of the candidates that are taken, and drop those
 * that do not fit, with log_warn.  Texts are in the arena.  ERR_FORMAT when the
 * platform cannot hold the network whatever its exits are, or is too slow for it,
 * and as model_init says. */
int candidates_fit(struct candidates *c, const struct fitting_opts *o,
                   struct arena *a, struct err *e) MUST_CHECK;

#endif
