/* SPDX-License-Identifier: MIT
 * What a network in evaluation mode says about a split: its validation loss
 * and accuracies, its trace. */
#ifndef TRAIN_EVAL_H
#define TRAIN_EVAL_H

#include <stdbool.h>

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/engine/engine.h"
#include "tools/eenn-train/features.h"
#include "tools/eenn-train/train_recipe.h"

/* Zeroed = empty. */
struct net_trace {
    size_t exits;
    float **logits;             /* (exits) each (samples, classes) */
    float **confidence;         /* (exits) each (samples), after the sigmoid;
                                 * NULL where there is no unit */
    bool finite;                /* all outputs are finite numbers */
};

/* *loss becomes L_acc over the split, the mean over its images, labels not
 * smoothed; accuracy[i] the share exit i itself gets right.  r says in which
 * form, and how many images at a time; kept, not NULL, are the split's features
 * to take in place of images.  The outputs go into *t, made here or used again
 * from a call for the same net and split. */
int eval_loss(struct engine *g, const struct net *net,
              const struct input_spec *in, const struct split *split,
              struct features *kept, const struct recipe *r, double *loss,
              double *accuracy, struct net_trace *t, struct err *e) MUST_CHECK;

/* The outputs alone. */
void eval_trace(struct engine *g, const struct net *net,
                const struct input_spec *in, const struct split *split,
                const struct recipe *r, struct net_trace *t);   /* owned */
void net_trace_fini(struct net_trace *t);

#endif
