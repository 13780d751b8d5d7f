/* SPDX-License-Identifier: MIT
 * A small fully connected network does regression on rows of numbers: it has
 * ReLU between the layers and one output.  Its matrix products are matmul.h's,
 * so the same call gives the same bits on every machine.
 *
 * Example (size_t genes, size_t rows, const real *x, const real *y,
 *          real *out, double lr):
 *     struct dense d;
 *     struct trainer t;
 *
 *     dense_init(&d, 4, (size_t[]){genes, 300, 300, 300, 1});
 *     trainer_init(&t, &d, rows);         // a batch has at most these rows
 *     for (int step = 0; step < 100; step++) {
 *         dense_gradient(&d, &t, rows, x, y, NULL);
 *         dense_adam(&d, &t, lr);
 *     }
 *     dense_predict(&d, rows, x, out);
 *     trainer_fini(&t);
 *     dense_fini(&d);
 */
#ifndef SURROGATE_DENSE_H
#define SURROGATE_DENSE_H

#include <stddef.h>

#include "libcommon/nn/kern/real.h"

#define DENSE_LAYERS_MAX 8

struct dense {
    size_t layers;
    size_t width[DENSE_LAYERS_MAX + 1]; /* inputs .. 1 */
    size_t count;                       /* of parameters */
    real *params;                       /* (count), all that follows */
    real *weight[DENSE_LAYERS_MAX];     /* (width[l], width[l + 1]) */
    real *bias[DENSE_LAYERS_MAX];       /* (width[l + 1]) */
};

/* Make a network with all parameters zero; the last of width (layers + 1) is
 * 1. */
void dense_init(struct dense *d, size_t layers, const size_t *width);
void dense_fini(struct dense *d); /* zeroed is fine */

/* Set y (n) to the outputs for x (n, width[0]). */
void dense_predict(const struct dense *d, size_t n, const real *x, real *y);

/* The memory of training: activations of a batch, the gradient, Adam's
 * moments. */
struct trainer {
    size_t rows;                 /* of a batch, at most */
    real *z[DENSE_LAYERS_MAX];   /* (rows, width[l + 1]) */
    real *dz[DENSE_LAYERS_MAX];  /* likewise, gradients */
    real *grad, *first, *second; /* (count) */
    size_t steps;
    real *block;
};

void trainer_init(struct trainer *t, const struct dense *d, size_t rows);
void trainer_fini(struct trainer *t);

/* Returns the smooth L1 loss (beta 1), the mean over a batch x (rows,
 * width[0]), y (rows), and puts its gradient into t->grad.  keep (rows,
 * width[layers - 1]) multiplies what the last layer sees, for dropout: 0 or 1 /
 * (1 - p); NULL = ones. */
double dense_gradient(const struct dense *d, struct trainer *t, size_t rows,
                      const real *x, const real *y, const real *keep);

/* Take one step of Adam (0.9, 0.999, 1e-8) along t->grad. */
void dense_adam(struct dense *d, struct trainer *t, double lr);

#endif
