/* SPDX-License-Identifier: MIT
 * Named tensors, one record each. */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include "libcommon/base/values.h"

/* Record `weights`, once, first in a weights stream. */
struct weights_info {
    char *space;            /* spec of the supernet, or NULL */
    char *net;              /* net id when they are one net's, or NULL */
    char *recipe;           /* hash of the training behind them, or NULL */
    int64_t epoch;          /* epochs trained so far, NIL_INT = unknown */
};

enum tensor_role { ROLE_PARAM, ROLE_STAT, ROLE_MOMENTUM };
extern const char *const tensor_role_names[];   /* "param" "stat" "momentum" */

/* Record `tensor`; also in trained streams, after the trace. */
struct named_tensor {
    char *name;             /* as in struct binding */
    int role;               /* enum tensor_role */
    struct tensor value;    /* f32 */
};

#endif
