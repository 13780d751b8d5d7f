/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/batch.h"
#include "libcommon/nn/data/sampling.h"

const char *const split_names[SPLIT_COUNT + 1] = {"train", "val", "test", "cal",
                                                  NULL};
const char *const flip_names[] = {"unknown", "yes", "no", NULL};

int split_find(const char *name)
{
    for (int i = 0; i < SPLIT_COUNT; i++)
        if (!strcmp(name, split_names[i]))
            return i;
    return -1;
}

static void set_names(struct strs *to, const char *const *names, size_t n)
{
    for (size_t i = 0; i < to->n; i++)
        free(to->v[i]);
    free(to->v);
    *to = (struct strs){n ? xcalloc(n, sizeof *to->v) : NULL, n};
    for (size_t i = 0; i < n; i++)
        to->v[i] = xstrdup(names[i]);
}

void dataset_set_classes(struct dataset *d, const char *const *names, size_t n)
{
    set_names(&d->class_names, names, n);
    d->input.classes = n;
}

void dataset_set_leads(struct dataset *d, const char *const *names, size_t n)
{
    set_names(&d->input.source.signal.leads, names, n);
}

void dataset_fini(struct dataset *d)
{
    free(d->name);
    set_names(&d->class_names, NULL, 0);
    dataset_set_leads(d, NULL, 0);
    free(d->input.mean);
    free(d->input.std);
    for (int i = 0; i < SPLIT_COUNT; i++)
        split_fini(&d->split[i]);
    memset(d, 0, sizeof *d);
}

void split_fini(struct split *s)
{
    free(s->items);
    free(s->labels);
    filenames_free(&s->names);
    filenames_free(&s->groups);
    memset(s, 0, sizeof *s);
}

void split_alloc(struct split *s, size_t n, size_t item_bytes)
{
    split_fini(s);
    s->n = n;
    s->items = xcalloc(n, item_bytes);
    s->labels = xcalloc(n, sizeof *s->labels);
}

static void move_item(struct split *s, size_t bytes, size_t to, size_t from)
{
    if (to == from)
        return;
    memcpy(s->items + to * bytes, s->items + from * bytes, bytes);
    s->labels[to] = s->labels[from];
}

static void shrink(struct split *s, size_t bytes, size_t n)
{
    s->n = n;
    s->items = xreallocarray(s->items, n, bytes);
    s->labels = xreallocarray(s->labels, n, sizeof *s->labels);
}

/* Keep the names index[0..n) alone. */
static void keep_names(struct filenames *f, const uint32_t *index, size_t n)
{
    struct filenames kept = {0};

    filenames_pick(f, index, n, &kept);
    filenames_free(f);
    *f = kept;
}

void split_keep(struct split *s, size_t bytes, const uint32_t *index, size_t n)
{
    BUG_IF(n > s->n);
    for (size_t i = 0; i < n; i++) {
        BUG_IF(index[i] >= s->n || (i && index[i] <= index[i - 1]));
        move_item(s, bytes, i, index[i]);
    }
    shrink(s, bytes, n);
    keep_names(&s->names, index, n);
    keep_names(&s->groups, index, n);
}

void split_move(struct split *from, struct split *to, size_t bytes,
                const uint32_t *index, size_t n)
{
    size_t kept = 0, moved = 0;

    BUG_IF(to->n || n > from->n);
    split_alloc(to, n, bytes);
    for (size_t i = 0; i < from->n; i++) {
        if (moved < n && index[moved] == i) {
            memcpy(to->items + moved * bytes, from->items + i * bytes, bytes);
            to->labels[moved++] = from->labels[i];
        } else {
            move_item(from, bytes, kept++, i);
        }
    }
    BUG_IF(moved != n);
    shrink(from, bytes, kept);
    filenames_pick(&from->names, index, n, &to->names);
    filenames_pick(&from->groups, index, n, &to->groups);
}

void dataset_go_on(struct dataset *d, const struct input_map *m,
                   const char *net)
{
    struct input_spec use;
    struct err e;

    if (!input_map_known(m))
        return;
    if (input_check_classes(m, net, &d->class_names, d->name, &e) < 0)
        log_warn("%s: the heads begin with the weights of other classes",
                 e.text);
    input_normalise(m, net, &d->input, d->name, &use);
    if (use.mean != d->input.mean) {
        size_t bytes = input_moments(&use) * sizeof *use.mean;

        free(d->input.mean);
        free(d->input.std);
        d->input.mean = xmemdup(use.mean, bytes);
        d->input.std = xmemdup(use.std, bytes);
        d->input.per_band = use.per_band;
    }
}

/* ---- moments ---- */

static void image_moments(struct dataset *d)
{
    const struct split *s = &d->split[SPLIT_TRAIN];
    struct input_spec *in = &d->input;
    size_t each = in->h * in->w, pixels = s->n * each;
    uint64_t *sum = xcalloc(2 * in->c, sizeof *sum), *square = sum + in->c;

    for (size_t i = 0; i < s->n; i++)
        for (size_t c = 0; c < in->c; c++) {
            const uint8_t *p = s->items + i * each * in->c + c;
            uint64_t first = 0, second = 0; /* sums of an image */

            for (size_t k = 0; k < each; k++, p += in->c) {
                first += *p;
                second += (uint64_t)*p * *p;
            }
            sum[c] += first;
            square[c] += second;
        }
    for (size_t c = 0; c < in->c; c++) {
        double mean = (double)sum[c] / (double)pixels;
        double var = (double)square[c] / (double)pixels - mean * mean;

        in->mean[c] = mean / 255;
        in->std[c] = var > 1e-6 ? sqrt(var) / 255 : 1;
    }
    free(sum);
}

/* Set to[k] to the mean of (x - centre[k])^power over the features x that moment k
 * is about; power is 1 or 2.  lost[k] is what rounding took from a sum (Neumaier). */
static void feature_means(const struct split *s, const struct input_spec *in,
                          const double *centre, int power, double *to)
{
    size_t n = input_moments(in), count = s->n * input_count(in);
    const float *x = (const void *)s->items;
    double *lost = xcalloc(n, sizeof *lost);

    memset(to, 0, n * sizeof *to);
    for (size_t i = 0; i < count; i += n)
        for (size_t k = 0; k < n; k++) {
            double off = (double)x[i + k] - centre[k];
            double v = power == 2 ? off * off : off, sum = to[k] + v;

            lost[k] += fabs(to[k]) >= fabs(v) ? (to[k] - sum) + v
                                              : (v - sum) + to[k];
            to[k] = sum;
        }
    for (size_t k = 0; k < n; k++)
        to[k] = (to[k] + lost[k]) / (double)(count / n);
    free(lost);
}

void dataset_moments(struct dataset *d)
{
    const struct split *s = &d->split[SPLIT_TRAIN];
    struct input_spec *in = &d->input;

    BUG_IF(s->n == 0);
    if (in->w * in->c > DATASET_MAX_MOMENTS)
        in->per_band = false;
    in->mean = xreallocarray(in->mean, input_moments(in), sizeof *in->mean);
    in->std = xreallocarray(in->std, input_moments(in), sizeof *in->std);
    if (!input_floats(in)) {
        image_moments(d);
        return;
    }
    memset(in->std, 0, input_moments(in) * sizeof *in->std);
    feature_means(s, in, in->std, 1, in->mean);
    feature_means(s, in, in->mean, 2, in->std);
    /* A feature that is the same everywhere is told by a deviation that is
     * nothing beside the rounding of 32-bit numbers. */
    for (size_t k = 0; k < input_moments(in); k++) {
        double std = sqrt(in->std[k]);

        in->std[k] = std > 1e-30 && std > 1e-9 * fabs(in->mean[k]) ? std : 1;
    }
}

void dataset_keep_train(struct dataset *d, uint64_t want, uint64_t seed)
{
    struct split *s = &d->split[SPLIT_TRAIN];
    uint32_t *index;

    if (want > s->n)
        log_warn("%" PRIu64
                 " training samples asked for: all %zu that data set "
                 "%s has are taken",
                 want, s->n, d->name);
    if (!want || want >= s->n)
        return;
    index = xcalloc(want, sizeof *index);
    stratified_pick(s->labels, s->n, d->input.classes, want, seed,
                    "train-images", 0, index);
    split_keep(s, input_item_bytes(&d->input), index, want);
    free(index);
}

void dataset_settle(const struct dataset *d, uint64_t most, uint64_t *batch,
                    int *flip)
{
    if (!*batch)
        *batch = batch_auto(d->split[SPLIT_TRAIN].n, (size_t)most);
    if (input_floats(&d->input))
        *flip = 0;
    else if (*flip < 0)
        *flip = d->flip != FLIP_NO;
}
