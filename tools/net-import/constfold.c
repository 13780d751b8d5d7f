/* SPDX-License-Identifier: MIT */
#include "tools/net-import/constfold.h"

#include <string.h>

#include "libcommon/base/mem.h"
#include "tools/net-import/foldops.h"

static const struct {
    const char *op;
    size_t inputs; /* at least */
    fold_fn *fold;
} folds[] = {
    {"Add", 2, fold_arithmetic},
    {"Cast", 1, fold_cast},
    {"Concat", 1, fold_concat},
    {"Constant", 0, fold_constant},
    {"ConstantOfShape", 1, fold_constant_of_shape},
    {"Div", 2, fold_arithmetic},
    {"Gather", 2, fold_gather},
    {"Identity", 1, fold_identity},
    {"Mul", 2, fold_arithmetic},
    {"Reshape", 1, fold_reshape},
    {"Shape", 1, fold_shape},
    {"Slice", 1, fold_slice},
    {"Squeeze", 1, fold_squeeze},
    {"Sub", 2, fold_arithmetic},
    {"Transpose", 1, fold_transpose},
    {"Unsqueeze", 1, fold_unsqueeze},
};

bool constant_foldable(const char *op)
{
    size_t i = 0;

    while (i < ARRAY_LEN(folds) && strcmp(folds[i].op, op) != 0)
        i++;
    return i < ARRAY_LEN(folds);
}

int constant_fold(const struct node_args *n, int64_t *room,
                  struct constant **out, struct err *e)
{
    struct folding f = {n, room, e};

    for (size_t k = 0; k < n->node->in.n; k++)
        if (args_given(n, k) && !n->c[k])
            return 0;
    for (size_t i = 0; i < ARRAY_LEN(folds); i++) {
        if (strcmp(folds[i].op, n->node->op) != 0)
            continue;
        for (size_t k = 0; k < folds[i].inputs; k++)
            if (!args_given(n, k))
                return err_set(e, ERR_FORMAT, "input %zu is missing", k + 1);
        e->code = 0;
        *out = folds[i].fold(&f);
        if (*out)
            return 1;
        return e->code < 0 ? e->code
                           : err_set(e, ERR_FORMAT, "an impossible node");
    }
    return 0;
}
