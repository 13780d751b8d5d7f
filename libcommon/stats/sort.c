/* SPDX-License-Identifier: MIT */
#include "libcommon/stats/sort.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

struct row {
    double first;           /* *key, kept close */
    const double *key;
    uint32_t index;
};

/* Does b stand strictly before a? */
static inline int after(const struct row *a, const struct row *b, size_t keys)
{
    if (a->first != b->first)
        return a->first > b->first;
    for (size_t k = 1; k < keys; k++)
        if (a->key[k] != b->key[k])
            return a->key[k] > b->key[k];
    return 0;
}

static void insertion(struct row *v, size_t n, size_t keys)
{
    for (size_t i = 1; i < n; i++) {
        struct row x = v[i];
        size_t j = i;

        for (; j > 0 && after(&v[j - 1], &x, keys); j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

static void merge(const struct row *v, size_t half, size_t n, struct row *out,
                  size_t keys)
{
    size_t i = 0, j = half, k = 0;

    while (i < half && j < n)
        out[k++] = after(&v[i], &v[j], keys) ? v[j++] : v[i++];
    memcpy(out + k, v + i, (half - i) * sizeof *v);
    memcpy(out + k + (half - i), v + j, (n - j) * sizeof *v);
}

/* Runs of 16 by insertion, then merged pairwise; returns where the result
 * ended up, v or spare. */
static struct row *merge_sort(struct row *v, struct row *spare, size_t n,
                              size_t keys)
{
    for (size_t i = 0; i < n; i += 16)
        insertion(v + i, n - i < 16 ? n - i : 16, keys);
    for (size_t run = 16; run < n; run *= 2) {
        struct row *t = v;

        for (size_t i = 0; i < n; i += 2 * run) {
            size_t all = n - i < 2 * run ? n - i : 2 * run;

            merge(v + i, all < run ? all : run, all, spare + i, keys);
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
