/* SPDX-License-Identifier: MIT
 * Named tensors, one record each. */
#ifndef NN_TRAIN_WEIGHTS_H
#define NN_TRAIN_WEIGHTS_H

#include "libcommon/base/arena.h"
#include "libcommon/base/values.h"

/* One epoch of a supernet's training. */
struct supernet_epoch {
    char *phase;            /* as the schedule calls it: "full" "kernel" */
    int64_t epoch;          /* from 0 over all phases */
    double lr;              /* at its first step */
    double loss;            /* mean over its steps, of a step's sub-networks */
};

/* Record `weights`, once, first in a weights stream. */
struct weights_info {
    char *space;            /* spec of the supernet, or NULL */
    char *net;              /* net id when they are one net's, or NULL */
    char *recipe;           /* hash of the training behind them, or NULL */
    int64_t epoch;          /* epochs trained so far, NIL_INT = unknown */
    struct list log;        /* struct supernet_epoch, one for each of them; n =
                             * 0 for what ofa-train has not trained */
};

/* Record `subnet`, after `weights`: what one sub-network of a supernet was
 * worth on the validation split when a phase ended. */
struct subnet {
    char *phase;
    int64_t epoch;          /* epochs trained by then */
    char *which;            /* "smallest" "largest" "random" */
    struct ints genome;     /* of the supernet's space */
    int64_t macs;           /* backbone and final exit */
    double accuracy;        /* of the final exit, batch norms re-calibrated */
    double accuracy_as_cut; /* with the supernet's running statistics */
};

/* How a supernet came to be: what the records beside its tensors say.  A zeroed
 * struct is empty; copies go in (owned, history_free). */
struct supernet_history {
    struct arena arena;
    struct supernet_epoch *log; /* (epochs) */
    size_t epochs, cap_log;
    struct subnet *table;       /* (rows) */
    size_t rows, cap_table;
};

void history_epoch(struct supernet_history *h,
                   const struct supernet_epoch *log);
void history_subnet(struct supernet_history *h, const struct subnet *row);
void history_free(struct supernet_history *h);

enum tensor_role { ROLE_PARAM, ROLE_STAT, ROLE_MOMENTUM };
extern const char *const tensor_role_names[];   /* "param" "stat" "momentum" */

/* Record `tensor`, after those; also in trained streams, after the trace. */
struct named_tensor {
    char *name;             /* as in struct binding */
    int role;               /* enum tensor_role */
    struct tensor value;    /* f32 */
};

#endif
