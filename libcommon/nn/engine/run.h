/* SPDX-License-Identifier: MIT
 * Inside of the engine: passes over the plan's nodes.  Each node is a phase, a
 * loop over the shards of the batch; the little that crosses shards is done
 * between phases.  While a phase computes, it packs the weights of the next
 * phase and prefetches those of a later one.
 *
 * Example (const struct engine_pass *pass):
 *     run_forward(pass, 0, pass->plan->n_nodes, RUN_ALL);
 *     // the loss writes the d of the exits' outputs
 *     run_backward(pass);
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_RUN_H
#define NN_ENGINE_RUN_H

#include "libcommon/nn/engine/pass.h"

enum run_nodes {
    RUN_FROZEN = 1,   /* a frozen backbone's nodes */
    RUN_LEARNING = 2, /* the others */
    RUN_ALL = 3,
};

/* Runs `which` of the nodes [first, end), with the statistics that the pass
 * asks for.  Values that the loss or a caller reads are materialised. */
void run_forward(const struct engine_pass *p, int first, int end,
                 enum run_nodes which);

/* Computes the gradients of all parameters from those of the exits' outputs. */
void run_backward(const struct engine_pass *p);

/* Computes the epilogues of all nodes from running statistics.  A forward pass
 * in evaluation mode needs this first. */
void run_eval_epilogues(const struct engine_pass *p);

#endif
