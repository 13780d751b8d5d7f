/* SPDX-License-Identifier: MIT
 * Bindings (net.h) at work: the dense parameter of a layer out of the stored
 * tensor it is bound to. */
#ifndef NN_GATHER_H
#define NN_GATHER_H

#include "libcommon/base/err.h"
#include "libcommon/nn/net.h"
#include "libcommon/nn/store.h"

/* Fill `dense` (the product of b->shape): a stored tensor of just that shape as
 * it is, of a larger one the slice at the offset, through the kernel
 * transforms where there are any.  Returns 1, 0 when the tensor is not in the
 * store, ERR_FORMAT naming it and both shapes when it does not fit, or naming
 * the matrix of a transform that is missing or does not fit. */
int store_gather(const struct store *s, const struct binding *b, int role,
                 float *dense, struct err *e) MUST_CHECK;

#endif
