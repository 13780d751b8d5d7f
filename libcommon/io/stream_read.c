/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/envelope.h"
#include "libcommon/io/skim.h"
#include "libcommon/io/source.h"
#include "libcommon/io/stream.h"

/* The source is asked for at least this many bytes at once.  They are few
 * enough that little is moved when the window slides. */
#define CHUNK ((size_t)128 << 10)

enum state {
    OUTSIDE, /* before a header */
    INSIDE,  /* after a header, before its trailer */
    OVER,    /* all input used up */
    BROKEN,  /* an error was reported */
};

struct stream_reader {
    struct source *source;
    enum state state;
    unsigned char *window; /* [pos, end) is read but not yet given out */
    size_t cap, pos, end;
    size_t given;         /* bytes at pos the last event showed */
    uint64_t byte;        /* of window[pos] in its file, uncompressed */
    size_t file;          /* `byte` counts in this one */
    struct hash *segment; /* of the present one, its trailer left out */
    struct hash *all;     /* of the stream, once a segment has ended */
    struct envelope_header header;
    uint64_t segments;
    uint64_t records, first; /* in the stream; first of the segment */
};

struct stream_reader *stream_reader_open(char *const *paths, size_t n_paths,
                                         struct err *e)
{
    struct source *source = source_open(paths, n_paths, e);
    struct stream_reader *r;

    if (!source)
        return NULL;
    r = xcalloc(1, sizeof *r);
    r->source = source;
    r->cap = 2 * CHUNK;
    r->window = xmalloc(r->cap);
    r->all = hash_new();
    r->segment = hash_new();
    return r;
}

void stream_reader_close(struct stream_reader *r)
{
    if (!r)
        return;
    source_close(r->source);
    hash_free(r->all);
    hash_free(r->segment);
    free(r->window);
    free(r);
}

void stream_reader_digest(const struct stream_reader *r, char out[HASH_HEX])
{
    bool first_lasts = r->segments == 1 && r->state == INSIDE;

    hash_final(first_lasts ? r->segment : r->all, out);
}

const char *stream_reader_file(const struct stream_reader *r)
{
    return source_name(r->source);
}

uint64_t stream_reader_byte(const struct stream_reader *r)
{
    return r->byte;
}

/* Put file, place and byte in front of e's text and end the reading.  The text
 * of an ERR_SYS names its file already. */
static int fail_at(struct stream_reader *r, const char *place, struct err *e)
{
    char record[40];

    r->state = BROKEN;
    if (e->code == ERR_SYS)
        return e->code;
    snprintf(record, sizeof record, "record %" PRIu64, r->records);
    return err_prefix(e, "%.200s: %s (byte %" PRIu64 ")",
                      source_name(r->source), place ? place : record, r->byte);
}

/* Read more bytes of the present piece, for an object that needs at least
 * `need`, into the window, and make room for them first.  Returns 1, or 0 when
 * the piece ends here. */
static int fill_piece(struct stream_reader *r, size_t need, struct err *e)
{
    size_t have = r->end - r->pos, want, got;
    int rc;

    if (r->pos && r->cap - r->pos < need + CHUNK) {
        memmove(r->window, r->window + r->pos, have);
        r->pos = 0;
        r->end = have;
    }
    /* The window grows with what is there, not with what is claimed. */
    if (r->cap - r->end < CHUNK) {
        r->cap *= 2;
        r->window = xreallocarray(r->window, r->cap, 1);
    }
    want = need > have && need - have > CHUNK ? need - have : CHUNK;
    if (want > r->cap - r->end)
        want = r->cap - r->end;
    rc = source_read(r->source, r->window + r->end, want, &got, e);
    if (rc > 0)
        r->end += got;
    return rc;
}

/* Read one whole map, which then stands at r->pos, *n bytes long.  Returns 1, 0
 * when the input ended before its first byte, or ERR_*. */
static int read_map(struct stream_reader *r, size_t *n, struct err *e)
{
    struct skim s = {0};

    for (;;) {
        size_t have = r->end - r->pos;
        int rc = skim_run(&s, r->window + r->pos, have);

        if (rc > 0) {
            *n = s.pos;
            return 1;
        }
        if (rc < 0 && r->state == OUTSIDE && r->window[r->pos] == '{')
            return err_set(e, ERR_FORMAT,
                           "not a nachos stream but JSON text, of which "
                           "stream-load makes one");
        if (rc < 0)
            return err_set(e, ERR_FORMAT, "%s%s",
                           r->state == OUTSIDE ? "not a nachos stream: " : "",
                           s.why);
        while ((rc = fill_piece(r, s.need, e)) == 0)
            if ((rc = source_resume(r->source, e)) <= 0)
                break;
        if (rc < 0)
            return rc;
        if (rc == 0 && have)
            return err_set(e, ERR_FORMAT,
                           "truncated: the input ends inside it");
        if (rc == 0)
            return 0;
    }
}

/* Find where the next segment begins, behind frames without bytes.  Returns 1,
 * or 0 at the end of all input. */
static int find_segment(struct stream_reader *r, struct err *e)
{
    bool begun = false;
    int rc;

    for (;; begun = true) {
        if (source_plain(r->source)) {
            source_unread(r->source, r->end - r->pos);
        } else {
            /* The frame either ends here or holds another segment. */
            if (r->end > r->pos)
                return 1;
            if ((rc = fill_piece(r, 1, e)) > 0)
                return 1;
            if (rc < 0)
                break;
        }
        r->pos = r->end = 0;
        if ((rc = source_begin(r->source, e)) <= 0)
            return rc;
        if (source_file(r->source) != r->file) {
            r->file = source_file(r->source);
            r->byte = 0;
        }
        if (source_plain(r->source))
            return 1;
    }
    if (begun && r->byte && e->code == ERR_FORMAT)
        err_prefix(e, "junk after a trailer");
    return fail_at(r, begun ? "header" : "trailer", e);
}

static int give(struct stream_reader *r, size_t n, enum stream_item item,
                struct stream_event *ev)
{
    const unsigned char *p = r->window + r->pos;

    /* Most streams have one segment, and a large one should be hashed only
     * once.  So while the first segment lasts, r->segment is the hash of the
     * stream as well; r->all starts as a copy of it at the first trailer. */
    if (item != STREAM_TRAILER)
        hash_update(r->segment, p, n);
    else if (r->segments == 1)
        hash_copy(r->all, r->segment);
    if (item == STREAM_TRAILER || r->segments > 1)
        hash_update(r->all, p, n);
    r->given = n;
    ev->item = item;
    ev->bytes = p;
    ev->n = n;
    ev->kind = r->header.kind;
    ev->major = r->header.major;
    ev->minor = r->header.minor;
    ev->record = r->records;
    return 1;
}

static int next_header(struct stream_reader *r, struct stream_event *ev,
                       struct err *e)
{
    char kind[ENVELOPE_KIND_MAX];
    size_t n;
    int rc = find_segment(r, e);

    if (rc <= 0) {
        r->state = rc < 0 ? BROKEN : OVER;
        return rc;
    }
    rc = read_map(r, &n, e);
    BUG_IF(rc == 0); /* find_segment saw a byte */
    memcpy(kind, r->header.kind, sizeof kind);
    if (rc > 0)
        rc = envelope_header(r->window + r->pos, n, &r->header, e);
    if (rc < 0 && r->byte && e->code == ERR_FORMAT)
        err_prefix(e, "junk after a trailer");
    if (rc == 0 && r->segments && strcmp(kind, r->header.kind))
        rc = err_set(e, ERR_FORMAT, "a segment of kind %s after one of kind %s",
                     r->header.kind, kind);
    if (rc < 0)
        return fail_at(r, "header", e);
    r->state = INSIDE;
    r->segments++;
    r->first = r->records;
    hash_reset(r->segment);
    return give(r, n, STREAM_HEADER, ev);
}

static int next_inside(struct stream_reader *r, struct stream_event *ev,
                       struct err *e)
{
    struct envelope_trailer t;
    char digest[HASH_HEX];
    uint64_t count = r->records - r->first;
    enum stream_item item;
    size_t n;
    int rc = read_map(r, &n, e);

    if (rc == 0)
        rc = err_set(e, ERR_FORMAT,
                     "truncated: the input ends without a trailer");
    if (rc < 0)
        return fail_at(r, NULL, e);
    item = envelope_item(r->window + r->pos, n);
    if (item == STREAM_TRAILER) {
        rc = envelope_trailer(r->window + r->pos, n, &t, e);
        hash_final(r->segment, digest);
        if (rc == 0 && t.records != count)
            rc = err_set(e, ERR_FORMAT,
                         "it counts %" PRIu64 " records, the "
                         "segment has %" PRIu64,
                         t.records, count);
        else if (rc == 0 && strcmp(digest, t.digest))
            rc = err_set(e, ERR_FORMAT,
                         "its digest is %s, that of the segment's bytes is %s",
                         t.digest, digest);
        if (rc < 0)
            return fail_at(r, "trailer", e);
        r->state = OUTSIDE;
        return give(r, n, item, ev);
    }
    if (item == STREAM_RECORD) {
        give(r, n, item, ev);
        r->records++;
        return 1;
    }
    err_set(e, ERR_FORMAT, "%s",
            item == STREAM_HEADER
                ? "truncated: a new header before the trailer"
                : "its first key is neither `type` nor `eos`");
    return fail_at(r, NULL, e);
}

int stream_next(struct stream_reader *r, struct stream_event *ev, struct err *e)
{
    r->pos += r->given; /* drops what the last event showed */
    r->byte += r->given;
    r->given = 0;
    ev->item = STREAM_END;
    switch (r->state) {
    case OUTSIDE:
        return next_header(r, ev, e);
    case INSIDE:
        return next_inside(r, ev, e);
    case OVER:
        return 0;
    case BROKEN:
        break;
    }
    return err_set(e, ERR_FORMAT, "%s: read on after an error",
                   source_name(r->source));
}
