/* SPDX-License-Identifier: MIT
 * Descent on the real samples: one exit at a time gets its best value or is off,
 * an exit moves to another place, the place where the processor changes moves,
 * until nothing is better.  What a choice at an exit comes to follows from one
 * pass over the samples that come there, counted by their bin and by where they
 * leave if they pass. */
#ifndef MAPPING_MAPDESCENT_H
#define MAPPING_MAPDESCENT_H

#include "libcommon/mapping/mapkeep.h"
#include "libcommon/mapping/mapprogramme.h"

struct map_walk {
    const struct map_case *c;
    struct map_keep *keep; /* is offered everything that is looked at */
    /* Prices to go by, behind limits on costs; NULL: the order of outcomes. */
    const struct map_prices *prices;
    uint16_t *out; /* (samples) place and state of where each leaves, by .. */
    uint16_t at[NET_MAX_EXITS]; /* (exits - 1) .. these values */
    bool known;                 /* there are such */
    size_t places;
    struct map_tally left[MAPPING_MAX_SEGMENTS]; /* (places) */
    /* Samples in flight: (MAP_STATES (values + 1)) by code at an exit, and
     * (values + 1, MAP_STATES places) by bin there and out. */
    uint32_t *leave, *pass;
    size_t room; /* places that pass has room for */
};

/* Begin; *w is owned (map_walk_fini). */
void map_walk_init(struct map_walk *w, const struct map_case *c,
                   struct map_keep *keep);
void map_walk_fini(struct map_walk *w);

/* Descend from a plan and replace it by where that ends.  Moves of exits to other
 * places and of two exits at once are made where `far'.  Returns false where the
 * plan is impossible. */
bool map_descend(struct map_walk *w, bool far, struct map_plan *plan);

#endif
