/* SPDX-License-Identifier: MIT
 * Everything that has been measured: results by candidate, the last of each
 * winning. */
#ifndef SEARCH_ARCHIVE_H
#define SEARCH_ARCHIVE_H

#include "libcommon/base/set.h"
#include "libcommon/search/result.h"

struct archive {
    bool one_space;         /* refuse what is not of one space of genes */
    struct arena arena;     /* holds everything below */
    struct result *v;       /* (n) in the order of their first appearance */
    size_t n, cap;
    struct set names;       /* the i-th key is result_key of v[i] */
    char *space;            /* one_space: their spec, NULL while empty */
    size_t genes;
    uint64_t failed;        /* how many of the n have no figures */
    uint64_t duplicates;    /* results that a later one replaced */
};

void archive_init(struct archive *a, bool one_space);
void archive_free(struct archive *a);

/* Take a copy; one with a genome and no ids gets its arch id.  With one_space,
 * ERR_FORMAT for a result without space or genome, of another space or another
 * number of genes than those before. */
int archive_add(struct archive *a, const struct result *r,
                struct err *e) MUST_CHECK;

#endif
