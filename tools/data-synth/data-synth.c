/* SPDX-License-Identifier: MIT */
#include "formats/dataset.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pool.h"
#include "libcommon/base/progress.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "tools/data-synth/beats.h"
#include "tools/data-synth/shapes.h"
#include "tools/data-synth/synth.h"

#define BLOCK 500 /* samples between two updates of the progress */

enum synth_kind { SYNTH_IMAGES, SYNTH_SIGNALS };
static const char *const kinds[] = {"images", "signals", NULL};

static struct {
    int kind; /* enum synth_kind */
    uint64_t samples[SPLIT_COUNT], threads;
    struct synth_opts synth;
    struct beat_opts beats; /* seed, classes and difficulty are synth's */
    struct common_opts common;
} o = {
    .samples = {6000, 1000, 2000},
    .threads = 1,
    .synth = {.seed = 1, .size = 32, .difficulty = 0.5},
    .beats = {.length = 128, .leads = BEAT_LEADS},
    .common = COMMON_OPTS_INIT,
};

static const struct opt rows[] = {
    OPT_ENUM(0, "kind", &o.kind, kinds, "KIND",
             "colour images of shapes, or signals like heart beats"),
    OPT_U64('n', "train", &o.samples[SPLIT_TRAIN], 1, 10000000, "N",
            "number of samples in the training split", .unit = NUMBER_SI),
    OPT_U64(0, "val", &o.samples[SPLIT_VAL], 0, 10000000, "N",
            "number of samples in the validation split", .unit = NUMBER_SI),
    OPT_U64(0, "test", &o.samples[SPLIT_TEST], 0, 10000000, "N",
            "number of samples in the test split", .unit = NUMBER_SI),
    OPT_U64(0, "cal", &o.samples[SPLIT_CAL], 0, 10000000, "N",
            "number of samples in the split cal, for guarantees",
            .unit = NUMBER_SI),
    OPT_U64(
        0, "classes", &o.synth.classes, 2, SHAPES, "N",
        "number of classes, the first N of disc, ring, square, frame, "
        "triangle, cross, bars, star, checker, crescent; of signals normal, "
        "early, wide, fused, paced; auto: all",
        .flags = OPT_AUTO),
    OPT_U64(0, "size", &o.synth.size, 8, 512, "PIXELS",
            "height and width of the images"),
    OPT_U64(0, "length", &o.beats.length, 16, DATASET_MAX_SIDE, "N",
            "samples of a signal"),
    OPT_U64(0, "leads", &o.beats.leads, 1, BEAT_LEADS, "N",
            "leads of a signal"),
    OPT_F64(0, "difficulty", &o.synth.difficulty, 0, 1, "D",
            "0 = mostly easy samples, 1 = mostly hard ones"),
    OPT_SEED(&o.synth.seed),
    OPT_THREADS(&o.threads),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "data-synth",
    .purpose = "make a set of synthetic images or signals, easy to hard",
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
    bool signals = o.kind == SYNTH_SIGNALS;

    d->name = xstrdup(signals ? "beats" : "synth");
    d->input.h = d->input.w = o.synth.size;
    d->input.c = 3;
    if (signals)
        beat_input(&o.beats, &d->input);
    /* Each shape has an axis of symmetry. */
    d->flip = signals ? FLIP_NO : FLIP_YES;
    dataset_set_classes(d, signals ? beat_names : shape_names, o.synth.classes);
    for (int s = 0; s < SPLIT_COUNT; s++) {
        split_alloc(&d->split[s], o.samples[s], input_item_bytes(&d->input));
        for (size_t i = 0; i < o.samples[s]; i += BLOCK) {
            size_t left = o.samples[s] - i, n = left < BLOCK ? left : BLOCK;

            if (signals)
                beats_fill(&o.beats, (enum split_id)s, i, n, &d->split[s],
                           pool);
            else
                synth_fill(&o.synth, (enum split_id)s, i, n, &d->split[s],
                           pool);
            progress_add(p, n);
        }
    }
    dataset_moments(d);
}

/* Settle what the kind decides. */
static void settle(void)
{
    uint64_t most = o.kind == SYNTH_SIGNALS ? BEATS : SHAPES;
    uint64_t bytes = o.kind == SYNTH_SIGNALS
                         ? 4 * o.beats.length * o.beats.leads
                         : 3 * o.synth.size * o.synth.size;

    if (!o.synth.classes)
        o.synth.classes = most;
    if (o.synth.classes > most)
        tool_usage(&tool, "--classes: signals have %d", BEATS);
    o.beats.seed = o.synth.seed;
    o.beats.classes = o.synth.classes;
    o.beats.difficulty = o.synth.difficulty;
    for (int s = 0; s < SPLIT_COUNT; s++)
        if (o.samples[s] > (uint64_t)DATASET_MAX_SPLIT / bytes)
            tool_usage(&tool, "--%s: more than 64 GiB of %s", split_names[s],
                       kinds[o.kind]);
}

int main(int argc, char **argv)
{
    struct dataset d = {0};
    struct pool *pool;
    struct progress p;
    struct writer *w;
    uint64_t samples = 0;
    struct err e;

    tool_start(&tool, argc, argv);
    settle();
    for (int s = 0; s < SPLIT_COUNT; s++)
        samples += o.samples[s];
    tool_checked(&tool);
    w = writer_open(
        o.common.output, &kind_dataset,
        &(struct writer_opts){.tool = o.common.no_provenance ? NULL : &tool,
                              .level = (int)o.common.level},
        &e);
    if (!w)
        return tool_fail(&tool, &e);
    progress_start(&p, kinds[o.kind], samples, o.common.progress);
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
