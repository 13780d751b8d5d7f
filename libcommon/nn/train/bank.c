/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/bank.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"

struct bank {
    struct bank_tensor **all;
    size_t n, cap;
    struct set names;
    struct bank_tensor *(*by_name)[2]; /* (names.n) a parameter and a statistic
                                         * of one name, NULL where there is
                                         * none */
    size_t by_name_cap;
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
        if (!b->all[i]->lent)
            free(b->all[i]->value);
        free(b->all[i]->grad);
        free(b->all[i]);
    }
    free(b->all);
    free(b->by_name);
    set_free(&b->names);
    free(b);
}

/* Add a tensor without values and gradient.  Returns NULL if the bank has it
 * already. */
static struct bank_tensor *add(struct bank *b, const char *name, int ndim,
                               const int64_t *shape, bool stat)
{
    size_t known = b->names.n, at = set_add(&b->names, name, strlen(name));
    struct bank_tensor **of, *t;

    if (at == known) {
        GROW(b->by_name, known, b->by_name_cap);
        memset(b->by_name[at], 0, sizeof b->by_name[at]);
    }
    of = b->by_name[at];
    if (of[stat])
        return NULL;
    t = xcalloc(1, sizeof *t);
    t->name = xstrdup(name);
    t->ndim = ndim;
    t->n = 1;
    for (int i = 0; i < ndim; i++) {
        t->shape[i] = shape[i];
        t->n *= (size_t)shape[i];
    }
    t->stat = stat;
    GROW(b->all, b->n, b->cap);
    b->all[b->n++] = of[stat] = t;
    return t;
}

struct bank_tensor *bank_add(struct bank *b, const char *name, int ndim,
                             const int64_t *shape, bool stat, bool decay)
{
    struct bank_tensor *t = add(b, name, ndim, shape, stat);

    if (!t)
        return NULL;
    t->value = xaligned(t->n, sizeof *t->value);
    t->grad = stat ? NULL : xaligned(t->n, sizeof *t->grad);
    t->decay = decay;
    return t;
}

struct bank_tensor *bank_lend(struct bank *b, const struct named_tensor *from)
{
    const struct tensor *v = &from->value;
    const float *data = v->data;
    struct bank_tensor *t = add(b, from->name, v->ndim, v->shape,
                                from->role == ROLE_STAT);

    if (!t)
        return NULL;
    t->lent = sizeof *t->value == sizeof *data;
    if (t->lent) {
        t->value = (real *)(uintptr_t)data;
        return t;
    }
    t->value = xaligned(t->n, sizeof *t->value);
    for (size_t i = 0; i < t->n; i++)
        t->value[i] = data[i];
    return t;
}

struct bank_tensor *bank_find(const struct bank *b, const char *name, bool stat)
{
    size_t i = set_find(&b->names, name, strlen(name));

    return i == SET_NONE ? NULL : b->by_name[i][stat];
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
