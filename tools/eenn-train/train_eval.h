/* SPDX-License-Identifier: MIT
 * A network in evaluation mode runs over a split: this gives its validation
 * loss, its accuracies and its trace. */
#ifndef TRAIN_EVAL_H
#define TRAIN_EVAL_H

#include <stdbool.h>

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"
#include "tools/eenn-train/features.h"
#include "tools/eenn-train/train_recipe.h"

/* Holds the outputs of a net for a split.  A zeroed struct is empty. */
struct net_trace {
    size_t exits;
    float **logits;     /* (exits) each (samples, classes); as they were where
                         * the exit rests */
    float **confidence; /* (exits) each (samples), after the sigmoid;
                         * NULL where there is no unit */
    bool finite;        /* all outputs are finite numbers */
};

/* What eval_loss finds. */
struct eval_results {
    double loss;      /* mean of L_acc */
    double *own;      /* (exits) that of each exit where exits are independent,
                       * NAN = the exit is left out (losses.h); or NULL */
    double *accuracy; /* (exits) share that the exit itself gets right, NAN = it
                       * rests */
    double *balanced; /* (exits) mean of its recalls likewise; or NULL */
};

/* Set *to for the split's images; its arrays are the caller's.  L_acc is without
 * label smoothing.  The
 * recipe gives the form of L_acc, the exit weights, the class weights, by which the
 * mean is weighted, and the batch size.  Where `kept` is not NULL
 * it holds the split's features, which then take the place of images.  The
 * outputs go into *t, which is zeroed or comes from a call for the same net
 * and split (owned, net_trace_fini).  ERR_SYS where features fail. */
int eval_loss(struct engine *g, const struct net *net,
              const struct input_spec *in, const struct split *split,
              struct features *kept, const struct recipe *r,
              struct eval_results *to, struct net_trace *t,
              struct err *e) MUST_CHECK;

/* Run the net on the split in evaluation mode and write its outputs into *t, as
 * eval_loss does. */
void eval_trace(struct engine *g, const struct net *net,
                const struct input_spec *in, const struct split *split,
                const struct recipe *r, struct net_trace *t); /* owned */
void net_trace_fini(struct net_trace *t);

#endif
