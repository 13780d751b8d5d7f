/* SPDX-License-Identifier: MIT
 * Checks that the records of a segment come in an order their kind allows
 * (struct order in schema.h).  Every reader of formats/io.h does so; by itself
 * it serves what makes streams, such as stream-load.
 *
 * Example (const struct kind *kind, const struct schema *schema,
 *          const void *record, struct err *e):
 *     struct order_check c = {0};
 *     int rc;
 *
 *     order_begin(&c, kind);
 *     if ((rc = order_add(&c, schema, record, e)) == 0)   // for each of them
 *         rc = order_end(&c, e);
 *     order_fini(&c);
 *     return rc;
 */
#ifndef FORMATS_ORDER_H
#define FORMATS_ORDER_H

#include <stdint.h>

#include "formats/schema.h"

struct order_check {
    const struct kind *kind;
    void *state;
    uint64_t records;
};

/* order_begin begins a segment of kind k; *c must be zeroed before the first
 * one.  order_decodes says whether order_add looks into records of the type s;
 * of others data may be NULL.  order_add checks the next record of the segment,
 * and order_end that the segment may end; both return 0 or ERR_FORMAT. */
void order_begin(struct order_check *c, const struct kind *k);
bool order_decodes(const struct order_check *c, const struct schema *s);
int order_add(struct order_check *c, const struct schema *s, const void *data,
              struct err *e) MUST_CHECK;
int order_end(struct order_check *c, struct err *e) MUST_CHECK;
void order_fini(struct order_check *c);

/* The kinds dataset, weights and trace have these as their .order. */
extern const struct order order_dataset, order_weights, order_trace;

#endif
