/* SPDX-License-Identifier: MIT */
#include "libcommon/search/archive.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"
#include "libcommon/space/arch.h"

void archive_init(struct archive *a, bool one_space)
{
    *a = (struct archive){.one_space = one_space};
}

void archive_free(struct archive *a)
{
    arena_free(&a->arena);
    free(a->v);
    set_free(&a->names);
    *a = (struct archive){0};
}

int archive_add(struct archive *a, const struct result *result, struct err *e)
{
    struct result named = *result, *r = &named;
    const struct summary *s = &r->summary;
    char id[HASH_HEX];
    const char *key;
    size_t at;

    if (a->one_space && (!s->space || !s->genome.n))
        return err_set(e, ERR_FORMAT, "a result without space and genome");
    if (a->one_space && !a->space) {
        a->space = arena_strdup(&a->arena, s->space);
        a->genes = s->genome.n;
    }
    if (a->one_space && strcmp(a->space, s->space) != 0)
        return err_set(e, ERR_FORMAT, "a result of space %s among those of %s",
                       s->space, a->space);
    if (a->one_space && a->genes != s->genome.n)
        return err_set(e, ERR_FORMAT,
                       "a genome of %zu genes among those of %zu", s->genome.n,
                       a->genes);
    /* A result without ids (of a user's own making) gets its arch id here. */
    if (!*result_key(r) && r->summary.space && r->summary.genome.n) {
        arch_id(r->summary.space, &r->summary.genome, id);
        r->summary.arch = id;
    }
    key = result_key(r);
    /* A result without a key is a candidate of its own; its number is its
     * key. */
    at = *key ? set_add(&a->names, key, strlen(key))
              : set_add(&a->names, &a->n, sizeof a->n);
    if (at < a->n) {
        a->duplicates++;
        a->failed -= a->v[at].status == RESULT_FAILED;
    } else {
        GROW(a->v, a->n, a->cap);
        a->n++;
    }
    result_copy(&a->v[at], r, &a->arena);
    a->failed += r->status == RESULT_FAILED;
    return 0;
}
