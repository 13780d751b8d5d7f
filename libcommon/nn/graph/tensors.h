/* SPDX-License-Identifier: MIT
 * Named tensors: the numbers that the bindings of a net (net.h) name.  A set
 * of them is what a stream's weights become (formats/weights.h), and with the
 * net all that is needed to run, convert or export it.  A tensor is known by
 * its name and its role.
 *
 * Example (const struct named_tensor *record, const char *name):
 *     struct tensors *t = tensors_new();
 *     const struct named_tensor *weight;
 *
 *     tensors_add(t, record);
 *     weight = tensors_find(t, name, ROLE_PARAM);
 *     tensors_free(t);        // and weight with it
 */
#ifndef NN_GRAPH_TENSORS_H
#define NN_GRAPH_TENSORS_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/values.h"

enum tensor_role { ROLE_PARAM, ROLE_STAT, ROLE_MOMENTUM, ROLE_COUNT };
extern const char *const tensor_role_names[]; /* "param" "stat" "momentum"
                                                 * NULL */

/* The record `tensor` of a stream. */
struct named_tensor {
    char *name;          /* as in struct binding */
    int role;            /* enum tensor_role */
    struct tensor value; /* f32 */
};

struct tensors;

struct tensors *tensors_new(void);    /* owned (tensors_free) */
void tensors_free(struct tensors *t); /* accepts NULL */

/* Add a copy; its values are aligned floats.  Returns false, and adds nothing,
 * if there is a tensor of that name and role. */
bool tensors_add(struct tensors *t, const struct named_tensor *from);

/* Returns the tensor, borrowed until tensors_free, or NULL. */
const struct named_tensor *tensors_find(const struct tensors *t,
                                        const char *name,
                                        enum tensor_role role);

/* Returns the i-th tensor that was added, i < tensors_count; borrowed until
 * tensors_free. */
const struct named_tensor *tensors_at(const struct tensors *t, size_t i);
size_t tensors_count(const struct tensors *t);

#endif
