/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/node_op.h"

#include "libcommon/base/log.h"

const struct node_op *node_op_choose(const struct engine_plan *plan,
                                     const struct plan_node *n)
{
#define NODE_OP_ROW(op_, row_) {op_, &node_op_##row_},
    static const struct {
        int op;
        const struct node_op *row;
    } rows[] = {NODE_OPS(NODE_OP_ROW)};
#undef NODE_OP_ROW

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].op == n->layer->op &&
            (!rows[i].row->fits || rows[i].row->fits(plan, n)))
            return rows[i].row;
    BUG("no row for the op");
}
