/* SPDX-License-Identifier: MIT */
#include "formats/io.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/order.h"
#include "formats/provenance.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/mp.h"

/* ---- reading ---- */

struct reader {
    struct stream_reader *stream;
    const struct kind *const *accepted;
    const struct kind *kind;  /* of the present segment */
    struct order_check order; /* of the present segment */
    bool any_order;           /* that is not checked */
    struct arena arena;       /* of the present record */
    uint64_t record;          /* the latest one, for messages */
    bool over;                /* clean end seen */
};

struct reader *reader_open(char *const *paths, size_t n_paths,
                           const struct kind *const *accepted, struct err *e)
{
    struct stream_reader *stream = stream_reader_open(paths, n_paths, e);
    struct reader *r;

    if (!stream)
        return NULL;
    r = xcalloc(1, sizeof *r);
    r->stream = stream;
    r->accepted = accepted;
    return r;
}

void reader_close(struct reader *r)
{
    if (!r)
        return;
    stream_reader_close(r->stream);
    order_fini(&r->order);
    arena_free(&r->arena);
    free(r);
}

void reader_any_order(struct reader *r)
{
    r->any_order = true;
}

struct stream_reader *reader_stream(struct reader *r)
{
    return r->stream;
}

const char *reader_kind(const struct reader *r)
{
    return r->kind ? r->kind->id.name : NULL;
}

int reader_locate(const struct reader *r, struct err *e)
{
    e->code = ERR_FORMAT;
    return err_prefix(e, "%.200s: record %" PRIu64 " (byte %" PRIu64 ")",
                      stream_reader_file(r->stream), r->record,
                      stream_reader_byte(r->stream));
}

int reader_fail(const struct reader *r, struct err *e, const char *fmt, ...)
{
    char what[600];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    err_set(e, ERR_FORMAT, "%s", what);
    return reader_locate(r, e);
}

/* Set rec->schema to the record type that the value of the first key names. */
static int find_schema(struct reader *r, struct record *rec, struct err *e)
{
    struct mp_cursor c = mp_cursor(rec->bytes, rec->n);
    struct mp v;

    mp_next(&c, &v); /* the map, then `type`: the envelope checks that */
    mp_next(&c, &v);
    mp_next(&c, &v);
    for (size_t i = 0; r->kind->records[i]; i++)
        if (mp_is(&v, r->kind->records[i]->type)) {
            rec->schema = r->kind->records[i];
            return 1;
        }
    if (v.type != MP_STR)
        return reader_fail(r, e, "key `type`: not a string");
    return reader_fail(r, e,
                       "key `type`: unknown record type \"%.*s\" in a "
                       "stream of kind %s",
                       (int)(v.n < 60 ? v.n : 60), v.s, r->kind->id.name);
}

/* Begin a segment of the event's kind, which must be one of those accepted. */
static int begin_segment(struct reader *r, const struct stream_event *ev,
                         struct err *e)
{
    const struct kind *const *k = r->accepted;
    char reads[300] = ""; /* "arch 1.x, result 1.x" */
    size_t n = 0;

    while (*k &&
           (strcmp(ev->kind, (*k)->id.name) || ev->major != (*k)->id.major))
        k++;
    if (*k) {
        r->kind = *k;
        order_begin(&r->order, r->kind);
        return 1;
    }
    for (size_t i = 0; r->accepted[i] && n < sizeof reads; i++)
        n += (size_t)snprintf(reads + n, sizeof reads - n, "%s%s %d.x",
                              i ? ", " : "", r->accepted[i]->id.name,
                              r->accepted[i]->id.major);
    return err_set(e, ERR_FORMAT, "%.200s: reads %s, got %s %d.%d",
                   stream_reader_file(r->stream), reads, ev->kind, ev->major,
                   ev->minor);
}

int reader_next_item(struct reader *r, struct stream_event *ev,
                     struct record *rec, struct err *e)
{
    int rc = stream_next(r->stream, ev, e);

    *rec = (struct record){0};
    if (rc <= 0) {
        r->over = rc == 0;
        return rc;
    }
    if (ev->item == STREAM_HEADER)
        return begin_segment(r, ev, e);
    if (ev->item == STREAM_TRAILER)
        return r->any_order || order_end(&r->order, e) == 0
                   ? 1
                   : err_prefix(e, "%.200s: after the last record",
                                stream_reader_file(r->stream));
    r->record = ev->record;
    rec->kind = r->kind;
    rec->bytes = ev->bytes;
    rec->n = ev->n;
    rec->index = ev->record;
    if ((rc = find_schema(r, rec, e)) < 0)
        return rc;
    if (r->any_order)
        return 1;
    if (order_decodes(&r->order, rec->schema) && reader_decode(r, rec, e) < 0)
        return e->code;
    return order_add(&r->order, rec->schema, rec->data, e) < 0
               ? reader_locate(r, e)
               : 1;
}

int reader_next_raw(struct reader *r, struct record *rec, struct err *e)
{
    struct stream_event ev;
    int rc;

    do
        rc = reader_next_item(r, &ev, rec, e);
    while (rc > 0 && ev.item != STREAM_RECORD);
    return rc;
}

int reader_decode(struct reader *r, struct record *rec, struct err *e)
{
    if (rec->data)
        return 0;
    arena_reset(&r->arena);
    rec->data = arena_alloc(&r->arena, 1, rec->schema->size);
    if (schema_decode(rec->schema, rec->bytes, rec->n, &r->arena, rec->data,
                      e) < 0)
        return reader_locate(r, e);
    return 0;
}

int reader_next(struct reader *r, struct record *rec, struct err *e)
{
    int rc = reader_next_raw(r, rec, e);

    if (rc > 0 && reader_decode(r, rec, e) < 0)
        return e->code;
    return rc;
}

int reader_drain(struct reader *r, struct err *e)
{
    struct record rec;
    int rc = 0;

    if (!r->over)
        while ((rc = reader_next_raw(r, &rec, e)) > 0)
            ;
    return rc;
}

/* ---- writing ---- */

struct writer {
    struct stream_writer *stream;
    struct buf buf;
    struct buf *copy; /* of what is put, or NULL */
    uint64_t records;
};

int writer_level(const struct kind *kind, int level)
{
    if (level != LEVEL_OF_KIND)
        return level;
    return kind->level ? kind->level : 1;
}

struct writer *writer_open(const char *path, const struct kind *kind,
                           const struct writer_opts *o, struct err *e)
{
    int level = writer_level(kind, o->level);
    struct stream_writer *stream = stream_writer_open(path, level, e);
    struct writer *w;

    if (!stream)
        return NULL;
    w = xcalloc(1, sizeof *w);
    w->stream = stream;
    header_pack(&w->buf, kind, o);
    if (stream_write(stream, w->buf.data, w->buf.len, e) < 0) {
        writer_free(w);
        return NULL;
    }
    return w;
}

void writer_free(struct writer *w)
{
    if (!w)
        return;
    stream_writer_free(w->stream);
    buf_free(&w->buf);
    free(w);
}

int writer_put_raw(struct writer *w, const void *bytes, size_t n, struct err *e)
{
    w->records++;
    if (w->copy)
        buf_add(w->copy, bytes, n);
    return stream_write(w->stream, bytes, n, e);
}

void writer_tee(struct writer *w, struct buf *copy)
{
    w->copy = copy;
}

int writer_put(struct writer *w, const struct schema *s, const void *data,
               struct err *e)
{
    buf_clear(&w->buf);
    if (schema_encode(s, data, &w->buf, e) < 0)
        return err_prefix(e, "record %" PRIu64 " (%s) to be written",
                          w->records, s->type);
    return writer_put_raw(w, w->buf.data, w->buf.len, e);
}

int writer_flush(struct writer *w, struct err *e)
{
    return stream_writer_flush(w->stream, e);
}

int writer_finish(struct writer *w, struct reader *const *inputs, size_t n,
                  struct err *e)
{
    struct stream_input *in = xcalloc(n, sizeof *in);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = reader_drain(inputs[i], e);
        in[i].kind = reader_kind(inputs[i]);
        stream_reader_digest(inputs[i]->stream, in[i].digest);
    }
    if (rc == 0)
        rc = stream_writer_finish(w->stream, in, n, e);
    free(in);
    return rc;
}

int writer_commit(struct writer *w, struct err *e)
{
    return stream_writer_commit(w->stream, e);
}
