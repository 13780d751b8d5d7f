/* SPDX-License-Identifier: MIT
 * The one way records are read and written: a schema is a table that says, key
 * by key, what a record holds and where in a C struct it lands.  The same rows
 * drive decoding, checking, encoding, stream-dump, stream-load and the key
 * table in formats/KIND.md (printed by stream-check --schema KIND).
 *
 * Example:
 *     struct arch { char *id; struct ints genome; double accuracy; };
 *     static const struct field fields[] = {
 *         FIELD(arch, id,       F_STR,  "",      "hash of space and genome"),
 *         FIELD(arch, genome,   F_INTS, "genes", "choice index of each gene",
 *               .min = 0, .max = 255),
 *         FIELD(arch, accuracy, F_REAL, "",      "share of right answers",
 *               .flags = F_NIL, .max = 1),
 *         FIELD_END
 *     };
 *     static const struct schema schema_arch = {
 *         .type = "arch", .size = sizeof(struct arch), .fields = fields };
 *
 * Field types and the C member they need at `offset`:
 *     F_BOOL  bool            F_INTS   struct ints
 *     F_INT   int64_t         F_REALS  struct reals
 *     F_REAL  double          F_STRS   struct strs
 *     F_STR   [const] char *  F_TENSOR struct tensor
 *     F_ENUM  int             (an index into .names, a string on the wire)
 *     F_MAP   the struct `sub` describes, embedded
 *     F_LIST  struct list     (of the structs `sub` describes)
 *
 * Nil.  A key is required unless F_OPT and never nil unless F_NIL.  An absent
 * one reads as the zero value, or as nil where it may be nil (in an absent map
 * each key does the same).  Nil reads as NULL (F_STR), NAN (F_REAL and elements
 * of F_REALS), NIL_INT (F_INT and elements of F_INTS); the encoder writes these
 * back as nil.  F_REAL and F_REALS carry finite numbers only; NaN and infinity
 * live in F_TENSOR data of fields flagged F_NANS, nowhere else.
 *
 * Order: the encoder writes `type` first, then the fields in table order; a
 * field flagged F_OPT whose value is what absence would read as is left out,
 * unless it is flagged F_KEEP.  The decoder takes any order but refuses a key
 * twice.
 *
 * Memory: everything a decoded record points to lives in the reader's arena or
 * its input buffer: borrowed until the next read. */
#ifndef FORMATS_SCHEMA_H
#define FORMATS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/values.h"
#include "libcommon/io/envelope.h"

enum field_type {
    F_BOOL,
    F_INT,
    F_REAL,
    F_STR,
    F_ENUM,
    F_INTS,
    F_REALS,
    F_STRS,
    F_TENSOR,
    F_MAP,
    F_LIST,
};

enum field_flag {
    F_OPT = 1,  /* may be absent; zero (nil with F_NIL) is not written */
    F_NIL = 2,  /* may be nil (for arrays: elements may be nil) */
    F_NANS = 4, /* F_TENSOR: float data may hold NaN and infinity */
    F_KEEP = 8, /* with F_OPT: written whatever its value */
};

struct schema;

struct field {
    const char *key;
    enum field_type type;
    size_t offset;    /* of the member in the record's struct */
    const char *unit; /* "" where there is none; shape for arrays */
    const char *doc;
    unsigned flags;           /* enum field_flag */
    double min, max;          /* of each number; both 0 = no limit */
    size_t max_count;         /* of elements or bytes; 0 = the default */
    const char *const *names; /* F_ENUM: NULL-terminated */
    const struct schema *sub; /* F_MAP, F_LIST */
    unsigned dtypes;          /* F_TENSOR: allowed 1 << enum dtype; 0 = all */
    int ndim;                 /* F_TENSOR: fixed number of axes; 0 = any */
    const char *since;        /* version that brought it; NULL = "1.0" */
};

#define FIELD(st, member, ft, unit_, doc_, ...)                              \
    {                                                                        \
        .key = #member, .type = (ft), .offset = offsetof(struct st, member), \
        .unit = (unit_), .doc = (doc_), __VA_ARGS__                          \
    }
#define FIELD_END   \
    {               \
        .key = NULL \
    }

struct schema {
    const char *type;           /* value of the key `type`; NULL for sub-maps */
    size_t size;                /* of the struct it fills */
    const struct field *fields; /* ends with FIELD_END */
    /* Bring what keys of earlier minors hold of a decoded record into the
     * present form and set them to absent, before check; NULL = there are no
     * such keys.  New memory comes from the arena. */
    void (*upgrade)(void *data, struct arena *a);
    /* Check the invariants between keys; NULL = there are none.  *data is the
     * decoded struct.  Returns 0 or err_set(e, ERR_FORMAT, ...). */
    int (*check)(const void *data, struct err *e);
};

/* The rules for the records of a segment together: which may follow which, and
 * what must agree between them.  Every reader keeps them (formats/io.h).  The
 * state (`size` bytes, zeroed at the start of a segment) must need no
 * freeing. */
struct order {
    size_t size;
    /* How many of the kind's record types, from the first, `add` looks into;
     * records of the others may come undecoded (data = NULL). */
    size_t decoded;
    /* Check the next record.  Returns 0 or ERR_FORMAT. */
    int (*add)(void *state, const struct schema *s, const void *data,
               struct err *e);
    /* Check that the segment may end here; NULL = it may end anywhere. */
    int (*end)(const void *state, struct err *e);
};

/* A kind of stream. */
struct kind {
    struct kind_id id;
    const char *doc; /* one line */
    /* NULL-terminated.  Where there are several, the first begins an item (a
     * trained network, a dataset) that the others belong to. */
    const struct schema *const *records;
    const struct order *order; /* NULL = only the rule above */
    int level;                 /* zstd level to write it with; 0 = 1 */
};

/* Decode one whole MessagePack map into *data (schema->size bytes, zeroed
 * here) in the present form (schema->upgrade).  Bulk bytes of tensors point into
 * `bytes`.  `type` and unknown keys are skipped. */
int schema_decode(const struct schema *s, const void *bytes, size_t n,
                  struct arena *a, void *data, struct err *e) MUST_CHECK;

/* Do the same and leave keys of earlier minors where they are, for whoever
 * writes a record as it came. */
int schema_decode_as_is(const struct schema *s, const void *bytes, size_t n,
                        struct arena *a, void *data, struct err *e) MUST_CHECK;

/* Append the record to *out.  Returns 0 or ERR_FORMAT when the struct breaks
 * its own schema (a number out of range, a NaN, a missing string): a writer
 * never emits what a reader would refuse. */
int schema_encode(const struct schema *s, const void *data, struct buf *out,
                  struct err *e) MUST_CHECK;

#endif
