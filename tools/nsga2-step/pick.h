/* SPDX-License-Identifier: MIT
 * The choice of candidates to measure next, from rows of objectives alone:
 * those that are expected to add most to the measured front, those that fill
 * its gaps, or some of both. */
#ifndef NSGA2_STEP_PICK_H
#define NSGA2_STEP_PICK_H

#include <stddef.h>
#include <stdint.h>

/* Of more candidates than this, or than k if that is more, only the first ones
 * are looked at. */
#define PICK_MAX 256

/* PICK_GAIN takes one candidate after the other: each time the one that adds
 * most hypervolume to the measured front and what is chosen already.  The
 * reference lies a tenth of the range of front and candidates beyond their
 * worst value in each objective.
 * PICK_SPREAD leaves the most even gaps along one objective (spread.h).
 * PICK_MIXED chooses three quarters of the k, rounded up, by gain, and the rest
 * by spread with these counted among the measured front.  The first of them are
 * the candidates of least value in each objective that lie beyond the front,
 * unless there is no room for one of each objective.
 *
 * Where no candidate adds anything, the rest is chosen as in PICK_SPREAD.  With
 * three objectives PICK_GAIN and PICK_MIXED choose that rest by the largest
 * distance to the nearest point of the front or of the chosen ones, with ranges
 * scaled to 1; with more than three they choose all so.  Of one objective every
 * rule takes the least values. */
enum pick_how { PICK_MIXED, PICK_GAIN, PICK_SPREAD };
extern const char *const pick_names[]; /* "mixed" "gain" "spread" NULL */

struct pick_opts {
    int how;       /* enum pick_how */
    size_t m;      /* objectives */
    size_t spread; /* the one, from 0, along which to spread */
};

/* Choose exactly k of the n candidates f, (n, m) row-major, beside the measured
 * front (n_front, m), which may be empty; 1 <= k <= n.  All objectives are
 * minimised and finite.  chosen (k) receives the indices of the candidates by
 * ascending value of the objective o->spread.  Equal arguments give equal
 * choices, and of equally good candidates the earlier one is taken. */
void pick_choose(const struct pick_opts *o, const double *front, size_t n_front,
                 const double *f, size_t n, size_t k, uint32_t *chosen);

#endif
