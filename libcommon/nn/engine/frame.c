/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/frame.h"

#include <string.h>

#include "libcommon/nn/engine/pass.h"

static void clear(real *from, real *to)
{
    if (to > from)
        memset(from, 0, (size_t)(to - from) * sizeof *from);
}

void frame_clear(const struct frame *f, real *buffer)
{
    real *end = buffer + f->bh * frame_step(f), *at = buffer;

    for (size_t y = 0; y < f->h; y++) {
        real *row = buffer + frame_inside(f) + y * frame_step(f);
        clear(at, row);
        at = row + f->w * f->c;
    }
    clear(at, end);
}

void frame_load(const struct engine_pass *p, const struct value *v,
                size_t image, const struct frame *f, real *buffer)
{
    size_t first = image * v->rows;
    real *to = buffer + frame_inside(f);
    struct epilogue t = v->epilogue;

    if (v->plain || v->store) {
        const real *from = value_load(p, v, first, first + v->rows, NULL);
        size_t n = f->w * f->c;

        for (size_t y = 0; y < f->h; y++, from += n, to += frame_step(f))
            memcpy(to, from, n * sizeof *to);
        return;
    }
    if (v->mul)
        t.mul = v->mul + image * v->c;
    p->k->epilogue_pad(&t, f->h, f->w, f->c, v->data + first * v->c, to,
                       frame_step(f));
}
