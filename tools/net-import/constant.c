/* SPDX-License-Identifier: MIT */
#include "tools/net-import/constant.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/log.h"

bool constant_count(const int64_t *dims, size_t rank, int64_t *count)
{
    int64_t others = 1; /* the product of those that are not 0 */
    bool none = false;

    *count = 0;
    if (rank > CONSTANT_MAX_RANK)
        return false;
    for (size_t k = 0; k < rank; k++) {
        if (dims[k] < 0 || dims[k] > CONSTANT_MAX_COUNT / others)
            return false;
        none |= dims[k] == 0;
        others *= dims[k] ? dims[k] : 1;
    }
    *count = none ? 0 : others;
    return true;
}

struct constant *constant_new(struct arena *a, bool real, const int64_t *dims,
                              size_t rank)
{
    struct constant *c = arena_alloc(a, 1, sizeof *c);

    c->real = real;
    c->rank = rank;
    if (rank)
        memcpy(c->dims, dims, rank * sizeof *dims);
    BUG_IF(!constant_count(dims, rank, &c->count));
    if (real)
        c->f = arena_alloc(a, (size_t)c->count + 1, sizeof *c->f);
    else
        c->i = arena_alloc(a, (size_t)c->count + 1, sizeof *c->i);
    return c;
}

double constant_real(const struct constant *c, int64_t k)
{
    return c->real ? (double)c->f[k] : (double)c->i[k];
}

int64_t constant_int(const struct constant *c, int64_t k)
{
    const double limit = 9e18;

    if (!c->real)
        return c->i[k];
    return (double)c->f[k] > -limit && (double)c->f[k] < limit
               ? (int64_t)c->f[k]
               : 0;
}

bool constant_finite(const struct constant *c)
{
    for (int64_t k = 0; c->real && k < c->count; k++)
        if (!isfinite(c->f[k]))
            return false;
    return true;
}
