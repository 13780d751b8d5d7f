/* SPDX-License-Identifier: MIT
 * Inside of the engine: passes over nodes. */
#ifndef NN_REAL_RUN_H
#define NN_REAL_RUN_H

#include "libcommon/nn/real/plan.h"

#define run_forward     REAL_NAME(run_forward)
#define run_backward    REAL_NAME(run_backward)
#define run_eval_tails  REAL_NAME(run_eval_tails)
#define run_float       REAL_NAME(run_float)
#define run_float_enter REAL_NAME(run_float_enter)
#define run_float_leave REAL_NAME(run_float_leave)

/* Nodes [first, end), with the statistics the call asks for. */
void run_forward(struct engine *g, int first, int end);

/* From the losses' gradients to those of all parameters. */
void run_backward(struct engine *g);

/* All tails from running statistics. */
void run_eval_tails(struct engine *g);

/* Denormal numbers are taken as zero while an engine computes: they are
 * hundreds of times slower and mean nothing.  The mode belongs to a thread. */
struct run_float {
    unsigned control;
};
struct run_float run_float_enter(void);
void run_float_leave(struct run_float was);

#endif
