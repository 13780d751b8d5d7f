/* SPDX-License-Identifier: MIT
 * Which items of a stream are wanted.  An item is a record, or in kinds with
 * several record types the group that starts with the first of them: a trained
 * network with its net, trace and tensors. */
#ifndef STREAM_PICK_PICKER_H
#define STREAM_PICK_PICKER_H

#include <stdbool.h>
#include <stdint.h>

#include "formats/io.h"

struct picker;

struct picker *picker_new(void);        /* owned; takes all as long as nothing
                                         * was asked for */
void picker_free(struct picker *p);     /* NULL is fine */

/* "3", "3-7" or "3-": items by index from 0.  0 or ERR_ARG. */
int picker_add_range(struct picker *p, const char *text,
                     struct err *e) MUST_CHECK;
/* Items that carry this id as arch, net or recipe.  0 or ERR_ARG. */
int picker_add_id(struct picker *p, const char *id, struct err *e) MUST_CHECK;
/* The items of another stream, by their arch ids, or net ids where they have
 * no arch. */
int picker_add_stream(struct picker *p, struct reader *r,
                      struct err *e) MUST_CHECK;

/* Does the record begin an item? */
bool picker_begins(const struct record *rec);
/* Is the item number `index` that begins with rec wanted? */
bool picker_wants(struct picker *p, const struct record *rec, uint64_t index);

/* After the last of `items` items: ERR_FORMAT when something asked for by
 * index or id was not there. */
int picker_check(const struct picker *p, uint64_t items,
                 struct err *e) MUST_CHECK;

#endif
