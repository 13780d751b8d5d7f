/* SPDX-License-Identifier: MIT
 * A search space is a table of genes.  The search tools know this table and
 * objectives, nothing of networks.
 *
 * A genome is one choice index per gene, 0 .. n_choices-1.  A gene may depend
 * on another (`when`): while genome[when] < when_min its slot is unused, and
 * unused slots hold 0 (genes_canonical), so that equal designs are equal
 * genomes.  Genes that share a `group` > 0 must not all be 0 (the exit mask:
 * at least one exit); they are always in use and one of them has two choices.
 *
 * Where a table comes from (space_open in space.h): a built-in family given by
 * a spec such as "ofa-mbv3:width=1,res=32,classes=10,exits=4", or a file of
 * tab-separated lines (man page space(5)):
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

#define GENES_MAX 4096
#define GENE_CHOICES_MAX 256

struct gene {
    char *name;             /* "s1.depth", unique in the table */
    int stage;              /* which part of the network; free for the user */
    int n_choices;          /* 1..GENE_CHOICES_MAX */
    char **choices;         /* their labels: "3" "5" "7" */
    int when, when_min;     /* used only while genome[when] >= when_min; when
                             * is an earlier gene, -1 = always used */
    int group;              /* 0 = none */
};

struct genes {
    struct gene *v;         /* owned, with all it points to */
    size_t n;
};

void genes_free(struct genes *g);

/* Append a gene that is always used and in no group; everything is copied.
 * Returns it, borrowed until the next call, for the caller to set the rest. */
struct gene *genes_add(struct genes *g, const char *name, int stage,
                       const char *const *choices, int n_choices);

/* Is slot i in use?  (Its condition holds, and its condition's own.) */
bool genes_used(const struct genes *g, const int64_t *genome, size_t i);

/* Does the use of another slot hang on slot i?  Such are depths. */
bool genes_conditions(const struct genes *g, size_t i);

/* Right length, in range, canonical (unused slots 0), groups satisfied. */
int genes_check(const struct genes *g, const struct ints *genome,
                struct err *e) MUST_CHECK;

/* Set unused slots to 0, and in a group that is all 0 one random member to 1
 * (D2; r may be NULL when that cannot happen).  In place. */
void genes_canonical(const struct genes *g, int64_t *genome, struct rng *r);

/* Uniform over conditioned choices: depth first, then the genes in use; the
 * groups drawn again until not all 0.  genome: (g->n). */
void genes_random(const struct genes *g, struct rng *r, int64_t *genome);

/* Is no group all 0? */
bool genes_whole(const struct genes *g, const int64_t *genome);

/* The next genome in lexicographic order whose unused slots are 0, starting
 * from all zeros; false after the last.  Some of them are not whole. */
bool genes_next(const struct genes *g, int64_t *genome);

/* How many distinct canonical genomes, as log10 and, when it is below 2^64,
 * exactly (else 0). */
double genes_log10_size(const struct genes *g, uint64_t *exact);

/* Text form of the table, the same as the file format; id hashes it. */
void genes_print(const struct genes *g, struct buf *out);

/* Read the file format.  Bounded; errors name the line. */
int genes_parse(const char *text, size_t n, struct genes *g,
                struct err *e) MUST_CHECK;

/* A genome as digits "0120..." when every index is below 10, else as
 * "0,12,3"; and back. */
void genome_print(const struct ints *genome, struct buf *out);
int genome_parse(const char *text, int64_t *genome, size_t n,
                 struct err *e) MUST_CHECK;

#endif
