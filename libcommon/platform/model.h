/* SPDX-License-Identifier: MIT
 * What the parts of a network take on each processor of a platform.
 *
 * The network's exits mark its boundaries: boundary 0 is the input, boundary
 * i + 1 the tap of exit i, the last one the end of the backbone.  A segment
 * (from, to] is the backbone behind boundary `from` up to boundary `to`; the
 * branch of exit i, its head, stands at boundary i + 1.  The final head runs at
 * the last boundary.
 *
 * All is a sum or a maximum over layers that is computed once, so that a search
 * may ask for any segment in constant time.  Equations: nachos-method(7). */
#ifndef PLATFORM_MODEL_H
#define PLATFORM_MODEL_H

#include "libcommon/nn/graph/net.h"
#include "libcommon/platform/platform.h"

struct measured_costs; /* --costs: see measured.h */

struct platform_model {
    const struct platform *platform; /* borrowed */
    const struct net *net;           /* borrowed */
    int precision;
    size_t boundaries; /* exits + 1 */
    size_t processors;
    /* (processors, boundaries) seconds, and joules beyond idle where they were
     * measured (else NAN), of the backbone up to each boundary */
    double *seconds, *joules;
    double *branch_seconds,
        *branch_joules;                /* (processors, boundaries), 0 at 0 */
    int64_t *macs, *branch_macs;       /* (boundaries) true MACs */
    int64_t *elements;                 /* (boundaries) of the value there */
    int64_t *storage, *branch_storage; /* (boundaries) bytes of weights: of the
                                        * backbone up to it, of the branch */
    int64_t *ram; /* (boundaries, boundaries) bytes: peak of segment (i, j], its
                   * input included, without branch */
    int64_t
        *branch_ram; /* (boundaries) bytes: peak of the branch, its tap held */
};

/* Fill *m, owned (model_fini).  platform and net must outlive it.  costs may be
 * NULL.  ERR_FORMAT where a processor has no rate for the precision that a layer
 * needs, or where measured costs name what is not there. */
int model_init(struct platform_model *m, const struct platform *p,
               const struct net *n, int precision,
               const struct measured_costs *costs, struct err *e) MUST_CHECK;
void model_fini(struct platform_model *m);

/* Returns the seconds of segment (from, to] on a processor, its call included. */
double model_segment_seconds(const struct platform_model *m, int processor,
                             size_t from, size_t to);

/* Returns the seconds for the value of boundary b from one processor to another,
 * 0 where they are the same, INFINITY where there is no link. */
double model_transfer_seconds(const struct platform_model *m, int from, int to,
                              size_t b);

/* A mapping: segments one after the other.  Segment s is (end[s - 1], end[s]]
 * with end[-1] = 0, the last one ends at the last boundary.  on[s]: the branch
 * at its end is there; the final head always is. */
#define MAPPING_MAX_SEGMENTS NET_MAX_EXITS
struct mapping {
    size_t segments;
    int processor[MAPPING_MAX_SEGMENTS]; /* ascending or equal */
    size_t end[MAPPING_MAX_SEGMENTS];
    bool on[MAPPING_MAX_SEGMENTS];
};

/* What a mapping takes, whatever thresholds its exits have. */
struct mapping_costs {
    /* (segments) of leaving at the end of each, NAN = no exit there */
    double latency[MAPPING_MAX_SEGMENTS]; /* s */
    double energy[MAPPING_MAX_SEGMENTS];  /* J, NAN = unknown */
    double macs[MAPPING_MAX_SEGMENTS];    /* with every branch that ran */
    double worst_latency;                 /* the largest of those that are on */
    int64_t memory[PLATFORM_MAX_PROCESSORS]; /* bytes, 0 = not used */
    int64_t storage[PLATFORM_MAX_PROCESSORS];
};
void mapping_cost(const struct platform_model *m, const struct mapping *x,
                  struct mapping_costs *c);

/* Returns by how many bytes the mapping exceeds memory or storage of what it
 * exceeds most, 0 = it fits; *what (may be NULL) is then the name of that
 * processor or pool, borrowed from the platform. */
int64_t mapping_overflow(const struct platform_model *m,
                         const struct mapping_costs *c, const char **what);

#endif
