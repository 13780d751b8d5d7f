/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/sampling.h"

#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/base/rng.h"

/* `member` lists the indices of the samples sorted by class and, until they are
 * shuffled, within a class by index. */
struct strata {
    size_t classes;
    size_t *start;    /* (classes + 1): where in member a class begins */
    uint32_t *member; /* (n) */
};

static struct strata strata_make(const int32_t *labels, size_t n,
                                 size_t classes)
{
    struct strata s = {.classes = classes};
    size_t *at;

    BUG_IF(n > UINT32_MAX);
    s.start = xcalloc(classes + 1, sizeof *s.start);
    s.member = xcalloc(n, sizeof *s.member);
    for (size_t i = 0; i < n; i++) {
        BUG_IF(labels[i] < 0 || (size_t)labels[i] >= classes);
        s.start[labels[i] + 1]++;
    }
    for (size_t k = 0; k < classes; k++)
        s.start[k + 1] += s.start[k];
    at = xmemdup(s.start, (classes + 1) * sizeof *at);
    for (size_t i = 0; i < n; i++)
        s.member[at[labels[i]]++] = (uint32_t)i;
    free(at);
    return s;
}

static size_t class_size(const struct strata *s, size_t k)
{
    return s->start[k + 1] - s->start[k];
}

/* Shuffle each class k and put its first quota[k] samples into `chosen`, which
 * is sorted in the end.  Returns how many there are. */
static size_t take(struct strata *s, const size_t *quota, uint64_t seed,
                   const char *purpose, uint64_t draw, uint32_t *chosen)
{
    size_t taken = 0;

    for (size_t k = 0; k < s->classes; k++) {
        struct rng r = rng_make(seed, purpose, draw, k);
        uint32_t *member = s->member + s->start[k];

        rng_shuffle(&r, member, class_size(s, k));
        for (size_t i = 0; i < quota[k]; i++)
            chosen[taken++] = member[i];
    }
    qsort(chosen, taken, sizeof *chosen, order_u32);
    return taken;
}

/* Set quota[k] to the share of class k in `want`, rounded by the
 * largest-remainder method. */
static void quotas(const struct strata *s, size_t n, size_t want, size_t *quota)
{
    uint64_t *rest = xcalloc(s->classes, sizeof *rest);
    size_t given = 0;

    for (size_t k = 0; k < s->classes; k++) {
        uint64_t share = (uint64_t)class_size(s, k) * want;

        quota[k] = (size_t)(share / n);
        rest[k] = share % n;
        given += quota[k];
    }
    for (; given < want; given++) {
        size_t best = 0;

        for (size_t k = 1; k < s->classes; k++)
            if (rest[k] > rest[best])
                best = k;
        quota[best]++;
        rest[best] = 0;
    }
    free(rest);
}

static void strata_fini(struct strata *s)
{
    free(s->start);
    free(s->member);
}

void stratified_pick(const int32_t *labels, size_t n, size_t classes,
                     size_t want, uint64_t seed, const char *purpose,
                     uint64_t draw, uint32_t *chosen)
{
    struct strata s = strata_make(labels, n, classes);
    size_t *quota = xcalloc(classes, sizeof *quota);

    BUG_IF(want > n);
    if (want) {
        quotas(&s, n, want, quota);
        BUG_IF(take(&s, quota, seed, purpose, draw, chosen) != want);
    }
    free(quota);
    strata_fini(&s);
}

size_t stratified_cut(const int32_t *labels, size_t n, size_t classes,
                      size_t want, size_t keep, uint64_t seed,
                      const char *purpose, uint64_t draw, uint32_t *chosen)
{
    struct strata s = strata_make(labels, n, classes);
    size_t *quota = xcalloc(classes, sizeof *quota);
    size_t taken;

    BUG_IF(want > n);
    quotas(&s, n, want, quota);
    for (size_t k = 0; k < classes; k++) {
        size_t size = class_size(&s, k), most = size > keep ? size - keep : 0;

        if (quota[k] == 0)
            quota[k] = 1;
        if (quota[k] > most)
            quota[k] = most;
    }
    taken = take(&s, quota, seed, purpose, draw, chosen);
    free(quota);
    strata_fini(&s);
    return taken;
}

size_t balanced_pick(const int32_t *labels, size_t n, size_t classes,
                     size_t each, uint64_t seed, const char *purpose,
                     uint64_t draw, uint32_t *chosen)
{
    struct strata s = strata_make(labels, n, classes);
    size_t *quota = xcalloc(classes, sizeof *quota);
    size_t taken;

    for (size_t k = 0; k < classes; k++)
        quota[k] = each < class_size(&s, k) ? each : class_size(&s, k);
    taken = take(&s, quota, seed, purpose, draw, chosen);
    free(quota);
    strata_fini(&s);
    return taken;
}
