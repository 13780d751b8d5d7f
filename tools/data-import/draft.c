/* SPDX-License-Identifier: MIT */
#include "tools/data-import/draft.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/progress.h"

/* ---- copies ---- */

static struct variation draw_variation(const struct copying *c, size_t sample,
                                       size_t copy)
{
    struct variation v = {.rng = rng_make(c->seed, "copies", sample, copy)};
    double gain;

    v.shift = c->shift * (2 * rng_uniform(&v.rng) - 1);
    gain = c->gain * (2 * rng_uniform(&v.rng) - 1);
    v.gain = pow(10, gain / 20);
    v.noise = c->noise * rng_uniform(&v.rng);
    return v;
}

void variation_apply(struct variation *v, float *x, size_t n)
{
    double mean = 0, square = 0, deviation;

    for (size_t i = 0; i < n; i++)
        mean += (double)x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        square += ((double)x[i] - mean) * ((double)x[i] - mean);
    deviation = v->gain * v->noise * sqrt(square / (double)n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(v->gain * (double)x[i] +
                       deviation * rng_normal(&v->rng));
}

/* ---- the draft ---- */

/* Make room for n samples of a split, which keeps its names. */
static void allocate(struct split *s, size_t n, size_t bytes)
{
    struct filenames names = s->names, groups = s->groups;

    s->names = s->groups = (struct filenames){0};
    split_alloc(s, n, bytes);
    s->names = names;
    s->groups = groups;
}

void draft_add(struct draft *f, struct dataset *d, enum split_id split,
               int32_t label, const char *name, const char *group)
{
    size_t n = f->n;

    GROW(f->labels, n, f->labels_cap);
    GROW(f->splits, n, f->splits_cap);
    f->labels[n] = label;
    f->splits[n] = (uint8_t)split;
    f->n++;
    filenames_add(&d->split[split].names, name);
    if (group)
        filenames_add(&d->split[split].groups, group);
}

void draft_settle(const struct draft *f, struct dataset *d)
{
    size_t n[SPLIT_COUNT] = {0};

    d->input.h = d->input.w = 1;
    d->input.c = sizeof(uint32_t);
    for (size_t i = 0; i < f->n; i++)
        n[f->splits[i]]++;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (n[s])
            allocate(&d->split[s], n[s], sizeof(uint32_t));
    memset(n, 0, sizeof n);
    for (size_t i = 0; i < f->n; i++) {
        struct split *s = &d->split[f->splits[i]];
        size_t k = n[f->splits[i]]++;
        uint32_t number = (uint32_t)i;

        memcpy(s->items + k * sizeof number, &number, sizeof number);
        s->labels[k] = f->labels[i];
    }
}

int draft_check(const struct dataset *d, struct err *e)
{
    const struct split *train = &d->split[SPLIT_TRAIN];
    bool *seen = xcalloc(d->class_names.n, sizeof *seen);
    int rc = 0;

    for (size_t i = 0; i < train->n; i++)
        seen[train->labels[i]] = true;
    for (size_t k = 0; k < d->class_names.n && rc == 0; k++)
        if (!seen[k])
            rc = err_set(e, ERR_FORMAT,
                         "class '%s' has no training samples: add some, or "
                         "remove the class",
                         d->class_names.v[k]);
    free(seen);
    return rc;
}

/* Repeat each name `times`. */
static void repeat_names(struct filenames *f, uint64_t times)
{
    struct filenames out = {0};

    for (const char *name = filenames_first(f); name && times > 1;
         name = filenames_next(f, name))
        for (uint64_t k = 0; k < times; k++)
            filenames_add(&out, name);
    if (times > 1) {
        filenames_free(f);
        *f = out;
    }
}

/* Where a sample comes, and how many times. */
struct sample_place {
    uint8_t *at;
    uint64_t times; /* 0: no split has it */
};

/* Make room for the samples of a split, `times` each; place[i] is set for each
 * sample i of it. */
static void make_room(struct split *s, uint64_t times, size_t bytes,
                      struct sample_place *place)
{
    size_t n = s->n;
    uint8_t *numbers = s->items;
    int32_t *labels = s->labels;

    if (n == 0)
        return;
    s->items = NULL;
    s->labels = NULL;
    allocate(s, n * times, bytes);
    for (size_t i = 0; i < n; i++) {
        uint32_t number;

        memcpy(&number, numbers + i * sizeof number, sizeof number);
        place[number] = (struct sample_place){s->items + i * times * bytes,
                                              times};
        for (uint64_t k = 0; k < times; k++)
            s->labels[i * times + k] = labels[i];
    }
    free(numbers);
    free(labels);
    repeat_names(&s->names, times);
    repeat_names(&s->groups, times);
}

int draft_compute(struct draft *f, struct dataset *d, const struct copying *c,
                  int progress, struct err *e)
{
    const size_t bytes = input_item_bytes(&f->in);
    struct sample_place *place = xcalloc(f->n, sizeof *place);
    uint64_t total = 0;
    int rc = 0;

    for (int s = 0; s < SPLIT_COUNT; s++) {
        uint64_t times = s == SPLIT_TRAIN ? 1 + c->copies : 1;
        double n = (double)d->split[s].n * (double)times;

        if (n > DATASET_MAX_SAMPLES ||
            n * (double)bytes > (double)DATASET_MAX_SPLIT)
            rc = err_set(e, ERR_ARG,
                         "%.0f samples of %zu bytes in split %s exceed 64 GiB",
                         n, bytes, split_names[s]);
        total += (uint64_t)n;
    }
    for (int s = 0; s < SPLIT_COUNT && rc == 0; s++)
        make_room(&d->split[s], s == SPLIT_TRAIN ? 1 + c->copies : 1, bytes,
                  place);
    if (rc == 0) {
        struct progress p;

        f->in.classes = d->input.classes;
        d->input = f->in;
        f->in.source.signal.leads = (struct strs){0};
        progress_start(&p, "samples computed", total, progress);
        for (size_t i = 0; i < f->n && rc == 0; i++)
            for (uint64_t k = 0; k < place[i].times && rc == 0; k++) {
                struct variation v = draw_variation(c, i, k);
                void *to = place[i].at + k * bytes;

                rc = f->fn(f->state, i, k ? &v : NULL, to, e);
                progress_add(&p, 1);
            }
        progress_end(&p);
    }
    free(place);
    return rc;
}

void draft_free(struct draft *f)
{
    if (f->fini)
        f->fini(f->state);
    for (size_t i = 0; i < f->in.source.signal.leads.n; i++)
        free(f->in.source.signal.leads.v[i]);
    free(f->in.source.signal.leads.v);
    free(f->labels);
    free(f->splits);
    *f = (struct draft){0};
}
