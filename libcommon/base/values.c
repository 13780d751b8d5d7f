/* SPDX-License-Identifier: MIT */
#include "libcommon/base/values.h"

#include <string.h>

struct ints ints_copy(struct arena *a, const struct ints *v)
{
    return (struct ints){arena_memdup(a, v->v, v->n, sizeof *v->v), v->n};
}

struct reals reals_copy(struct arena *a, const struct reals *v)
{
    return (struct reals){arena_memdup(a, v->v, v->n, sizeof *v->v), v->n};
}

static const struct {
    const char *name;
    size_t size;
} dtypes[DT_COUNT] = {
    [DT_U8] = {"u8", 1},   [DT_I32] = {"i32", 4}, [DT_I64] = {"i64", 8},
    [DT_F32] = {"f32", 4}, [DT_F64] = {"f64", 8},
};

size_t dtype_size(enum dtype t)
{
    return dtypes[t].size;
}

const char *dtype_name(enum dtype t)
{
    return dtypes[t].name;
}

union element dtype_element(enum dtype t, const void *array, size_t i)
{
    size_t size = dtype_size(t);
    union element v;

    memcpy(&v, (const char *)array + i * size, size);
    return v;
}

size_t tensor_count(const struct tensor *t)
{
    size_t n = 1;

    for (int i = 0; i < t->ndim; i++)
        n *= (size_t)t->shape[i];
    return n;
}

size_t tensor_bytes(const struct tensor *t)
{
    return tensor_count(t) * dtype_size(t->dtype);
}
