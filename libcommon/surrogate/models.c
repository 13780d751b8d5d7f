/* SPDX-License-Identifier: MIT */
#include "libcommon/surrogate/models.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/stats/stats.h"

#define ARRAYS_MAX 16

const struct model_ops *const models_all[] = {
    &model_rbf,      &model_gp,      &model_cart, &model_mlp,
    &model_rank_rbf, &model_rank_gp, NULL};

#define AUTO 4 /* the first models, which the word auto names */

const struct model_ops *model_find(const char *name)
{
    for (size_t i = 0; models_all[i]; i++)
        if (!strcmp(models_all[i]->name, name))
            return models_all[i];
    return NULL;
}

int models_parse(const char *text, const struct model_ops **v, struct err *e)
{
    bool wanted[MODELS_MAX] = {false};
    size_t n = 0;

    for (const char *word = text; word;) {
        size_t length = strcspn(word, ",");
        bool all = length == 4 && !strncmp(word, "auto", 4), known = all;

        for (size_t i = 0; models_all[i]; i++) {
            const char *name = models_all[i]->name;

            if ((all && i < AUTO) ||
                (strlen(name) == length && !strncmp(name, word, length)))
                wanted[i] = known = true;
        }
        if (!known)
            return err_set(e, ERR_ARG, "there is no model called \"%.*s\"",
                           (int)length, word);
        word = word[length] ? word + length + 1 : NULL;
    }
    for (size_t i = 0; models_all[i]; i++)
        if (wanted[i])
            v[n++] = models_all[i];
    v[n] = NULL;
    return 0;
}

void model_array_add(struct list *arrays, struct arena *a, const char *name,
                     enum dtype dtype, int ndim, const int64_t *shape,
                     const void *data)
{
    struct model_array *v;

    if (!arrays->n)
        arrays->v = arena_alloc(a, ARRAYS_MAX, sizeof *v);
    BUG_IF(arrays->n == ARRAYS_MAX);
    v = (struct model_array *)arrays->v + arrays->n++;
    v->name = arena_strdup(a, name);
    v->value = (struct tensor){.dtype = dtype, .ndim = ndim, .data = data};
    memcpy(v->value.shape, shape, (size_t)ndim * sizeof *shape);
}

const struct tensor *model_array(const struct list *arrays, const char *name,
                                 enum dtype dtype, int ndim,
                                 const int64_t *shape, struct err *e)
{
    const struct model_array *v = arrays->v;
    const struct tensor *t = NULL;

    for (size_t i = 0; i < arrays->n && !t; i++)
        if (!strcmp(v[i].name, name))
            t = &v[i].value;
    if (!t) {
        err_set(e, ERR_FORMAT, "the model has no array %s", name);
        return NULL;
    }
    if (t->dtype != dtype || t->ndim != ndim) {
        err_set(e, ERR_FORMAT, "array %s is not %s with %d axes", name,
                dtype_name(dtype), ndim);
        return NULL;
    }
    for (int i = 0; shape && i < ndim; i++)
        if (t->shape[i] != shape[i]) {
            err_set(e, ERR_FORMAT,
                    "array %s has %" PRId64 " entries along "
                    "axis %d where %" PRId64 " are needed",
                    name, t->shape[i], i, shape[i]);
            return NULL;
        }
    return t;
}

void samples_moments(const struct samples *s, double *mean, double *std)
{
    double *column = xcalloc(s->n, sizeof *column);

    for (size_t k = 0; k < s->genes; k++) {
        for (size_t i = 0; i < s->n; i++)
            column[i] = (double)s->x[i * s->genes + k];
        mean[k] = stats_mean(column, s->n);
        std[k] = stats_std_all(column, s->n);
    }
    free(column);
}
