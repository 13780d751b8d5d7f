/* SPDX-License-Identifier: MIT
 * The phases of progressive shrinking (method.md 1.4): one list in one file.
 *
 * Lines of columns set apart by blanks; # begins a comment.  The first line
 * names the columns: these, in any order,
 *     phase     name, unique
 *     epochs    } of the whole schedule; a scale multiplies them, epochs being
 *     warmup    } rounded up to at least 1
 *     lr        learning rate for 64 images a step (D32)
 *     subnets   sub-networks whose gradients each step adds up
 *     largest   share of them that is the largest of the phase, 0 to 1; the
 *               others are drawn
 *     distil    weight of the distillation from the teacher, 0 = none
 * and then patterns of gene names (fnmatch): "s?.k?" is the kernel of every
 * layer.  Under a pattern stand the choices, comma-separated, that the phase
 * samples from.  A gene that no pattern names keeps its last choice, one of a
 * group that of the smallest design. */
#ifndef PHASES_H
#define PHASES_H

#include "libcommon/space/space.h"

#define PHASES_MAX 64
#define PHASE_NAME_MAX 31

struct shrink_phase {
    char name[PHASE_NAME_MAX + 1];
    uint64_t first, epochs;     /* epochs [first, first + epochs) in all */
    double warmup;              /* epochs */
    double lr;                  /* for 64 images a step */
    uint64_t subnets;
    double largest;             /* share of them */
    double distil;
    struct ints *allowed;       /* (genes) choice indices, ascending */
};

struct phases {
    const struct space *space;  /* borrowed */
    struct shrink_phase v[PHASES_MAX];
    size_t n;
    struct arena arena;
};

/* Read the list.  The space must outlive it.  ERR_FORMAT naming the line. */
int phases_parse(struct phases *p, const struct space *s, const char *text,
                 size_t n, double scale, struct err *e) MUST_CHECK;
void phases_free(struct phases *p);

uint64_t phases_epochs(const struct phases *p);     /* all of them */

/* The phase that epoch belongs to, epoch < phases_epochs. */
const struct shrink_phase *phases_at(const struct phases *p, uint64_t epoch);

/* Genomes of a phase (genes.n), canonical: the one whose every gene has the
 * first, the last or a random one of its choices; and what a step trains,
 * which is one of the latter two. */
void phase_smallest(const struct phases *p, const struct shrink_phase *s,
                    int64_t *genome);
void phase_largest(const struct phases *p, const struct shrink_phase *s,
                   int64_t *genome);
void phase_random(const struct phases *p, const struct shrink_phase *s,
                  struct rng *r, int64_t *genome);
void phase_draw(const struct phases *p, const struct shrink_phase *s,
                struct rng *r, int64_t *genome);

/* The deepest design whose other genes have their i-th choice, or their last
 * where they have fewer: for i = 0, 1, .. it shows every layer in every size
 * that the phase knows.  False when no gene has an i-th choice. */
bool phase_size(const struct phases *p, const struct shrink_phase *s, size_t i,
                int64_t *genome);

#endif
