/* SPDX-License-Identifier: MIT
 * The threshold graph of Sponner et al. (arXiv 2403.07957), for comparison: one
 * exit per processor, at its end.  For each set of exits and each choice of
 * processors there is a graph of layers, one node for each value of an exit
 * between a start and the final exit.  An edge has the change of the weighed cost
 * and error among the samples that pass the exit before, whatever they did at
 * exits before that; the shortest path is found by Bellman and Ford's method.  It
 * is the best choice of values for up to two exits, and need not be for more. */
#ifndef MAPPING_MAPPAPER_H
#define MAPPING_MAPPAPER_H

#include "libcommon/mapping/mapkeep.h"

/* Returns about how much work map_paper is, in plans. */
double map_paper_work(const struct map_case *c);

/* Offer to k what every graph's shortest path says.  The goal has a weight and
 * minimises macs, latency or energy. */
void map_paper(const struct map_case *c, struct map_keep *k);

/* An edge of a graph, and the shortest path from node 0 to the last of n nodes:
 * set before[i] to the node from which i is reached, and return the length,
 * INFINITY where there is none.  Edges may be negative; there is no cycle. */
struct map_edge {
    size_t from, to;
    double length;
};
double map_shortest(const struct map_edge *edge, size_t edges, size_t n,
                    size_t *before);

#endif
