/* SPDX-License-Identifier: MIT */
#include "libcommon/io/envelope.h"

#include <string.h>

/* Read the map's head and its first key.  Returns the number of pairs, or 0
 * when the bytes do not begin so. */
static size_t open_map(struct mp_cursor *c, struct mp *key)
{
    struct mp map;

    if (mp_next(c, &map) != MP_MAP || !map.n)
        return 0;
    return mp_next(c, key) == MP_STR ? map.n : 0;
}

enum stream_item envelope_item(const void *bytes, size_t n)
{
    struct mp_cursor c = mp_cursor(bytes, n);
    struct mp key;

    if (!open_map(&c, &key))
        return STREAM_END;
    return mp_is(&key, "magic")  ? STREAM_HEADER
           : mp_is(&key, "type") ? STREAM_RECORD
           : mp_is(&key, "eos")  ? STREAM_TRAILER
                                 : STREAM_END;
}

static bool expect_key(struct mp_cursor *c, const char *key)
{
    struct mp v;

    return mp_next(c, &v) == MP_STR && mp_is(&v, key);
}

static bool read_kind(struct mp_cursor *c, char kind[ENVELOPE_KIND_MAX])
{
    struct mp v;

    if (mp_next(c, &v) != MP_STR || !v.n || v.n >= ENVELOPE_KIND_MAX)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!v.s[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-", v.s[i]))
            return false;
    memcpy(kind, v.s, v.n);
    kind[v.n] = '\0';
    return true;
}

static bool read_digest(struct mp_cursor *c, char digest[HASH_HEX])
{
    struct mp v;

    if (mp_next(c, &v) != MP_STR || v.n != HASH_HEX - 1)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (!v.s[i] || !strchr("0123456789abcdef", v.s[i]))
            return false;
    memcpy(digest, v.s, v.n);
    digest[v.n] = '\0';
    return true;
}

static bool read_version(struct mp_cursor *c, int *v)
{
    struct mp m;

    if (mp_next(c, &m) != MP_INT || m.i < 0 || m.i > 9999)
        return false;
    *v = (int)m.i;
    return true;
}

int envelope_header(const void *bytes, size_t n, struct envelope_header *h,
                    struct err *e)
{
    struct mp_cursor c = mp_cursor(bytes, n);
    struct mp v;

    if (!open_map(&c, &v) || !mp_is(&v, "magic"))
        return err_set(e, ERR_FORMAT,
                       "not a nachos stream: it does not "
                       "begin with the key `magic`");
    mp_next(&c, &v);
    if (!mp_is(&v, ENVELOPE_MAGIC))
        return err_set(e, ERR_FORMAT, "not a nachos stream: wrong magic");
    if (!expect_key(&c, "kind") || !read_kind(&c, h->kind))
        return err_set(e, ERR_FORMAT, "key `kind` is missing or no name");
    if (!expect_key(&c, "version") || mp_next(&c, &v) != MP_ARRAY || v.n != 2 ||
        !read_version(&c, &h->major) || !read_version(&c, &h->minor))
        return err_set(e, ERR_FORMAT,
                       "key `version` is missing or not [major, minor]");
    if (!expect_key(&c, "provenance") ||
        (mp_next(&c, &v) != MP_MAP && v.type != MP_NIL))
        return err_set(e, ERR_FORMAT,
                       "key `provenance` is missing or neither map nor nil");
    return 0;
}

int envelope_trailer(const void *bytes, size_t n, struct envelope_trailer *t,
                     struct err *e)
{
    struct mp_cursor c = mp_cursor(bytes, n);
    char kind[ENVELOPE_KIND_MAX], digest[HASH_HEX];
    size_t inputs;
    struct mp v;

    if (!open_map(&c, &v) || !mp_is(&v, "eos") || mp_next(&c, &v) != MP_BOOL ||
        !v.b)
        return err_set(e, ERR_FORMAT, "key `eos` is not true");
    if (!expect_key(&c, "records") || mp_next(&c, &v) != MP_INT || v.i < 0)
        return err_set(e, ERR_FORMAT, "key `records` is missing or no count");
    t->records = (uint64_t)v.i;
    if (!expect_key(&c, "inputs") || mp_next(&c, &v) != MP_ARRAY)
        return err_set(e, ERR_FORMAT, "key `inputs` is missing or no array");
    inputs = v.n;
    for (size_t i = 0; i < inputs; i++)
        if (mp_next(&c, &v) != MP_MAP || v.n != 2 || !expect_key(&c, "kind") ||
            !read_kind(&c, kind) || !expect_key(&c, "digest") ||
            !read_digest(&c, digest))
            return err_set(e, ERR_FORMAT,
                           "key `inputs` does not hold {kind, digest} maps");
    if (!expect_key(&c, "digest") || !read_digest(&c, t->digest))
        return err_set(e, ERR_FORMAT,
                       "key `digest` is missing or not 32 hex digits");
    return 0;
}
