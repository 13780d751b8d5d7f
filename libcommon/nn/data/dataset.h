/* SPDX-License-Identifier: MIT
 * A data set holds labelled samples in splits: images, or the features of sounds
 * and signals.  Samples stay as they are stored (input.h); they are normalised and
 * augmented when a batch is made (batch.h).  formats/dataset.h reads and writes
 * them. */
#ifndef NN_DATA_DATASET_H
#define NN_DATA_DATASET_H

#include "libcommon/base/err.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/data/filenames.h"
#include "libcommon/nn/data/input.h"

/* What a data set may hold.  Streams keep to it, and importers to what an image
 * may be. */
#define DATASET_MAX_SIDE 4096
#define DATASET_MAX_CHANNELS 64
#define DATASET_MAX_CLASSES 65536
#define DATASET_MAX_ITEM (1 << 24)           /* bytes of one sample */
#define DATASET_MAX_SPLIT ((int64_t)1 << 36) /* bytes of one split's samples */
#define DATASET_MAX_MOMENTS 16384            /* numbers of mean */
#define DATASET_MAX_SAMPLES 4294967295.      /* of one split */

/* The record `dataset` comes once, before all others. */
struct dataset_info {
    char *name;                /* "cifar10", "synth" */
    struct ints shape;         /* sample (h, w, c) */
    struct strs classes;       /* classes[i] is the name of label i */
    struct strs splits;        /* those of split_names that are there */
    struct ints samples;       /* of each split */
    struct reals mean;         /* (c) of the training split, in 0..1 units; of
                                * features (c) or (w, c), in their own */
    struct reals std;          /* as mean */
    int resize, crop;          /* enum input_resize, enum input_crop */
    int flip;                  /* enum dataset_flip */
    struct input_source input; /* what samples are made of */
};

/* The record `chunk` holds images of one split.  The chunks of a split come
 * together, and splits in the order of dataset_info.splits. */
struct dataset_chunk {
    char *split;
    struct tensor images; /* (n, h, w, c) u8, of features f32 */
    struct tensor labels; /* (n) i32 */
    struct tensor names;  /* (bytes) u8 file names (filenames.h), or absent */
    struct tensor groups; /* (bytes) u8 names of groups, or absent */
};

/* This is a split in memory. */
struct split {
    size_t n;
    uint8_t *items;          /* (n, item_bytes) stored samples (input.h) */
    int32_t *labels;         /* (n) */
    struct filenames names;  /* of n samples, or of none */
    struct filenames groups; /* whose they are, such as a speaker's or a
                              * patient's: of n samples, or of none */
};

/* SPLIT_CAL is for what must hold on unseen data: nothing is trained or chosen
 * on it. */
enum split_id { SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST, SPLIT_CAL, SPLIT_COUNT };

/* split_names[i] is the name of split i.  NULL ends the names, as OPT_ENUM
 * needs it. */
extern const char *const split_names[SPLIT_COUNT + 1];
int split_find(const char *name); /* enum split_id, or -1 */
#define SPLITS_TEXT "train, val, test or cal"

/* Whether a mirrored image is one of the same class, so that training may flip
 * images: photographs yes, digits no. */
enum dataset_flip { FLIP_UNKNOWN, FLIP_YES, FLIP_NO };
extern const char *const flip_names[]; /* "unknown" "yes" "no" NULL */

/* This is a data set in memory, which owns all its members (dataset_fini), those
 * of its input among them. */
struct dataset {
    char *name;
    struct input_spec input;
    struct strs class_names; /* (input.classes) */
    enum dataset_flip flip;
    struct split split[SPLIT_COUNT]; /* n = 0: not there or not asked for */
};

void dataset_set_classes(struct dataset *d, const char *const *names,
                         size_t n); /* copies */
void dataset_set_leads(struct dataset *d, const char *const *names,
                       size_t n); /* copies; of a signal */
void dataset_fini(struct dataset *d);

/* Allocate n items and labels, all zero; those that the split had are freed. */
void split_alloc(struct split *s, size_t n, size_t item_bytes);

/* Keep only the items index[0..n), which are ascending, in place. */
void split_keep(struct split *s, size_t item_bytes, const uint32_t *index,
                size_t n);

/* Move the items index[0..n), which are ascending, to *to, which must be empty;
 * the others stay, in order. */
void split_move(struct split *from, struct split *to, size_t item_bytes,
                const uint32_t *index, size_t n);

void split_fini(struct split *s);

/* Keep a stratified choice of `want` items of the training split, with no other
 * randomness than the seed.  All are kept when want is 0 or when there are no
 * more, which is a warning if there are fewer. */
void dataset_keep_train(struct dataset *d, uint64_t want, uint64_t seed);

/* Prepare a data set for a training that goes on from the weights of a network,
 * called `net` in messages: its images are from now on normalised as the
 * network's map says (input_normalise), because the weights expect it.  Classes
 * of other names and inputs of another kind are warned of.  Nothing is done where
 * the map is not known. */
void dataset_go_on(struct dataset *d, const struct input_map *m,
                   const char *net);

/* Settle two parameters of a training that are left to the data set: *batch where
 * it is 0, by batch_auto (batch.h) for the images that the training split has now;
 * *flip where it is -1: 0 when mirrored images are of another class, else 1, also
 * where the set does not know.  Features are never mirrored: *flip becomes 0. */
void dataset_settle(const struct dataset *d, uint64_t most, uint64_t *batch,
                    int *flip);

/* Set mean and std of d->input to the mean and standard deviation of the training
 * split: of each channel in units of 0..1, or of each channel of features, or with
 * per_band of each (w, c), in their own units.  Those of images come from exact
 * integer sums, those of features from compensated ones in the order of the split.
 * std is 1 for what is constant, so that samples can be divided by it.  per_band is
 * given up beyond DATASET_MAX_MOMENTS. */
void dataset_moments(struct dataset *d);

#endif
