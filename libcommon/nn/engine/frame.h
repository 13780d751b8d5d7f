/* SPDX-License-Identifier: MIT
 * Inside of the engine: one image within a border of zeros, for kernels that
 * read windows without asking where the image ends.
 *
 * Example (const struct engine_pass *p, const struct value *v,
 *          const struct frame *f, size_t first, size_t last, real *buffer):
 *     frame_clear(f, buffer);
 *     for (size_t image = first; image < last; image++)
 *         frame_load(p, v, image, f, buffer);
 *
 * Nothing here can fail. */
#ifndef NN_ENGINE_FRAME_H
#define NN_ENGINE_FRAME_H

#include "libcommon/nn/engine/value.h"

/* A frame says where an image (h, w, c) lies in a padded buffer (bh, bw, c). */
struct frame {
    size_t bh, bw, top, left, h, w, c;
};
static inline size_t frame_inside(const struct frame *f) /* pixel (0, 0) */
{
    return (f->top * f->bw + f->left) * f->c;
}
static inline size_t frame_step(const struct frame *f) /* row to row */
{
    return f->bw * f->c;
}

/* Zeroes the border of a buffer.  frame_load writes the inside only, so
 * the border stays zero for all images of the shard. */
void frame_clear(const struct frame *f, real *buffer);

/* Loads one image, with its epilogue done, into the inside of the buffer. */
void frame_load(const struct engine_pass *p, const struct value *v,
                size_t image, const struct frame *f, real *buffer);

#endif
