/* SPDX-License-Identifier: MIT
 * A picker says which items of a stream (formats/ids.h) are wanted. */
#ifndef STREAM_PICK_PICKER_H
#define STREAM_PICK_PICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "formats/io.h"

struct picker;

struct picker *picker_new(void);    /* owned; without the calls below it
                                         * wants all items */
void picker_free(struct picker *p); /* NULL is fine */

/* Want the items of the range "3", "3-7" or "3-", which are counted from 0, and
 * set *text to its one spelling, borrowed until picker_free.  Returns 0 or
 * ERR_ARG. */
int picker_add_range(struct picker *p, char **text, struct err *e) MUST_CHECK;
/* Want the items whose arch, net or recipe id begins with these digits.
 * Returns 0 or ERR_ARG. */
int picker_add_id(struct picker *p, const char *digits,
                  struct err *e) MUST_CHECK;
/* Want the items of another stream, by their arch ids, or net ids where they
 * have no arch id.  ERR_FORMAT for one that has neither. */
int picker_add_stream(struct picker *p, struct reader *r,
                      struct err *e) MUST_CHECK;

/* Returns true when the item number `index`, which begins with rec, is
 * wanted. */
bool picker_wants(struct picker *p, const struct record *rec, uint64_t index);

/* After all `items` items of a stream: ERR_FORMAT when an index of
 * picker_add_range is not there, or digits of picker_add_id begin no id or
 * several. */
int picker_check(const struct picker *p, uint64_t items,
                 struct err *e) MUST_CHECK;

#endif
