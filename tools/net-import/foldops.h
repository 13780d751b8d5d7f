/* SPDX-License-Identifier: MIT
 * The operators that constants are folded by.  A new one is a function here and its row
 * of the table in constfold.c. */
#ifndef NET_IMPORT_FOLDOPS_H
#define NET_IMPORT_FOLDOPS_H

#include "tools/net-import/nodeargs.h"

struct folding {
    const struct node_args *n; /* all inputs are there and constant */
    int64_t *room;             /* numbers that may still be made */
    struct err *e;
};

/* Each returns its result, borrowed from the arena, or NULL; the error then says why,
 * or is unset where the node is impossible. */
typedef struct constant *fold_fn(struct folding *f);

fold_fn fold_arithmetic; /* Add, Sub, Mul, Div */
fold_fn fold_cast, fold_concat, fold_constant, fold_constant_of_shape,
    fold_gather, fold_identity, fold_reshape, fold_shape, fold_slice,
    fold_squeeze, fold_transpose, fold_unsqueeze;

#endif
