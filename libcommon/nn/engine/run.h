/* SPDX-License-Identifier: MIT
 * Inside of the engine: passes over the plan's nodes.  Each node is a phase, a
 * loop over the shards of the batch; the little that crosses shards is done in
 * between.  While a phase computes, the weights of the next are packed and
 * those after them prefetched.
 *
 *     run_forward(&pass, 0, plan->n_nodes, RUN_ALL);
 *     ... the loss writes the d of the exits' outputs ...
 *     run_backward(&pass);
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_RUN_H
#define NN_ENGINE_RUN_H

#include "libcommon/nn/engine/pass.h"

enum run_nodes {
    RUN_FROZEN = 1,         /* a frozen backbone's nodes */
    RUN_LEARNING = 2,       /* the others */
    RUN_ALL = 3,
};

/* Those among nodes [first, end), with the statistics that the pass asks for.
 * Values that somebody outside looks at are materialised. */
void run_forward(const struct engine_pass *p, int first, int end,
                 enum run_nodes which);

/* From the losses' gradients to those of all parameters. */
void run_backward(const struct engine_pass *p);

/* Epilogues of all nodes from running statistics: before a forward pass in
 * evaluation mode. */
void run_eval_epilogues(const struct engine_pass *p);

#endif
