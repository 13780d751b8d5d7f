/* SPDX-License-Identifier: MIT */
#include "tools/stream-load/loader.h"

#include <stdlib.h>
#include <string.h>

#include "formats/order.h"
#include "formats/provenance.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/envelope.h"
#include "tools/stream-load/jsonin.h"

struct loader {
    struct stream_writer *out;
    struct loader_opts o;
    const struct kind *kind; /* of the stream, once it is known */
    bool inside;             /* between a header and its trailer */
    bool own_header;         /* begin_own made the header: no trailer is
                                 * needed */
    bool any;
    struct buf buf;
    struct arena arena;
    struct order_check order;
};

struct loader *loader_new(struct stream_writer *out,
                          const struct loader_opts *o)
{
    struct loader *l = xcalloc(1, sizeof *l);

    l->out = out;
    l->o = *o;
    return l;
}

void loader_free(struct loader *l)
{
    if (!l)
        return;
    buf_free(&l->buf);
    order_fini(&l->order);
    arena_free(&l->arena);
    free(l);
}

static int write_header(struct loader *l, struct err *e)
{
    l->inside = true;
    l->any = true;
    stream_writer_level(l->out, writer_level(l->kind, l->o.header.level));
    order_begin(&l->order, l->kind);
    return stream_write(l->out, l->buf.data, l->buf.len, e);
}

static int header_line(struct loader *l, const json_t *v, struct err *e)
{
    struct envelope_header h;
    const struct kind *kind;

    if (l->inside)
        return err_set(e, ERR_FORMAT,
                       "a header line before the trailer line "
                       "of the segment before it");
    buf_clear(&l->buf);
    jsonin_plain(&l->buf, v);
    if (envelope_header(l->buf.data, l->buf.len, &h, e) < 0)
        return e->code;
    kind = kind_find(h.kind);
    if (!kind)
        return err_set(e, ERR_FORMAT, "unknown kind %s", h.kind);
    if (h.major != kind->id.major)
        return err_set(e, ERR_FORMAT, "writes %s %d.x, got %s %d.%d", h.kind,
                       kind->id.major, h.kind, h.major, h.minor);
    if (l->kind && kind != l->kind)
        return err_set(e, ERR_FORMAT,
                       "a segment of kind %s after one of kind %s", h.kind,
                       l->kind->id.name);
    l->kind = kind;
    l->own_header = false;
    return write_header(l, e);
}

/* Begin a segment of the kind that the user named, for records without a header
 * line. */
static int begin_own(struct loader *l, struct err *e)
{
    if (!l->o.kind)
        return err_set(e, ERR_FORMAT,
                       "a record before the header line (what "
                       "kind of stream? --kind says it)");
    if (l->kind && l->o.kind != l->kind)
        return err_set(e, ERR_FORMAT,
                       "records for kind %s after a segment of kind %s",
                       l->o.kind->id.name, l->kind->id.name);
    l->kind = l->o.kind;
    l->own_header = true;
    buf_clear(&l->buf);
    header_pack(&l->buf, l->kind, &l->o.header);
    return write_header(l, e);
}

static int record_line(struct loader *l, const json_t *v, struct err *e)
{
    const char *type = json_string_value(json_object_get(v, "type"));
    const struct schema *s = NULL;
    struct buf b = {0}; /* not l->buf: typed arrays point into it */
    void *data;
    int rc;

    if (!l->inside && begin_own(l, e) < 0)
        return e->code;
    for (size_t i = 0; type && !s && l->kind->records[i]; i++)
        if (!strcmp(type, l->kind->records[i]->type))
            s = l->kind->records[i];
    if (!s)
        return err_set(e, ERR_FORMAT, "key `type`: no record type of kind %s",
                       l->kind->id.name);
    buf_clear(&l->buf);
    arena_reset(&l->arena);
    data = arena_alloc(&l->arena, 1, s->size);
    /* The record is read as it came, to be written so, and before that checked
     * in the present form, which is what its readers see. */
    if (jsonin_record(&l->buf, s, v, l->o.skip_unknown, e) < 0 ||
        (s->upgrade &&
         schema_decode(s, l->buf.data, l->buf.len, &l->arena, data, e) < 0) ||
        schema_decode_as_is(s, l->buf.data, l->buf.len, &l->arena, data, e) <
            0 ||
        (!l->o.any_order && order_add(&l->order, s, data, e) < 0))
        return e->code;
    /* The record is encoded anew, so that keys are in order and numbers in
     * canonical form. */
    rc = schema_encode(s, data, &b, e);
    if (rc == 0)
        rc = stream_write(l->out, b.data, b.len, e);
    buf_free(&b);
    return rc;
}

static int check_end(struct loader *l, struct err *e)
{
    return l->o.any_order ? 0 : order_end(&l->order, e);
}

/* Take the inputs of the trailer line; count and digest are computed anew. */
static int trailer_line(struct loader *l, const json_t *v, struct err *e)
{
    const json_t *inputs = json_object_get(v, "inputs");
    size_t n = json_array_size(inputs);
    struct stream_input *in;
    int rc = 0;

    if (!l->inside)
        return err_set(e, ERR_FORMAT, "a trailer line without a segment");
    in = xcalloc(n, sizeof *in);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const json_t *input = json_array_get(inputs, i);
        const char *kind = json_string_value(json_object_get(input, "kind"));
        const char *digest = json_string_value(
            json_object_get(input, "digest"));

        if (!kind || !digest || strlen(digest) != HASH_HEX - 1) {
            rc = err_set(e, ERR_FORMAT, "key `inputs[%zu]`: not {kind, digest}",
                         i);
            break;
        }
        in[i].kind = kind;
        memcpy(in[i].digest, digest, HASH_HEX);
    }
    if (rc == 0)
        rc = check_end(l, e);
    if (rc == 0)
        rc = stream_writer_end(l->out, in, n, e);
    l->inside = false;
    free(in);
    return rc;
}

int loader_line(struct loader *l, const char *text, size_t n, struct err *e)
{
    json_error_t why;
    size_t blanks = 0;
    json_t *v;
    int rc;

    while (blanks < n && text[blanks] && strchr(" \t\r", text[blanks]))
        blanks++;
    if (blanks == n)
        return 0;
    v = json_loadb(text, n, JSON_REJECT_DUPLICATES, &why);
    if (!v)
        return err_set(e, ERR_FORMAT,
                       "not a JSON object (line %d of it, column %d: %.100s)",
                       why.line, why.column, why.text);
    if (json_object_get(v, "magic"))
        rc = header_line(l, v, e);
    else if (json_object_get(v, "eos"))
        rc = trailer_line(l, v, e);
    else if (json_object_get(v, "type"))
        rc = record_line(l, v, e);
    else
        rc = err_set(e, ERR_FORMAT, "key `type` is missing");
    json_decref(v);
    return rc;
}

int loader_finish(struct loader *l, struct err *e)
{
    if (l->inside && !l->own_header)
        return err_set(e, ERR_FORMAT,
                       "truncated: the last line is no trailer "
                       "line (drop the header line too and name the --kind)");
    if (!l->any && !l->o.kind)
        return err_set(e, ERR_FORMAT, "empty input");
    if (!l->any && begin_own(l, e) < 0)
        return e->code;
    if (!l->inside)
        return 0;
    if (check_end(l, e) < 0)
        return e->code;
    return stream_writer_end(l->out, NULL, 0, e);
}
