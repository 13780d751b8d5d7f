/* SPDX-License-Identifier: MIT */
#include "tools/data-synth/beats.h"

#include <inttypes.h>
#include <stdio.h>

#include "libcommon/base/pool.h"
#include "libcommon/base/rng.h"

#define EVENT (3. / 8) /* where in the window the beat is */
#define WAVES 7
#define KNOTS 5 /* of the baseline's wander */

const char *const beat_names[BEATS] = {"normal", "early", "wide", "fused",
                                       "paced"};

/* A wave height / (1 + ((t - at) / width)^2)^2; t counts from the event, in
 * windows. */
struct wave {
    double at, width, height;
};

/* The waves of classes, in columns: what comes before the beat, its spike, its
 * three strokes and what follows it; and what is left of the beat before.  A fused
 * beat is between normal and wide. */
static const struct wave shape[BEATS][WAVES] = {
    {{-.17, .030, .14},
     {-.06, .004, 0},
     {-.030, .012, -.15},
     {0, .016, 1},
     {.032, .014, -.25},
     {.22, .06, .3},
     {-.30, .06, 0}},
    {{-.10, .025, -.06},
     {-.06, .004, 0},
     {-.030, .012, -.15},
     {0, .016, 1},
     {.032, .014, -.25},
     {.22, .06, .3},
     {-.24, .06, .26}},
    {{-.17, .030, 0},
     {-.06, .004, 0},
     {-.060, .030, -.10},
     {0, .050, 1.1},
     {.100, .050, -.5},
     {.30, .08, -.35},
     {-.30, .06, 0}},
    {{0, 0, 0}},
    {{-.17, .030, 0},
     {-.06, .004, .9},
     {-.030, .020, -.10},
     {.03, .050, .9},
     {.110, .050, -.3},
     {.32, .08, -.3},
     {-.30, .06, 0}},
};

static double between(struct rng *r, double lo, double hi)
{
    return lo + (hi - lo) * rng_uniform(r);
}

/* Holds a beat before its noise. */
struct beat {
    struct wave wave[WAVES + 1];        /* the last is an artefact */
    double lead[BEAT_LEADS][WAVES + 1]; /* how much of each a lead sees */
    double wander[BEAT_LEADS][KNOTS];
    double noise;
};

/* What is the same in all beats of a patient: heights, widths and how the second
 * lead sees each wave. */
static void draw_patient(const struct beat_opts *o, const char *purpose,
                         uint64_t patient, struct beat *b)
{
    struct rng r = rng_make(o->seed, purpose, patient, 1);
    double width = between(&r, .85, 1.2), height = between(&r, .75, 1.3);

    for (int k = 0; k < WAVES; k++) {
        b->wave[k].width *= width * between(&r, .9, 1.1);
        b->wave[k].height *= height * between(&r, .85, 1.15);
        b->lead[0][k] = 1;
        b->lead[1][k] = between(&r, -.3, .9);
    }
}

/* A beat of difficulty d has more of everything that makes it hard. */
static void draw_beat(const struct beat_opts *o, struct rng *r, int label,
                      struct beat *b)
{
    double u = rng_uniform(r);
    double d = u + (2 * o->difficulty - 1) * u * (1 - u);
    double mix = between(r, .35, .65);
    double shift = d * between(r, -.1, .1),
           stretch = 1 + d * between(r, -.2, .2);
    double small = 1 - .55 * d * between(r, .3, 1);

    for (int k = 0; k < WAVES; k++) {
        const struct wave *w = &shape[label][k], *n = &shape[0][k],
                          *wide = &shape[2][k];

        b->wave[k] = label != 3
                         ? *w
                         : (struct wave){
                               n->at + mix * (wide->at - n->at),
                               n->width + mix * (wide->width - n->width),
                               n->height + mix * (wide->height - n->height)};
        b->wave[k].at = b->wave[k].at * stretch + shift;
        b->wave[k].width *= stretch * (1 + d * between(r, -.25, .25));
        b->wave[k].height *= small * (1 + d * between(r, -.3, .3));
    }
    b->wave[WAVES].at = between(r, -EVENT, 1 - EVENT);
    b->wave[WAVES].width = between(r, .01, .08);
    b->wave[WAVES].height = d * d * between(r, -.7, .7);
    for (int l = 0; l < BEAT_LEADS; l++) {
        b->lead[l][WAVES] = between(r, .2, 1);
        for (int k = 0; k < KNOTS; k++)
            b->wander[l][k] = d * between(r, -.35, .35);
    }
    b->noise = .01 + .2 * d * between(r, .3, 1);
}

static double value(const struct beat *b, int lead, double t)
{
    double at = t * (KNOTS - 1), sum;
    int knot = (int)at;

    sum = b->wander[lead][knot] +
          (at - knot) * (b->wander[lead][knot + 1] - b->wander[lead][knot]);
    for (int k = 0; k <= WAVES; k++) {
        const struct wave *w = &b->wave[k];
        double x = (t - EVENT - w->at) / w->width, near = 1 / (1 + x * x);

        sum += b->lead[lead][k] * w->height * near * near;
    }
    return sum;
}

int beat_draw(const struct beat_opts *o, enum split_id split, uint64_t i,
              float *signal)
{
    static const char *const purpose[SPLIT_COUNT] = {"beats train", "beats val",
                                                     "beats test", "beats cal"};
    struct rng r = rng_make(o->seed, purpose[split], i, 0);
    int label = (int)(i % o->classes);
    struct beat b = {0};

    draw_beat(o, &r, label, &b);
    draw_patient(o, purpose[split], i / BEATS_OF_PATIENT, &b);
    for (uint64_t n = 0; n < o->length; n++)
        for (int l = 0; l < (int)o->leads; l++) {
            double t = ((double)n + 0.5) / (double)o->length;
            uint32_t w = rng_u32(&r);
            /* Four bytes make a nearly normal number of deviation 147.80. */
            int sum = (int)(w & 255) + (int)(w >> 8 & 255) +
                      (int)(w >> 16 & 255) + (int)(w >> 24) - 510;

            *signal++ = (float)(value(&b, l, t) + b.noise * (sum / 147.80));
        }
    return label;
}

void beat_input(const struct beat_opts *o, struct input_spec *in)
{
    int64_t before = (int64_t)((double)o->length * EVENT);

    in->h = o->length;
    in->w = 1;
    in->c = o->leads;
    in->source = (struct input_source){
        .kind = INPUT_SIGNAL,
        .signal = {.rate = (double)o->length, /* a window lasts a second */
                   .before = before,
                   .after = (int64_t)o->length - before},
    };
}

struct beats_job {
    const struct beat_opts *o;
    enum split_id split;
    size_t from;
    struct split *s;
};

static void fill_one(void *ctx, int index, int worker)
{
    const struct beats_job *f = ctx;
    size_t i = f->from + (size_t)index, each = f->o->length * f->o->leads;
    float *signals = (void *)f->s->items;

    (void)worker;
    f->s->labels[i] = beat_draw(f->o, f->split, i, signals + i * each);
}

void beats_fill(const struct beat_opts *o, enum split_id split, size_t from,
                size_t n, struct split *s, struct pool *pool)
{
    struct beats_job f = {o, split, from, s};
    char patient[48];

    pool_run(pool, (int)n, fill_one, &f);
    for (size_t i = from; i < from + n; i++) {
        snprintf(patient, sizeof patient, "%s%zu", split_names[split],
                 i / BEATS_OF_PATIENT);
        filenames_add(&s->groups, patient);
    }
}
