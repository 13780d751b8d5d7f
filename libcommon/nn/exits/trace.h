/* SPDX-License-Identifier: MIT
 * What a network said about every sample of a split, at every exit.
 * Thresholds, calibration, utilisation and every confidence rule follow from
 * it; the network is never run again for them. */
#ifndef NN_EXITS_TRACE_H
#define NN_EXITS_TRACE_H

#include "libcommon/nn/exits/summary.h"

/* Record `trace`: once per net, before its `exit-trace` records. */
struct trace_head {
    struct summary summary;
    char *split; /* "train" "val" "test" */
    int64_t samples, classes, exits;
    bool policy;               /* true: each sample ran to one exit only, see
                             * taken; such a trace cannot be tuned on */
    char *rule;                /* policy only: its halting rule, else NULL */
    struct reals thresholds;   /* policy only: (exits - 1), NAN = exit off */
    struct reals temperatures; /* policy only: (exits), empty = all 1 */
    struct tensor labels;      /* (samples) i32 */
    struct tensor taken;       /* (samples) u8: exit left at; policy only, else
                             * shape (0) */
    struct tensor names;       /* (bytes) u8: file name of each sample, ended by
                             * a NUL byte (nn/data/filenames.h), or absent */
    char *dataset;             /* its name, or NULL */
    struct strs class_names;   /* (classes), or n = 0 */
};

/* Record `exit-trace`: one per exit in order.  With a policy there is one
 * only, exit = -1: the logits each sample left with. */
struct exit_trace {
    int64_t exit;
    struct tensor logits;     /* (samples, classes) f32 */
    struct tensor confidence; /* (samples) f32 after the sigmoid; final exit
                                 * and heads without the unit: shape (0), c = 1 */
};

#endif
