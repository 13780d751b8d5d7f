/* SPDX-License-Identifier: MIT
 * A network space as text, and what the text says.  A line is a block or a
 * stage of blocks, from the image to the final exit; a key with one value is
 * fixed, one with several is a gene.  Which genes and networks follow from a
 * table is in netspace.h; the man page nachos-space(5) is for those who write
 * one.
 *
 *     # nachos network space 1
 *     stem   conv c=16 k=3 s=2 act=hswish
 *     s1     mb   c=24 s=2 depth=2,3,4 k=3,5 e=3,6 e1=1
 *     s2     mb   c=40 s=2 depth=2,3,4 k=3,5,7 e=3,6 se=4 act=hswish
 *     final  conv c=256 k=1 act=hswish
 *     exits  after=s1 head=off,gap,conv width=64,128
 *
 * Stages are counted by the places of exits: a line belongs to the stage whose
 * number is 1 + the lines before it that an exit may follow. */
#ifndef SPACE_NETTABLE_H
#define SPACE_NETTABLE_H

#include "libcommon/base/arena.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/values.h"
#include "libcommon/space/blocks.h"
#include "libcommon/space/heads.h"

#define NET_TABLE_MAGIC "# nachos network space 1"
#define NET_TABLE_LINES 64   /* that are blocks */
#define NET_TABLE_CHOICES 16 /* values of a key */
#define NET_TABLE_BLOCKS 512 /* of all lines, at their largest depths */

/* A line of blocks. */
struct block_line {
    const char *name;
    const struct block_kind *kind;
    int64_t stage;       /* from 1 */
    struct ints *values; /* (BLOCK_KEYS): those of each key, ascending; a
                               * key that its kind does not take has one, 0 */
    struct ints
        *own[BLOCK_KEYS]; /* (largest depth) for keys of layers: those of
                               * one block alone, n = 0: as in values; NULL for
                               * other keys */
};

struct net_table {
    struct arena arena;       /* everything lives here */
    struct block_line *lines; /* without the final one */
    size_t n;
    struct block_line final;

    size_t *after; /* lines that an exit may follow, ascending */
    size_t places; /* their number, less than n */
    const struct exit_head **heads; /* that an exit may have */
    size_t n_heads;
    bool off;           /* an exit may be left out */
    struct ints widths; /* of heads that have a width, ascending; n = 0: each
                         * head has its own */
};

/* Read a table.  Returns 0, or ERR_FORMAT, which names the line when one line
 * is wrong. */
int net_table_parse(const char *text, size_t n, struct net_table **out,
                    struct err *e) MUST_CHECK; /* owned (net_table_free) */
void net_table_free(struct net_table *t);

/* Returns true when the text begins as a network table does. */
bool net_table_is(const char *text, size_t n);

/* Append the table in its canonical form: keys in one order, without those that
 * stand as they would by default, without comments. */
void net_table_print(const struct net_table *t, struct buf *out);

/* Set out to the hash of the canonical form, of which specs have the first
 * NET_TABLE_HASH digits. */
#define NET_TABLE_HASH 16
void net_table_hash(const struct net_table *t, char out[HASH_HEX]);

/* Returns the values that a key has for block j (from 0) of a line. */
const struct ints *block_line_values(const struct block_line *l, int key,
                                     int64_t j);

/* Returns the largest depth of a line. */
int64_t block_line_depth(const struct block_line *l);

#endif
