/* SPDX-License-Identifier: MIT
 * Published data sets are read from their own file formats into a struct
 * dataset.
 *
 * Example (const struct strs paths[SPLIT_COUNT], struct err *e):
 *     const struct import_opts o = {.format = IMPORT_AUTO, .channels = CHANNELS_RGB};
 *     struct dataset d = {0};
 *     struct buf notes = {0};
 *     int rc = import_dataset(&o, paths, &d, &notes, e);
 *
 *     dataset_fini(&d);
 *     buf_free(&notes);
 *     return rc;
 *
 * Formats: CIFAR-10 binary (3073-byte records), CIFAR-100 binary (3074-byte
 * records), IDX (MNIST and its like; plain or gzip), pictures or sounds in folders,
 * one for each class, or in a table, and WFDB records. */
#ifndef DATA_IMPORT_IMPORT_H
#define DATA_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/nn/data/dataset.h"
#include "tools/data-import/draft.h"
#include "tools/data-import/splitting.h"

enum import_format {
    IMPORT_AUTO,
    IMPORT_CIFAR10,
    IMPORT_CIFAR100,
    IMPORT_IDX,
    IMPORT_IMAGES,
    IMPORT_WAV,
    IMPORT_WFDB,
    IMPORT_FORMATS
};
extern const char *const import_formats[IMPORT_FORMATS + 1];

/* How many channels pictures have: one when all are grey, else three; always
 * three; always one. */
enum import_channels { CHANNELS_AUTO, CHANNELS_RGB, CHANNELS_GREY };

/* What becomes of sounds (sound/sound_features.h). */
enum sound_kind { SOUND_MFCC, SOUND_LOG_MEL };
extern const char *const sound_kinds[]; /* "mfcc" "log-mel" NULL */

struct sound_opts {
    int kind;          /* enum sound_kind */
    double clip;       /* seconds */
    double frame, hop; /* milliseconds */
    uint64_t bands, coefs;
    double low, high; /* Hz; high NAN = 4000 or half the rate, what is less */
};

/* What becomes of records (signalimport.h). */
struct signal_opts {
    char *leads;     /* names or numbers, with commas; NULL = all of the first
                      * record */
    char *window;    /* as signal_window reads it */
    char *beats;     /* as beat_classes_parse reads it */
    char *annotator; /* ending of the files of annotations: "atr" */
};

struct import_opts {
    int format;       /* enum import_format */
    bool coarse;      /* CIFAR-100: the 20 coarse labels */
    char *name;       /* of the set; NULL = the format's */
    char *names_file; /* class names, one a line; NULL = those beside the
                       * data, or else numbers or folders' names */
    char *size;   /* of pictures: "HxW", "N" for "NxN"; NULL = as they are */
    int channels; /* pictures: enum import_channels */
    bool skip_corrupt; /* pictures and sounds that cannot be decoded */
    bool skip_other;   /* files beside them */
    bool skip_empty;   /* classes without samples */
    int flip; /* whether a mirrored image is one of the same class: 1, 0, or
               * -1 for what is so of most sets in this format */
    char *group_by; /* what groups of samples are (groupsplit.h); NULL =
                     * "auto" */
    double rate;    /* of sounds and signals, Hz; NAN = that of the first */
    bool per_band;  /* mean and deviation of each column of features */
    struct sound_opts sound;
    struct signal_opts signal;
    struct copying copying; /* of sounds and beats for training; its shift
                             * may be NAN, for SHIFT_OF_... */
    int progress;           /* whether to show progress (base/progress.h) */
    struct splitting splitting;
};

/* Write the size of pictures in full, "32x32" for "32".  ERR_ARG for a text that
 * is neither "N" nor "HxW". */
#define IMPORT_SIZE_TEXT 48
int import_size(const char *text, char out[IMPORT_SIZE_TEXT],
                struct err *e) MUST_CHECK;

/* Read the files of paths[SPLIT_TRAIN] and of the other splits.  A folder
 * stands for the data files in it (filelist_add), or if the first of the
 * training split has folders in it and no data files, all paths are folders of
 * pictures or of sounds (imagelist.h); if it is a CSV file, all are such
 * (csvlist.h); if it means WFDB records (records_named), all do.  A
 * training file goes to the split that its name says (filelist_split).  Splits
 * that are not there are cut off the training images (splitting_cut); mean and
 * deviation are those of the remaining ones.  Whole sentences for people, a line
 * each, are appended to *notes: what was decided for them.  d must be zeroed; it
 * is owned (dataset_fini), also after a failure. */
int import_dataset(const struct import_opts *o,
                   const struct strs paths[SPLIT_COUNT], struct dataset *d,
                   struct buf *notes, struct err *e) MUST_CHECK;

#endif
