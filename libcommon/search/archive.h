/* SPDX-License-Identifier: MIT
 * An archive holds everything that has been measured: one result for each
 * candidate, the last that was added. */
#ifndef SEARCH_ARCHIVE_H
#define SEARCH_ARCHIVE_H

#include "libcommon/base/set.h"
#include "libcommon/search/result.h"

struct archive {
    bool one_space;     /* refuse results that are not all of one space */
    struct arena arena; /* holds everything below */
    struct result *v;   /* (n) in the order of their first appearance */
    size_t n, cap;
    struct set names; /* the i-th key is result_key of v[i], or i where
                             * that is empty */
    char *space;      /* one_space: spec of the space; NULL while empty */
    size_t genes;
    uint64_t failed;     /* how many of the n have no metrics */
    uint64_t duplicates; /* results that a later one replaced */
};

void archive_init(struct archive *a, bool one_space);
void archive_free(struct archive *a);

/* Add a copy of r, in place of an earlier result with the same key.  A copy
 * that has space and genome but no ids gets its arch id.  With one_space,
 * ERR_FORMAT when r has no space or genome, or is of another space or another
 * number of genes than the results before. */
int archive_add(struct archive *a, const struct result *r,
                struct err *e) MUST_CHECK;

#endif
