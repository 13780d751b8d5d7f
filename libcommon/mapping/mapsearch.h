/* SPDX-License-Identifier: MIT
 * The search for plans: positions, processors and thresholds together (D43).
 *
 * Without early exits every division among the processors is looked at; the best
 * is the base.  With them
 *   MAP_EXACT      looks at every plan there is (mapexact.h)
 *   MAP_PROGRAMME  looks at every plan with so few exits that it is little of
 *                  the work; finds a plan by dynamic programming
 *                  (mapprogramme.h) for each of a series of weights between the
 *                  cost and the error; descends from it on the real samples, and
 *                  from the best of all by the order that is asked for
 *                  (mapdescent.h)
 *   MAP_PAPER      solves the paper's graphs (mappaper.h)
 *   MAP_AUTO       is exact where that is no more than the work plans, and else
 *                  the programme.
 * No exit is on that does not serve: the base is among the plans, and so are all
 * with fewer exits.  All methods see the same plans in the same order for the same
 * input. */
#ifndef MAPPING_MAPSEARCH_H
#define MAPPING_MAPSEARCH_H

#include "libcommon/mapping/mapkeep.h"

enum map_method { MAP_AUTO, MAP_EXACT, MAP_PROGRAMME, MAP_PAPER };
extern const char *const map_method_names[]; /* NULL-terminated */

#define MAP_WORK 2e7 /* plans: a second or two */

/* Plans without early exits. */
struct map_references {
    bool single_is[PLATFORM_MAX_PROCESSORS]; /* all on that processor */
    struct map_kept single[PLATFORM_MAX_PROCESSORS];
    bool partition_is; /* the best on two processors or more */
    struct map_kept partition;
    struct map_kept base; /* the best of all */
};

/* Find the plans without early exits, and set the goal's unit and accuracy by the
 * base.  ERR_FORMAT where no mapping is possible, or the goal needs an energy that
 * the platform does not tell. */
int map_refer(const struct map_case *c, struct map_goal *goal,
              struct map_references *r, struct err *e) MUST_CHECK;

/* Returns 0 where MAP_PAPER can do what is asked, else ERR_ARG. */
int map_paper_takes(const struct map_goal *g, size_t per_processor,
                    bool settled, struct err *e) MUST_CHECK;

/* Offer plans to k, the base among them.  c->goal is as map_refer left it.
 * For MAP_PAPER it is what map_paper_takes takes.  ERR_FORMAT where exact search
 * or the paper's is too much work.  *exact is set to whether nothing was left
 * out. */
int map_search(const struct map_case *c, const struct map_references *r,
               enum map_method method, double work, struct map_keep *k,
               bool *exact, struct err *e) MUST_CHECK;

#endif
