/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/dataset.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/sampling.h"

const char *const split_names[SPLIT_COUNT + 1] = {"train", "val", "test", NULL};

int split_find(const char *name)
{
    for (int i = 0; i < SPLIT_COUNT; i++)
        if (!strcmp(name, split_names[i]))
            return i;
    return -1;
}

size_t dataset_image_bytes(const struct dataset *d)
{
    return d->h * d->w * d->c;
}

static void free_classes(struct dataset *d)
{
    for (size_t i = 0; i < d->classes.n; i++)
        free(d->classes.v[i]);
    free(d->classes.v);
    d->classes = (struct strs){0};
}

void dataset_set_classes(struct dataset *d, const char *const *names, size_t n)
{
    free_classes(d);
    d->classes.v = xcalloc(n, sizeof *d->classes.v);
    d->classes.n = n;
    for (size_t i = 0; i < n; i++)
        d->classes.v[i] = xstrdup(names[i]);
}

void dataset_fini(struct dataset *d)
{
    free(d->name);
    free_classes(d);
    free(d->mean);
    free(d->std);
    for (int i = 0; i < SPLIT_COUNT; i++)
        split_fini(&d->split[i]);
    memset(d, 0, sizeof *d);
}

void split_fini(struct split *s)
{
    free(s->images);
    free(s->labels);
    memset(s, 0, sizeof *s);
}

void split_alloc(struct split *s, size_t n, size_t image_bytes)
{
    split_fini(s);
    s->n = n;
    s->images = xcalloc(n, image_bytes);
    s->labels = xcalloc(n, sizeof *s->labels);
}

static void move_image(struct split *s, size_t bytes, size_t to, size_t from)
{
    if (to == from)
        return;
    memcpy(s->images + to * bytes, s->images + from * bytes, bytes);
    s->labels[to] = s->labels[from];
}

static void shrink(struct split *s, size_t bytes, size_t n)
{
    s->n = n;
    s->images = xreallocarray(s->images, n, bytes);
    s->labels = xreallocarray(s->labels, n, sizeof *s->labels);
}

void split_keep(struct split *s, size_t bytes, const uint32_t *index, size_t n)
{
    BUG_IF(n > s->n);
    for (size_t i = 0; i < n; i++) {
        BUG_IF(index[i] >= s->n || (i && index[i] <= index[i - 1]));
        move_image(s, bytes, i, index[i]);
    }
    shrink(s, bytes, n);
}

void split_move(struct split *from, struct split *to, size_t bytes,
                const uint32_t *index, size_t n)
{
    size_t kept = 0, moved = 0;

    BUG_IF(to->n || n > from->n);
    split_alloc(to, n, bytes);
    for (size_t i = 0; i < from->n; i++) {
        if (moved < n && index[moved] == i) {
            memcpy(to->images + moved * bytes, from->images + i * bytes,
                   bytes);
            to->labels[moved++] = from->labels[i];
        } else {
            move_image(from, bytes, kept++, i);
        }
    }
    BUG_IF(moved != n);
    shrink(from, bytes, kept);
}

/* Sum and sum of squares of one channel of an image; p is at its first one. */
static void add_moments(const uint8_t *p, size_t pixels, size_t channels,
                        uint64_t *sum, uint64_t *square)
{
    uint64_t s = 0, q = 0;

    for (size_t i = 0; i < pixels; i++, p += channels) {
        s += *p;
        q += (uint64_t)*p * *p;
    }
    *sum += s;
    *square += q;
}

void dataset_moments(struct dataset *d)
{
    const struct split *s = &d->split[SPLIT_TRAIN];
    size_t each = d->h * d->w, pixels = s->n * each;
    uint64_t *sum = xcalloc(2 * d->c, sizeof *sum), *square = sum + d->c;

    BUG_IF(pixels == 0);
    for (size_t i = 0; i < s->n; i++)
        for (size_t c = 0; c < d->c; c++)
            add_moments(s->images + i * each * d->c + c, each, d->c, &sum[c],
                        &square[c]);
    d->mean = xreallocarray(d->mean, d->c, sizeof *d->mean);
    d->std = xreallocarray(d->std, d->c, sizeof *d->std);
    for (size_t c = 0; c < d->c; c++) {
        double mean = (double)sum[c] / (double)pixels;
        double var = (double)square[c] / (double)pixels - mean * mean;

        d->mean[c] = mean / 255;
        d->std[c] = var > 1e-6 ? sqrt(var) / 255 : 1;
    }
    free(sum);
}

int dataset_keep_train(struct dataset *d, uint64_t want, uint64_t seed,
                       struct err *e)
{
    struct split *s = &d->split[SPLIT_TRAIN];
    uint32_t *index;

    if (want > s->n)
        return err_set(e, ERR_ARG, "%" PRIu64 " training images asked for, "
                       "data set %s has %zu", want, d->name, s->n);
    if (!want)
        return 0;
    index = xcalloc(want, sizeof *index);
    stratified_pick(s->labels, s->n, d->classes.n, want, seed, "train-images",
                    0, index);
    split_keep(s, dataset_image_bytes(d), index, want);
    free(index);
    return 0;
}

int dataset_check_net(const struct dataset *d, const struct net *n,
                      struct err *e)
{
    const char *what = n->id ? n->id : n->space;
    const int64_t *in = n->input.v;

    if (in[0] == (int64_t)d->h && in[1] == (int64_t)d->w
        && in[2] == (int64_t)d->c && n->classes == (int64_t)d->classes.n)
        return 0;
    return err_set(e, ERR_FORMAT, "net %s takes images of %" PRId64 "x%" PRId64
                   "x%" PRId64 " in %" PRId64 " classes, data set %s has "
                   "%zux%zux%zu in %zu", what, in[0], in[1], in[2],
                   n->classes, d->name, d->h, d->w, d->c, d->classes.n);
}
