/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/bank.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"

struct bank {
    struct bank_tensor **all;
    size_t n, cap;
    size_t *table;          /* hash -> index + 1; 0 = free */
    size_t table_n;         /* a power of two, at least twice n */
};

struct bank *bank_new(void)
{
    return xcalloc(1, sizeof(struct bank));
}

void bank_free(struct bank *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->n; i++) {
        free(b->all[i]->name);
        free(b->all[i]->value);
        free(b->all[i]->grad);
        free(b->all[i]);
    }
    free(b->all);
    free(b->table);
    free(b);
}

/* Where a tensor stands in the table, or the free place where it would. */
static size_t *place_of(const struct bank *b, const char *name, bool stat)
{
    size_t at = (size_t)hash64(name, strlen(name)) + stat;

    for (;; at++) {
        size_t *p = &b->table[at & (b->table_n - 1)];
        if (*p == 0 || (b->all[*p - 1]->stat == stat &&
                        strcmp(b->all[*p - 1]->name, name) == 0))
            return p;
    }
}

static void grow_table(struct bank *b)
{
    if (b->table_n >= 2 * (b->n + 1))
        return;
    free(b->table);
    b->table_n = b->table_n ? 2 * b->table_n : 64;
    b->table = xcalloc(b->table_n, sizeof *b->table);
    for (size_t i = 0; i < b->n; i++)
        *place_of(b, b->all[i]->name, b->all[i]->stat) = i + 1;
}

/* Without a gradient. */
static struct bank_tensor *add(struct bank *b, const char *name, int ndim,
                               const int64_t *shape, bool stat)
{
    struct bank_tensor *t;

    grow_table(b);
    size_t *place = place_of(b, name, stat);
    if (*place)
        return NULL;
    t = xcalloc(1, sizeof *t);
    t->name = xstrdup(name);
    t->ndim = ndim;
    t->n = 1;
    for (int i = 0; i < ndim; i++) {
        t->shape[i] = shape[i];
        t->n *= (size_t)shape[i];
    }
    t->value = xaligned(t->n, sizeof *t->value);
    t->stat = stat;
    GROW(b->all, b->n, b->cap);
    b->all[b->n++] = t;
    *place = b->n;
    return t;
}

struct bank_tensor *bank_add(struct bank *b, const char *name, int ndim,
                             const int64_t *shape, bool stat, bool decay)
{
    struct bank_tensor *t = add(b, name, ndim, shape, stat);

    if (!t)
        return NULL;
    t->grad = stat ? NULL : xaligned(t->n, sizeof *t->grad);
    t->decay = decay;
    return t;
}

struct bank_tensor *bank_put(struct bank *b, const struct named_tensor *from)
{
    const struct tensor *v = &from->value;
    const char *data = v->data;     /* not aligned: a stream's payload */
    struct bank_tensor *t = add(b, from->name, v->ndim, v->shape,
                                from->role == ROLE_STAT);

    for (size_t i = 0; t && i < t->n; i++) {
        float value;

        memcpy(&value, data + i * sizeof value, sizeof value);
        t->value[i] = value;
    }
    return t;
}

struct bank_tensor *bank_find(const struct bank *b, const char *name,
                              bool stat)
{
    size_t at = b->table_n ? *place_of(b, name, stat) : 0;

    return at ? b->all[at - 1] : NULL;
}

struct bank_tensor *const *bank_all(const struct bank *b, size_t *n)
{
    *n = b->n;
    return b->all;
}

void bank_zero_grad(struct bank *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->all[i]->grad)
            memset(b->all[i]->grad, 0, b->all[i]->n * sizeof(real));
}

void sgd_add_bank(struct sgd *s, struct bank *b)
{
    for (size_t i = 0; i < b->n; i++) {
        struct bank_tensor *t = b->all[i];
        if (t->grad)
            sgd_add(s, t->name, t->n, t->value, t->grad, t->decay);
    }
}
