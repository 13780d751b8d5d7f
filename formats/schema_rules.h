/* SPDX-License-Identifier: MIT
 * What decoding and encoding share: where in a record a value stands, and the
 * limits each value is held against.  stream-load uses it too, since its
 * messages name keys the same way. */
#ifndef FORMATS_SCHEMA_RULES_H
#define FORMATS_SCHEMA_RULES_H

#include "formats/schema.h"
#include "libcommon/io/stream.h"

/* Integers beyond 2^53 do not survive JSON readers. */
#define SCHEMA_INT_MAX ((int64_t)1 << 53)
#define SCHEMA_MAX_COUNT 65536 /* where a field sets no max_count */
#define SCHEMA_MAX_FIELDS 64

struct path {
    struct {
        const char *key;
        size_t index;
        bool indexed;
    } at[STREAM_MAX_DEPTH];
    int depth;
};

void path_push(struct path *p, const char *key);
void path_pop(struct path *p);
void path_index(struct path *p, size_t index); /* of the innermost key */

/* Returns ERR_FORMAT with a text like "key `layers[3].kernel[1]`: ...". */
int path_fail(const struct path *p, struct err *e, const char *fmt, ...)
    PRINTF(3, 4);

int rule_int(const struct path *p, const struct field *f, int64_t v,
             struct err *e) MUST_CHECK;
int rule_real(const struct path *p, const struct field *f, double v,
              struct err *e) MUST_CHECK;
int rule_str(const struct path *p, const struct field *f, const char *s,
             size_t n, struct err *e) MUST_CHECK;
int rule_count(const struct path *p, const struct field *f, size_t n,
               struct err *e) MUST_CHECK;
/* Check the element type, the axes and their sizes, and set *count to the
 * number of elements. */
int rule_shape(const struct path *p, const struct field *f,
               const struct tensor *t, size_t *count, struct err *e) MUST_CHECK;
/* Check the n elements at t->data for NaN, infinity and the field's limits. */
int rule_elements(const struct path *p, const struct field *f,
                  const struct tensor *t, size_t n, struct err *e) MUST_CHECK;
/* Call the schema's own check, and put the path in front of what it says. */
int rule_invariants(const struct path *p, const struct schema *s,
                    const void *data, struct err *e) MUST_CHECK;

#endif
