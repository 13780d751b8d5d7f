/* SPDX-License-Identifier: MIT
 * A search space is a table of genes.  The search tools know this table and
 * objectives, but nothing about networks.
 *
 * A genome is one choice index per gene, 0 .. n_choices-1.  A gene may depend
 * on another (`when`): while genome[when] < when_min its slot is unused, and
 * unused slots hold 0 (genes_canonical), so that equal designs are equal
 * genomes.  Genes that share a `group` > 0 must not all be 0 (the exit mask has
 * at least one exit); they are always in use, and at least one of them has two
 * choices.
 *
 * space_open (space.h) makes a table from a network table, built in or from a
 * file, or from a file of tab-separated lines (man page nachos-space(5)):
 *
 *     # nachos space 1
 *     name <TAB> stage <TAB> choices (comma-separated) [<TAB> when [<TAB> group]]
 *
 * with `when` written GENE>=INDEX or "-", and group a number or "-". */
#ifndef SPACE_GENES_H
#define SPACE_GENES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/rng.h"
#include "libcommon/base/values.h"

#define SPEC_MAX 4096 /* bytes of a space's spec */
#define GENES_MAX 4096
#define GENE_CHOICES_MAX 256

struct gene {
    char *name;         /* "s1.depth", unique in the table */
    int stage;          /* which part of the network; free for the user */
    int n_choices;      /* 1..GENE_CHOICES_MAX */
    char **choices;     /* their labels: "3" "5" "7" */
    int when, when_min; /* used only while genome[when] >= when_min; when
                             * is an earlier gene, -1 = always used */
    int group;          /* 0 = none */
};

struct genes {
    struct gene *v; /* owned, with all it points to */
    size_t n;
};

void genes_free(struct genes *g);

/* Append a gene that is always used and in no group; everything is copied.
 * Returns it, borrowed until the next call, so that the caller can set the
 * other members. */
struct gene *genes_add(struct genes *g, const char *name, int stage,
                       const char *const *choices, int n_choices);

/* Returns true when slot i is in use: its condition holds, and the slot that it
 * depends on is in use. */
bool genes_used(const struct genes *g, const int64_t *genome, size_t i);

/* Returns true when the use of another slot depends on slot i, a depth. */
bool genes_conditions(const struct genes *g, size_t i);

/* Returns 0 when the genome has the right length, is in range and canonical
 * (unused slots 0), and no group is all 0; ERR_FORMAT otherwise. */
int genes_check(const struct genes *g, const struct ints *genome,
                struct err *e) MUST_CHECK;

/* Set unused slots to 0, and in a group that is all 0 one random member to 1 (r
 * may be NULL when that cannot happen). */
void genes_canonical(const struct genes *g, int64_t *genome, struct rng *r);

/* Draw a genome (g->n): each gene in use uniformly from its choices, after
 * those that it depends on; a group is drawn again until it is not all 0. */
void genes_random(const struct genes *g, struct rng *r, int64_t *genome);

/* Returns true when no group is all 0. */
bool genes_whole(const struct genes *g, const int64_t *genome);

/* Advance to the next genome in lexicographic order whose unused slots are 0;
 * the first one is all zeros.  Returns false after the last.  Genomes that are
 * not genes_whole come, too. */
bool genes_next(const struct genes *g, int64_t *genome);

/* Returns log10 of the number of genomes that genes_check accepts; *exact
 * (exact may be NULL) is the number when it is below 2^64, else 0. */
double genes_log10_size(const struct genes *g, uint64_t *exact);

/* Append the table in the file format. */
void genes_print(const struct genes *g, struct buf *out);

/* Returns true when the text begins as such a file. */
bool genes_table_is(const char *text, size_t n);

/* Read a table in the file format.  Returns 0, or ERR_FORMAT, which names the
 * line when one line is wrong. */
int genes_parse(const char *text, size_t n, struct genes *g,
                struct err *e) MUST_CHECK;

/* Append a genome as digits "0120..." when every index is below 10, else as
 * "0,12,3"; genome_parse reads both. */
void genome_print(const struct ints *genome, struct buf *out);
int genome_parse(const char *text, int64_t *genome, size_t n,
                 struct err *e) MUST_CHECK;

#endif
