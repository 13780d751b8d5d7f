/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/predictor.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/count.h"

void predictor_fini(struct predictor *p)
{
    if (p->release)
        p->release(p->state);
    free(p->name);
    *p = (struct predictor){0};
}

void predictor_ask(const struct predictor *p, const int64_t *genomes, size_t n,
                   double *y)
{
    p->ask(p->state, genomes, n, y);
    for (size_t i = 0; p->from_error && i < n; i++)
        y[i] = 1 - y[i];
}

int predictor_measured(const struct predictor *p, const struct result *r,
                       double *y, struct err *e)
{
    if (p->exact) {
        predictor_ask(p, r->summary.genome.v, 1, y);
        return 0;
    }
    if (result_metric(r, p->name, y, e) == 0)
        return 0;
    if (!p->from_error || result_metric(r, "error", y, e) < 0)
        return e->code;
    *y = 1 - *y;
    return 0;
}

/* ---- surrogates ---- */

struct fitted_model {
    const struct model_ops *ops;
    void *model;
};

static void ask_model(const void *state, const int64_t *genomes, size_t n,
                      double *y)
{
    const struct fitted_model *m = state;

    m->ops->predict(m->model, genomes, n, y);
}

static void release_model(void *state)
{
    struct fitted_model *m = state;

    m->ops->free(m->model);
    free(m);
}

int predictor_of_surrogate(struct predictor *p, const struct surrogate *s,
                           struct err *e)
{
    struct fitted_model m = {.ops = model_find(s->model)};

    *p = (struct predictor){0};
    if (!m.ops)
        return err_set(e, ERR_FORMAT, "there is no model called %s", s->model);
    if (m.ops->load(&s->arrays, (size_t)s->genes, &m.model, e) < 0)
        return e->code;
    *p = (struct predictor){
        .name = xstrdup(s->target),
        .ask = ask_model,
        .release = release_model,
        .state = xmemdup(&m, sizeof m),
    };
    return 0;
}

void predictor_complement(struct predictor *p)
{
    p->from_error = true;
    free(p->name);
    p->name = xstrdup("accuracy");
}

/* ---- the space ---- */

struct counted {
    const struct space *space;
    const struct place_opts *how;
    int figure;
};

static void ask_space(const void *state, const int64_t *genomes, size_t n,
                      double *y)
{
    const struct counted *c = state;

    space_count(c->space, c->how, c->figure, genomes, n, y);
}

int exact_figure(const char *name, struct err *e)
{
    int figure = count_find(name);

    return figure >= 0 ? figure
                       : err_set(e, ERR_ARG,
                                 "--exact=%s: a space counts params, "
                                 "size_bytes, peak_bytes and final_macs",
                                 name);
}

int predictor_of_space(struct predictor *p, const struct space *s,
                       const struct place_opts *how, const char *name,
                       struct err *e)
{
    struct counted c = {s, how, exact_figure(name, e)};

    *p = (struct predictor){0};
    if (c.figure < 0)
        return e->code;
    if (!s->net)
        return err_set(e, ERR_ARG,
                       "--exact=%s: space %s has no networks to count on", name,
                       s->spec);
    *p = (struct predictor){
        .name = xstrdup(name),
        .exact = true,
        .ask = ask_space,
        .release = free,
        .state = xmemdup(&c, sizeof c),
    };
    return 0;
}
