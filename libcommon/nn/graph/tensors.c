/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/tensors.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"

const char *const tensor_role_names[] = {"param", "stat", "momentum", NULL};

struct tensors {
    struct arena arena; /* the tensors */
    struct named_tensor **all;
    size_t n, cap;
    struct set names;
    struct named_tensor *(*by_name)[ROLE_COUNT]; /* (names.n) */
    size_t by_name_cap;
};

struct tensors *tensors_new(void)
{
    return xcalloc(1, sizeof(struct tensors));
}

void tensors_free(struct tensors *t)
{
    if (!t)
        return;
    arena_free(&t->arena);
    set_free(&t->names);
    free(t->by_name);
    free(t->all);
    free(t);
}

bool tensors_add(struct tensors *t, const struct named_tensor *from)
{
    size_t known = t->names.n;
    size_t i = set_add(&t->names, from->name, strlen(from->name));
    struct named_tensor **of, *copy;

    if (i == known) {
        GROW(t->by_name, known, t->by_name_cap);
        memset(t->by_name[i], 0, sizeof t->by_name[i]);
    }
    of = t->by_name[i];
    if (of[from->role])
        return false;
    copy = arena_memdup(&t->arena, from, 1, sizeof *from);
    copy->name = arena_strdup(&t->arena, from->name);
    copy->value.data = arena_memdup(&t->arena, from->value.data,
                                    tensor_bytes(&from->value), 1);
    GROW(t->all, t->n, t->cap);
    t->all[t->n++] = of[from->role] = copy;
    return true;
}

const struct named_tensor *tensors_find(const struct tensors *t,
                                        const char *name, enum tensor_role role)
{
    size_t i = set_find(&t->names, name, strlen(name));

    return i == SET_NONE ? NULL : t->by_name[i][role];
}

const struct named_tensor *tensors_at(const struct tensors *t, size_t i)
{
    return t->all[i];
}

size_t tensors_count(const struct tensors *t)
{
    return t->n;
}
