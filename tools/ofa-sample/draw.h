/* SPDX-License-Identifier: MIT
 * ofa-sample writes the genomes of a set, which are distinct and in order. */
#ifndef OFA_SAMPLE_DRAW_H
#define OFA_SAMPLE_DRAW_H

#include "libcommon/search/genomes.h"
#include "libcommon/space/space.h"

/* Add a genome that is written as choice indices or as space_describe writes
 * it; unused slots become 0.  ERR_FORMAT when it is not in the space or is in
 * the set already. */
int draw_given(struct genomes *set, const struct space *s, const char *text,
               struct err *e) MUST_CHECK;

/* Add the genome on every line of a text, as draw_given does; blank lines and
 * lines that start with # are passed over. */
int draw_lines(struct genomes *set, const struct space *s, const char *text,
               size_t n, struct err *e) MUST_CHECK;

/* Add the min corner, and the max corner where there is room up to `count`
 * (D15). */
void draw_corners(struct genomes *set, const struct space *s, size_t count);

/* Add random genomes up to `count` in all.  ERR_ARG when the space has
 * fewer. */
int draw_random(struct genomes *set, const struct space *s, size_t count,
                uint64_t seed, struct err *e) MUST_CHECK;

#endif
