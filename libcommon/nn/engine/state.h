/* SPDX-License-Identifier: MIT
 * Inside of the engine: struct engine itself (engine.h), which engine.c makes.
 * Passes see parts of it only (pass.h). */
#ifndef NN_ENGINE_STATE_H
#define NN_ENGINE_STATE_H

#include "libcommon/base/reserve.h"
#include "libcommon/nn/engine/memory.h"
#include "libcommon/nn/engine/params.h"
#include "libcommon/nn/engine/pass.h"

struct engine_host {
    int threads;
    struct pool *pool;
    struct reserve memory;
};

struct engine {
    struct engine_plan plan; /* constant once made */
    struct engine_buffers buffers;
    struct param_table params;
    struct engine_memory memory;
    struct engine_host *host;

    /* between calls */
    struct engine_flight flight;
    const real *images; /* of the last call */
    int n;
    int segment; /* the last one run */
    bool calibrating;
    double calibrated;        /* images seen since calibrate_begin */
    engine_update_fn *update; /* or NULL */
    void *update_ctx;
    real **outs, **grads_out; /* (exits) for the loss */
};

/* Returns a pass over the images of the last call, in evaluation mode. */
struct engine_pass engine_pass_again(struct engine *g);

/* Returns a pass over n new images, for which no value is materialised yet. */
struct engine_pass engine_pass_new(struct engine *g, const real *images, int n);

#endif
