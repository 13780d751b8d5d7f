/* SPDX-License-Identifier: MIT */
#include "libcommon/space/count.h"

#include <string.h>

enum { PARAMS, SIZE_BYTES, PEAK_BYTES, FINAL_MACS };

const char *const count_names[] = {
    [PARAMS] = "params",
    [SIZE_BYTES] = "size_bytes",
    [PEAK_BYTES] = "peak_bytes",
    [FINAL_MACS] = "final_macs",
    NULL,
};

int count_find(const char *name)
{
    for (int i = 0; count_names[i]; i++)
        if (!strcmp(count_names[i], name))
            return i;
    return -1;
}

double count_of(const struct net *n, int figure)
{
    int64_t all[] = {
        [PARAMS] = n->params,
        [SIZE_BYTES] = n->size_bytes,
        [PEAK_BYTES] = n->peak_bytes,
        [FINAL_MACS] = net_exit_at(n, n->exits.n - 1)->gamma,
    };

    /* The final exit's gamma counts the early heads as well, so they are taken
     * off again. */
    for (size_t i = 0; i + 1 < n->exits.n; i++)
        all[FINAL_MACS] -= net_exit_at(n, i)->head_macs;
    return (double)all[figure];
}

void space_count(const struct space *s, const struct place_opts *how,
                 int figure, const int64_t *genomes, size_t n, double *y)
{
    struct arena a = {0};

    for (size_t i = 0; i < n; i++) {
        size_t genes = s->genes.n;
        struct ints genome = {(int64_t *)genomes + i * genes, genes};
        struct net net;
        struct err why;

        arena_reset(&a);
        y[i] = place_net(s, &genome, how, &a, &net, &why) != 0
                   ? (double)INT_EXACT
                   : count_of(&net, figure);
    }
    arena_free(&a);
}
