/* SPDX-License-Identifier: MIT
 * These functions treat an engine's parameters as a whole: they copy them, also
 * from one engine to another, and look at all of them. */
#ifndef TRAIN_PARAMS_H
#define TRAIN_PARAMS_H

#include <stdbool.h>

#include "libcommon/nn/engine/engine.h"

/* params_save and params_restore copy every parameter and running statistic,
 * one behind the other, to and from an array of params_total numbers. */
size_t params_total(struct engine *g);
void params_save(struct engine *g, float *to);
void params_restore(struct engine *g, const float *from);

/* Returns true when all parameters and running statistics are finite
 * numbers. */
bool params_finite(struct engine *g);

/* Scale all gradients by the same factor so that their global L2 norm is at
 * most `most`. */
void params_clip(struct engine *g, double most);

/* These do the same for the parameters in the head of one exit; to and from are
 * arrays of all parameters. */
void params_save_head(struct engine *g, int exit, float *to);
void params_restore_head(struct engine *g, int exit, const float *from);
bool params_finite_head(struct engine *g, int exit);
void params_clip_head(struct engine *g, int exit, double most);

/* Holds a copy of an engine's parameters, each with its layer and slot, that
 * outlives the engine: it moves the backbone's weights into the engine of the
 * whole net.  Zeroed = none. */
struct param_snapshot {
    struct {
        const char *layer, *slot; /* borrowed from the net */
        float *value;             /* into `values` */
        size_t n;
    } * v;
    size_t n;
    float *values;
};

void param_snapshot_take(struct param_snapshot *s,
                         struct engine *g); /* owned (.._fini) */
/* Write the copy into an engine whose net lists the same layers in the same
 * order; other layers may stand between them and keep their values. */
void param_snapshot_restore(const struct param_snapshot *s, struct engine *g);
void param_snapshot_fini(struct param_snapshot *s);

#endif
