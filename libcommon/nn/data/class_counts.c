/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/data/class_counts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/utf8.h"

#define NAME_WIDTH 36    /* columns of the longest name */
#define CHANNELS_SHOWN 3 /* of mean and deviation */

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

/* Append the name, cut to `width` characters or padded to it; with no `out` only
 * measure it.  Returns its characters, at most NAME_WIDTH. */
static size_t put_name(const char *name, size_t width, struct buf *out)
{
    size_t n = strlen(name), at = 0, columns = 0, from = out ? out->len : 0;

    while (at < n && columns < NAME_WIDTH) {
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

static void put_row(const struct class_counts *c, const char *name,
                    size_t width, size_t k, struct buf *out)
{
    put_name(name, width, out);
    for (int s = 0; s < SPLIT_COUNT; s++)
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

void class_counts_text(const struct class_counts *c, const char *name,
                       const struct input_spec *in, const struct strs *classes,
                       struct buf *out)
{
    size_t width = strlen("class"), from = out->len;
    size_t shown = c->classes < c->shown ? c->classes : c->shown;

    for (size_t k = 0; k < shown; k++) {
        size_t columns = put_name(classes->v[k], 0, NULL);

        width = columns > width ? columns : width;
    }
    put_name(name, 0, out);
    buf_addf(out, ": %" PRIu64 " images of %zux%zu pixels, %zu channel%s, ",
             class_counts_of(c, c->classes), in->h, in->w, in->c,
             in->c == 1 ? "" : "s");
    if (out->len - from > 64)
        buf_adds(out, "\n");
    buf_addf(out, "%zu class%s\n", c->classes, c->classes == 1 ? "" : "es");
    buf_addf(out, "%-*s %9s %9s %9s %9s\n", (int)width, "class",
             split_names[SPLIT_TRAIN], split_names[SPLIT_VAL],
             split_names[SPLIT_TEST], "sum");
    for (size_t k = 0; k < shown; k++)
        put_row(c, classes->v[k], width, k, out);
    if (shown < c->classes)
        buf_addf(out, "and %zu more classes\n", c->classes - shown);
    put_row(c, "sum", width, c->classes, out);
    put_channels("mean", in->mean, in->c, out);
    put_channels(", std", in->std, in->c, out);
    buf_adds(out, " (pixels in 0..1)\n");
}
