/* SPDX-License-Identifier: MIT */
#include "tools/stream-check/checker.h"

#include <stdlib.h>
#include <string.h>

#include "formats/order.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/envelope.h"

struct checker {
    struct reader *reader;
    struct order_check order;
};

struct checker *checker_new(struct reader *r)
{
    struct checker *c = xcalloc(1, sizeof *c);

    c->reader = r;
    return c;
}

void checker_free(struct checker *c)
{
    if (!c)
        return;
    order_fini(&c->order);
    free(c);
}

int checker_next(struct checker *c, struct checked_segment *seg, struct err *e)
{
    struct envelope_trailer t;
    struct stream_event ev;
    struct record rec;
    int rc;

    *seg = (struct checked_segment){0};
    while ((rc = reader_next_item(c->reader, &ev, &rec, e)) > 0) {
        seg->bytes += ev.n;
        seg->kind = ev.kind;
        seg->major = ev.major;
        seg->minor = ev.minor;
        seg->file = stream_reader_file(reader_stream(c->reader));
        if (ev.item == STREAM_HEADER)
            order_begin(&c->order, kind_find(ev.kind));
        else if (ev.item == STREAM_TRAILER)
            break;
        else if (reader_decode(c->reader, &rec, e) < 0)
            return e->code;
        else if (order_add(&c->order, rec.schema, rec.data, e) < 0)
            return reader_locate(c->reader, e);
    }
    if (rc <= 0)
        return rc;
    if (order_end(&c->order, e) < 0)
        return err_prefix(e, "%.200s: after the last record", seg->file);
    if (envelope_trailer(ev.bytes, ev.n, &t, e) < 0)
        return e->code;
    seg->records = t.records;
    memcpy(seg->digest, t.digest, sizeof seg->digest);
    return 1;
}
