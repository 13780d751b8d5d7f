/* SPDX-License-Identifier: MIT
 * A platform: processors in the order in which a network may use them, the
 * memory that they share, the links between them, and where every number comes
 * from.  All units are SI: seconds, bytes, watts, joules, MACs per second.
 *
 * A processor that is used later stands later: data only move forwards. */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include <stdbool.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/err.h"
#include "libcommon/base/values.h"

#define PLATFORM_MAX_PROCESSORS 16
#define PLATFORM_MAX_LINKS (PLATFORM_MAX_PROCESSORS * PLATFORM_MAX_PROCESSORS)
#define PLATFORM_MAX_NAME 64

/* What a rate is about: convolutions by their shape, linear layers, and
 * everything else that has MACs.  A processor without a rate for a class takes
 * the one of RATE_OTHER. */
enum rate_class {
    RATE_OTHER,
    RATE_CONV,
    RATE_POINTWISE, /* 1 x 1 */
    RATE_DEPTHWISE,
    RATE_LINEAR,
    RATE_CLASSES
};
extern const char *const rate_class_names[]; /* "other" "conv" ... NULL */

/* The numbers a network computes with on the platform.  Accuracies are always
 * those of the float network. */
enum precision { PRECISION_FLOAT, PRECISION_INT8, PRECISIONS };
extern const char *const precision_names[];   /* "float" "int8" NULL */
extern const int precision_bytes[PRECISIONS]; /* 4, 1: of one element */

struct platform_rate {
    int op;        /* enum rate_class */
    int precision; /* enum precision */
    double macs_per_s;
};

struct processor {
    char *name;
    struct list rates;       /* struct platform_rate */
    double bytes_per_s;      /* of layers without MACs, read and written; NAN =
                         * they take no time */
    double call_s;           /* of each segment that is started */
    double active_w, idle_w; /* NAN = unknown, and energy with it */
    int64_t memory;  /* bytes of activations; NIL_INT = no limit of its own */
    int64_t storage; /* bytes of weights; NIL_INT = no limit of its own */
    char *pool;      /* the pool that its memory is in, or NULL */
    char *origin;    /* where these numbers come from */
};

/* Memory that processors share: activations use it in turns, as the processors
 * never run at once; weights add up. */
struct platform_pool {
    char *name;
    int64_t bytes;   /* of activations */
    int64_t storage; /* of weights; NIL_INT = no limit */
};

struct platform_link {
    char *from, *to; /* processors, or the source or the sink */
    double bytes_per_s;
    double latency_s;
    double j_per_byte; /* NAN = 0 */
    char *origin;
};

struct platform {
    char *name;
    struct list processors; /* struct processor, in order of use */
    struct list pools;      /* struct platform_pool */
    struct list links;      /* struct platform_link */
    char *source; /* processor that has the input; NULL = whichever runs first,
                   * at no cost (the paper) */
    char *sink;   /* processor where the answer is needed; NULL = wherever it
                   * comes about (the paper) */
    char *origin;
};

static inline struct processor *platform_processor_at(const struct platform *p,
                                                      size_t i)
{
    return (struct processor *)p->processors.v + i;
}

static inline struct platform_pool *platform_pool_at(const struct platform *p,
                                                     size_t i)
{
    return (struct platform_pool *)p->pools.v + i;
}

/* Check names, references and ranges: that no name is there twice (processors
 * and pools count together), that pools, ends of links, source and sink are
 * there, that rates are above 0 and each is given once, and that links lead to
 * every processor but the first that runs, and from each to the sink.  Returns
 * 0, or ERR_FORMAT, which names what is wrong. */
int platform_check(const struct platform *p, struct err *e) MUST_CHECK;

/* Warn (log_warn) of each processor or link that has a rate so low that its unit
 * may be wrong, such as 75 MACs per second where 75 million are meant. */
void platform_warn(const struct platform *p);

/* Returns the index of that processor, -1 = there is none, or name is NULL. */
int platform_processor(const struct platform *p, const char *name);

/* Returns the index of that pool, -1 = there is none, or name is NULL. */
int platform_pool(const struct platform *p, const char *name);

/* Returns what a processor has room for by itself and by its pool. */
struct platform_room {
    int64_t memory, storage; /* bytes, NIL_INT = no limit */
};
struct platform_room platform_room(const struct platform *p, size_t processor);

static inline bool platform_has_room(const struct platform_room *r,
                                     int64_t memory, int64_t storage)
{
    return (r->memory == NIL_INT || memory <= r->memory) &&
           (r->storage == NIL_INT || storage <= r->storage);
}

/* Returns the MACs per second of that class and precision, or of RATE_OTHER
 * where the class has no rate of its own; NAN = there is neither. */
double processor_rate(const struct processor *p, int class, int precision);

/* Returns the link from one processor to another, borrowed, or NULL. */
const struct platform_link *platform_link_of(const struct platform *p, int from,
                                             int to);

void platform_copy(struct platform *to, const struct platform *from,
                   struct arena *a);

#endif
