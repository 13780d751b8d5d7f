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

/* Copies lines of n reals to lines that are `step` apart. */
static void copy_lines(size_t lines, size_t n, const real *from, real *to,
                       size_t step)
{
    for (; lines-- > 0; from += n, to += step)
        memcpy(to, from, n * sizeof *to);
}

void frame_load(const struct engine_pass *p, const struct value *v,
                size_t image, const struct frame *f, real *buffer)
{
    size_t first = image * v->rows;
    real *to = buffer + frame_inside(f);
    struct epilogue t = v->epilogue;

    if (v->plain || v->store) {
        copy_lines(f->h, f->w * f->c,
                   value_load(p, v, first, first + v->rows, NULL), to,
                   frame_step(f));
        return;
    }
    if (v->mul)
        t.mul = v->mul + image * v->c;
    p->k->epilogue_pad(&t, f->h, f->w, f->c, v->data + first * v->c, to,
                       frame_step(f));
}
