/* SPDX-License-Identifier: MIT
 * Every plan there is: all sets of exits that are on, all mappings with these
 * exits, all of their values.  Nothing is left out or assumed: the samples are
 * counted by their bins at the last two exits of a set at once, and sums over
 * these counts give what each pair of values comes to. */
#ifndef MAPPING_MAPEXACT_H
#define MAPPING_MAPEXACT_H

#include "libcommon/mapping/mapkeep.h"

#define MAP_EXACT_EXITS 8 /* more of them on are too much work in any case */

/* Returns how many exits may be on at once. */
size_t map_most_on(const struct map_case *c);

/* Returns about how much work map_exact is, in plans; INFINITY for more exits than
 * MAP_EXACT_EXITS. */
double map_exact_work(const struct map_case *c, size_t most);

/* Offer every plan with at most so many exits on, no more than map_most_on, to
 * k. */
void map_exact(const struct map_case *c, size_t most, struct map_keep *k);

/* Is called for every mapping with these exits (n, ascending) on, whose values
 * are 0.  At most `segments' segments, 0 = any number. */
typedef void map_each_fn(void *ctx, const struct map_plan *plan);
void map_each(const struct map_case *c, const size_t *on, size_t n,
              size_t segments, map_each_fn *fn, void *ctx);

/* Returns about how many mappings map_each calls fn for, or more. */
double map_count(const struct map_case *c, size_t on, size_t segments);

#endif
