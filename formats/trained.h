/* SPDX-License-Identifier: MIT
 * The kind `trained` (formats/trained.md).  For each network: `trained`,
 * `net`, then, unless it failed, `trace`, its `exit-trace` records and its
 * `tensor` records, which may be left out. */
#ifndef FORMATS_TRAINED_H
#define FORMATS_TRAINED_H

#include "formats/net.h"
#include "formats/schema.h"
#include "formats/summary.h"
#include "formats/trace.h"
#include "formats/weights.h"
#include "libcommon/nn/exits/trained.h"

extern const struct schema schema_trained;
extern const struct schema schema_trained_epoch; /* struct trained_epoch */
extern const struct kind kind_trained;

/* Returns how many epochs of a net with this many exits and this input, trained
 * with or without distillation and balanced accuracies, a log has room for in its
 * record, whose other keys take 16 KiB at most.  Terms of the loss without a key
 * of their own are not counted. */
size_t trained_log_room(size_t exits, bool distil, bool balanced,
                        const struct input_map *input);

/* Check that a log of struct trained_epoch counts its epochs from 0.  Returns 0
 * or ERR_FORMAT. */
int trained_log_check(const struct list *log, struct err *e) MUST_CHECK;

/* What has been seen of a segment's networks: the state of order_trained, which
 * checks that their records come in order. */
struct trained_seq {
    int step;               /* what the last record was */
    bool failed;            /* the present network failed */
    char net[HASH_HEX];     /* its id as `trained` said it */
    int64_t input[4];       /* height, width, channels and classes, 0 = not
                             * said, of `trained`'s input */
    int64_t branches;       /* as `trained` said them */
    int64_t exits, classes; /* as `net` said them */
    struct trace_seq trace;
};
extern const struct order order_trained;

#endif
