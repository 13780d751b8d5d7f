/* SPDX-License-Identifier: MIT
 * Figures of a design that are counted on its net: exact, and known before
 * anything is trained. */
#ifndef SPACE_COUNT_H
#define SPACE_COUNT_H

#include "libcommon/space/place.h"

/* The figures, by the names that metrics have: "params" trainable parameters,
 * "size_bytes" of parameters and running statistics in float32, "peak_bytes" of
 * activations alive at once for one image in float32, "final_macs" of the
 * network without its early exits, F_M(x) (D31).  Ends with NULL. */
extern const char *const count_names[];

/* Returns the index of a name in count_names, or -1. */
int count_find(const char *name);

/* Returns a figure, an index into count_names, of a net whose costs are set. */
double count_of(const struct net *n, int figure);

/* Set y (n) to a figure of the nets that place_net builds of genomes (n, genes)
 * of the space.  A genome of which no net can be built has INT_EXACT, which no
 * net reaches.  The space must be one of networks. */
void space_count(const struct space *s, const struct place_opts *how,
                 int figure, const int64_t *genomes, size_t n, double *y);

#endif
