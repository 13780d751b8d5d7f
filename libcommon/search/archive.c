/* SPDX-License-Identifier: MIT */
#include "libcommon/search/archive.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"
#include "libcommon/space/arch.h"

void archive_init(struct archive *a, bool one_space)
{
    *a = (struct archive){.one_space = one_space, .slots = 64};
    a->slot = xcalloc(a->slots, sizeof *a->slot);
}

void archive_free(struct archive *a)
{
    arena_free(&a->arena);
    free(a->v);
    free(a->slot);
    *a = (struct archive){0};
}

static uint32_t *find(const struct archive *a, const char *key)
{
    size_t i = (size_t)hash64(key, strlen(key)) & (a->slots - 1);

    while (a->slot[i] && strcmp(result_key(&a->v[a->slot[i] - 1]), key) != 0)
        i = (i + 1) & (a->slots - 1);
    return &a->slot[i];
}

static void grow(struct archive *a)
{
    free(a->slot);
    a->slots *= 2;
    a->slot = xcalloc(a->slots, sizeof *a->slot);
    for (size_t i = 0; i < a->n; i++)
        if (*result_key(&a->v[i]))
            *find(a, result_key(&a->v[i])) = (uint32_t)i + 1;
}

static int check_space(struct archive *a, const struct result *r,
                       struct err *e)
{
    const struct summary *s = &r->summary;

    if (!s->space || !s->genome.n)
        return err_set(e, ERR_FORMAT, "a result without space and genome");
    if (!a->space) {
        a->space = arena_strdup(&a->arena, s->space);
        a->genes = s->genome.n;
    }
    if (strcmp(a->space, s->space) != 0)
        return err_set(e, ERR_FORMAT, "a result of space %s among those of %s",
                       s->space, a->space);
    if (a->genes != s->genome.n)
        return err_set(e, ERR_FORMAT, "a genome of %zu genes among those of "
                       "%zu", s->genome.n, a->genes);
    return 0;
}

/* A result without ids (of a user's own making) gets its arch id here. */
static void name_it(struct result *r, char id[HASH_HEX])
{
    if (*result_key(r) || !r->summary.space || !r->summary.genome.n)
        return;
    arch_id(r->summary.space, &r->summary.genome, id);
    r->summary.arch = id;
}

int archive_add(struct archive *a, const struct result *result, struct err *e)
{
    struct result named = *result, *r = &named;
    char id[HASH_HEX];
    const char *key;
    uint32_t *slot;
    int rc = a->one_space ? check_space(a, r, e) : 0;

    if (rc < 0)
        return rc;
    name_it(r, id);
    key = result_key(r);
    slot = *key ? find(a, key) : NULL;
    if (slot && *slot) {
        struct result *old = &a->v[*slot - 1];

        a->duplicates++;
        a->failed -= old->status == RESULT_FAILED;
        result_copy(old, r, &a->arena);
    } else {
        GROW(a->v, a->n, a->cap);
        result_copy(&a->v[a->n++], r, &a->arena);
        if (slot)
            *slot = (uint32_t)a->n;
        if (2 * a->n > a->slots)
            grow(a);
    }
    a->failed += r->status == RESULT_FAILED;
    return 0;
}
