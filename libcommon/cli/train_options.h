/* SPDX-License-Identifier: MIT
 * Rows of the option table (opt.h) that trainers share, so that these options
 * have the same names, ranges and help everywhere.  A macro takes the address
 * of the value and, where trainers differ, the help text. */
#ifndef CLI_TRAIN_OPTIONS_H
#define CLI_TRAIN_OPTIONS_H

#include "libcommon/cli/opt.h"

#define OPT_TRAIN_IMAGES(t)                    \
    OPT_U64(0, "train-images", t, 0, 1e9, "N", \
            "train on a stratified part "      \
            "of the training split (0 = all)", \
            .unit = NUMBER_SI)
/* 0 = auto, what batch_auto of nn/data/batch.h returns. */
#define OPT_BATCH(t)                                   \
    OPT_U64('b', "batch", t, 2, 65536, "N",            \
            "samples per step; auto: by the "          \
            "number of training samples, at most 128", \
            .flags = OPT_AUTO)
#define OPT_MOMENTUM(t, h) OPT_F64(0, "momentum", t, 0, 1, "R", h)
#define OPT_WEIGHT_DECAY(t, h) OPT_F64(0, "weight-decay", t, 0, 1e3, "R", h)
#define OPT_LABEL_SMOOTHING(t)                  \
    OPT_F64(0, "label-smoothing", t, 0, 1, "P", \
            "share of each label that is "      \
            "spread over all classes",          \
            .unit = NUMBER_SHARE)
/* Expands to a heading and two rows; needs nn/data/batch.h. */
#define OPT_AUGMENTATION(flip_, crop_pad_)              \
    OPT_HEADING("Augmentation"),                        \
        OPT_WHEN_OR(0, "flip", flip_, batch_flip_names, \
                    "auto|yes|no|alternate",            \
                    "mirror images horizontally with "  \
                    "probability 1/2, or (alternate) "  \
                    "in every other epoch; auto: "      \
                    "unless the data set says no; "     \
                    "never sounds and signals"),        \
        OPT_U64(0, "crop-pad", crop_pad_, 0, 1024, "N", \
                "pixels of padding for random "         \
                "crops, rows of sounds and signals "    \
                "(0 = no crops)")
/* `most` is DATASET_MAX_SIDE of nn/data/dataset.h, which this room may not
 * include. */
#define OPT_CUTOUT(t, most)                                                 \
    OPT_U64(0, "cutout", t, 0, most, "N",                                   \
            "set a square of side N at a random place to the mean; it may " \
            "reach over the edge (0 = none)",                               \
            .flags = OPT_LATER)
#define OPT_MIXUP(t)                                                       \
    OPT_F64(0, "mixup", t, 0, 100, "A",                                    \
            "mix the samples of a batch in pairs, and their labels, by a " \
            "share drawn from Beta(A, A) (0 = no mixing)",                 \
            .flags = OPT_LATER)
/* `most` is ENGINE_MAX_SHARDS of nn/engine/engine.h, which this room may not
 * include. */
#define OPT_SHARDS(t, most)                   \
    OPT_U64(0, "shards", t, 1, most, "N",     \
            "parts a batch is divided into; " \
            "more threads are of no use")
/* Expands to three rows: a path, seconds, a path. */
#define OPT_CHECKPOINT(checkpoint_, every_, log_)                              \
    OPT_OUTPUT(0, "checkpoint", checkpoint_, "FILE",                           \
               "state from which a killed run continues; removed at the end"), \
        OPT_U64_NOPROV(0, "checkpoint-every", every_, 0, 1000000, "SECONDS",   \
                       "shortest time between two checkpoints"),               \
        OPT_OUTPUT_IN_PLACE(0, "log", log_, "FILE",                            \
                            "write one line of JSON after each epoch")

#endif
