/* SPDX-License-Identifier: MIT */
#include "libcommon/io/skim.h"

#include "libcommon/io/mp.h"

static int refuse(struct skim *s, const char *why)
{
    s->why = why;
    return -1;
}

static int open_level(struct skim *s, const struct mp *v)
{
    uint64_t objects = v->type == MP_MAP ? 2 * (uint64_t)v->n : v->n;

    /* Each object takes at least one byte. */
    if (objects > STREAM_MAX_SMALL - s->small)
        return refuse(s, "claims more elements than a record may hold");
    if (!objects)
        return 0;
    if (s->depth == STREAM_MAX_DEPTH)
        return refuse(s, "nested deeper than 16");
    s->level[s->depth].left = objects;
    s->level[s->depth++].map = v->type == MP_MAP;
    return 0;
}

static int step(struct skim *s, const unsigned char *p, size_t n)
{
    struct mp v;
    int head = mp_head(p + s->pos, n - s->pos, &v);
    size_t payload, small;

    if (head < 0)
        return refuse(s, "not MessagePack (or an ext type, not used here)");
    if (head == 0) {
        s->need = n + 1;
        return 0;
    }
    if (!s->pos && v.type != MP_MAP)
        return refuse(s, "not a map");
    if (s->depth && s->level[s->depth - 1].map &&
        s->level[s->depth - 1].left % 2 == 0 && v.type != MP_STR)
        return refuse(s, "a map's key is not a string");

    /* Account for the token and its payload. */
    payload = v.type == MP_STR || v.type == MP_BIN ? v.n : 0;
    small = (size_t)head + (v.type == MP_BIN ? 0 : payload);
    if (payload > STREAM_MAX_RECORD ||
        s->pos + (size_t)head + payload > STREAM_MAX_RECORD)
        return refuse(s, "larger than 64 MiB");
    if (s->small + small > STREAM_MAX_SMALL)
        return refuse(s, "larger than 1 MiB outside typed arrays");
    s->need = s->pos + (size_t)head + payload;
    if (s->need > n)
        return 0;
    s->small += small;
    s->pos = s->need;
    if (s->depth)
        s->level[s->depth - 1].left--;
    if (v.type == MP_MAP || v.type == MP_ARRAY)
        if (open_level(s, &v) < 0)
            return -1;
    while (s->depth && !s->level[s->depth - 1].left)
        s->depth--;
    return 1;
}

int skim_run(struct skim *s, const void *p, size_t n)
{
    do {
        int rc = step(s, p, n);

        if (rc <= 0)
            return rc;
    } while (s->depth);
    s->need = s->pos;
    return 1;
}
