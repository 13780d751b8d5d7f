/* SPDX-License-Identifier: MIT
 * Labelled images in splits.  They stay as they are stored (input.h);
 * normalising and augmenting happen when a batch is made (batch.h).
 * formats/dataset.h reads and writes them. */
#ifndef NN_DATA_DATASET_H
#define NN_DATA_DATASET_H

#include "libcommon/base/err.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/data/input.h"

/* The record `dataset`, which comes once, first. */
struct dataset_info {
    char *name;             /* "cifar10", "synth" */
    struct ints shape;      /* image (h, w, c) */
    struct strs classes;    /* names, label i is classes[i] */
    struct strs splits;     /* "train" "val" "test", those that are there */
    struct ints samples;    /* of each split */
    struct reals mean;      /* (c) of the training split, in 0..1 units */
    struct reals std;       /* (c) */
};

/* The record `chunk`: images of one split; splits come in the order of
 * `splits`. */
struct dataset_chunk {
    char *split;
    struct tensor images;   /* (n, h, w, c) u8 */
    struct tensor labels;   /* (n) i32 */
};

/* One split in memory. */
struct split {
    size_t n;
    uint8_t *items;         /* (n, item_bytes) stored samples (input.h) */
    int32_t *labels;        /* (n) */
};

enum split_id { SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST, SPLIT_COUNT };

/* "train" "val" "test" NULL: for an option's table and for split_find. */
extern const char *const split_names[SPLIT_COUNT + 1];
int split_find(const char *name);   /* enum split_id, or -1 */

/* A whole set.  Everything is owned (dataset_fini). */
struct dataset {
    char *name;
    struct input_spec input;
    struct strs class_names;            /* (input.classes) */
    struct split split[SPLIT_COUNT];    /* n = 0: not there or not asked for */
};

void dataset_set_classes(struct dataset *d, const char *const *names,
                         size_t n);                     /* copies */
void dataset_fini(struct dataset *d);

/* Make room for n items and labels, all zero; what was there is given back. */
void split_alloc(struct split *s, size_t n, size_t item_bytes);

/* Keep the items `index` (ascending, n of them), in place. */
void split_keep(struct split *s, size_t item_bytes, const uint32_t *index,
                size_t n);

/* Move the items `index` (ascending, n of them) to *to, which must be empty;
 * the others stay, in order. */
void split_move(struct split *from, struct split *to, size_t item_bytes,
                const uint32_t *index, size_t n);

void split_fini(struct split *s);

/* Keep a stratified choice of `want` items of the training split (0 = all of
 * it) that depends on the seed alone.  ERR_ARG when there are not so many. */
int dataset_keep_train(struct dataset *d, uint64_t want, uint64_t seed,
                       struct err *e) MUST_CHECK;

/* Mean and standard deviation of each channel of the training split in units
 * of 0..1, from exact integer sums; a constant channel gets 1 as deviation so
 * that it can be divided by.  Sets mean and std of d->input. */
void dataset_moments(struct dataset *d);

#endif
