/* SPDX-License-Identifier: MIT
 * The kind `trained` (formats/trained.md).  For each network: `trained`,
 * `net`, then, unless it failed, `trace`, its `exit-trace` records and its
 * `tensor` records, which may be left out.
 *
 * A schema sees one record; what holds between them is checked by a struct
 * trained_seq that a reader carries along:
 *
 * Example (struct reader *r, struct err *e):
 *     struct trained_seq seq = {0};
 *     struct record rec;
 *     int rc;
 *
 *     while ((rc = reader_next(r, &rec, e)) > 0)
 *         if (trained_seq_add(&seq, rec.schema, rec.data, e) < 0)
 *             return reader_locate(r, e);
 *     return rc < 0 ? rc : trained_seq_end(&seq, e);
 */
#ifndef FORMATS_TRAINED_H
#define FORMATS_TRAINED_H

#include "formats/net.h"
#include "formats/schema.h"
#include "formats/summary.h"
#include "formats/trace.h"
#include "formats/weights.h"
#include "libcommon/base/hash.h"
#include "libcommon/nn/exits/trained.h"

extern const struct schema schema_trained;
extern const struct kind kind_trained;

/* What has been seen of a stream.  A zeroed struct is at its start. */
struct trained_seq {
    int step;               /* what the last record was */
    bool failed;            /* the present network failed */
    char net[HASH_HEX];     /* its id as `trained` said it */
    int64_t exits, classes; /* as `net` said them */
    struct trace_seq trace;
};

/* Check the next record.  data may be NULL for a `tensor` record that the
 * reader skips undecoded.  ERR_FORMAT when the record cannot stand here: it is
 * out of order, a net of another id than `trained` said, or a trace of other
 * exits or classes. */
int trained_seq_add(struct trained_seq *s, const struct schema *schema,
                    const void *data, struct err *e) MUST_CHECK;

/* Returns 0 when the last network is complete, else ERR_FORMAT naming what is
 * missing. */
int trained_seq_end(const struct trained_seq *s, struct err *e) MUST_CHECK;

#endif
