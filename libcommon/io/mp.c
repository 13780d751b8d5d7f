/* SPDX-License-Identifier: MIT */
#include "libcommon/io/mp.h"

#include <msgpack/pack.h>
#include <string.h>

struct mp_cursor mp_cursor(const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    return (struct mp_cursor){p, p + n};
}

static int head_fixed(unsigned c, struct mp *v)
{
    if (c < 0x80 || c >= 0xe0) {
        v->type = MP_INT;
        v->i = c < 0x80 ? (int64_t)c : (int64_t)c - 256;
    } else if (c < 0x90) {
        v->type = MP_MAP;
        v->n = c & 15;
    } else if (c < 0xa0) {
        v->type = MP_ARRAY;
        v->n = c & 15;
    } else {
        v->type = MP_STR;
        v->n = c & 31;
    }
    return 1;
}

/* marks[c - 0xc0] says what a first byte c of 0xc0 to 0xdf means, and how many
 * bytes of the head follow it.  Ext and 0xc1 have no entry and so are
 * MP_BAD. */
static const struct {
    unsigned char type, more;
} marks[32] = {
    [0x00] = {MP_NIL, 0},  [0x02] = {MP_BOOL, 0},  [0x03] = {MP_BOOL, 0},
    [0x04] = {MP_BIN, 1},  [0x05] = {MP_BIN, 2},   [0x06] = {MP_BIN, 4},
    [0x0a] = {MP_REAL, 4}, [0x0b] = {MP_REAL, 8},  [0x0c] = {MP_BIG, 1},
    [0x0d] = {MP_BIG, 2},  [0x0e] = {MP_BIG, 4},   [0x0f] = {MP_BIG, 8},
    [0x10] = {MP_INT, 1},  [0x11] = {MP_INT, 2},   [0x12] = {MP_INT, 4},
    [0x13] = {MP_INT, 8},  [0x19] = {MP_STR, 1},   [0x1a] = {MP_STR, 2},
    [0x1b] = {MP_STR, 4},  [0x1c] = {MP_ARRAY, 2}, [0x1d] = {MP_ARRAY, 4},
    [0x1e] = {MP_MAP, 2},  [0x1f] = {MP_MAP, 4},
};

int mp_head(const unsigned char *p, size_t avail, struct mp *v)
{
    uint64_t bits = 0, sign;
    uint32_t low;
    float f;
    int more;

    *v = (struct mp){0};
    if (!avail)
        return 0;
    if (*p < 0xc0 || *p >= 0xe0)
        return head_fixed(*p, v);
    v->type = marks[*p & 31].type;
    more = marks[*p & 31].more;
    if (v->type == MP_BAD)
        return -1;
    if (avail <= (size_t)more)
        return 0;
    for (int i = 1; i <= more; i++) /* big-endian */
        bits = bits << 8 | p[i];
    switch (v->type) {
    case MP_NIL:
        break;
    case MP_BOOL:
        v->b = *p & 1;
        break;
    case MP_REAL:
        if (more == 4) {
            low = (uint32_t)bits;
            memcpy(&f, &low, sizeof f);
            v->d = f;
        } else {
            memcpy(&v->d, &bits, sizeof v->d);
        }
        break;
    case MP_INT:
        sign = (uint64_t)1 << (8 * more - 1);
        v->i = (int64_t)((bits ^ sign) - sign);
        break;
    case MP_BIG:
        if (bits <= INT64_MAX) {
            v->type = MP_INT;
            v->i = (int64_t)bits;
        } else {
            v->big = bits;
        }
        break;
    default:
        v->n = (size_t)bits;
    }
    return 1 + more;
}

enum mp_type mp_next(struct mp_cursor *c, struct mp *v)
{
    size_t left = (size_t)(c->end - c->p);
    int head = mp_head(c->p, left, v);

    if (head <= 0)
        return v->type = MP_BAD;
    left -= (size_t)head;
    /* Each element takes at least one byte. */
    if (v->n > (v->type == MP_MAP ? left / 2 : left))
        return v->type = MP_BAD;
    c->p += head;
    if (v->type == MP_STR || v->type == MP_BIN) {
        v->s = (const char *)c->p;
        c->p += v->n;
    }
    return v->type;
}

bool mp_skip(struct mp_cursor *c)
{
    uint64_t left = 1;
    struct mp v;

    for (; left; left--) {
        if (mp_next(c, &v) == MP_BAD)
            return false;
        if (v.type == MP_ARRAY)
            left += v.n;
        else if (v.type == MP_MAP)
            left += 2 * (uint64_t)v.n;
    }
    return true;
}

bool mp_is(const struct mp *v, const char *s)
{
    return v->type == MP_STR && v->n == strlen(s) && !memcmp(v->s, s, v->n);
}

/* ---- writing ---- */

static int append(void *b, const char *data, size_t n)
{
    buf_add(b, data, n);
    return 0;
}

static msgpack_packer packer(struct buf *b)
{
    msgpack_packer p;

    msgpack_packer_init(&p, b, append);
    return p;
}

void mp_put_nil(struct buf *b)
{
    msgpack_packer p = packer(b);

    msgpack_pack_nil(&p);
}

void mp_put_bool(struct buf *b, bool v)
{
    msgpack_packer p = packer(b);

    if (v)
        msgpack_pack_true(&p);
    else
        msgpack_pack_false(&p);
}

void mp_put_int(struct buf *b, int64_t v)
{
    msgpack_packer p = packer(b);

    msgpack_pack_int64(&p, v);
}

void mp_put_big(struct buf *b, uint64_t v)
{
    msgpack_packer p = packer(b);

    msgpack_pack_uint64(&p, v);
}

void mp_put_real(struct buf *b, double v)
{
    msgpack_packer p = packer(b);

    msgpack_pack_double(&p, v);
}

void mp_put_str(struct buf *b, const char *s)
{
    mp_put_strn(b, s, strlen(s));
}

void mp_put_strn(struct buf *b, const char *s, size_t n)
{
    msgpack_packer p = packer(b);

    /* A length of 16 to 31 does not get the shortest form: fq 0.3 (Debian 12)
     * reads only 4 of the 5 bits of that head's length and loses its way. */
    if (n >= 16 && n <= 31)
        buf_add(b, (unsigned char[]){0xd9, (unsigned char)n}, 2);
    else
        msgpack_pack_str(&p, n);
    buf_add(b, s, n);
}

void mp_put_bin(struct buf *b, const void *data, size_t n)
{
    msgpack_packer p = packer(b);

    msgpack_pack_bin(&p, n);
    buf_add(b, data, n);
}

void mp_put_array(struct buf *b, size_t n)
{
    msgpack_packer p = packer(b);

    msgpack_pack_array(&p, n);
}

void mp_put_map(struct buf *b, size_t n)
{
    msgpack_packer p = packer(b);

    msgpack_pack_map(&p, n);
}
