/* SPDX-License-Identifier: MIT */
#include "tools/net-import/feed.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"

/* Pixels of 0..1 that are divided by less than this make numbers which range over
 * more than 16, and gradients of the first weights that are as much larger than
 * those of others. */
#define LEAST_STD (1 / 16.)

const char *const feed_kinds[] = {"auto", "image", "signal", "none", NULL};
const char *const feed_pixels[] = {"auto", "unit", "raw", NULL};

int feed_numbers(const char *from, struct reals *v, char **text, struct err *e)
{
    struct buf one = {0};
    const char *at = from;
    size_t cap = 0;

    do {
        double x;
        const char *end = number_read(at, NUMBER_BARE, &x);

        if (!end || (*end && *end != ',') || !isfinite(x)) {
            buf_free(&one);
            return err_set(e, ERR_ARG,
                           "'%.60s' is not a list of numbers, apart "
                           "by commas",
                           from);
        }
        GROW(v->v, v->n, cap);
        v->v[v->n++] = x;
        buf_adds(&one, one.len ? "," : "");
        number_text(x, &one);
        at = end + (*end == ',');
        if (*end && !*at)
            at = ","; /* a comma too many is no number */
    } while (*at);
    *text = one.data;
    return 0;
}

/* Returns the number with the digits that a float has: constants of models are
 * floats, and 0.2 is meant to be that. */
static double as_meant(double v)
{
    char text[32];

    snprintf(text, sizeof text, "%.7g", v);
    return strtod(text, NULL);
}

/* Set m->mean and m->std (channels) to those in which scale and shift are taken up,
 * where the unit of what the network was fed with is 1 / `unit`. */
static void set_moments(const struct net_feed *f,
                        const struct feed_model *model, double unit, bool take,
                        struct input_map *m)
{
    for (size_t k = 0; k < m->mean.n; k++) {
        double mean = f->mean.n ? f->mean.v[f->mean.n > 1 ? k : 0] : 0,
               std = f->std.n ? f->std.v[f->std.n > 1 ? k : 0] : 1;

        if (take) {
            std /= model->scale[k];
            mean -= model->shift[k] * std;
        }
        m->mean.v[k] = take ? as_meant(mean / unit) : mean / unit;
        m->std.v[k] = take ? as_meant(std / unit) : std / unit;
    }
}

/* Returns true when a stream may have these of images, or of features. */
static bool moments_fit(const struct input_map *m)
{
    bool image = m->source.kind == INPUT_IMAGE;
    double low = image ? 0 : -1e30, high = image ? 1 : 1e30;

    for (size_t k = 0; k < m->mean.n; k++)
        if (!(m->mean.v[k] >= low && m->mean.v[k] <= high &&
              m->std.v[k] >= (image ? 1e-6 : 1e-30) && m->std.v[k] <= high))
            return false;
    return true;
}

/* Set those of features. */
static int feature_moments(const struct net_feed *f,
                           const struct feed_model *model, struct input_map *m,
                           bool *taken, struct err *e)
{
    for (*taken = model->scale != NULL;; *taken = false) {
        set_moments(f, model, 1, *taken, m);
        if (moments_fit(m))
            return 0;
        if (!*taken)
            return err_set(e, ERR_ARG, "--mean or --std is too large or small");
    }
}

/* Find the way of normalising images.  Where nobody says what pixels were, those of
 * 0..1 are tried first. */
static int image_moments(const struct net_feed *f,
                         const struct feed_model *model, struct input_map *m,
                         bool *taken, struct err *e)
{
    bool begins = model->scale != NULL;

    for (int raw = 0; raw < 2; raw++) {
        if (f->pixels == (raw ? PIXELS_UNIT : PIXELS_RAW) ||
            (!raw && f->pixels == PIXELS_AUTO && model->bytes))
            continue;
        for (*taken = begins;; *taken = false) {
            set_moments(f, model, raw ? 255 : 1, *taken, m);
            if (moments_fit(m))
                return 0;
            if (!*taken)
                break;
            if (f->pixels == PIXELS_AUTO && !raw && !model->bytes)
                break; /* raw pixels may suit it better */
        }
    }
    return err_set(e, ERR_ARG,
                   "--mean and --std must be within the pixels' range, which "
                   "is 0..1, or 0..255 with --pixels=raw");
}

static int check_count(const char *option, const struct reals *v, int64_t c,
                       struct err *e)
{
    if (v->n <= 1 || (int64_t)v->n == c)
        return 0;
    return err_set(e, ERR_ARG,
                   "%s has %zu numbers, and the model has %" PRId64 " channels",
                   option, v->n, c);
}

/* Take from the data set what is not said otherwise. */
static int take_set(const struct net_feed *f, const struct feed_model *model,
                    struct arena *a, struct input_map *m, bool *taken,
                    struct err *e)
{
    const struct dataset *d = f->as;
    bool says = f->mean.n || f->std.n || f->pixels != PIXELS_AUTO;

    if ((int64_t)d->input.h != model->size[0] ||
        (int64_t)d->input.w != model->size[1] ||
        (int64_t)d->input.c != model->size[2] ||
        (int64_t)d->input.classes != model->classes)
        return err_set(e, ERR_FORMAT,
                       "data set %.100s has samples of %zux%zux%zu and %zu "
                       "classes, the model takes %" PRId64 "x%" PRId64
                       "x%" PRId64 " and has %" PRId64,
                       d->name, d->input.h, d->input.w, d->input.c,
                       d->input.classes, model->size[0], model->size[1],
                       model->size[2], model->classes);
    *taken = false;
    if (!says) {
        input_map_of(m, &d->input, &d->class_names, a);
        return 0;
    }
    m->source = d->input.source;
    m->resize = d->input.resize;
    m->crop = d->input.crop;
    m->classes = d->class_names;
    if (m->source.kind == INPUT_IMAGE)
        return image_moments(f, model, m, taken, e);
    return feature_moments(f, model, m, taken, e);
}

int feed_map(const struct net_feed *f, const struct feed_model *model,
             struct arena *a, struct input_map *m, bool *taken, struct err *e)
{
    bool map = model->size[0] > 1 && model->size[1] > 1;
    int64_t c = model->size[2];
    enum feed_kind kind = (enum feed_kind)f->kind;

    *m = (struct input_map){0};
    *taken = false;
    if (kind == FEED_AUTO)
        kind = model->bytes ||
                       (map && (c == 3 ||
                                (c == 1 && model->size[0] == model->size[1])))
                   ? FEED_IMAGE
               : f->mean.n || f->std.n ? FEED_SIGNAL
                                       : FEED_NONE;
    if (f->classes.n && (int64_t)f->classes.n != model->classes)
        return err_set(e, ERR_ARG,
                       "--classes has %zu names, and the model has %" PRId64
                       " classes",
                       f->classes.n, model->classes);
    if (check_count("--mean", &f->mean, c, e) < 0 ||
        check_count("--std", &f->std, c, e) < 0)
        return e->code;
    for (size_t k = 0; k < f->std.n; k++)
        if (!(f->std.v[k] > 0))
            return err_set(e, ERR_ARG, "--std must be above 0");
    if (!f->as && kind == FEED_NONE)
        return 0;
    if (model->size[0] > DATASET_MAX_SIDE ||
        model->size[1] > DATASET_MAX_SIDE || c > DATASET_MAX_CHANNELS)
        return 0; /* no data set has such samples */
    m->size = (struct ints){arena_memdup(a, model->size, 2, sizeof(int64_t)),
                            2};
    m->channels = c;
    m->mean = (struct reals){arena_alloc(a, (size_t)c, sizeof(double)),
                             (size_t)c};
    m->std = (struct reals){arena_alloc(a, (size_t)c, sizeof(double)),
                            (size_t)c};
    if (f->as) {
        if (take_set(f, model, a, m, taken, e) < 0)
            return e->code;
    } else if (kind == FEED_IMAGE) {
        m->fit_unknown = true;
        if (image_moments(f, model, m, taken, e) < 0)
            return e->code;
    } else {
        m->source.kind = INPUT_SIGNAL;
        if (feature_moments(f, model, m, taken, e) < 0)
            return e->code;
    }
    if (f->classes.n)
        m->classes = f->classes;
    return 1;
}

bool feed_wide(const struct net_feed *f, const struct input_map *m)
{
    bool says = f->mean.n || f->std.n || f->pixels != PIXELS_AUTO;
    bool wide = input_map_known(m) && m->source.kind == INPUT_IMAGE &&
                (!f->as || says);

    for (size_t k = 0; k < m->std.n; k++)
        wide = wide && m->std.v[k] < LEAST_STD;
    return wide;
}
