/* SPDX-License-Identifier: MIT
 * An ONNX model is imported and run. */
#ifndef TESTS_UNIT_ONNX_RUN_H
#define TESTS_UNIT_ONNX_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/nn/engine/engine.h"
#include "tools/net-import/importing.h"

/* Read the whole file, which must be there. */
static inline struct buf onnx_file(const char *path)
{
    struct buf b = {0};
    FILE *f = fopen(path, "rb");
    size_t n;

    if (!f)
        perror(path);
    do {
        buf_reserve(&b, 65536);
        n = f ? fread(b.data + b.len, 1, 65536, f) : 0;
        b.len += n;
    } while (n);
    if (f)
        fclose(f);
    return b;
}

/* Returns an engine of the network with its weights, owned. */
static inline struct engine *onnx_engine(const struct imported *m, int batch)
{
    struct engine_opts o = {.batch = batch, .threads = 1};
    struct engine *g = engine_new(&m->made.net, &o);
    const struct named_tensor *t = m->made.tensors.v;
    struct engine_param *p;
    size_t n;

    p = engine_params(g, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m->made.tensors.n; k++)
            if (strcmp(t[k].name, p[i].binding->tensor) == 0)
                memcpy(p[i].value, t[k].value.data, p[i].n * sizeof(float));
    return g;
}

/* Import the file and set logits (owned, free) to what the network makes of n
 * samples (h, w, c), which are as the model takes them.  If the options call them
 * pixels of 0..255, they become what the network takes.  Returns 0 or ERR_*. */
static inline int onnx_run(const char *path, const struct onnx_opts *o,
                           float *samples, int n, struct imported *m,
                           float **logits, struct err *e)
{
    struct buf b = onnx_file(path);
    int rc = import_onnx(b.data, b.len, o, m, e);
    struct engine *g = rc == 0 ? onnx_engine(m, n) : NULL;
    size_t size = (size_t)n * (size_t)m->made.net.classes * sizeof **logits;

    *logits = NULL;
    if (g && o->feed.pixels == PIXELS_RAW) {
        const struct input_map *in = &m->input;
        size_t c = in->mean.n,
               count = (size_t)(n * in->size.v[0] * in->size.v[1]) * c;

        for (size_t i = 0; i < count; i++)
            samples[i] = (float)(((double)samples[i] / 255 -
                                  in->mean.v[i % c]) /
                                 in->std.v[i % c]);
    }
    if (g) {
        engine_forward(g, samples, n, ENGINE_EVAL);
        *logits = malloc(size);
        memcpy(*logits, engine_logits(g, 0), size);
    }
    engine_free(g);
    buf_free(&b);
    return rc;
}

#endif
