/* SPDX-License-Identifier: MIT
 * From a network table and the parameters of a spec follow genes, a readable
 * text for each genome, and its network.  space.h is what other rooms use.
 *
 * A line NAME has the genes NAME.depth, NAME.k1 .. and NAME.e1 .., as far as
 * these keys have several values; the genes of blocks that its depth may leave
 * out are in use where it does not.  Behind them come exit1 .. exitE, one for
 * each place of an exit, with the heads as choices (0 and 1 where "off" has one
 * beside it), each followed by exitI.width where heads may have several. */
#ifndef SPACE_NETSPACE_H
#define SPACE_NETSPACE_H

#include "libcommon/space/genes.h"
#include "libcommon/space/netparams.h"
#include "libcommon/space/nettable.h"

/* The values of a key for one block, and the gene that chooses among them. */
struct net_slot {
    const struct ints *values;
    int gene; /* -1 = there is one value */
};

/* A place of an early exit. */
struct net_place {
    size_t after; /* line */
    int gene;     /* of its head; -1 = always the one head */
    int width;    /* gene of the head's width, -1 = none */
};

struct net_space {
    struct net_table *table; /* owned */
    struct net_params params;
    struct arena arena;                    /* what follows lives here */
    struct net_slot *(*slots)[BLOCK_KEYS]; /* by line and key: one, or of keys
                                            * of layers one for each block */
    struct net_place *exits;               /* (params.exits) */
};

/* Make a space of the table, which it owns from now on (also after an error),
 * with parameters such as "width=0.5,res=49x10" ("" = all by default).  Appends
 * the genes and the canonical parameters.  ERR_ARG when a parameter is unknown,
 * given twice or out of range, or the table cannot be had with it. */
int net_space_open(struct net_table *t, const char *params,
                   struct net_space **out, struct genes *genes,
                   struct buf *canonical, struct err *e) MUST_CHECK;
void net_space_free(struct net_space *s);

/* Append the genes of a space that has its table and parameters, and set slots
 * and exits (netgenes.c; net_space_open calls it). */
void net_space_genes(struct net_space *s, struct genes *g);

/* Returns the value that the genome has for a key of block j (from 0) of a
 * line. */
int64_t net_space_value(const struct net_space *s, const int64_t *genome,
                        size_t line, int key, int64_t j);

/* Set *out to the head at place i (from 0).  Returns false where there is
 * none. */
bool net_space_head(const struct net_space *s, const int64_t *genome, int64_t i,
                    struct head_choice *out);

/* Append readable text for a genome that genes_check accepts. */
void net_space_describe(const struct net_space *s, const int64_t *genome,
                        struct buf *out);

/* Set the genome (n) from text that describe has written; other text is
 * ERR_FORMAT. */
int net_space_parse(const struct net_space *s, const char *text,
                    int64_t *genome, size_t n, struct err *e) MUST_CHECK;

/* Build the genome's net in the arena, without costs, id and net_check; pools as
 * in space_net. */
void net_space_net(const struct net_space *s, const int64_t *genome,
                   const struct head_window *pools, struct net *n,
                   struct arena *a);

#endif
