/* SPDX-License-Identifier: MIT
 * A network on a platform and what it said of samples, made at random: the sums
 * of a model and the rows of a table are filled in directly. */
#ifndef TESTS_MAPMADE_H
#define TESTS_MAPMADE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/mapping/mapcase.h"

enum { MADE_CLASSES = 4 };

struct made {
    struct rng r;
    struct platform platform;
    struct processor processor[PLATFORM_MAX_PROCESSORS];
    struct platform_pool pool;
    char name[PLATFORM_MAX_PROCESSORS][8];
    struct platform_model model;
    struct halt_table table;
    struct map_samples samples;
    int64_t prefix[NET_MAX_EXITS], head[NET_MAX_EXITS];
};

/* Later processors are faster and use more; links cost time.  With shared memory
 * the first two are in a pool. */
static inline void made_platform(struct made *d, size_t processors,
                                 bool limited)
{
    static char made[] = "made", shared[] = "shared";

    d->pool = (struct platform_pool){
        .name = shared, .bytes = 60000, .storage = 40000};
    d->platform = (struct platform){
        .name = made,
        .processors = {d->processor, processors},
        .pools = {&d->pool, limited && processors > 1}};
    for (size_t k = 0; k < processors; k++) {
        snprintf(d->name[k], sizeof d->name[k], "p%zu", k);
        d->processor[k] = (struct processor){
            .name = d->name[k],
            .call_s = 0.02 * rng_uniform(&d->r),
            .active_w = 0.5 + (double)k + rng_uniform(&d->r),
            .idle_w = 0.1 * rng_uniform(&d->r),
            .memory = limited ? 20000 + (int64_t)rng_below(&d->r, 60000)
                              : NIL_INT,
            .storage = limited && k == 2 ? 20000 : NIL_INT,

            .pool = limited && processors > 1 && k < 2 ? shared : NULL};
    }
}

static inline void made_model(struct made *d, size_t exits, bool sink)
{
    struct platform_model *m = &d->model;
    size_t p = d->platform.processors.n, b = exits + 1;

    *m = (struct platform_model){.platform = &d->platform,
                                 .boundaries = b,
                                 .processors = p,
                                 .source = sink ? 0 : -1,
                                 .sink = sink ? (int)rng_below(&d->r, p) : -1};
    m->seconds = xcalloc(4 * p, b * sizeof(double));
    m->joules = m->seconds + p * b;
    m->branch_seconds = m->joules + p * b;
    m->branch_joules = m->branch_seconds + p * b;
    m->transfer_seconds = xcalloc(2 * (b + 1), p * p * sizeof(double));
    m->transfer_joules = m->transfer_seconds + (b + 1) * p * p;
    m->macs = xcalloc(6 * b + b * b, sizeof(int64_t));
    m->branch_macs = m->macs + b;
    m->elements = m->macs + 2 * b;
    m->storage = m->macs + 3 * b;
    m->branch_storage = m->macs + 4 * b;
    m->branch_ram = m->macs + 5 * b;
    m->ram = m->macs + 6 * b;
    for (size_t i = 1; i < b; i++) {
        m->macs[i] = m->macs[i - 1] + 1000 + (int64_t)rng_below(&d->r, 9000);
        m->branch_macs[i] = 100 + (int64_t)rng_below(&d->r, 900);
        m->storage[i] = m->storage[i - 1] + 1000 +
                        (int64_t)rng_below(&d->r, 20000 / exits);
        m->branch_storage[i] = 100 + (int64_t)rng_below(&d->r, 3000);
        m->branch_ram[i] = 1000 + (int64_t)rng_below(&d->r, 20000);
        d->prefix[i - 1] = m->macs[i];
        d->head[i - 1] = m->branch_macs[i];
        for (size_t k = 0; k < p; k++) {
            double rate = 1e4 * pow(2, (double)k) * (0.5 + rng_uniform(&d->r));
            size_t at = k * b + i;

            m->seconds[at] = m->seconds[at - 1] +
                             (double)(m->macs[i] - m->macs[i - 1]) / rate;
            m->branch_seconds[at] = (double)m->branch_macs[i] / rate;
            m->joules[at] = m->seconds[at] * d->processor[k].active_w;
            m->branch_joules[at] = m->branch_seconds[at] *
                                   d->processor[k].active_w;
        }
    }
    for (size_t i = 0; i < b; i++)
        for (size_t j = i + 1; j < b; j++)
            m->ram[i * b + j] = 5000 + (int64_t)rng_below(&d->r, 30000);
    for (size_t i = 0; i <= b; i++)
        for (size_t f = 0; f < p; f++)
            for (size_t t = f + 1; t < p; t++) {
                size_t at = (i * p + f) * p + t;

                m->transfer_seconds[at] =
                    m->transfer_seconds[(i * p + t) * p + f] = 0.02 +
                                                               0.2 *
                                                                   rng_uniform(
                                                                       &d->r);
                m->transfer_joules[at] =
                    m->transfer_joules[(i * p + t) * p + f] = 0.05 *
                                                              rng_uniform(
                                                                  &d->r);
            }
}

/* Easy samples are right and sure at all exits; later exits know more. */
static inline void made_table(struct made *d, size_t exits, size_t samples)
{
    struct halt_table *t = &d->table;
    double *value;

    halt_table_init(t, 1u << HALT_MAX_SOFTMAX, samples, exits, MADE_CLASSES);
    halt_table_reserve(t, exits);
    halt_costs_init(&t->costs, exits, d->prefix, d->head, NULL);
    t->label = xcalloc(samples, sizeof *t->label);
    value = t->value[HALT_MAX_SOFTMAX];
    for (size_t k = 0; k < samples; k++) {
        double hard = rng_uniform(&d->r);

        t->label[k] = (int32_t)rng_below(&d->r, MADE_CLASSES);
        for (size_t i = 0; i < exits; i++) {
            size_t at = i * samples + k;
            double know = (double)(i + 1) / (double)exits,
                   sure = 1.05 - hard * (1.2 - 0.8 * know) +
                          0.2 * rng_normal(&d->r);
            bool right = rng_uniform(&d->r) < 1 - hard * (0.95 - 0.75 * know);

            value[at] = fmin(fmax(sure, 0), 1);
            t->right[at] = right;
            t->answer[at] = (uint16_t)(right
                                           ? t->label[k]
                                           : (t->label[k] + 1) % MADE_CLASSES);
        }
    }
    for (size_t i = 0; i < exits; i++) {
        size_t right = 0;

        for (size_t k = 0; k < samples; k++)
            right += t->right[i * samples + k];
        t->accuracy[i] = (double)right / (double)samples;
    }
}

/* Make all of it; the values are borrowed. */
static inline void made_init(struct made *d, uint64_t seed, size_t processors,
                             size_t exits, size_t samples, bool limited,
                             bool sink, const double *value, size_t values)
{
    memset(d, 0, sizeof *d);
    d->r = rng_make(seed, "made", 0, 0);
    made_platform(d, processors, limited);
    made_model(d, exits, sink);
    made_table(d, exits, samples);
    map_samples_init(&d->samples, &d->table, &halt_rules[HALT_MAX_SOFTMAX],
                     value, values);
}

static inline void made_fini(struct made *d)
{
    free(d->model.seconds);
    free(d->model.transfer_seconds);
    free(d->model.macs);
    halt_table_fini(&d->table);
    map_samples_fini(&d->samples);
}

#endif
