/* SPDX-License-Identifier: MIT
 * An engine's parameters as a whole: copies of them, and their way from one
 * engine to another. */
#ifndef TRAIN_PARAMS_H
#define TRAIN_PARAMS_H

#include <stdbool.h>

#include "libcommon/nn/engine/engine.h"

/* All values, statistics included, in one array (params_total). */
size_t params_total(struct engine *g);
void params_save(struct engine *g, float *to);
void params_restore(struct engine *g, const float *from);

bool params_finite(struct engine *g);

/* Scale all gradients so that the length of the vector they make is at most
 * `most`. */
void params_clip(struct engine *g, double most);

/* Parameters that outlive their engine, by layer and slot.  Zeroed = none. */
struct carried {
    struct {
        const char *layer, *slot;   /* borrowed from the net */
        float *value;               /* into `values` */
        size_t n;
    } *v;
    size_t n;
    float *values;
};

void carry_from(struct carried *c, struct engine *g);   /* owned */
/* Into an engine whose net lists the same layers in the same order, and
 * others between them. */
void carry_to(const struct carried *c, struct engine *g);
void carried_fini(struct carried *c);

#endif
