/* SPDX-License-Identifier: MIT
 * Inside of the engine: passes over the plan's nodes, each node a phase that is
 * a loop over shards, with the little that crosses shards done in between.
 * While a phase computes, the weights of the next are packed and those after
 * them prefetched.  Nothing here can fail.
 *
 *     run_forward(g, 0, g->n_nodes, RUN_ALL);
 *     ... the loss writes the d of the exits' outputs ...
 *     run_backward(g); */
#ifndef NN_ENGINE_RUN_H
#define NN_ENGINE_RUN_H

struct engine;

enum run_nodes {
    RUN_FROZEN = 1,         /* a frozen backbone's nodes */
    RUN_LEARNING = 2,       /* the others */
    RUN_ALL = 3,
};

/* Nodes of these parts among [first, end), with the statistics the call asks
 * for. */
void run_forward(struct engine *g, int first, int end, enum run_nodes part);

/* From the losses' gradients to those of all parameters. */
void run_backward(struct engine *g);

/* All epilogues from running statistics. */
void run_eval_epilogues(struct engine *g);

#endif
