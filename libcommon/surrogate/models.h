/* SPDX-License-Identifier: MIT
 * What the surrogate models share, in this room and its tests alone: the rows
 * of models_all, and the arrays that a model is saved as. */
#ifndef SURROGATE_MODELS_H
#define SURROGATE_MODELS_H

#include "libcommon/surrogate/surrogate.h"

extern const struct model_ops model_rbf, model_gp, model_cart, model_mlp;
extern const struct model_ops model_rank_rbf, model_rank_gp;

/* Append an array; data (of the given shape) is borrowed, not copied, and has
 * to live as long as the model does. */
void model_array_add(struct list *arrays, struct arena *a, const char *name,
                     enum dtype dtype, int ndim, const int64_t *shape,
                     const void *data);

/* Returns the array called name, borrowed from the list.  It must have that
 * type, number of axes and shape (NULL = any shape); otherwise NULL is returned
 * and *e says what is wrong, ERR_FORMAT. */
const struct tensor *model_array(const struct list *arrays, const char *name,
                                 enum dtype dtype, int ndim,
                                 const int64_t *shape, struct err *e);

/* Set mean and std, arrays of s->genes values, to the mean and the population
 * standard deviation of each gene over the samples. */
void samples_moments(const struct samples *s, double *mean, double *std);

#endif
