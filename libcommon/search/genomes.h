/* SPDX-License-Identifier: MIT
 * A set of genomes of one length, in the order they were added. */
#ifndef SEARCH_GENOMES_H
#define SEARCH_GENOMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/set.h"
#include "libcommon/space/genes.h"

struct genomes {
    size_t n, genes;
    struct set set; /* a key is the genes of one genome */
};

void genomes_init(struct genomes *s, size_t genes);
void genomes_free(struct genomes *s);

/* Add a genome.  Returns true when the set did not hold it yet. */
bool genomes_add(struct genomes *s, const int64_t *genome);
bool genomes_has(const struct genomes *s, const int64_t *genome);

/* Move *genome to the first genome of the space that is not in the set, in the
 * order of genes_next and beginning with *genome itself.  Returns false when
 * there is none.  From a genome of zeros on, this visits all of them:
 *
 * Example (const struct genomes *s, const struct genes *g, int64_t *genome):
 *     for (bool more = true; more && genomes_missing(s, g, genome);
 *          more = genes_next(g, genome))
 *         ;   // genome is one of them
 */
bool genomes_missing(const struct genomes *s, const struct genes *g,
                     int64_t *genome);

/* Returns genome i and behind it the ones added later: (n - i, genes)
 * row-major, borrowed until the next genomes_add. */
const int64_t *genomes_at(const struct genomes *s, size_t i);

#endif
