/* SPDX-License-Identifier: MIT
 * A schedule lists the phases of progressive shrinking (D32).
 *
 * Each line has a phase, in columns separated by blanks; # begins a comment.
 * The first line names the columns, in any order:
 *     phase     name, unique
 *     epochs    } of the phase and of its linear warm-up; a scale multiplies
 *     warmup    } both, epochs being rounded up to at least 1
 *     lr        learning rate for 64 images a step (D32)
 *     subnets   sub-networks whose gradients each step adds up
 *     largest   share of them that is the largest of the phase, 0 to 1; the
 *               others are drawn
 *     distil    weight of the distillation from the teacher, 0 = none
 *     heads     optional: weight of the early exits' loss (exitsloss.h), 0 =
 *               backbone and final exit are trained alone
 * and patterns of gene names (fnmatch): "s?.k?" is the kernel of every layer.
 * Under a pattern stand the choices, comma-separated, that the phase samples
 * from.  A gene that no pattern names keeps its last choice, or in a group the
 * choice that it has in the smallest design.
 *
 * Where heads is above 0 every exit has a head: exitI and exitI.width are drawn
 * from the choices under a pattern, else from all choices; off is refused.
 * Elsewhere columns say nothing about exits. */
#ifndef PHASES_H
#define PHASES_H

#include "libcommon/space/space.h"

#define PHASES_MAX 64
#define PHASE_NAME_MAX 31

struct shrink_phase {
    char name[PHASE_NAME_MAX + 1];
    uint64_t first, epochs; /* epochs [first, first + epochs) in all */
    double warmup;          /* epochs */
    double lr;              /* for 64 images a step */
    uint64_t subnets;
    double largest; /* share of subnets that is the largest */
    double distil;
    double heads;         /* weight of the early exits' loss, 0 = none */
    struct ints *allowed; /* (genes) choice indices, ascending */
};

struct phases {
    const struct space *space; /* borrowed */
    struct shrink_phase v[PHASES_MAX];
    size_t n;
    struct arena arena;
};

/* Read the phases from the n bytes of a schedule.  The space must outlive *p.
 * ERR_FORMAT names the line. */
int phases_parse(struct phases *p, const struct space *s, const char *text,
                 size_t n, double scale, struct err *e) MUST_CHECK;
void phases_free(struct phases *p);

uint64_t phases_epochs(const struct phases *p); /* of all phases */

/* Returns the phase of the epoch, which must be below phases_epochs. */
const struct shrink_phase *phases_at(const struct phases *p, uint64_t epoch);

/* Set genome (genes.n) to the canonical design that has the first, the last or
 * a random one of the phase's choices of every gene.  phase_draw gives the
 * design that a step trains: with probability s->largest the largest, else a
 * random one; the heads of its exits are random ones in either case. */
void phase_smallest(const struct phases *p, const struct shrink_phase *s,
                    int64_t *genome);
void phase_largest(const struct phases *p, const struct shrink_phase *s,
                   int64_t *genome);
void phase_random(const struct phases *p, const struct shrink_phase *s,
                  struct rng *r, int64_t *genome);
void phase_draw(const struct phases *p, const struct shrink_phase *s,
                struct rng *r, int64_t *genome);

/* Set genome to the deepest design whose other genes have their i-th choice, or
 * their last where they have fewer.  The designs of i = 0, 1, ... show every
 * layer in every size that the phase trains; with s NULL, that there is in the
 * space.  Returns false when no other gene has an i-th choice. */
bool phase_size(const struct phases *p, const struct shrink_phase *s, size_t i,
                int64_t *genome);

/* Set genome to the largest design of the space whose exits have a head of that
 * kind, k from 1, or where the phase does not allow it the first that it allows,
 * in the i-th of the allowed widths, or the last where there are fewer.  With s
 * NULL all are allowed.  Returns false when no exit has an i-th width; i = 0 is
 * always fine. */
bool phase_heads(const struct phases *p, const struct shrink_phase *s, size_t k,
                 size_t i, int64_t *genome);

/* Mark in wanted (kinds, exits; superheads.h) the heads that some phase with
 * heads may draw. */
void phases_wanted(const struct phases *p, bool *wanted);

#endif
