/* SPDX-License-Identifier: MIT */
#include "formats/input.h"

#include <inttypes.h>

#include "libcommon/nn/data/dataset.h"

int moments_check(const struct reals *mean, const struct reals *std,
                  int64_t channels, struct err *e)
{
    if (mean->n == (size_t)channels && std->n == mean->n)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "%zu means and %zu deviations for %" PRId64 " channels",
                   mean->n, std->n, channels);
}

static int check_input(const void *data, struct err *e)
{
    const struct input_map *m = data;

    if (m->size.n != 2)
        return err_set(e, ERR_FORMAT,
                       "size has %zu numbers, not 2 (height, width)",
                       m->size.n);
    return moments_check(&m->mean, &m->std, m->channels, e);
}

static const struct field input_fields[] = {
    FIELD(input_map, kind, F_ENUM, "", "kind of the inputs",
          .names = input_kinds),
    FIELD(input_map, size, F_INTS, "(2)", "height and width of an image",
          .min = 1, .max = DATASET_MAX_SIDE, .max_count = 2),
    FIELD(input_map, channels, F_INT, "",
          "number of channels: 1 = grey; 3 = red, green, blue", .min = 1,
          .max = DATASET_MAX_CHANNELS),
    FIELD(input_map, mean, F_REALS, "(channels)",
          "mean of each channel, subtracted from pixels scaled to 0..1",
          .min = 0, .max = 1, .max_count = DATASET_MAX_CHANNELS),
    FIELD(input_map, std, F_REALS, "(channels)",
          "standard deviation of each channel, by which the difference is "
          "divided",
          .min = 1e-6, .max = 1, .max_count = DATASET_MAX_CHANNELS),
    FIELD(
        input_map, classes, F_STRS, "(classes)",
        "names of the classes, in the order of the logits; empty if they take "
        "more than 512 KiB",
        .max_count = DATASET_MAX_CLASSES, .flags = F_OPT),
    FIELD(input_map, resize, F_ENUM, "", INPUT_RESIZE_DOC,
          .names = input_resizes, .flags = F_OPT),
    FIELD(input_map, crop, F_ENUM, "", INPUT_CROP_DOC, .names = input_crops,
          .flags = F_OPT),
    FIELD_END,
};

const struct schema schema_input = {
    .size = sizeof(struct input_map),
    .fields = input_fields,
    .check = check_input,
};
