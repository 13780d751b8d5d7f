/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/predictor.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

int predictor_init(struct predictor *p, const struct surrogate *s,
                   struct err *e)
{
    *p = (struct predictor){.ops = model_find(s->model)};
    if (!p->ops)
        return err_set(e, ERR_FORMAT, "there is no model called %s", s->model);
    if (p->ops->load(&s->arrays, (size_t)s->genes, &p->model, e) < 0)
        return e->code;
    p->target = xstrdup(s->target);
    p->invert = !strcmp(s->target, "error");
    return 0;
}

void predictor_fini(struct predictor *p)
{
    if (p->ops)
        p->ops->free(p->model);
    free(p->target);
    *p = (struct predictor){0};
}

void predictor_ask(const struct predictor *p, const int64_t *genomes, size_t n,
                   double *y)
{
    p->ops->predict(p->model, genomes, n, y);
    for (size_t i = 0; p->invert && i < n; i++)
        y[i] = 1 - y[i];
}
