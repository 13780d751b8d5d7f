/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/class_counts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/utf8.h"

#define NAME_WIDTH 36     /* columns of the longest name, */
#define NAME_WIDTH_CAL 26 /* with a column more */
#define CHANNELS_SHOWN 3  /* of mean and deviation */

void class_counts_init(struct class_counts *c, size_t classes)
{
    c->classes = classes;
    c->shown = CLASS_COUNTS_SHOWN;
    c->n = xcalloc((classes + 1) * SPLIT_COUNT, sizeof *c->n);
}

void class_counts_add(struct class_counts *c, int split, const int32_t *labels,
                      size_t n)
{
    for (size_t i = 0; i < n; i++) {
        BUG_IF(labels[i] < 0 || (size_t)labels[i] >= c->classes);
        c->n[(size_t)labels[i] * SPLIT_COUNT + (size_t)split]++;
    }
    c->n[c->classes * SPLIT_COUNT + (size_t)split] += n;
}

void class_counts_fini(struct class_counts *c)
{
    free(c->n);
    *c = (struct class_counts){0};
}

uint64_t class_counts_of(const struct class_counts *c, size_t k)
{
    uint64_t sum = 0;

    for (int s = 0; s < SPLIT_COUNT; s++)
        sum += c->n[k * SPLIT_COUNT + (size_t)s];
    return sum;
}

/* Append the name, cut to `most` characters or padded to `width`; with no `out`
 * only measure it.  Returns its characters, at most `most`. */
static size_t put_name(const char *name, size_t width, size_t most,
                       struct buf *out)
{
    size_t n = strlen(name), at = 0, columns = 0, from = out ? out->len : 0;

    while (at < n && columns < most) {
        uint32_t code;

        at += utf8_next(name + at, n - at, &code);
        columns++;
    }
    if (!out)
        return columns;
    buf_add(out, name, at);
    buf_mask(out, from);
    if (columns < width)
        buf_addf(out, "%*s", (int)(width - columns), "");
    return columns;
}

/* Returns true when the table has a column for the split. */
static bool shows_split(const struct class_counts *c, int split)
{
    return split != SPLIT_CAL || c->n[c->classes * SPLIT_COUNT + SPLIT_CAL];
}

static void put_row(const struct class_counts *c, const char *name,
                    size_t width, size_t k, struct buf *out)
{
    put_name(name, width, width, out);
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (shows_split(c, s))
            buf_addf(out, " %9" PRIu64, c->n[k * SPLIT_COUNT + (size_t)s]);
    buf_addf(out, " %9" PRIu64 "\n", class_counts_of(c, k));
}

static void put_channels(const char *what, const double *v, size_t n,
                         struct buf *out)
{
    buf_adds(out, what);
    for (size_t i = 0; i < n && i < CHANNELS_SHOWN; i++)
        buf_addf(out, " %.4f", v[i]);
    if (n > CHANNELS_SHOWN)
        buf_adds(out, " ...");
}

/* Append what a sample is: "images of 32x32 pixels, 3 channels". */
static void put_shape(const struct input_spec *in, struct buf *out)
{
    const struct input_source *s = &in->source;
    const char *more = in->c == 1 ? "" : "s";

    if (s->kind == INPUT_SOUND)
        buf_addf(out, "sounds, %zu frames of %zu %s", in->h, in->w,
                 s->sound.coefs ? "MFCC" : "log-mel bands");
    else if (s->kind == INPUT_SIGNAL && in->w == 1)
        buf_addf(out, "signals of %zu samples, %zu lead%s", in->h, in->c, more);
    else if (s->kind == INPUT_SIGNAL)
        buf_addf(out, "signals of %zux%zu numbers, %zu channel%s", in->h, in->w,
                 in->c, more);
    else
        buf_addf(out, "images of %zux%zu pixels, %zu channel%s", in->h, in->w,
                 in->c, more);
}

void class_counts_text(const struct class_counts *c, const char *name,
                       const struct input_spec *in, const struct strs *classes,
                       struct buf *out)
{
    size_t width = strlen("class"), from = out->len;
    size_t shown = c->classes < c->shown ? c->classes : c->shown;
    size_t most = shows_split(c, SPLIT_CAL) ? NAME_WIDTH_CAL : NAME_WIDTH;

    for (size_t k = 0; k < shown; k++) {
        size_t columns = put_name(classes->v[k], 0, most, NULL);

        width = columns > width ? columns : width;
    }
    put_name(name, 0, NAME_WIDTH, out);
    buf_addf(out, ": %" PRIu64 " ", class_counts_of(c, c->classes));
    put_shape(in, out);
    buf_adds(out, out->len - from > 62 ? ",\n" : ", ");
    buf_addf(out, "%zu class%s\n", c->classes, c->classes == 1 ? "" : "es");
    buf_addf(out, "%-*s", (int)width, "class");
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (shows_split(c, s))
            buf_addf(out, " %9s", split_names[s]);
    buf_addf(out, " %9s\n", "sum");
    for (size_t k = 0; k < shown; k++)
        put_row(c, classes->v[k], width, k, out);
    if (shown < c->classes)
        buf_addf(out, "and %zu more classes\n", c->classes - shown);
    put_row(c, "sum", width, c->classes, out);
    put_channels("mean", in->mean, input_moments(in), out);
    put_channels(", std", in->std, input_moments(in), out);
    buf_adds(out, !input_floats(in) ? " (pixels in 0..1)\n"
                  : in->per_band    ? " (of each band)\n"
                                    : " (of each channel)\n");
}
