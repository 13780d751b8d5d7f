/* SPDX-License-Identifier: MIT
 * Whole searches of tables that this program makes and whose fronts are
 * therefore known: how much of a table's hypervolume each way to choose the
 * next designs finds.  A search measures 40 designs, then ten times the 8 that
 * a step proposes.
 *     bench_pick [SEEDS] [TABLE|all] [RULE|all] [MODELS] [FIRST]
 *                10      all         all        rbf,gp    1
 * Prints a line for each table, rule and kind of start (with the smallest and
 * the largest design among the first, or only random ones):
 *     TABLE START RULE MEAN WORST SECONDS
 * MEAN and WORST are over the seeds, from FIRST on, of the share of the table's
 * hypervolume, which lies between the worst and the best value of the table in
 * every objective; SECONDS is CPU time of one search.  MODELS are those that
 * surrogates are chosen among; rules that end in +ranks add rank-rbf and
 * rank-gp. */
#include <math.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/archive.h"
#include "libcommon/search/hypervolume.h"
#include "tests/bench/bench.h"
#include "tools/nsga2-step/fill.h"
#include "tools/nsga2-step/propose.h"
#include "tools/surrogate-fit/fit.h"

enum { GENES = 8, FIGURES = 3, FIRST = 40, STEPS = 10, K = 8 };

/* ---- the tables ---- */

static const char *const names[FIGURES] = {"accuracy", "macs", "peak"};

struct table {
    const char *name;
    size_t objectives; /* the first of names */
    int choices[GENES];
    /* Set v to accuracy, MACs and peak of a design. */
    void (*measure)(const int64_t *g, double *v);
    double noise; /* standard deviation of what is added to accuracy */
};

static void separable(const int64_t *g, double *v)
{
    static const double gain[] = {.11, .02, .08, .05, .03, .07, .02, .04};
    static const double price[] = {3, 1, 5, 1, 2, 8, 1, 2};

    v[0] = 0.45;
    v[1] = 2;
    for (size_t i = 0; i < GENES; i++) {
        v[0] += gain[i] * pow((double)g[i] / 2, 0.6 + 0.1 * (double)i);
        v[1] += price[i] * (double)(g[i] * (1 + g[i]));
    }
}

/* Four stages of depth 1 + g[i] and width 2 + g[4 + i]: costs multiply, and a
 * stage is worth less behind one of another width.  The peak is that of the
 * widest pair of layers. */
static void interacting(const int64_t *g, double *v)
{
    static const double weight[] = {.35, .5, .8, .6};
    double capacity = 0, before = 2;

    v[1] = 5;
    v[2] = 0;
    for (size_t i = 0; i < 4; i++) {
        double depth = 1 + (double)g[i], width = 2 + (double)g[4 + i];
        double gap = width - before, size = 4 - (double)i;

        capacity += weight[i] * pow(depth, 0.4) * log(width) - 0.05 * gap * gap;
        v[1] += (before + (depth - 1) * width) * width * size;
        v[2] = fmax(v[2], (before + width) * size);
        before = width;
    }
    v[0] = 0.95 - 0.8 * exp(-0.6 * capacity);
}

/* What the first three genes need beyond the cache makes every operation
 * slower by half. */
static void cliff(const int64_t *g, double *v)
{
    v[0] = 0.4 + 0.05 * sqrt((double)(g[0] + g[1])) + 0.06 * (double)g[2] +
           0.03 * (double)(g[3] + g[4]) + 0.02 * (double)(g[5] * g[6]) +
           0.04 * (double)g[7];
    v[1] = (4 + (double)(g[0] + 2 * g[1] + g[2] * g[2])) *
           (3 + (double)(g[3] + g[4] + g[5])) * (1 + 0.1 * (double)g[6]) *
           (1 + 0.2 * (double)g[7]);
    if (g[0] + g[1] + g[2] > 6)
        v[1] *= 1.5;
}

/* Eight layers, each left out, thin or thick: accuracy saturates in what they
 * do, and each training ends a little elsewhere. */
static void trained(const int64_t *g, double *v)
{
    static const double share[] = {.9, .7, 1.3, .8, .6, 1.2, .7, .5};
    static const double price[] = {4, 4, 3, 4.5, 4.5, 3, 5, 5};
    static const double worth[] = {0, 1, 1.35}, size[] = {0, 1, 2.3};
    double work = 0;

    v[1] = 6;
    for (size_t i = 0; i < GENES; i++) {
        work += share[i] * worth[g[i]];
        v[1] += price[i] * size[g[i]];
    }
    v[0] = 0.94 - 0.6 * exp(-0.88 * work);
}

static const struct table tables[] = {
    {"separable", 2, {3, 3, 3, 3, 3, 3, 3, 3}, separable, 0},
    {"interacting", 2, {3, 2, 3, 2, 5, 4, 3, 3}, interacting, 0},
    {"cliff", 2, {4, 4, 3, 3, 3, 3, 2, 2}, cliff, 0},
    {"trained", 2, {3, 3, 3, 3, 3, 3, 3, 3}, trained, 0.001},
    {"three", 3, {3, 2, 3, 2, 5, 4, 3, 3}, interacting, 0},
};

/* A table with its space, and what its designs reach at best. */
struct world {
    const struct table *t;
    const char *models;
    struct space space;
    double best[FIGURES], worst[FIGURES]; /* of the objectives, minimised */
    double volume;
};

static void ask(const struct world *w, const int64_t *g, double *v)
{
    uint64_t key = 0;
    struct rng r;

    for (size_t i = 0; i < GENES; i++)
        key = key * GENES + (uint64_t)g[i];
    r = rng_make(1, "noise", key, 0);
    w->t->measure(g, v);
    v[0] += w->t->noise * rng_normal(&r);
}

static void world_init(struct world *w, const struct table *t)
{
    static const char *const labels[] = {"0", "1", "2", "3", "4"};
    int64_t g[GENES] = {0};
    uint64_t size;
    size_t m = t->objectives, n = 0;
    double *f;

    *w = (struct world){.t = t, .space = {.spec = (char *)t->name}};
    for (size_t i = 0; i < GENES; i++) {
        const char name[] = {(char)('a' + i), '\0'};

        genes_add(&w->space.genes, name, 0, labels, t->choices[i]);
    }
    for (size_t j = 0; j < m; j++) {
        w->best[j] = INFINITY;
        w->worst[j] = -INFINITY;
    }
    genes_log10_size(&w->space.genes, &size);
    f = xcalloc((size_t)size, m * sizeof *f);
    for (bool more = true; more; more = genes_next(&w->space.genes, g), n++) {
        double v[FIGURES];

        ask(w, g, v);
        v[0] = -v[0];
        for (size_t j = 0; j < m; j++) {
            f[n * m + j] = v[j];
            w->best[j] = fmin(w->best[j], v[j]);
            w->worst[j] = fmax(w->worst[j], v[j]);
        }
    }
    w->volume = hypervolume(f, n, m, w->worst);
    free(f);
}

/* ---- a search ---- */

struct rule {
    const char *name;
    int pick;   /* enum pick_how; -1 = random designs */
    bool ranks; /* surrogates may be of ranks */
};

static const struct rule rules[] = {
    {"random", -1, false},
    {"spread", PICK_SPREAD, false},
    {"gain", PICK_GAIN, false},
    {"mixed", PICK_MIXED, false},
    {"spread+ranks", PICK_SPREAD, true},
    {"gain+ranks", PICK_GAIN, true},
    {"mixed+ranks", PICK_MIXED, true},
};

static void measure(const struct world *w, struct archive *a,
                    const struct genomes *designs)
{
    for (size_t i = 0; i < designs->n; i++) {
        int64_t g[GENES];
        double v[FIGURES] = {0};
        struct metric peak = {.name = (char *)names[2]};
        struct result r;
        struct err e;

        memcpy(g, genomes_at(designs, i), sizeof g);
        ask(w, g, v);
        peak.value = v[2];
        result_init(&r);
        r.status = RESULT_OK;
        r.summary.space = w->space.spec;
        r.summary.genome = (struct ints){g, GENES};
        r.accuracy = v[0];
        r.macs = v[1];
        r.metrics = (struct list){&peak, 1};
        bench_must(archive_add(a, &r, &e), &e);
    }
}

static void fit(const struct world *w, const struct archive *a,
                const char *target, bool ranks, uint64_t seed,
                struct predictor *p)
{
    char text[256];
    const struct model_ops *v[MODELS_MAX + 1];
    struct select_opts o = {
        .fit = {.seed = seed, .trees = 500}, .folds = 10, .models = v};
    struct fitted fitted;
    struct err e;

    snprintf(text, sizeof text, "%s%s", w->models,
             ranks ? ",rank-rbf,rank-gp" : "");
    bench_must(models_parse(text, v, &e), &e);
    bench_must(fit_archive(a, (char *)target, &o, &fitted, &e), &e);
    bench_must(predictor_of_surrogate(p, &fitted.record, &e), &e);
    fitted_fini(&fitted);
}

static void step(const struct world *w, struct archive *a,
                 const struct rule *rule, uint64_t seed, int64_t iteration)
{
    size_t m = w->t->objectives;
    struct propose_opts o = {
        .pick = rule->pick,
        .spread = 1,
        .k = K,
        .pop = 40,
        .generations = 20,
        .seed = seed,
        .iteration = iteration,
        .vary = VARY_DEFAULT,
    };
    struct predictor predictors[FIGURES];
    struct problem problem = {.predictor = predictors, .figures = m};
    struct proposal next;
    struct err e;

    bench_must(objectives_parse(m == 2 ? "accuracy:max,macs:min"
                                       : "accuracy:max,macs:min,peak:min",
                                &problem.objectives, &e),
               &e);
    for (size_t i = 0; i < m; i++)
        fit(w, a, names[i], rule->ranks, seed, &predictors[i]);
    bench_must(problem_bind(&problem, &e), &e);
    bench_must(propose(&w->space, a, &problem, &o, &next, &e), &e);
    measure(w, a, &next.genomes);
    proposal_fini(&next);
    for (size_t i = 0; i < m; i++)
        predictor_fini(&predictors[i]);
}

/* Returns the share of the table's hypervolume that the results have. */
static double share(const struct world *w, const struct archive *a)
{
    size_t m = w->t->objectives;
    double *f = xcalloc(a->n, m * sizeof *f), v;

    for (size_t i = 0; i < a->n; i++) {
        double row[FIGURES];

        ask(w, a->v[i].summary.genome.v, row);
        row[0] = -row[0];
        memcpy(f + i * m, row, m * sizeof *f);
    }
    v = hypervolume(f, a->n, m, w->worst) / w->volume;
    free(f);
    return v;
}

static double search(const struct world *w, const struct rule *rule,
                     bool corners, uint64_t seed)
{
    struct rng r = rng_make(seed, "first", 0, 0);
    size_t n = rule->pick < 0 ? FIRST + STEPS * K : FIRST;
    struct archive a;
    struct genomes first;
    int64_t g[GENES];
    double found;

    archive_init(&a, true);
    genomes_init(&first, GENES);
    if (corners) {
        space_min_corner(&w->space, g);
        genomes_add(&first, g);
        space_max_corner(&w->space, g);
        genomes_add(&first, g);
    }
    fill_random(&w->space.genes, &r, &first, n - first.n);
    measure(w, &a, &first);
    for (int64_t i = 1; a.n < FIRST + STEPS * K; i++)
        step(w, &a, rule, seed, i);
    found = share(w, &a);
    genomes_free(&first);
    archive_free(&a);
    return found;
}

static void searches(const struct world *w, const struct rule *rule,
                     bool corners, long seeds, long from)
{
    double sum = 0, worst = INFINITY, start = bench_seconds(CPU);

    for (long s = from; s < from + seeds; s++) {
        double v = search(w, rule, corners, (uint64_t)s);

        sum += v;
        worst = fmin(worst, v);
    }
    printf("%-12s %-8s %-13s %.4f %.4f %6.2f\n", w->t->name,
           corners ? "corners" : "random", rule->name, sum / (double)seeds,
           worst, (bench_seconds(CPU) - start) / (double)seeds);
    fflush(stdout);
}

/* Returns true when the i-th argument is not given, is "all", or is this
 * name. */
static bool wanted(int argc, char **argv, int i, const char *name)
{
    return i >= argc || !strcmp(argv[i], "all") || !strcmp(argv[i], name);
}

int main(int argc, char **argv)
{
    long seeds = bench_arg(argc, argv, 1, 1, 10);
    long from = bench_arg(argc, argv, 5, 1, 1);
    size_t lines = 0;

    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        struct world w;

        if (!wanted(argc, argv, 2, tables[t].name))
            continue;
        world_init(&w, &tables[t]);
        w.models = argc > 4 ? argv[4] : "rbf,gp";
        for (int corners = 1; corners >= 0; corners--)
            for (size_t i = 0; i < ARRAY_LEN(rules); i++)
                if (wanted(argc, argv, 3, rules[i].name)) {
                    searches(&w, &rules[i], corners, seeds, from);
                    lines++;
                }
        genes_free(&w.space.genes);
    }
    if (!lines)
        fprintf(stderr, "%s: no such table or rule\n", argv[0]);
    return lines ? 0 : 2;
}
