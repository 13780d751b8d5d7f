/* SPDX-License-Identifier: MIT */
#include "tools/net-augment/listing.h"

#include <inttypes.h>
#include <math.h>

/* Append a number and a tab, "-" where nothing is known. */
static void put_count(struct buf *out, int64_t v)
{
    if (v == NIL_INT)
        buf_adds(out, "-\t");
    else
        buf_addf(out, "%" PRId64 "\t", v);
}

void list_candidates(const struct candidates *c, struct buf *out)
{
    if (!out->len)
        buf_adds(out, "net\ttap\tposition\tshape\tmacs\tbranch_macs\tmemory\t"
                      "storage\tlatency\tdropped\n");
    for (size_t i = 0; i < c->n; i++) {
        const struct candidate *v = &c->v[i];
        const struct layer *tap = net_layer(&c->base, v->branch.layer);

        buf_addf(out, "%.12s\t%s\t%zu\t%" PRId64 "x%" PRId64 "x%" PRId64 "\t",
                 c->id, tap->name, i, tap->out.v[0], tap->out.v[1],
                 tap->out.v[2]);
        put_count(out, v->macs);
        put_count(out, v->branch.macs);
        put_count(out, v->memory);
        put_count(out, v->storage);
        if (isnan(v->latency))
            buf_adds(out, "-\t");
        else
            buf_addf(out, "%.6g\t", v->latency);
        buf_addf(out, "%s\n", v->dropped ? v->dropped : "-");
    }
}
