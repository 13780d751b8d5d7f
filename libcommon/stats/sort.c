/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/sort.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

struct row {
    double first; /* *key, copied for locality */
    const double *key;
    uint32_t index;
};

/* Returns true when a belongs strictly after b. */
static inline int after(const struct row *a, const struct row *b, size_t keys)
{
    if (a->first != b->first)
        return a->first > b->first;
    for (size_t k = 1; k < keys; k++)
        if (a->key[k] != b->key[k])
            return a->key[k] > b->key[k];
    return 0;
}

/* Sort runs of 16 by insertion and merge them pairwise.  Returns the array with
 * the result, v or spare. */
static struct row *merge_sort(struct row *v, struct row *spare, size_t n,
                              size_t keys)
{
    for (size_t i = 0; i < n; i++) {
        struct row x = v[i];
        size_t j = i;

        for (; j % 16 > 0 && after(&v[j - 1], &x, keys); j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
    for (size_t run = 16; run < n; run *= 2) {
        struct row *t = v;

        for (size_t i = 0; i < n; i += 2 * run) {
            size_t half = n - i < run ? n : i + run;
            size_t end = n - i < 2 * run ? n : i + 2 * run;
            size_t a = i, b = half, to = i;

            while (a < half && b < end)
                spare[to++] = after(&v[a], &v[b], keys) ? v[b++] : v[a++];
            memcpy(spare + to, v + a, (half - a) * sizeof *v);
            memcpy(spare + to + (half - a), v + b, (end - b) * sizeof *v);
        }
        v = spare;
        spare = t;
    }
    return v;
}

void sort_rows(const double *f, size_t stride, size_t keys, uint32_t *index,
               size_t n)
{
    struct row *v, *sorted;

    if (n < 2)
        return;
    v = xcalloc(2 * n, sizeof *v);
    for (size_t i = 0; i < n; i++) {
        const double *key = f + index[i] * stride;

        v[i] = (struct row){*key, key, index[i]};
    }
    sorted = merge_sort(v, v + n, n, keys);
    for (size_t i = 0; i < n; i++)
        index[i] = sorted[i].index;
    free(v);
}

void sort_identity(uint32_t *index, size_t n)
{
    for (size_t i = 0; i < n; i++)
        index[i] = (uint32_t)i;
}

void sort_values(const double *v, size_t n, uint32_t *index)
{
    sort_identity(index, n);
    sort_rows(v, 1, 1, index, n);
}
