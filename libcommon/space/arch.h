/* SPDX-License-Identifier: MIT
 * A point of a space: what ofa-sample and nsga2-step write. */
#ifndef SPACE_ARCH_H
#define SPACE_ARCH_H

#include "libcommon/nn/graph/net.h"

struct prediction { /* of the metric called name */
    char *name;
    double value;
};

struct arch {
    char *id;    /* arch_id */
    char *space; /* canonical spec */
    struct ints genome;
    struct origin origin;
    char *design;          /* space_describe, for people; or NULL */
    struct list predicted; /* struct prediction: what chose it (nsga2-step) */
    /* The same in streams of before 1.1; the codec brings them into the list.
     * NAN = none. */
    double predicted_accuracy, predicted_macs;
};

/* Set out to the id that results are joined by: the XXH3-128 of "spec\ngenome",
 * the genome as genome_print writes it. */
void arch_id(const char *spec, const struct ints *genome, char out[HASH_HEX]);

#endif
