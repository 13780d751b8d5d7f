/* SPDX-License-Identifier: MIT
 * Private to the surrogate models: the rows of models_all, and the arrays a
 * model is saved as. */
#ifndef SURROGATE_MODELS_H
#define SURROGATE_MODELS_H

#include "libcommon/surrogate/surrogate.h"

extern const struct model_ops model_rbf, model_gp, model_cart, model_mlp;

/* Append an array; data (of the given shape) is borrowed, not copied, and has
 * to live as long as the model does. */
void model_array_add(struct list *arrays, struct arena *a, const char *name,
                     enum dtype dtype, int ndim, const int64_t *shape,
                     const void *data);

/* The array called name, of that type and number of axes and, unless shape is
 * NULL, shape.  NULL with ERR_FORMAT in *e when there is none. */
const struct tensor *model_array(const struct list *arrays, const char *name,
                                 enum dtype dtype, int ndim,
                                 const int64_t *shape, struct err *e);

/* Mean and population deviation of each gene over the samples: (genes). */
void samples_moments(const struct samples *s, double *mean, double *std);

#endif
