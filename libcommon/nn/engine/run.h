/* SPDX-License-Identifier: MIT
 * Inside of the engine: passes over nodes. */
#ifndef NN_ENGINE_RUN_H
#define NN_ENGINE_RUN_H

#include "libcommon/nn/engine/plan.h"

enum run_part {
    RUN_FROZEN = 1,         /* a frozen backbone's nodes */
    RUN_LEARNING = 2,       /* the others */
    RUN_ALL = 3,
};

/* Nodes of these parts among [first, end), with the statistics the call asks
 * for. */
void run_forward(struct engine *g, int first, int end, enum run_part part);

/* From the losses' gradients to those of all parameters. */
void run_backward(struct engine *g);

/* All epilogues from running statistics. */
void run_eval_epilogues(struct engine *g);

#endif
