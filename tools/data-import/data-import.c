/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "formats/dataset.h"
#include "libcommon/base/log.h"
#include "libcommon/base/progress.h"
#include "libcommon/base/utf8.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/nn/data/class_counts.h"
#include "tools/data-import/beatclasses.h"
#include "tools/data-import/groupsplit.h"
#include "tools/data-import/import.h"
#include "tools/data-import/signalimport.h"

static struct {
    struct import_opts import;
    struct strs vals, tests, cals;
    char size[IMPORT_SIZE_TEXT]; /* import.size in full */
    struct common_opts common;
} o = {
    .import = {.flip = -1,
               .group_by = (char *)"auto",
               .rate = NAN,
               .per_band = true,
               .sound = {.clip = 1,
                         .frame = 40,
                         .hop = 20,
                         .bands = 40,
                         .coefs = 10,
                         .low = 20,
                         .high = NAN},
               .signal = {.window = (char *)"128,128",
                          .beats = (char *)"aami",
                          .annotator = (char *)"atr"},
               .copying = {.shift = NAN, .gain = 6, .noise = 0.1, .seed = 1},
               .splitting = {{0, NAN, NAN, NAN}, .seed = 1}},
    .common = COMMON_OPTS_INIT,
};

static const char *const channels[] = {"auto", "3", "1", NULL};

static const struct opt rows[] = {
    OPT_ENUM(0, "format", &o.import.format, import_formats, "FORMAT",
             "format of the files; auto looks at sizes, contents and names; "
             "images: PNG, JPEG, PPM and BMP, a folder per class; wav: sounds, "
             "a folder per class; wfdb: beats of records"),
    OPT_FLAG(0, "coarse", &o.import.coarse,
             "CIFAR-100: the 20 coarse labels instead of the 100 fine ones"),
    OPT_PATHS(0, "val", &o.vals, "FILE",
              "files or folders of the validation split"),
    OPT_PATHS(0, "test", &o.tests, "FILE",
              "files or folders of the test split, whatever their names"),
    OPT_PATHS(0, "cal", &o.cals, "FILE",
              "files or folders of the split cal, for guarantees"),
    OPT_F64(0, "val-share", &o.import.splitting.share[SPLIT_VAL], 0, 0.9, "P",
            "share of the training images that becomes the validation split, "
            "class by class, if there is none; default: 0.1",
            .unit = NUMBER_SHARE, .flags = OPT_OPEN),
    OPT_F64(0, "test-share", &o.import.splitting.share[SPLIT_TEST], 0, 0.9, "P",
            "the same for the test split, which is taken first; default: 0.1",
            .unit = NUMBER_SHARE, .flags = OPT_OPEN),
    OPT_F64(0, "cal-share", &o.import.splitting.share[SPLIT_CAL], 0, 0.9, "P",
            "the same for the split cal, which is taken last; default: 0",
            .unit = NUMBER_SHARE, .flags = OPT_OPEN),
    OPT_STR(0, "group-by", &o.import.group_by, "HOW",
            "splits are cut by whole groups: name:TEXT, by the names of files "
            "up to TEXT; none: sample by sample; auto: by what the format "
            "says, such as speakers",
            .check = group_by_check),
    OPT_PATH(0, "split-list", &o.import.splitting.list, "FILE",
             "lines \"GROUP SPLIT\": the splits of groups; de-chazal: of the "
             "records of MIT-BIH"),
    OPT_U64(0, "val-seed", &o.import.splitting.seed, 0, INT_EXACT, "N",
            "seed of the choice of images for splits"),
    OPT_WHEN(0, "flip", &o.import.flip,
             "whether a mirrored image is one of the same class, so that "
             "training may mirror images; auto: IDX no, CIFAR and pictures "
             "yes"),
    OPT_STR(0, "name", &o.import.name, "NAME",
            "name of the set; default: the format's"),
    OPT_PATH(0, "class-names", &o.import.names_file, "FILE",
             "names of the classes, one a line; default: the file that "
             "belongs to the format, beside the first data file, or numbers"),
    OPT_HEADING("Pictures"),
    OPT_STR(0, "size", &o.import.size, "N|HxW",
            "scale each picture to cover this size and take its middle; "
            "default: all must have one size"),
    OPT_ENUM(0, "channels", &o.import.channels, channels, "C",
             "3: red, green, blue; 1: grey; auto: 1 if all pictures are grey"),
    OPT_FLAG(0, "skip-corrupt", &o.import.skip_corrupt,
             "pass over damaged pictures or sounds, naming them, instead of "
             "failing"),
    OPT_FLAG(0, "skip-other", &o.import.skip_other,
             "pass over files that are not pictures or sounds instead of "
             "failing"),
    OPT_FLAG(0, "skip-empty", &o.import.skip_empty,
             "pass over classes without samples instead of failing"),
    OPT_HEADING("Sounds and signals"),
    OPT_F64(0, "rate", &o.import.rate, 1, 192000, "HZ",
            "rate they are brought to; default: that of the first",
            .flags = OPT_OPEN),
    OPT_FLAG(0, "per-band", &o.import.per_band,
             "mean and deviation are those of each band or coefficient, not "
             "one of all"),
    OPT_U64(0, "copies", &o.import.copying.copies, 0, 1000, "K",
            "further copies of each training sample, with the three changes "
            "that follow"),
    OPT_F64(
        0, "copy-shift", &o.import.copying.shift, 0, 10, "S",
        "seconds that a copy is moved by, at most, either way; default: 0.1, "
        "of beats 0.01",
        .flags = OPT_OPEN),
    OPT_F64(0, "copy-gain", &o.import.copying.gain, 0, 60, "DB",
            "decibels that it is louder or softer by, at most"),
    OPT_F64(0, "copy-noise", &o.import.copying.noise, 0, 10, "P",
            "white noise of up to this share of the sample's deviation",
            .unit = NUMBER_SHARE),
    OPT_U64(0, "copy-seed", &o.import.copying.seed, 0, INT_EXACT, "N",
            "seed of the changes"),
    OPT_HEADING("Sounds (WAV)"),
    OPT_F64(0, "clip", &o.import.sound.clip, 1e-3, 3600, "S",
            "seconds of a clip: sounds are padded with silence or cut"),
    OPT_ENUM(0, "features", &o.import.sound.kind, sound_kinds, "KIND",
             "what a frame becomes"),
    OPT_F64(0, "frame", &o.import.sound.frame, 0.1, 10000, "MS",
            "milliseconds of a frame"),
    OPT_F64(0, "hop", &o.import.sound.hop, 0.1, 10000, "MS",
            "milliseconds from one frame to the next"),
    OPT_U64(0, "bands", &o.import.sound.bands, 1, 1024, "N", "mel bands"),
    OPT_U64(0, "coefs", &o.import.sound.coefs, 1, 1024, "N",
            "MFCC, with the zeroth"),
    OPT_F64(0, "low", &o.import.sound.low, 0, 96000, "HZ",
            "where the lowest band begins"),
    OPT_F64(0, "high", &o.import.sound.high, 1, 96000, "HZ",
            "where the highest band ends; default: 4000 or half the rate",
            .flags = OPT_OPEN),
    OPT_HEADING("Signals (WFDB records)"),
    OPT_STR(0, "leads", &o.import.signal.leads, "LEAD,...",
            "names of signals, or their numbers from 1 on; default: all of "
            "the first record",
            .check = signal_leads_check),
    OPT_STR(0, "window", &o.import.signal.window, "BEFORE,AFTER",
            "samples round an R peak, or with an s seconds: 0.3s,0.4s",
            .check = signal_window_check),
    OPT_STR(0, "beats", &o.import.signal.beats, "aami|NAME=SIGNS,...",
            "classes by signs of annotations; aami: N S V F Q",
            .check = beat_classes_check),
    OPT_STR(0, "annotator", &o.import.signal.annotator, "ENDING",
            "ending of the files of annotations"),
    OPT_COMMON(&o.common),
    OPT_END,
};

static const struct tool tool = {
    .name = "data-import",
    .purpose = "make a dataset stream of pictures, sounds or beats",
    .rows = rows,
    .operands = "FILE|FOLDER...",
    .writes = {&kind_dataset.id},
    .stdout_is = "dataset stream: splits train, val, test and cal",
    .example = "data-import cifar-10-batches-bin -o c10.mpz",
    .reads_no_stdin = true,
};

/* What is there now, as last lines for people. */
static void say(const struct dataset *d, const struct buf *notes)
{
    struct class_counts c;
    struct buf text = {0};

    class_counts_init(&c, d->class_names.n);
    for (int s = 0; s < SPLIT_COUNT; s++)
        class_counts_add(&c, s, d->split[s].labels, d->split[s].n);
    class_counts_text(&c, d->name, &d->input, &d->class_names, &text);
    if (notes->len)
        buf_add(&text, notes->data, notes->len);
    log_lines(text.data);
    buf_free(&text);
    class_counts_fini(&c);
}

/* Settle shares by default, and give texts one spelling; *window then holds that of
 * --window. */
static void settle_options(struct buf *window)
{
    struct err e;

    if (o.import.size && import_size(o.import.size, o.size, &e) < 0)
        tool_usage(&tool, "%s", e.text);
    if (o.import.size)
        o.import.size = o.size;
    if (o.import.name && !utf8_printable(o.import.name))
        tool_usage(&tool, "--name is not UTF-8 without control characters");
    for (int s = SPLIT_VAL; s < SPLIT_COUNT; s++) {
        o.import.splitting.given[s] = !isnan(o.import.splitting.share[s]);
        if (!o.import.splitting.given[s])
            o.import.splitting.share[s] = s == SPLIT_CAL ? 0 : 0.1;
    }
    signal_window_text(o.import.signal.window, window);
    o.import.signal.window = window->data;
    if (!strcmp(o.import.signal.beats, "aami"))
        o.import.signal.beats = (char *)BEATS_AAMI;
    o.import.splitting.by_sample = !strcmp(o.import.group_by, "none");
}

/* Provenance says what the data have decided. */
static void settle_found(const struct dataset *d)
{
    const struct input_source *from = &d->input.source;
    double *shift = &o.import.copying.shift;

    o.import.flip = d->flip == FLIP_YES;
    if (from->kind == INPUT_SOUND) {
        o.import.rate = (double)from->sound.rate;
        o.import.sound.high = from->sound.high;
        *shift = isnan(*shift) ? SHIFT_OF_SOUNDS : *shift;
    } else if (from->kind == INPUT_SIGNAL) {
        o.import.rate = from->signal.rate;
        *shift = isnan(*shift) ? SHIFT_OF_BEATS : *shift;
    }
}

int main(int argc, char **argv)
{
    struct operands in = tool_start(&tool, argc, argv);
    struct dataset d = {0};
    struct buf notes = {0}, window = {0};
    struct progress p;
    uint64_t images = 0;
    struct writer *w;
    int rc;
    const struct strs paths[SPLIT_COUNT] = {
        [SPLIT_TRAIN] = {in.v, in.n},
        [SPLIT_VAL] = o.vals,
        [SPLIT_TEST] = o.tests,
        [SPLIT_CAL] = o.cals,
    };
    struct err e;

    settle_options(&window);
    tool_checked(&tool);
    if (in.n == 0)
        tool_usage(&tool, "name the files or the folder to import");
    o.import.progress = o.common.progress;
    if (import_dataset(&o.import, paths, &d, &notes, &e) < 0)
        return tool_fail(&tool, &e);
    settle_found(&d);
    w = writer_open(
        o.common.output, &kind_dataset,
        &(struct writer_opts){.tool = o.common.no_provenance ? NULL : &tool,
                              .level = (int)o.common.level},
        &e);
    if (!w)
        return tool_fail(&tool, &e);
    for (int s = 0; s < SPLIT_COUNT; s++)
        images += d.split[s].n;
    progress_start(&p, "images written", images, o.common.progress);
    rc = dataset_write(w, &d, &p, &e);
    progress_end(&p);
    if (rc == 0)
        rc = writer_finish(w, NULL, 0, &e);
    writer_free(w);
    if (rc < 0)
        return tool_fail(&tool, &e);
    splitting_check(&d);
    if (!o.import.splitting.by_sample)
        group_split_check(&d);
    say(&d, &notes);
    buf_free(&notes);
    buf_free(&window);
    dataset_fini(&d);
    return tool_done(&tool);
}
