/* SPDX-License-Identifier: MIT */
#include "formats/input.h"

#include <inttypes.h>
#include <string.h>

#include "libcommon/nn/data/dataset.h"

/* ---- what samples are made of ---- */

static int check_source(const void *data, struct err *e)
{
    static const struct sound_features none = {0};
    const struct input_source *s = data;
    const struct input_signal *g = &s->signal;
    bool sound = memcmp(&s->sound, &none, sizeof none) != 0;
    bool signal = g->rate > 0 || g->before || g->after || g->leads.n;

    if (s->kind == INPUT_SOUND && !sound)
        return err_set(e, ERR_FORMAT, "kind sound without a map `sound`");
    if ((sound && s->kind != INPUT_SOUND) ||
        (signal && s->kind != INPUT_SIGNAL))
        return err_set(e, ERR_FORMAT, "a map `%s` where the kind is %s",
                       sound && s->kind != INPUT_SOUND ? "sound" : "signal",
                       input_kinds[s->kind]);
    if (sound && sound_features_check(&s->sound, e) < 0) {
        e->code = ERR_FORMAT;
        return err_prefix(e, "key `sound`");
    }
    return 0;
}

static int check_shape(const struct input_source *s, const int64_t shape[3],
                       struct err *e)
{
    const struct input_signal *g = &s->signal;

    if (s->kind == INPUT_SOUND &&
        (shape[0] != (int64_t)sound_frames(&s->sound) ||
         shape[1] != (int64_t)sound_columns(&s->sound) || shape[2] != 1))
        return err_set(e, ERR_FORMAT,
                       "samples of %" PRId64 "x%" PRId64 "x%" PRId64
                       " where the map `sound` makes %zux%zux1",
                       shape[0], shape[1], shape[2], sound_frames(&s->sound),
                       sound_columns(&s->sound));
    if (g->leads.n && (int64_t)g->leads.n != shape[2])
        return err_set(e, ERR_FORMAT,
                       "%zu names of leads for %" PRId64 " channels",
                       g->leads.n, shape[2]);
    if (g->before + g->after && g->before + g->after != shape[0])
        return err_set(e, ERR_FORMAT,
                       "%" PRId64 " samples before and %" PRId64
                       " after an event for windows of %" PRId64,
                       g->before, g->after, shape[0]);
    return 0;
}

int moments_check(const struct input_source *source, const int64_t shape[3],
                  const struct reals *mean, const struct reals *std,
                  struct err *e)
{
    bool image = source->kind == INPUT_IMAGE;
    bool banded = !image && mean->n == (size_t)(shape[1] * shape[2]);

    if ((mean->n != (size_t)shape[2] && !banded) || std->n != mean->n)
        return err_set(
            e, ERR_FORMAT,
            "%zu means and %zu deviations for %" PRId64 " channels%s", mean->n,
            std->n, shape[2], image ? "" : " or all columns of them");
    for (size_t i = 0; image && i < mean->n; i++)
        if (mean->v[i] < 0 || mean->v[i] > 1 || std->v[i] < 1e-6 ||
            std->v[i] > 1)
            return err_set(e, ERR_FORMAT,
                           "mean %.6g or std %.6g of channel %zu of images is "
                           "not within 0..1 or 1e-6..1",
                           mean->v[i], std->v[i], i);
    return check_shape(source, shape, e);
}

static const struct field sound_fields[] = {
    FIELD(sound_features, rate, F_INT, "Hz", "sampling rate of the clips",
          .min = 1000, .max = 192000),
    FIELD(sound_features, samples, F_INT, "", "samples of a clip", .min = 1,
          .max = 1 << 24),
    FIELD(sound_features, window, F_INT, "samples", "length of a frame",
          .min = 2, .max = 65536),
    FIELD(sound_features, hop, F_INT, "samples", "from one frame to the next",
          .min = 1, .max = 1 << 24),
    FIELD(sound_features, fft, F_INT, "", "points of the Fourier transform",
          .min = 4, .max = 65536),
    FIELD(sound_features, bands, F_INT, "", "bands on the mel scale", .min = 1,
          .max = 1024),
    FIELD(sound_features, coefs, F_INT, "",
          "MFCC coefficients; 0: the log-mel bands themselves", .max = 1024),
    FIELD(sound_features, low, F_REAL, "Hz", "lower end of the lowest band",
          .max = 96000),
    FIELD(sound_features, high, F_REAL, "Hz", "upper end of the highest band",
          .max = 96000),
    FIELD_END,
};

static const struct schema schema_sound = {
    .size = sizeof(struct sound_features),
    .fields = sound_fields,
};

static const struct field signal_fields[] = {
    FIELD(input_signal, rate, F_REAL, "Hz",
          "sampling rate, also after resampling; 0: unknown", .max = 1e9,
          .flags = F_OPT),
    FIELD(input_signal, before, F_INT, "samples",
          "samples of a window before its event", .max = DATASET_MAX_SIDE,
          .flags = F_OPT),
    FIELD(input_signal, after, F_INT, "samples",
          "samples of a window from its event on", .max = DATASET_MAX_SIDE,
          .flags = F_OPT),
    FIELD(input_signal, leads, F_STRS, "(channels)", "names of the channels",
          .max_count = DATASET_MAX_CHANNELS, .flags = F_OPT),
    FIELD_END,
};

static const struct schema schema_signal = {
    .size = sizeof(struct input_signal),
    .fields = signal_fields,
};

/* The rows of a struct input_source that begins at `base` of another struct. */
#define SOURCE_ROW(base, member, ft, doc_, ...)                               \
    {                                                                         \
        .key = #member, .type = (ft), .unit = "", .doc = (doc_),              \
        .offset = (base) + offsetof(struct input_source, member), __VA_ARGS__ \
    }
#define SOURCE_KIND(base, ...)                                                 \
    SOURCE_ROW(base, kind, F_ENUM, "kind of the inputs", .names = input_kinds, \
               __VA_ARGS__)
#define SOURCE_ROWS(base, version)                                      \
    SOURCE_ROW(base, sound, F_MAP,                                      \
               "how sounds became features; of the kind sound",         \
               .sub = &schema_sound, .flags = F_OPT, .since = version), \
        SOURCE_ROW(base, signal, F_MAP,                                 \
                   "how signals were sampled; of the kind signal",      \
                   .sub = &schema_signal, .flags = F_OPT, .since = version)

static const struct field source_fields[] = {
    SOURCE_KIND(0, .flags = F_OPT, .since = "1.2"),
    SOURCE_ROWS(0, "1.2"),
    FIELD_END,
};

const struct schema schema_source = {
    .size = sizeof(struct input_source),
    .fields = source_fields,
    .check = check_source,
};

/* ---- what a network is fed with ---- */

static int check_input(const void *data, struct err *e)
{
    const struct input_map *m = data;
    int64_t shape[3];

    if (m->size.n != 2)
        return err_set(e, ERR_FORMAT,
                       "size has %zu numbers, not 2 (height, width)",
                       m->size.n);
    memcpy(shape, m->size.v, 2 * sizeof *shape);
    shape[2] = m->channels;
    if (check_source(&m->source, e) < 0)
        return e->code;
    return moments_check(&m->source, shape, &m->mean, &m->std, e);
}

static const struct field input_fields[] = {
    SOURCE_KIND(offsetof(struct input_map, source), .since = NULL),
    FIELD(input_map, size, F_INTS, "(2)", "height and width of a sample",
          .min = 1, .max = DATASET_MAX_SIDE, .max_count = 2),
    FIELD(input_map, channels, F_INT, "",
          "number of channels; of images 1 = grey, 3 = red, green, blue",
          .min = 1, .max = DATASET_MAX_CHANNELS),
    FIELD(input_map, mean, F_REALS, "(channels) or (width, channels)",
          "mean of each channel, subtracted from pixels scaled to 0..1 or from "
          "features; of features also of each column",
          INPUT_MEAN_RANGE, .max_count = DATASET_MAX_MOMENTS),
    FIELD(input_map, std, F_REALS, "(as mean)",
          "standard deviation, by which the difference is divided",
          INPUT_STD_RANGE, .max_count = DATASET_MAX_MOMENTS),
    FIELD(
        input_map, classes, F_STRS, "(classes)",
        "names of the classes, in the order of the logits; empty if they take "
        "more than 512 KiB",
        .max_count = DATASET_MAX_CLASSES, .flags = F_OPT),
    FIELD(input_map, resize, F_ENUM, "", INPUT_RESIZE_DOC,
          .names = input_resizes, .flags = F_OPT),
    FIELD(input_map, crop, F_ENUM, "", INPUT_CROP_DOC, .names = input_crops,
          .flags = F_OPT),
    SOURCE_ROWS(offsetof(struct input_map, source), "trained 1.5, weights 1.3"),
    FIELD(input_map, fit_unknown, F_BOOL, "",
          "true: nobody said how pictures were brought to the size, and "
          "`resize` and `crop` mean nothing",
          .flags = F_OPT, .since = "trained 1.5, weights 1.3"),
    FIELD_END,
};

const struct schema schema_input = {
    .size = sizeof(struct input_map),
    .fields = input_fields,
    .check = check_input,
};
