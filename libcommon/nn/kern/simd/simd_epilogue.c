/* SPDX-License-Identifier: MIT
 * The epilogue of a layer.  Forward streams activations in memory order and
 * prefetches them (v_ahead); where a row is wider than a block of channels, the
 * per-channel constants are loaded again for each row, from the L1 cache.  The
 * other kernels go down the rows block by block. */
#include "libcommon/nn/kern/simd/simd_act.h"

/* This is the body of a switch over the activation.  Its user defines
 * WITH(act), which is compiled for each activation, with act a constant. */
#define WITH_CASE(id, ...) \
    case id:               \
        WITH(id);          \
        break;
#define WITH_EACH_ACT NET_ACTS(WITH_CASE)

/* These are the per-channel constants of one block of channels. */
struct constants {
    vec scale[BLOCK], shift[BLOCK], mul[BLOCK];
};

INLINE const float *at(const float *p, size_t i)
{
    return p ? p + i : NULL;
}

INLINE struct constants constants_of(const struct epilogue *t, size_t i, int nv,
                                     bool part, lanes m)
{
    struct constants k;

    UNROLL
    for (int j = 0; j < nv; j++) {
        k.scale[j] = v_get_or(at(t->scale, i), 1, j, nv, part, m);
        k.shift[j] = v_get_or(at(t->shift, i), 0, j, nv, part, m);
        k.mul[j] = v_get_or(at(t->mul, i), 1, j, nv, part, m);
    }
    return k;
}

/* Returns the input of the activation for a vector of channels from i on. */
INLINE vec epilogue_in(const struct epilogue *t, size_t i, bool part, lanes m,
                       vec y)
{
    if (t->scale)
        y = y * v_at(t->scale + i, part, m);
    if (t->shift)
        y += v_at(t->shift + i, part, m);
    return y;
}

INLINE void forward_vec(int act, const struct epilogue *t, size_t i, bool part,
                        lanes m, const float *y, const float *skip, float *z)
{
    vec x = act_value(act, epilogue_in(t, i, part, m, v_at(y + i, part, m)));

    v_ahead(y + i);
    if (t->mul)
        x = x * v_at(t->mul + i, part, m);
    if (skip)
        x += v_at(skip + i, part, m);
    v_to(z + i, x, part, m);
}

/* Computes z of h image rows of w pixels that have more than one block of
 * channels.  h = 1 fits any matrix; only then may there be a skip. */
INLINE void forward_wide(int act, const struct epilogue *t, size_t h, size_t w,
                         size_t c, const float *y, const float *skip, float *z,
                         size_t step)
{
    const struct epilogue k = *t; /* stores cannot change it */
    const lanes m = lanes_first(c % LANES);

    for (; h-- > 0; z += step)
        for (size_t at = 0; at < w * c; at += c, y += c) {
            const float *more = skip ? skip + at : NULL;
            size_t i = 0;
            for (; i + LANES <= c; i += LANES)
                forward_vec(act, &k, i, false, m, y, more, z + at);
            if (i < c)
                forward_vec(act, &k, i, true, m, y, more, z + at);
        }
}

/* Does what forward_wide does for pixels that are one block of channels. */
INLINE void forward_narrow(int nv, bool part, int act, const struct epilogue *t,
                           const struct block *b, size_t h, size_t w, size_t c,
                           const float *y, const float *skip, float *z,
                           size_t step)
{
    const lanes m = b->mask;
    const struct constants k = constants_of(t, b->i, nv, part, m);

    for (y += b->i, z += b->i; h-- > 0; z += step)
        for (size_t i = 0; i < w; i++, y += c) {
            UNROLL
            for (int j = 0; j < nv; j++) {
                vec x = v_get(y, j, nv, part, m);
                v_ahead(y + (size_t)j * LANES);
                x = act_value(act, k.scale[j] * x + k.shift[j]) * k.mul[j];
                if (skip)
                    x += v_get(skip + b->i + i * c, j, nv, part, m);
                v_put(z + i * c, x, j, nv, part, m);
            }
        }
}

static void forward(const struct epilogue *t, size_t h, size_t w, size_t c,
                    const float *y, const float *skip, float *z, size_t step)
{
    if (c > BLOCK * LANES) {
#define WITH(act) forward_wide(act, t, h, w, c, y, skip, z, step)
        switch (t->act) {
            WITH_EACH_ACT
        }
#undef WITH
        return;
    }
    FOR_BLOCKS(b, c)
#define WITH(act) \
    BLOCK_CALL(b, forward_narrow, act, t, &b, h, w, c, y, skip, z, step)
    switch (t->act) {
        WITH_EACH_ACT
    }
#undef WITH
}

void simd_epilogue_forward(const struct epilogue *t, size_t rows, size_t c,
                           const float *y, const float *skip, float *z)
{
    forward(t, 1, rows, c, y, skip, z, 0);
}

void simd_epilogue_pad(const struct epilogue *t, size_t h, size_t w, size_t c,
                       const float *y, float *z, size_t step)
{
    forward(t, h, w, c, y, NULL, z, step);
}

/* Computes out, factor times the sum over the rows of act(scale * y + shift)
 * or, with d, of d times that. */
INLINE void collect_body(int nv, bool part, int act, const struct epilogue *t,
                         const struct block *b, size_t rows, size_t c,
                         const float *y, const float *d, float factor,
                         float *out)
{
    const lanes m = b->mask;
    const struct constants k = constants_of(t, b->i, nv, part, m);
    vec total[BLOCK], s[BLOCK];
    size_t at_row = b->i;

    UNROLL
    for (int j = 0; j < nv; j++)
        total[j] = v_set(0);
    while (rows > 0) {
        size_t n = rows < FLUSH_ROWS ? rows : FLUSH_ROWS;
        UNROLL
        for (int j = 0; j < nv; j++)
            s[j] = v_set(0);
        for (rows -= n; n-- > 0; at_row += c) {
            UNROLL
            for (int j = 0; j < nv; j++) {
                vec x = v_get(y + at_row, j, nv, part, m);
                x = act_value(act, k.scale[j] * x + k.shift[j]);
                if (d)
                    x = x * v_get(d + at_row, j, nv, part, m);
                s[j] += x;
            }
        }
        UNROLL
        for (int j = 0; j < nv; j++)
            total[j] += s[j];
    }
    UNROLL
    for (int j = 0; j < nv; j++)
        v_put(out + b->i, total[j] * v_set(factor), j, nv, part, m);
}

static void collect(const struct epilogue *t, size_t rows, size_t c,
                    const float *y, const float *d, float factor, float *out)
{
    FOR_BLOCKS(b, c)
#define WITH(act) \
    BLOCK_CALL(b, collect_body, act, t, &b, rows, c, y, d, factor, out)
    switch (t->act) {
        WITH_EACH_ACT
    }
#undef WITH
}

void simd_epilogue_mean(const struct epilogue *t, size_t rows, size_t c,
                        const float *y, float *mean)
{
    collect(t, rows, c, y, NULL, 1.0f / (float)rows, mean);
}

void simd_epilogue_dot(const struct epilogue *t, size_t rows, size_t c,
                       const float *y, const float *d, float *dot)
{
    collect(t, rows, c, y, d, 1, dot);
}

/* A run is the rows [first, last); it may begin and end inside an image. */
struct run {
    size_t first, last;
    size_t rows; /* of an image */
};

INLINE void backward_body(int nv, bool part, int act, const struct epilogue *t,
                          const struct block *b, const struct run *run,
                          size_t c, const float *y, const float *add, float *d,
                          double *sum, double *sumy)
{
    const lanes m = b->mask;
    struct epilogue image = *t;
    size_t at_row = run->first * c + b->i;
    vec s1[BLOCK], s2[BLOCK];

    UNROLL
    for (int j = 0; j < nv; j++)
        s1[j] = s2[j] = v_set(0);
    for (size_t r = run->first, end; r < run->last; r = end) {
        const size_t of = r / run->rows * c;
        vec plus[BLOCK];
        image.mul = at(t->mul, of);
        const struct constants k = constants_of(&image, b->i, nv, part, m);
        UNROLL
        for (int j = 0; j < nv; j++)
            plus[j] = v_get_or(at(add, of + b->i), 0, j, nv, part, m) *
                      v_set(1.0f / (float)run->rows);
        end = (r / run->rows + 1) * run->rows;
        if (end > run->last)
            end = run->last;
        for (size_t left = end - r; left-- > 0; at_row += c) {
            UNROLL
            for (int j = 0; j < nv; j++) {
                vec x = v_get(y + at_row, j, nv, part, m);
                vec g = v_get(d + at_row, j, nv, part, m);
                g = act_chain(act, k.scale[j] * x + k.shift[j],
                              g * k.mul[j] + plus[j]);
                v_put(d + at_row, g, j, nv, part, m);
                s1[j] += g;
                s2[j] += g * x;
            }
        }
    }
    if (sum)
        v_flush_block(nv, part, b, s1, s2, sum, sumy);
}

void simd_epilogue_backward(const struct epilogue *t, size_t images,
                            size_t rows, size_t c, const float *y,
                            const float *add, float *d, double *sum,
                            double *sumy)
{
    const size_t end = images * rows;

    for (struct run run = {.rows = rows}; run.first < end;
         run.first = run.last) {
        run.last = run.first + FLUSH_ROWS < end ? run.first + FLUSH_ROWS : end;
        FOR_BLOCKS(b, c)
#define WITH(act) \
    BLOCK_CALL(b, backward_body, act, t, &b, &run, c, y, add, d, sum, sumy)
        switch (t->act) {
            WITH_EACH_ACT
        }
#undef WITH
    }
}
