/* SPDX-License-Identifier: MIT
 * Time of thresh-tune once its trace is read: from logits to thresholds.
 *     bench_tune [SAMPLES [EARLY-EXITS [VALUES]]]     10000 4 0
 * VALUES: of the grid, below 1; 0 = the paper's.  Says, in ms of CPU time:
 *     tune.table              values of one rule, of all exits
 *     tune.RULE.METHOD        the search for thresholds
 *     tune.all                table and search of the tool's defaults
 *     tune.max-softmax.weight     descent with a weight of cost against error
 *     tune.max-softmax.cheapest   descent to the cheapest above an accuracy
 * The samples are made so that exits agree on what is hard, as trained ones
 * do. */
#include <math.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/policy/thresholds.h"
#include "tests/bench/bench.h"

enum { CLASSES = 10 };
static const double seconds = 0.1; /* spent on each figure */

struct trace {
    size_t samples, exits;
    float *logits[NET_MAX_EXITS], *confidence[NET_MAX_EXITS];
    int32_t *labels;
    int64_t prefix[NET_MAX_EXITS], head[NET_MAX_EXITS];
};

/* Exit i says the label with a strength that grows with it and with how easy
 * the sample is. */
static void make_exit(struct trace *t, size_t i, const double *easy,
                      struct rng *r)
{
    float *logits = xcalloc(t->samples, CLASSES * sizeof *logits),
          *confidence = xcalloc(t->samples, sizeof *confidence);

    for (size_t k = 0; k < t->samples; k++) {
        double sure = 4 * easy[k] + 0.5 * (double)i - 1,
               doubt = 1.5 - sure - 0.5 * rng_normal(r);
        for (size_t c = 0; c < CLASSES; c++)
            logits[k * CLASSES + c] = (float)rng_normal(r);
        logits[k * CLASSES + (size_t)t->labels[k]] += (float)sure;
        confidence[k] = (float)(1 / (1 + exp(doubt)));
    }
    t->logits[i] = logits;
    t->confidence[i] = confidence;
    t->prefix[i] = (int64_t)(500000 * (i + 1));
    t->head[i] = 100000;
}

static void trace_init(struct trace *t, size_t samples, size_t exits)
{
    struct rng r = rng_make(1, "bench", 0, 0);
    double *easy = xcalloc(samples, sizeof *easy);

    *t = (struct trace){.samples = samples, .exits = exits};
    t->labels = xcalloc(samples, sizeof *t->labels);
    for (size_t k = 0; k < samples; k++) {
        easy[k] = rng_uniform(&r);
        t->labels[k] = (int32_t)rng_below(&r, CLASSES);
    }
    for (size_t i = 0; i < exits; i++)
        make_exit(t, i, easy, &r);
    free(easy);
}

static void trace_fini(struct trace *t)
{
    for (size_t i = 0; i < t->exits; i++) {
        free(t->logits[i]);
        free(t->confidence[i]);
    }
    free(t->labels);
}

static void make_table(struct halt_table *table, const struct trace *t,
                       unsigned rules)
{
    halt_table_init(table, rules, t->samples, t->exits, CLASSES);
    for (size_t i = 0; i < t->exits; i++)
        halt_table_exit(table, i, t->logits[i],
                        i + 1 < t->exits ? t->confidence[i] : NULL, t->labels,
                        1);
    halt_costs_init(&table->costs, t->exits, t->prefix, t->head, NULL);
}

struct job {
    const struct trace *trace;
    struct tune_opts opts;
    struct halt_table table; /* of every rule */
    size_t rule;
};

static void table_of_one(void *ctx)
{
    struct job *j = ctx;
    struct halt_table table;

    make_table(&table, j->trace, 1u << HALT_CUMULATIVE);
    halt_table_fini(&table);
}

static void search(void *ctx)
{
    struct job *j = ctx;
    struct tuned x;

    tune_rule(&j->table, &j->opts, &halt_rules[j->rule], &x);
}

static double ms(void (*run)(void *), struct job *j)
{
    return 1e3 * bench_time(CPU, seconds, run, j);
}

static void say_all(struct job *j)
{
    double table = ms(table_of_one, j);

    bench_say(table, "tune.table");
    for (j->rule = 0; j->rule < HALT_RULES; j->rule++)
        for (int m = TUNE_AUTO; m <= TUNE_EXACT; m++) {
            j->opts.method = (enum tune_method)m;
            double t = ms(search, j);
            bench_say(t, "tune.%s.%s", halt_rules[j->rule].name,
                      tune_method_names[m]);
            if (j->rule == HALT_CUMULATIVE && m == TUNE_AUTO)
                bench_say(table + t, "tune.all");
        }
    j->rule = HALT_MAX_SOFTMAX;
    j->opts.method = TUNE_DESCENT;
    j->opts.bounds = (struct bounds){.max_macs = NAN, .weight = 0.5};
    bench_say(ms(search, j), "tune.max-softmax.weight");
    j->opts.bounds = (struct bounds){
        .min_accuracy = 0.9 * j->table.accuracy[j->table.exits - 1],
        .max_macs = NAN,
        .weight = 1};
    bench_say(ms(search, j), "tune.max-softmax.cheapest");
}

int main(int argc, char **argv)
{
    size_t samples = (size_t)bench_arg(argc, argv, 1, 1, 10000),
           early = (size_t)bench_arg(argc, argv, 2, 1, 4);
    long values = bench_arg(argc, argv, 3, 0, 0);
    struct trace t;
    struct job j = {.trace = &t};

    j.opts = (struct tune_opts){
        .bounds = {.min_accuracy = 0.5, .max_macs = 1.2e6},
        .first_floor = NAN,
        .work = TUNE_WORK};
    tune_set_values(&j.opts, values ? 1. / (double)(values + 1) : NAN);
    trace_init(&t, samples, early + 1);
    make_table(&j.table, &t, (1u << HALT_RULES) - 1);
    say_all(&j);
    halt_table_fini(&j.table);
    trace_fini(&t);
    return 0;
}
