/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/weights.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"

void history_epoch(struct supernet_history *h, const struct supernet_epoch *log)
{
    GROW(h->log, h->epochs, h->cap_log);
    h->log[h->epochs] = *log;
    h->log[h->epochs++].phase = arena_strdup(&h->arena, log->phase);
}

void history_subnet(struct supernet_history *h, const struct subnet *row)
{
    struct subnet *to;

    GROW(h->table, h->rows, h->cap_table);
    to = &h->table[h->rows++];
    *to = *row;
    to->phase = arena_strdup(&h->arena, row->phase);
    to->which = arena_strdup(&h->arena, row->which);
    to->genome = ints_copy(&h->arena, &row->genome);
    to->exits = reals_copy(&h->arena, &row->exits);
}

void history_free(struct supernet_history *h)
{
    arena_free(&h->arena);
    free(h->log);
    free(h->table);
    *h = (struct supernet_history){0};
}
