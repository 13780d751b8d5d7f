/* SPDX-License-Identifier: MIT */
#include "formats/dataset.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pool.h"
#include "libcommon/base/progress.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "tools/data-synth/shapes.h"
#include "tools/data-synth/synth.h"

#define BLOCK 500 /* images between two updates of the progress */

static struct {
    uint64_t samples[SPLIT_COUNT], threads;
    struct synth_opts synth;
    struct common_opts common;
} o = {
    .samples = {6000, 1000, 2000},
    .threads = 1,
    .synth = {.seed = 1, .size = 32, .classes = SHAPES, .difficulty = 0.5},
    .common = COMMON_OPTS_INIT,
};

static const struct opt rows[] = {
    OPT_U64('n', "train", &o.samples[SPLIT_TRAIN], 1, 10000000, "N",
            "number of images in the training split", .unit = NUMBER_SI),
    OPT_U64(0, "val", &o.samples[SPLIT_VAL], 0, 10000000, "N",
            "number of images in the validation split", .unit = NUMBER_SI),
    OPT_U64(0, "test", &o.samples[SPLIT_TEST], 0, 10000000, "N",
            "number of images in the test split", .unit = NUMBER_SI),
    OPT_U64(0, "cal", &o.samples[SPLIT_CAL], 0, 10000000, "N",
            "number of images in the split cal, for guarantees",
            .unit = NUMBER_SI),
    OPT_U64(0, "classes", &o.synth.classes, 2, SHAPES, "N",
            "number of classes, the first N of disc, ring, square, frame, "
            "triangle, cross, bars, star, checker, crescent"),
    OPT_U64(0, "size", &o.synth.size, 8, 512, "PIXELS",
            "height and width of the images"),
    OPT_F64(0, "difficulty", &o.synth.difficulty, 0, 1, "D",
            "0 = mostly easy images, 1 = mostly hard ones"),
    OPT_SEED(&o.synth.seed),
    OPT_THREADS(&o.threads),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "data-synth",
    .purpose = "make a set of synthetic images in ten classes, easy to hard",
    .rows = rows,
    .operands = "",
    .writes = {&kind_dataset.id},
    .stdout_is = "dataset stream: splits train, val, test and cal",
    .example = "data-synth --train=100 --val=20 --test=20 | stream-dump | "
               "jq -c keys",
    .reads_no_stdin = true,
};

static void make(struct dataset *d, struct pool *pool, struct progress *p)
{
    d->name = xstrdup("synth");
    d->input.h = d->input.w = o.synth.size;
    d->input.c = 3;
    d->flip = FLIP_YES; /* each shape has an axis of symmetry */
    dataset_set_classes(d, shape_names, o.synth.classes);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        split_alloc(&d->split[s], o.samples[s], input_item_bytes(&d->input));
        for (size_t i = 0; i < o.samples[s]; i += BLOCK) {
            size_t left = o.samples[s] - i, n = left < BLOCK ? left : BLOCK;

            synth_fill(&o.synth, (enum split_id)s, i, n, &d->split[s], pool);
            progress_add(p, n);
        }
    }
    dataset_moments(d);
}

int main(int argc, char **argv)
{
    struct dataset d = {0};
    struct pool *pool;
    struct progress p;
    struct writer *w;
    uint64_t images = 0;
    struct err e;

    tool_start(&tool, argc, argv);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        if (o.samples[s] >
            (uint64_t)DATASET_MAX_SPLIT / (3 * o.synth.size * o.synth.size))
            tool_usage(&tool, "--%s: more than 64 GiB of images",
                       split_names[s]);
        images += o.samples[s];
    }
    tool_checked(&tool);
    w = writer_open(
        o.common.output, &kind_dataset,
        &(struct writer_opts){.tool = o.common.no_provenance ? NULL : &tool,
                              .level = (int)o.common.level},
        &e);
    if (!w)
        return tool_fail(&tool, &e);
    progress_start(&p, "images", images, o.common.progress);
    pool = pool_new((int)o.threads);
    make(&d, pool, &p);
    progress_end(&p);
    if (dataset_write(w, &d, NULL, &e) < 0 ||
        writer_finish(w, NULL, 0, &e) < 0) {
        writer_free(w);
        return tool_fail(&tool, &e);
    }
    writer_free(w);
    pool_free(pool);
    dataset_fini(&d);
    return tool_done(&tool);
}
