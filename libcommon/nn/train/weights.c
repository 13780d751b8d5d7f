/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/weights.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

static char *keep(struct supernet_history *h, const char *text)
{
    return arena_strndup(&h->arena, text, strlen(text));
}

void history_epoch(struct supernet_history *h, const struct supernet_epoch *log)
{
    GROW(h->log, h->epochs, h->cap_log);
    h->log[h->epochs] = *log;
    h->log[h->epochs++].phase = keep(h, log->phase);
}

void history_subnet(struct supernet_history *h, const struct subnet *row)
{
    size_t n = row->genome.n;
    struct subnet *to;

    GROW(h->table, h->rows, h->cap_table);
    to = &h->table[h->rows++];
    *to = *row;
    to->phase = keep(h, row->phase);
    to->which = keep(h, row->which);
    to->genome.v = arena_alloc(&h->arena, n, sizeof *to->genome.v);
    if (n)
        memcpy(to->genome.v, row->genome.v, n * sizeof *to->genome.v);
}

void history_free(struct supernet_history *h)
{
    arena_free(&h->arena);
    free(h->log);
    free(h->table);
    *h = (struct supernet_history){0};
}
