/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/run/stopping.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

/* A segment, the layers between two exits, runs as many images together as keep
 * its largest value within this many reals, 4 MiB.  In a net of 10 M MACs the
 * first segment took 129 us an image with 256 images, 101 us with 64 (these 4
 * MiB) and 116 us with 16; the last segment took 122, 149 and 359 us. */
#define FIT ((size_t)1 << 20)
#define FEWEST 16 /* images: fewer do not keep the kernels busy */

/* Holds images in flight or waiting. */
struct group {
    size_t n;
    uint32_t *index; /* (n) samples */
    double *rest;    /* (n) the halting rule's state */
    float *state;    /* (n, size) engine_save's of each, if they wait */
    size_t size;
};

struct stopping {
    const struct inference_job *job;
    struct inference *x;
    struct group flight;                 /* in the engine */
    struct group waiting[NET_MAX_EXITS]; /* behind each exit */
    size_t together[NET_MAX_EXITS];      /* images that each segment takes */
    int *keep; /* (batch) places in flight of those that stay */
};

/* ---- groups ---- */

static void group_init(struct group *g, size_t cap, size_t size)
{
    g->index = xcalloc(cap, sizeof *g->index);
    g->rest = xcalloc(cap, sizeof *g->rest);
    g->state = xcalloc(cap, size * sizeof *g->state);
    g->size = size;
}

static void group_fini(struct group *g)
{
    free(g->index);
    free(g->rest);
    free(g->state);
}

struct stopping *stopping_new(const struct inference_job *job,
                              struct inference *x)
{
    struct stopping *s = xcalloc(1, sizeof *s);
    s->job = job;
    s->x = x;
    s->keep = xcalloc(job->batch, sizeof *s->keep);
    group_init(&s->flight, job->batch, 0);
    for (size_t i = 0; i < x->exits; i++) {
        size_t fit = (job->fit ? job->fit : FIT) /
                     engine_segment_size(job->engine, (int)i);
        size_t n = fit / FEWEST * FEWEST;
        if (n < FEWEST)
            n = FEWEST;
        s->together[i] = n < job->batch ? n : job->batch;
    }
    /* Fewer images than a batch wait behind an exit before at most one more
     * batch joins them. */
    for (size_t i = 0; i + 1 < x->exits; i++)
        group_init(&s->waiting[i], 2 * job->batch,
                   engine_state_size(job->engine, (int)i));
    return s;
}

void stopping_free(struct stopping *s)
{
    if (!s)
        return;
    group_fini(&s->flight);
    for (size_t i = 0; i < NET_MAX_EXITS; i++)
        group_fini(&s->waiting[i]);
    free(s->keep);
    free(s);
}

/* ---- at an exit ---- */

/* Write the results of the images that leave at exit i.  The others move to the
 * front of s->flight; s->keep has their places in the engine. */
static void decide(struct stopping *s, size_t i)
{
    const struct inference_job *job = s->job;
    struct inference *x = s->x;
    struct group *f = &s->flight;
    size_t units = (size_t)engine_units(job->engine, (int)i), kept = 0;
    const float *out = engine_logits(job->engine, (int)i);
    double t = job->temperatures ? job->temperatures[i] : 1;
    bool final = i + 1 == x->exits;
    for (size_t k = 0; k < f->n; k++) {
        const float *row = out + k * units;
        size_t sample = f->index[k];
        float c = units > x->classes ? halt_confidence(row[x->classes]) : 1;
        double score = 0;

        if (!final || x->score)
            score = job->rule->score(job->rule->value(row, x->classes, c, t),
                                     &f->rest[k]);
        if (final || score >= job->thresholds[i]) {
            memcpy(x->logits[0] + sample * x->classes, row,
                   x->classes * sizeof *row);
            x->taken[sample] = (unsigned char)i;
            x->left[i]++;
            if (x->score)
                x->score[sample] = score;
            continue;
        }
        s->keep[kept] = (int)k;
        f->index[kept] = f->index[k];
        f->rest[kept] = f->rest[k];
        kept++;
    }
    f->n = kept;
}

/* ---- on the way ---- */

/* Run the layers up to exit i and let images leave there.  Those that stay wait
 * behind the exit, unless all stay, they are enough for the next layers, and no
 * others wait there. */
static void segment(struct stopping *s, size_t i, const float *images)
{
    struct group *f = &s->flight, *w = &s->waiting[i];
    size_t came = f->n;
    bool on = i + 1 == s->x->exits || !isnan(s->job->thresholds[i]);
    s->x->came[i] += came;
    s->x->runs[i]++;
    s->x->heads[i] += on ? came : 0;
    engine_segment(s->job->engine, (int)i, images, (int)came, on);
    if (on)
        decide(s, i);
    for (size_t k = 0; !on && k < f->n; k++)
        s->keep[k] = (int)k; /* all stay */
    if (f->n > 0 && (f->n < came || f->n < s->together[i + 1] || w->n > 0)) {
        engine_save(s->job->engine, s->keep, (int)f->n,
                    w->state + w->n * w->size);
        memcpy(w->index + w->n, f->index, f->n * sizeof *f->index);
        memcpy(w->rest + w->n, f->rest, f->n * sizeof *f->rest);
        w->n += f->n;
        f->n = 0;
    }
}

/* Run the images in flight from exit i on, until none is in flight. */
static void fly(struct stopping *s, size_t i, const float *images)
{
    for (; s->flight.n > 0; i++) {
        double start = clock_seconds();
        segment(s, i, images);
        s->x->seconds[i] += clock_seconds() - start;
        images = NULL;
    }
}

/* Run the last n of the images that wait behind exit i.  Each has the index of
 * its sample, so that order does not matter. */
static void resume(struct stopping *s, size_t i, size_t n)
{
    struct group *f = &s->flight, *w = &s->waiting[i];
    double start = clock_seconds();
    w->n -= n;
    memcpy(f->index, w->index + w->n, n * sizeof *f->index);
    memcpy(f->rest, w->rest + w->n, n * sizeof *f->rest);
    engine_resume(s->job->engine, (int)i, w->state + w->n * w->size, (int)n);
    f->n = n;
    s->x->seconds[i + 1] += clock_seconds() - start;
    fly(s, i + 1, NULL);
}

/* Run the waiting images wherever there are enough for the next layers, those
 * behind the last exits first: so at most one batch joins the images that wait
 * behind an exit. */
static void who_can_goes_on(struct stopping *s)
{
    size_t last = s->x->exits - 1;
    for (size_t i = last; i-- > 0;)
        if (s->waiting[i].n >= s->together[i + 1]) {
            resume(s, i, s->together[i + 1]);
            i = last;
        }
}

/* Run n images, at most as many as the first layers run together. */
static void start(struct stopping *s, const float *images, size_t first,
                  size_t n)
{
    for (size_t k = 0; k < n; k++) {
        s->flight.index[k] = (uint32_t)(first + k);
        s->flight.rest[k] = 1;
    }
    s->flight.n = n;
    fly(s, 0, images);
    who_can_goes_on(s);
}

void stopping_batch(struct stopping *s, const float *images, size_t first,
                    size_t n)
{
    size_t size = input_count(s->job->input), most = s->together[0];
    double begin = clock_seconds();
    BUG_IF(n > s->job->batch);
    for (size_t at = 0; at < n; at += most)
        start(s, images + at * size, first + at, n - at < most ? n - at : most);
    if (s->x->latency)
        s->x->latency[first] = clock_seconds() - begin;
}

void stopping_end(struct stopping *s)
{
    for (size_t i = 0; i < s->x->exits; i++)
        if (s->waiting[i].n > 0) {
            resume(s, i, s->waiting[i].n);
            who_can_goes_on(s);
        }
}
