/* SPDX-License-Identifier: MIT
 * Random genomes that have not been seen, down to the last one there is. */
#ifndef NSGA2_STEP_FILL_H
#define NSGA2_STEP_FILL_H

#include "libcommon/search/genomes.h"
#include "libcommon/space/genes.h"

/* Add up to `want` random genomes to *taken that it does not hold.  Returns how
 * many were added.  They are fewer only when the space has no more or, in a
 * space of more than a million genomes, when 1000 draws in a row find none. */
size_t fill_random(const struct genes *g, struct rng *r, struct genomes *taken,
                   size_t want);

#endif
