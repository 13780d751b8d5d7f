/* SPDX-License-Identifier: MIT
 * The kind `weights` (formats/weights.md): named tensors, one record each.  The
 * weights of a supernet come with what its sub-networks were worth phase by
 * phase.  The `tensor` record stands in trained streams too, after the
 * trace. */
#ifndef FORMATS_WEIGHTS_H
#define FORMATS_WEIGHTS_H

#include "formats/io.h"
#include "libcommon/nn/graph/tensors.h"
#include "libcommon/nn/train/weights.h"

extern const struct schema schema_weights;        /* struct weights_info */
extern const struct schema schema_subnet;         /* struct subnet */
extern const struct schema schema_tensor;         /* struct named_tensor */
extern const struct schema schema_supernet_epoch; /* struct supernet_epoch */
extern const struct kind kind_weights;

/* Both kinds that hold tensors and that weights_read reads, NULL-terminated. */
extern const struct kind *const weights_kinds[];

/* Write the `tensor` record of an array of that shape (ndim).  0, or ERR_* as
 * writer_put says. */
int weights_put(struct writer *w, char *name, enum tensor_role role,
                const int64_t *shape, size_t ndim, const float *values,
                struct err *e) MUST_CHECK;

/* Read a stream of either kind to its end and keep parameters and running
 * statistics (not an optimiser's state) in *t (owned, tensors_free):
 *     weights  all tensors of the stream
 *     trained  those of the network with id `net` (may be NULL), or, when it
 *              is not there and the stream holds one network only, that one's
 * *input is set to what these were trained on, in the arena; both may be NULL.
 * Returns 0 when the stream holds one set of tensors, which the caller may try
 * on any net, and 1 when it holds several networks and *t is that of `net`.
 * ERR_* when there are no tensors, a name comes twice, or none of several
 * networks has that id. */
int weights_read(struct reader *r, const char *net, struct tensors **t,
                 struct input_map *input, struct arena *a,
                 struct err *e) MUST_CHECK;

#endif
