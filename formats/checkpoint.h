/* SPDX-License-Identifier: MIT
 * The kind `checkpoint` (formats/checkpoint.md): a training that is not over.
 *     checkpoint                     once, first
 *     training                       a network, by eenn-train
 *     weights, subnet...             a supernet, by ofa-train
 *     copy, tensor...                for each copy of the tensors
 *     finished, trained, net, ...    for each network finished before, as in a
 *                                    trained stream
 * checkpoint_file.h reads and writes such files. */
#ifndef FORMATS_CHECKPOINT_H
#define FORMATS_CHECKPOINT_H

#include "formats/schema.h"
#include "libcommon/nn/train/checkpoint.h"

extern const struct schema schema_checkpoint; /* struct checkpoint_head */
extern const struct schema schema_training;   /* struct training_state */
extern const struct schema schema_copy;       /* struct copy_head */
extern const struct schema schema_finished;   /* struct finished_head */
extern const struct kind kind_checkpoint;

#endif
