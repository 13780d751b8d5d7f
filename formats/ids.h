/* SPDX-License-Identifier: MIT
 * Items of a stream by their ids.  An item is a record, or in kinds with several
 * record types the group that starts with the first of them: a trained network
 * with its net, trace and tensors.  Users give the first digits of an id.
 *
 * Example (struct reader *r, const char *digits, struct err *e):
 *     struct id_prefixes p = {0};
 *     struct record rec;
 *     size_t wanted = 0;
 *     int rc = id_prefixes_add(&p, digits, e);
 *
 *     while (rc >= 0 && (rc = reader_next_raw(r, &rec, e)) > 0)
 *         wanted += id_prefixes_want(&p, &rec);
 *     if (rc == 0)
 *         rc = id_prefixes_check(&p, e);
 *     id_prefixes_free(&p);
 *     return rc < 0 ? rc : (int)wanted;
 */
#ifndef FORMATS_IDS_H
#define FORMATS_IDS_H

#include "formats/io.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/set.h"

#define ID_PREFIX_MIN 4 /* digits */

/* Holds the ids in an item's first record, "" where it has none. */
struct item_ids {
    char arch[HASH_HEX], net[HASH_HEX], recipe[HASH_HEX];
};

/* Returns true when the record begins an item. */
bool item_begins(const struct record *rec);

/* Set *ids to those of the item that the record begins. */
void item_ids_read(const struct record *rec, struct item_ids *ids);

/* What users asked for; a zeroed struct asks for nothing. */
struct id_prefix {
    char digits[HASH_HEX];
    struct set found; /* the ids that begin with them */
};
struct id_prefixes {
    struct id_prefix *v;
    size_t n, cap;
    bool wanted; /* the item that id_prefixes_want saw last */
};

/* Ask for the items whose arch, net or recipe id begins with these digits.
 * Returns 0, or ERR_ARG for what is not ID_PREFIX_MIN to 32 hex digits. */
int id_prefixes_add(struct id_prefixes *p, const char *digits,
                    struct err *e) MUST_CHECK;

/* Returns true when one of these ids was asked for. */
bool id_prefixes_match(struct id_prefixes *p, const struct item_ids *ids);

/* Returns true when an id of the item that the record is part of was asked for,
 * or none at all was.  It must see all records of an item, in order. */
bool id_prefixes_want(struct id_prefixes *p, const struct record *rec);

/* After the last item: returns 0, or ERR_FORMAT when digits began no id, or
 * several, whose names are in the message. */
int id_prefixes_check(const struct id_prefixes *p, struct err *e) MUST_CHECK;

void id_prefixes_free(struct id_prefixes *p);

#endif
