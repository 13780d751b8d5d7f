/* SPDX-License-Identifier: MIT
 * A space by name: the gene table plus, for spaces of networks, the function
 * from genome to net.  Every such space is a network table (nettable.h), built
 * in or from a file; the tools never ask which one they have.
 *
 * These are canonical specs; every key is optional in what space_open is given.
 * exits is written where the table has exits, channels unless it is 3, and res
 * as HEIGHTxWIDTH where the image is not square:
 *     ofa-mbv3:width=1,res=32,classes=10,exits=4[,channels=1]
 *     net:NAME:HASH:width=1,res=49x10,classes=12,exits=2,channels=1
 *     table:NAME:HASH
 * The second is a network table from a file, the third a gene table, NAME being
 * the file's base name without its ending and HASH the first 16 digits of the
 * table's hash, so that results name the space they belong to. */
#ifndef SPACE_SPACE_H
#define SPACE_SPACE_H

#include "libcommon/nn/graph/net.h"
#include "libcommon/space/genes.h"
#include "libcommon/space/heads.h"

struct net_table;

struct space {
    char *spec; /* canonical; owned by the space */
    struct genes genes;
    struct net_space *net; /* owned; NULL for a gene table */
    bool bare;             /* it was opened without parameters */
};

/* Open a space by its spec or by the path of a table, for what the user names;
 * parameters may follow the path of a network table: FILE:res=49x10.  A name
 * out of a stream goes to space_open_spec.  A spec "table:..." or "net:..." is
 * ERR_ARG, because the file is needed. */
int space_open(const char *spec_or_path, struct space **out,
               struct err *e) MUST_CHECK; /* owned (space_free) */

/* Read the network table that a user names for space_open_spec: of a file, whose
 * name may have parameters behind it, which are passed over; *out is NULL for
 * the spec of a built-in space.  A gene table is ERR_FORMAT; errors name the
 * file. */
int space_table_read(const char *spec_or_path, struct net_table **out,
                     struct err *e) MUST_CHECK; /* owned (net_table_free) */

/* Open a space by a spec from a stream: no file is opened, and only the
 * canonical spelling is accepted.  A spec "net:..." is that of the user's table
 * if their hashes are equal, and ERR_ARG, with a text that asks for
 * --space=FILE, where there is none (NULL).  Every other failure is
 * ERR_FORMAT. */
int space_open_spec(const char *spec, const struct net_table *users,
                    struct space **out,
                    struct err *e) MUST_CHECK; /* owned (space_free) */

/* Returns the table of a space of networks, borrowed from it, or NULL. */
const struct net_table *space_table(const struct space *s);

/* Returns true when the spec begins with the name of a built-in space. */
bool space_built_in(const char *spec);
void space_free(struct space *s);

/* Set genome (genes.n) to the smallest or largest design.  The smallest has all
 * genes 0 but the first member of each group that can be 1 (the first exit
 * only); the largest has every gene at its last choice (all exits). */
void space_min_corner(const struct space *s, int64_t *genome);
void space_max_corner(const struct space *s, int64_t *genome);

/* Set out to the arch_id (arch.h) of the spec and this genome. */
void space_arch_id(const struct space *s, const struct ints *genome,
                   char out[HASH_HEX]);

/* Append a short readable text: of a network "d=2,3,.. k=.. e=.. exits=0101",
 * for a gene table "gene=choice ..." of the genes in use. */
void space_describe(const struct space *s, const struct ints *genome,
                    struct buf *out);

/* Set genome (genes.n) from such a text.  Returns 0, or ERR_FORMAT for other
 * text and for a genome that genes_check refuses. */
int space_parse_design(const struct space *s, const char *text, int64_t *genome,
                       struct err *e) MUST_CHECK;

/* Set out (as many as the genome's net has early exits, in order) to their
 * heads.  The genome is one of space_net_draft's. */
void space_heads(const struct space *s, const struct ints *genome,
                 struct head_choice *out);

/* Build the genome's net in the arena, with id and costs by the true rule, and
 * check it.  pools: window in front of each early exit of the genome, in order;
 * NULL = none anywhere (place.h chooses them).  Returns 0, ERR_ARG for a gene
 * table, which has no networks, or what genes_check or net_check returns. */
int space_net(const struct space *s, const struct ints *genome,
              const struct head_window *pools, struct arena *a, struct net *out,
              struct err *e) MUST_CHECK;

/* Build the net without net_check and without an id: it may be too large until
 * its pools are chosen. */
int space_net_draft(const struct space *s, const struct ints *genome,
                    const struct head_window *pools, struct arena *a,
                    struct net *out, struct err *e) MUST_CHECK;

#endif
