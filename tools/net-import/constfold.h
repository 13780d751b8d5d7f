/* SPDX-License-Identifier: MIT
 * Nodes whose inputs are all constants are computed at once: exporters write
 * shapes and paddings as small graphs of whole numbers.  The data of a Shape
 * node need not be constant, so whoever knows its shape answers that one. */
#ifndef NET_IMPORT_CONSTFOLD_H
#define NET_IMPORT_CONSTFOLD_H

#include "tools/net-import/nodeargs.h"

/* Returns 1 and *out, borrowed from the arena, when the node is one of those
 * that are folded; 0 when it is not; ERR_FORMAT when its inputs do not fit, or
 * when the constants that were made would take more numbers than *room, which is
 * lowered by those of *out. */
int constant_fold(const struct node_args *n, int64_t *room,
                  struct constant **out, struct err *e) MUST_CHECK;

/* Returns true when nodes of that operator are folded. */
bool constant_foldable(const char *op);

#endif
