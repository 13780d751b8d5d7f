/* SPDX-License-Identifier: MIT
 * Inside of the engine: parameters of the plan's nodes, which all lie in one
 * array each of values and gradients, in binding order over the layers. */
#ifndef NN_ENGINE_PARAMS_H
#define NN_ENGINE_PARAMS_H

struct engine;

/* Makes g->params and points the nodes at them. */
void params_place(struct engine *g);

#endif
