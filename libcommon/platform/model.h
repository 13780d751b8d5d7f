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
    int source, sink; /* processors, -1 = none */
    /* (processors, boundaries) of the backbone up to each boundary, without
     * calls.  Joules are those of computing, measured or active_w x seconds; NAN
     * from the first layer on whose energy is unknown. */
    double *seconds, *joules;
    double *branch_seconds, *branch_joules; /* (processors, boundaries), 0 at
                                             * boundary 0; of the last one: the
                                             * final head */
    /* (processors, boundaries, boundaries) of segments that were measured, their
     * call included, NAN = not measured; NULL = none was */
    double *measured_seconds, *measured_joules;
    /* (boundaries + 1, processors, processors) along the fastest links, of the
     * values of a boundary or, behind these, of an answer; INFINITY = there is
     * no way */
    double *transfer_seconds, *transfer_joules;
    int64_t *macs,
        *branch_macs; /* (boundaries) true MACs: of the backbone up to
                                  * it, of the branch at it */
    /* (boundaries) of all values that what is behind it reads: the tap's, and of
     * any other that is still alive */
    int64_t *elements;
    int64_t *storage, *branch_storage; /* (boundaries) bytes of weights: of the
                                        * backbone up to it, of the branch */
    int64_t *ram; /* (boundaries, boundaries) bytes: peak of segment (i, j], its
                   * input included, without branch */
    int64_t *branch_ram; /* (boundaries) bytes: peak of the branch, while all
                          * that lies behind needs is held */
};

/* Fill *m, owned (model_fini, also after a failure).  platform, which was
 * checked, and net must outlive it.  costs may be NULL.  ERR_FORMAT where a
 * processor has no rate for the precision that a layer needs, or where measured
 * costs name what is not there, but for branches and boundaries that the network
 * does not have. */
int model_init(struct platform_model *m, const struct platform *p,
               const struct net *n, int precision,
               const struct measured_costs *costs, struct err *e) MUST_CHECK;
void model_fini(struct platform_model *m);

/* Check that some processor can hold each part between two neighbouring
 * boundaries: without that no mapping fits, however the network is divided.
 * ERR_FORMAT names the part, the processor that comes nearest, what it needs and
 * what there is. */
int model_check(const struct platform_model *m, struct err *e) MUST_CHECK;

/* Return the seconds of segment (from, to] on a processor, its call included and
 * without branch, and the joules of computing it, NAN = unknown. */
double model_segment_seconds(const struct platform_model *m, int processor,
                             size_t from, size_t to);
double model_segment_joules(const struct platform_model *m, int processor,
                            size_t from, size_t to);

/* Return the seconds and the joules for what crosses boundary b on its way from
 * one processor to another; b = m->boundaries: the answer.  0 where they are the
 * same or one of them is -1, INFINITY where no links lead there.  What a mapping
 * pays: from the source to its first processor for boundary 0, between processors
 * for the boundary, from where a sample leaves to the sink for the answer. */
double model_transfer_seconds(const struct platform_model *m, int from, int to,
                              size_t b);
double model_transfer_joules(const struct platform_model *m, int from, int to,
                             size_t b);

/* Returns the bytes that cross boundary b (b = m->boundaries: of the answer). */
int64_t model_transfer_bytes(const struct platform_model *m, size_t b);

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

/* What a mapping exceeds. */
struct mapping_excess {
    const char *name; /* of the processor or pool, borrowed from the platform */
    bool storage;     /* its storage, or else its memory */
    int64_t needed, limit; /* bytes */
};

/* Returns by how many bytes the mapping exceeds the memory or the storage that it
 * exceeds most, 0 = it fits; *x (may be NULL) then says which. */
int64_t mapping_overflow(const struct platform_model *m,
                         const struct mapping_costs *c,
                         struct mapping_excess *x);

#endif
