/* SPDX-License-Identifier: MIT
 * The networks of a net or trained stream, one after the other, get exits or lose
 * them.  The output is of the input's kind.
 *
 * Tensors of what a network keeps are copied as they are.  Those of new branches
 * are drawn like eenn-train's, by the seed and their names alone.  A network that
 * gets exits loses log and trace, since nothing is known of the new ones; one
 * that loses exits keeps both, of what is left.  Networks that failed in training
 * are left out with a warning. */
#ifndef NET_AUGMENT_AUGMENTING_H
#define NET_AUGMENT_AUGMENTING_H

#include "formats/io.h"
#include "libcommon/base/buf.h"
#include "tools/net-augment/candidates.h"
#include "tools/net-augment/cutting.h"
#include "tools/net-augment/fitting.h"

struct augment_job {
    struct candidate_opts candidates;
    struct fitting_opts fit;
    uint64_t seed;
    struct policies *keep; /* plans whose exits are kept, and no others; NULL =
                            * exits are added */

    const char *output; /* path of the output */
    struct writer_opts writer;
    struct buf *list; /* candidates as text, in place of an output, or NULL */
};

/* Run the job on all networks of the reader; *w is opened with the first record
 * (owned, writer_free), unless there is a list.  Returns 0 or ERR_*. */
int augment_run(struct reader *r, const struct augment_job *j,
                struct writer **w, struct err *e) MUST_CHECK;

#endif
