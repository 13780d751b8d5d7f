/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/store.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"

struct store {
    struct stored **v;      /* in the order of arrival */
    size_t n, cap;
    size_t *slot;           /* open addressing: index + 1 into v, 0 = free */
    size_t slots;           /* power of two, at least twice n */
};

struct store *store_new(void)
{
    return xcalloc(1, sizeof(struct store));
}

void store_free(struct store *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i]->name);
        free(s->v[i]->value);
        free(s->v[i]);
    }
    free(s->v);
    free(s->slot);
    free(s);
}

/* The slot that holds (name, role), or the free one where it would go. */
static size_t find_slot(const struct store *s, const char *name, int role)
{
    size_t at = (size_t)hash64(name, strlen(name)) + (size_t)role;

    for (;; at++) {
        size_t i = s->slot[at & (s->slots - 1)];

        if (!i || (s->v[i - 1]->role == role
                   && strcmp(s->v[i - 1]->name, name) == 0))
            return at & (s->slots - 1);
    }
}

static void grow_slots(struct store *s)
{
    if (2 * (s->n + 1) <= s->slots)
        return;
    s->slots = s->slots ? 2 * s->slots : 64;
    free(s->slot);
    s->slot = xcalloc(s->slots, sizeof *s->slot);
    for (size_t i = 0; i < s->n; i++)
        s->slot[find_slot(s, s->v[i]->name, s->v[i]->role)] = i + 1;
}

bool store_put(struct store *s, const struct named_tensor *t)
{
    struct stored *new;
    size_t slot;

    grow_slots(s);
    slot = find_slot(s, t->name, t->role);
    if (s->slot[slot])
        return false;
    new = xcalloc(1, sizeof *new);
    new->name = xstrdup(t->name);
    new->role = t->role;
    new->ndim = t->value.ndim;
    memcpy(new->shape, t->value.shape, sizeof new->shape);
    new->n = tensor_count(&t->value);
    new->value = xmemdup(t->value.data, new->n * sizeof *new->value);
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = new;
    s->slot[slot] = s->n;
    return true;
}

const struct stored *store_find(const struct store *s, const char *name,
                                int role)
{
    size_t i = s->n ? s->slot[find_slot(s, name, role)] : 0;

    return i ? s->v[i - 1] : NULL;
}

size_t store_count(const struct store *s)
{
    return s->n;
}

const struct stored *store_at(const struct store *s, size_t i)
{
    return s->v[i];
}
