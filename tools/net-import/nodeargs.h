/* SPDX-License-Identifier: MIT
 * What a node is told beside its data: numbers that older operator sets have as
 * attributes and newer ones as inputs, which must then be constants. */
#ifndef NET_IMPORT_NODEARGS_H
#define NET_IMPORT_NODEARGS_H

#include "tools/net-import/onnxread.h"

/* A node with those of its inputs that are constants. */
struct node_args {
    const struct onnx_node *node;
    int64_t opset;
    const struct constant *const *c; /* (node->in.n) NULL = not a constant, or
                                      * left out */
    struct arena *arena;
};

/* Returns true when the node has that input. */
bool args_given(const struct node_args *n, size_t input);

/* Set *v to the whole numbers of the input (SIZE_MAX: it has none of that kind)
 * or, where it is not given, of the attribute (NULL: none).  Returns 1, 0 where
 * there are neither, or ERR_FORMAT where the input is no constant. */
int args_ints(const struct node_args *n, size_t input, const char *attribute,
              struct ints *v, struct err *e) MUST_CHECK;

/* Set *v, which holds the default, to a single number in the same way. */
int args_real(const struct node_args *n, size_t input, const char *attribute,
              double *v, struct err *e) MUST_CHECK;

/* Set *axis to an axis of 0..rank - 1, where a negative one counts from behind.
 * ERR_FORMAT when there is no such axis. */
int axis_within(int64_t value, size_t rank, size_t *axis,
                struct err *e) MUST_CHECK;

/* Which elements of an axis a Slice takes: count of them, from first on, in
 * steps that may be negative. */
struct axis_slice {
    int64_t first, step, count;
};

/* Set s[k] for each of the `rank` axes of a Slice node's data.  ERR_FORMAT when
 * the node is wrong. */
int args_slices(const struct node_args *n, size_t rank, const int64_t *dims,
                struct axis_slice *s, struct err *e) MUST_CHECK;

/* Set to[*n_to] to the shape that Reshape makes of `dims`. */
int args_reshape(const struct node_args *n, size_t rank, const int64_t *dims,
                 size_t *n_to, int64_t to[CONSTANT_MAX_RANK],
                 struct err *e) MUST_CHECK;

/* Set mark[k] for each axis that Squeeze (of `rank` axes; those of size 1 where
 * the node names none) or Unsqueeze (of as many as its result has) names, whose
 * number is returned, or ERR_FORMAT. */
int args_axes(const struct node_args *n, size_t input, size_t rank,
              bool mark[CONSTANT_MAX_RANK], struct err *e) MUST_CHECK;

/* Set perm[k] to the axis of the data that becomes axis k: a Transpose. */
int args_perm(const struct node_args *n, size_t rank,
              size_t perm[CONSTANT_MAX_RANK], struct err *e) MUST_CHECK;

#endif
