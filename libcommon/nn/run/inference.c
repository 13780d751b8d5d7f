/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/run/inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/clock.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/sweep.h"
#include "libcommon/nn/run/stopping.h"

#define WARM_UP 64 /* images, at least */

struct lane {
    const struct inference_job *job;
    struct inference *x;
    struct sweep sweep;
    struct stopping *stopping; /* NULL: whole */
    struct baseline *baseline; /* NULL: none */
};

/* Runs the same images in the same way, but with all early exits off. */
struct baseline {
    struct inference_job job;
    struct inference x;
    struct stopping *stopping;
    double off[NET_MAX_EXITS];
};

static void begin_outputs(const struct inference_job *job, struct inference *x)
{
    size_t rows;

    memset(x, 0, sizeof *x);
    x->samples = job->split->n;
    x->exits = job->net->exits.n;
    x->classes = (size_t)job->net->classes;

    rows = job->rule ? 1 : x->exits;
    x->logits = xcalloc(x->exits, sizeof *x->logits);
    for (size_t i = 0; i < rows; i++)
        x->logits[i] = xcalloc(x->samples, x->classes * sizeof(float));
    if (job->rule) {
        x->taken = xcalloc(x->samples, 1);
        if (job->scored)
            x->score = xcalloc(x->samples, sizeof *x->score);
        if (job->batch == 1)
            x->latency = xcalloc(x->samples, sizeof *x->latency);
        return;
    }
    x->confidence = xcalloc(x->exits, sizeof *x->confidence);
    for (size_t i = 0; i < x->exits; i++)
        if (net_exit_at(job->net, i)->confidence)
            x->confidence[i] = xcalloc(x->samples, sizeof(float));
}

static void lane_init(struct lane *l, const struct inference_job *job,
                      struct inference *x)
{
    struct baseline *b;

    *l = (struct lane){.job = job, .x = x};
    sweep_init(&l->sweep, job->input, job->split, job->batch);
    if (job->rule)
        l->stopping = stopping_new(job, x);
    if (!job->rule || !job->baseline)
        return;
    l->baseline = b = xcalloc(1, sizeof *b);
    for (size_t i = 0; i < NET_MAX_EXITS; i++)
        b->off[i] = NAN;
    b->job = *job;
    b->job.thresholds = b->off;
    b->job.scored = false;
    begin_outputs(&b->job, &b->x);
    b->stopping = stopping_new(&b->job, &b->x);
}

/* Run the batch that begins with sample `at`.  Returns how many samples are in
 * it. */
static size_t one_batch(struct lane *l, size_t at)
{
    const struct inference_job *job = l->job;
    struct inference *x = l->x;
    size_t n = sweep_fill(&l->sweep, engine_pool(job->engine), NULL, at,
                          x->samples);
    const float *images = l->sweep.images;
    double start;

    if (job->rule) {
        stopping_batch(l->stopping, images, at, n);
        if (l->baseline)
            stopping_batch(l->baseline->stopping, images, at, n);
        return n;
    }

    /* Without a rule every exit is run for every sample. */
    start = clock_seconds();
    engine_forward(job->engine, images, (int)n, ENGINE_EVAL);
    for (size_t i = 0; i < x->exits; i++) {
        size_t units = (size_t)engine_units(job->engine, (int)i);
        const float *out = engine_logits(job->engine, (int)i);

        for (size_t k = 0; k < n; k++, out += units) {
            memcpy(x->logits[i] + (at + k) * x->classes, out,
                   x->classes * sizeof *out);
            if (x->confidence[i])
                x->confidence[i][at + k] = halt_confidence(out[x->classes]);
        }
    }
    x->seconds[x->exits - 1] += clock_seconds() - start;
    return n;
}

/* Run the images that still wait after the last batch, and sum up the
 * baseline's seconds. */
static void last_ones(struct lane *l)
{
    if (l->stopping)
        stopping_end(l->stopping);
    if (!l->baseline)
        return;
    stopping_end(l->baseline->stopping);
    for (size_t i = 0; i < l->x->exits; i++)
        l->x->baseline_seconds += l->baseline->x.seconds[i];
}

/* Set to zero what each pass counts and times anew. */
static void clear_counts(struct inference *x)
{
    memset(x->seconds, 0, sizeof x->seconds);
    memset(x->came, 0, sizeof x->came);
    memset(x->runs, 0, sizeof x->runs);
    memset(x->heads, 0, sizeof x->heads);
    memset(x->left, 0, sizeof x->left);
    x->baseline_seconds = 0;
}

static void one_pass(struct lane *l)
{
    clear_counts(l->x);
    if (l->baseline)
        clear_counts(&l->baseline->x);
    for (size_t at = 0; at < l->x->samples;) {
        size_t n = one_batch(l, at);
        progress_add(l->job->progress, n);
        at += n;
    }
    last_ones(l);
}

void infer(const struct inference_job *job, struct inference *x)
{
    struct lane l;
    double seconds[NET_MAX_EXITS], baseline, *latency = NULL;

    begin_outputs(job, x);
    lane_init(&l, job, x);
    /* The first images run once more, as a warm-up that is not counted; the
     * first pass writes their outputs again. */
    for (size_t at = 0; job->timed && at < x->samples && at < WARM_UP;)
        at += one_batch(&l, at);
    last_ones(&l);
    one_pass(&l);

    /* The least time over the passes counts, for each exit and each image on
     * its own: passes do the same work, so what one of them took longer is not
     * the network's. */
    memcpy(seconds, x->seconds, sizeof seconds);
    baseline = x->baseline_seconds;
    if (x->latency)
        latency = xmemdup(x->latency, x->samples * sizeof *latency);
    for (size_t pass = 1; pass < job->repeat; pass++) {
        one_pass(&l);
        for (size_t i = 0; i < x->exits; i++)
            seconds[i] = x->seconds[i] = fmin(x->seconds[i], seconds[i]);
        for (size_t k = 0; latency && k < x->samples; k++)
            latency[k] = x->latency[k] = fmin(x->latency[k], latency[k]);
        baseline = x->baseline_seconds = fmin(x->baseline_seconds, baseline);
    }
    free(latency);
    sweep_fini(&l.sweep);
    stopping_free(l.stopping);
    if (l.baseline) {
        stopping_free(l.baseline->stopping);
        inference_fini(&l.baseline->x);
    }
    free(l.baseline);
}

void inference_fini(struct inference *x)
{
    for (size_t i = 0; i < x->exits; i++) {
        if (x->logits)
            free(x->logits[i]);
        if (x->confidence)
            free(x->confidence[i]);
    }
    free(x->logits);
    free(x->confidence);
    free(x->taken);
    free(x->score);
    free(x->latency);
    memset(x, 0, sizeof *x);
}
