/* SPDX-License-Identifier: MIT
 * A point of a space: what ofa-sample and nsga2-step write. */
#ifndef SPACE_ARCH_H
#define SPACE_ARCH_H

#include "libcommon/nn/graph/net.h"

struct arch {
    char *id;    /* arch_id */
    char *space; /* canonical spec */
    struct ints genome;
    struct origin origin;
    char *design; /* space_describe, for people; or NULL */
    /* Predictions that chose it (nsga2-step); NAN otherwise. */
    double predicted_accuracy, predicted_macs;
};

/* Set out to the id that results are joined by: the XXH3-128 of "spec\ngenome",
 * the genome as genome_print writes it. */
void arch_id(const char *spec, const struct ints *genome, char out[HASH_HEX]);

#endif
