/* SPDX-License-Identifier: MIT
 * The kernels on plain vectors. */
#include "libcommon/nn/kern/simd/simd.h"

void simd_add(size_t n, const float *x, float *y)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_store(y + i, v_load(y + i) + v_load(x + i));
    for (; i < n; i++)
        y[i] += x[i];
}

void simd_mul(size_t n, const float *x, const float *y, float *z)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_store(z + i, v_load(x + i) * v_load(y + i));
    for (; i < n; i++)
        z[i] = x[i] * y[i];
}

void simd_reduce(size_t n, size_t count, const float *const *parts, float *out)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        vec s = v_load(parts[0] + i);
        for (size_t p = 1; p < count; p++)
            s += v_load(parts[p] + i);
        v_store(out + i, s);
    }
    for (; i < n; i++) {
        float s = parts[0][i];
        for (size_t p = 1; p < count; p++)
            s += parts[p][i];
        out[i] = s;
    }
}

/* Updates one vector of w and v.  The tail of the arrays goes through a mask,
 * so that an element's bits do not depend on where it stands. */
INLINE void sgd_vec(bool part, lanes m, const struct sgd_rule *s,
                    const float *g, float *v, float *w)
{
    const vec momentum = v_set(s->momentum);
    vec old = v_get(w, 0, 1, part, m);
    vec d = v_get(g, 0, 1, part, m) + v_set(s->decay) * old;
    vec speed = momentum * v_get(v, 0, 1, part, m) + d;

    v_put(v, speed, 0, 1, part, m);
    if (s->nesterov)
        speed = d + momentum * speed;
    v_put(w, old - v_set(s->lr) * speed, 0, 1, part, m);
}

void simd_sgd(const struct sgd_rule *s, size_t n, const float *g, float *v,
              float *w)
{
    const lanes m = lanes_first(n % LANES);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        sgd_vec(false, m, s, g + i, v + i, w + i);
    if (i < n)
        sgd_vec(true, m, s, g + i, v + i, w + i);
}
