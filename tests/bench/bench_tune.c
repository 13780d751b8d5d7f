/* SPDX-License-Identifier: MIT
 * Time of each method of thresh-tune on one table, from logits to thresholds:
 *     bench_tune [SAMPLES [EARLY-EXITS [GRID-STEP [MAX-MACS [MIN-ACCURACY]]]]]
 * with nan for the paper's grid or no limit.  Lines: rule, method, milliseconds of CPU (least of 5), accuracy, MACs.  The samples
 * are made so that exits agree on what is hard, as trained ones do. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "tools/thresh-tune/thresholds.h"

#define CLASSES 10
#define REPEAT 5

static struct halt_table table;
static float *logits, *confidence;
static int32_t *labels;
static int64_t prefix[NET_MAX_EXITS], head[NET_MAX_EXITS];

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Exit i says the label with a strength that grows with it and with how easy
 * the sample is. */
static void make_exit(size_t i, const double *easy, struct rng *r)
{
    size_t n = table.samples;
    for (size_t k = 0; k < n; k++) {
        double sure = 4 * easy[k] + 0.5 * (double)i - 1;
        for (size_t c = 0; c < CLASSES; c++)
            logits[k * CLASSES + c] = (float)rng_normal(r);
        logits[k * CLASSES + (size_t)labels[k]] += (float)sure;
        confidence[k] = (float)(1 / (1 + exp(1.5 - sure - 0.5 *
                                             rng_normal(r))));
    }
    halt_table_exit(&table, i, logits, i + 1 < table.exits ? confidence : NULL,
                    labels, 1);
    prefix[i] = (int64_t)(500000 * (i + 1));
    head[i] = 100000;
}

static double make_table(size_t samples, size_t exits)
{
    struct rng r = rng_make(1, "bench", 0, 0);
    double *easy = xcalloc(samples, sizeof *easy), ms = 0;
    logits = xcalloc(samples, CLASSES * sizeof *logits);
    confidence = xcalloc(samples, sizeof *confidence);
    labels = xcalloc(samples, sizeof *labels);
    halt_table_init(&table, (1u << HALT_RULES) - 1, samples, exits, CLASSES);
    for (size_t k = 0; k < samples; k++) {
        easy[k] = rng_uniform(&r);
        labels[k] = (int32_t)rng_below(&r, CLASSES);
    }
    for (size_t i = 0; i < exits; i++)
        make_exit(i, easy, &r);
    for (size_t i = 0; i < exits; i++) {
        double start = now();
        halt_table_exit(&table, i, logits, confidence, labels, 1);
        ms += now() - start;
    }
    /* The last exit's logits stand in for all now: made anew. */
    r = rng_make(2, "bench", 0, 0);
    for (size_t i = 0; i < exits; i++)
        make_exit(i, easy, &r);
    table.costs = (struct halt_costs){ exits, prefix, head, NULL };
    free(easy);
    return ms;
}

static void time_method(struct tune_opts *o, enum tune_method m, size_t rule)
{
    struct tuned x;
    double least = INFINITY;
    o->method = m;
    for (int k = 0; k < REPEAT; k++) {
        double start = now();
        tune_rule(&table, o, &halt_rules[rule], &x);
        least = fmin(least, now() - start);
    }
    printf("%-12s %-8s %9.2f ms  %.4f  %.0f%s\n", halt_rules[rule].name,
           tune_method_names[m], least, x.figures.accuracy, x.figures.macs,
           x.given_up ? "  given up" : "");
}

int main(int argc, char **argv)
{
    size_t samples = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000,
           early = argc > 2 ? strtoul(argv[2], NULL, 10) : 4;
    struct tune_opts o = { .first_floor = NAN, .work = TUNE_WORK };
    o.limits.max_macs = argc > 4 ? strtod(argv[4], NULL) : 1.2e6;
    o.limits.min_accuracy = argc > 5 ? strtod(argv[5], NULL) : 0.5;
    printf("%zu samples, %zu early exits: table of all rules %.2f ms\n",
           samples, early, make_table(samples, early + 1));
    tune_set_values(&o, argc > 3 ? strtod(argv[3], NULL) : NAN);
    for (size_t rule = 0; rule < HALT_RULES; rule++)
        for (int m = TUNE_GRID; m <= TUNE_EXACT; m++)
            time_method(&o, (enum tune_method)m, rule);
    halt_table_fini(&table);
    free(logits);
    free(confidence);
    free(labels);
    return 0;
}
