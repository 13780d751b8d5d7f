/* SPDX-License-Identifier: MIT
 * Which genomes ofa-sample writes: distinct ones, in order, in one set. */
#ifndef OFA_SAMPLE_DRAW_H
#define OFA_SAMPLE_DRAW_H

#include "libcommon/search/genomes.h"
#include "libcommon/space/space.h"

/* Add a genome written as text, indices or space_describe's form; unused slots
 * become 0.  ERR_FORMAT when it is
 * none of the space or was there before. */
int draw_given(struct genomes *set, const struct space *s, const char *text,
               struct err *e) MUST_CHECK;

/* The same for every line of a text; blank lines and those that start with #
 * are passed over. */
int draw_lines(struct genomes *set, const struct space *s, const char *text,
               size_t n, struct err *e) MUST_CHECK;

/* Add the min corner, and the max corner where there is room up to `count`
 * (D15). */
void draw_corners(struct genomes *set, const struct space *s, size_t count);

/* Fill up to `count` with random ones.  ERR_ARG when the space has not that
 * many. */
int draw_random(struct genomes *set, const struct space *s, size_t count,
                uint64_t seed, struct err *e) MUST_CHECK;

#endif
