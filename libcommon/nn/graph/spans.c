/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/spans.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"

static int larger_first(const void *a, const void *b)
{
    const struct span *x = *(struct span *const *)a;
    const struct span *y = *(struct span *const *)b;

    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return (x > y) - (x < y);
}

size_t spans_pack(struct span *v, size_t n)
{
    struct span **order = xcalloc(n + 1, sizeof *order);
    size_t total = 0;

    for (size_t i = 0; i < n; i++) {
        order[i] = &v[i];
        v[i].offset = 0;
    }
    qsort(order, n, sizeof *order, larger_first);
    for (size_t i = 0; i < n; i++) {
        struct span *a = order[i];

        for (size_t k = 0; k < i;) {
            const struct span *b = order[k];

            if (a->from <= b->to && b->from <= a->to &&
                a->offset < b->offset + b->size &&
                b->offset < a->offset + a->size) {
                a->offset = b->offset + b->size;
                k = 0;
            } else {
                k++;
            }
        }
        if (a->offset + a->size > total)
            total = a->offset + a->size;
    }
    free(order);
    return total;
}
