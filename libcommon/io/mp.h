/* SPDX-License-Identifier: MIT
 * MessagePack token by token: a cursor that reads from memory without
 * allocating or recursing, and the few calls that append to a buf (msgpack-c's
 * packer underneath).  Reading is safe on any bytes: a size is believed only as
 * far as the bytes reach.
 *
 * Example (const void *bytes, size_t n):
 *     struct mp_cursor c = mp_cursor(bytes, n);
 *     struct mp map, key, value;
 *
 *     if (mp_next(&c, &map) == MP_MAP)
 *         for (size_t i = 0; i < map.n; i++)
 *             if (mp_next(&c, &key) == MP_STR && mp_next(&c, &value) == MP_INT)
 *                 continue;   // a plain value; one that holds others, and
 *                             // a key of another type, end such a loop
 */
#ifndef IO_MP_H
#define IO_MP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"

enum mp_type {
    MP_BAD, /* not MessagePack as we know it (ext, 0xc1), or cut off */
    MP_NIL,
    MP_BOOL,
    MP_INT,
    MP_BIG, /* an integer above INT64_MAX */
    MP_REAL,
    MP_STR,
    MP_BIN,
    MP_ARRAY,
    MP_MAP,
};

struct mp {
    enum mp_type type;
    union {
        bool b;
        int64_t i;
        uint64_t big;
        double d;
        const char *s; /* str and bin: n bytes, no NUL, borrowed */
    };
    size_t n; /* bytes; elements of an array; pairs of a map */
};

struct mp_cursor {
    const unsigned char *p, *end;
};

struct mp_cursor mp_cursor(const void *bytes, size_t n);

/* Read the next token into *v.  Of an array or map that is only the head; its
 * elements are the tokens that follow.  Returns v->type; after MP_BAD the
 * cursor stands where it stood. */
enum mp_type mp_next(struct mp_cursor *c, struct mp *v);

/* Pass over one whole object.  Returns false when it is bad or cut off. */
bool mp_skip(struct mp_cursor *c);

bool mp_is(const struct mp *v, const char *s); /* true for the string s */

/* Read the head of the token at p, of which `avail` bytes are there, into *v,
 * without the payload of a str or bin.  Returns the length of the head (of a
 * scalar with its value), 0 when more bytes are needed, or -1 when it is
 * bad. */
int mp_head(const unsigned char *p, size_t avail, struct mp *v);

void mp_put_nil(struct buf *b);
void mp_put_bool(struct buf *b, bool v);
void mp_put_int(struct buf *b, int64_t v); /* the shortest form */
void mp_put_big(struct buf *b, uint64_t v);
void mp_put_real(struct buf *b, double v);     /* always float 64 */
void mp_put_str(struct buf *b, const char *s); /* 16 to 31 bytes as str 8 */
void mp_put_strn(struct buf *b, const char *s, size_t n);
void mp_put_bin(struct buf *b, const void *data, size_t n);
void mp_put_array(struct buf *b, size_t n); /* the head only */
void mp_put_map(struct buf *b, size_t n);

#endif
