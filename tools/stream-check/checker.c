/* SPDX-License-Identifier: MIT */
#include "tools/stream-check/checker.h"

#include <string.h>

#include "libcommon/io/envelope.h"

int check_segment(struct reader *in, struct checked_segment *seg, struct err *e)
{
    struct envelope_trailer t;
    struct stream_event ev;
    struct record rec;
    int rc;

    *seg = (struct checked_segment){0};
    while ((rc = reader_next_item(in, &ev, &rec, e)) > 0) {
        seg->bytes += ev.n;
        seg->kind = ev.kind;
        seg->major = ev.major;
        seg->minor = ev.minor;
        seg->file = stream_reader_file(reader_stream(in));
        if (ev.item == STREAM_TRAILER)
            break;
        if (ev.item == STREAM_RECORD && reader_decode(in, &rec, e) < 0)
            return e->code;
    }
    if (rc <= 0)
        return rc;
    if (envelope_trailer(ev.bytes, ev.n, &t, e) < 0)
        return e->code;
    seg->records = t.records;
    memcpy(seg->digest, t.digest, sizeof seg->digest);
    return 1;
}
