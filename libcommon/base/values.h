/* SPDX-License-Identifier: MIT
 * Counted arrays, the members of the structs that streams hold.  The header of
 * such a struct says who owns v; records read from a stream borrow it from the
 * reader. */
#ifndef BASE_VALUES_H
#define BASE_VALUES_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"

#define NIL_INT INT64_MIN /* "there is none", nil in a stream */
#define INT_EXACT \
    9007199254740991. /* 2^53 - 1, the limit of whole numbers in
                                         * streams and options: up to here a
                                         * double holds each of them */

struct ints {
    int64_t *v;
    size_t n;
};

struct reals {
    double *v; /* NAN = there is none, nil in a stream */
    size_t n;
};

struct strs {
    char **v;
    size_t n;
};

/* Return a copy of the array, borrowed from the arena. */
struct ints ints_copy(struct arena *a, const struct ints *v);
struct reals reals_copy(struct arena *a, const struct reals *v);

/* A number or a text with its name; a stream holds {name, value}. */
struct named_real {
    const char *name;
    double value;
};

struct named_text {
    char *name, *value;
};

/* An array of n structs of one type, which the user of the list knows. */
struct list {
    void *v;
    size_t n;
};

enum dtype { DT_U8, DT_I32, DT_I64, DT_F32, DT_F64, DT_COUNT };

size_t dtype_size(enum dtype t);      /* bytes of one element */
const char *dtype_name(enum dtype t); /* "u8" "i32" "i64" "f32" "f64" */

union element {
    uint8_t u8;
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
};

/* Returns element i of an array, which may be unaligned. */
union element dtype_element(enum dtype t, const void *array, size_t i);

#define TENSOR_MAX_DIMS 6

/* Numbers, row-major and little-endian.  data may be unaligned when it points
 * into a stream's buffer: read it with memcpy.  The bytes of streams are those in
 * memory: nothing swaps them. */
#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "nachos reads and writes numbers in bulk as they stand in memory, \
which only little-endian machines may do: this one is not known to be one"
#endif
struct tensor {
    enum dtype dtype;
    int ndim;
    int64_t shape[TENSOR_MAX_DIMS];
    const void *data;
};

size_t tensor_count(const struct tensor *t); /* product of the shape */
size_t tensor_bytes(const struct tensor *t);

#endif
