/* SPDX-License-Identifier: MIT
 * Time of surrogates on an archive as large as a whole search's: genomes of 49
 * genes, and a figure that a few genes and pairs of them make, with noise.
 *     bench_surrogate [POINTS]        340
 * Says, in CPU time:
 *     surrogate.fit           s, adaptive switching: ten folds of every model
 *                             and the winner
 *     surrogate.MODEL         ms, that model predicting 1000 genomes
 *     surrogate.predict       ms, the slowest of them */
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/surrogate/surrogate.h"
#include "tests/bench/bench.h"

enum { GENES = 49, CHOICES = 3, ASKED = 1000, FOLDS = 10 };

static void draw_genomes(int64_t *x, size_t n, uint64_t seed)
{
    struct rng r = rng_make(seed, "genomes", 0, 0);

    for (size_t i = 0; i < n * GENES; i++)
        x[i] = (int64_t)rng_below(&r, CHOICES);
}

static double figure(const int64_t *x, struct rng *noise)
{
    double y = 0.6 + 0.01 * rng_normal(noise);

    for (size_t i = 0; i < GENES; i++)
        y += 0.02 * (double)x[i] / (double)(1 + i);
    for (size_t i = 0; i + 1 < GENES; i += 5)
        y += 0.01 * (double)(x[i] * x[i + 1]);
    return y;
}

struct question {
    const struct model_ops *ops;
    void *model;
    int64_t x[ASKED * GENES];
    double y[ASKED];
};

static void ask(void *ctx)
{
    struct question *q = ctx;

    q->ops->predict(q->model, q->x, ASKED, q->y);
}

static void predictions(const struct samples *s, const struct select_opts *o)
{
    static struct question q;
    double slowest = 0;

    draw_genomes(q.x, ASKED, 2);
    for (size_t i = 0; (q.ops = o->models[i]); i++) {
        struct err e;
        bench_must(q.ops->fit(s, &o->fit, &q.model, &e), &e);
        double ms = 1e3 * bench_time(CPU, 0.1, ask, &q);
        bench_say(ms, "surrogate.%s", q.ops->name);
        slowest = ms > slowest ? ms : slowest;
        q.ops->free(q.model);
    }
    bench_say(slowest, "surrogate.predict");
}

int main(int argc, char **argv)
{
    size_t n = (size_t)bench_arg(argc, argv, 1, SURROGATE_MIN_POINTS, 340);
    int64_t *x = xcalloc(n * GENES, sizeof *x);
    double *y = xcalloc(n, sizeof *y);
    struct rng noise = rng_make(1, "noise", 0, 0);
    const struct model_ops *models[MODELS_MAX + 1];
    struct select_opts o = {
        .fit = {.seed = 1, .trees = 500}, .folds = FOLDS, .models = models};
    struct samples s = {.x = x, .y = y, .n = n, .genes = GENES};
    struct selection sel;
    struct err e;

    bench_must(models_parse("auto", models, &e), &e);
    draw_genomes(x, n, 1);
    for (size_t i = 0; i < n; i++)
        y[i] = figure(x + i * GENES, &noise);
    double start = bench_seconds(CPU);
    bench_must(surrogate_select(&s, &o, &sel, &e), &e);
    bench_say(bench_seconds(CPU) - start, "surrogate.fit");
    predictions(&s, &o);
    selection_fini(&sel);
    free(x);
    free(y);
    return 0;
}
