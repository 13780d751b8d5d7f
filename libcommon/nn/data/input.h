/* SPDX-License-Identifier: MIT
 * An input_spec says what a network is fed with: the shape of a sample, how its
 * numbers are normalised, and how many classes there are.  Batches (batch.h),
 * evaluation and inference need no more of a data set than this and a split.
 *
 * A stored sample is an item of input_item_bytes().  An image is h * w pixels of c
 * uint8 channels each.  Anything else is float features, (h, w, c) of 32 bits: for
 * sound frames by bands by 1, for a signal samples by 1 by leads.  batch.c alone
 * turns items into reals. */
#ifndef NN_DATA_INPUT_H
#define NN_DATA_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/values.h"
#include "libcommon/nn/graph/net.h"
#include "libcommon/sound/sound_features.h"

enum input_kind { INPUT_IMAGE, INPUT_SOUND, INPUT_SIGNAL };
extern const char *const input_kinds[]; /* "image" "sound" "signal" NULL */

/* How a signal became samples: read at `rate`, or brought to it. */
struct input_signal {
    double rate;           /* samples a second; 0 = unknown */
    int64_t before, after; /* samples of a window before an event and from it
                            * on; both 0 = not cut around events */
    struct strs leads;     /* (c) their names, or none */
};

/* What samples are made of, so that others can be made alike of a file. */
struct input_source {
    int kind;                    /* enum input_kind */
    struct sound_features sound; /* INPUT_SOUND, else zero */
    struct input_signal signal;  /* INPUT_SIGNAL, else zero */
};

/* How pictures were brought to the size of an image: not at all, or scaled so
 * that they just cover it; and which part of them then is the image. */
enum input_resize { RESIZE_NONE, RESIZE_COVER };
enum input_crop { CROP_NONE, CROP_CENTRE };
extern const char *const input_resizes[]; /* "none" "cover" NULL */
extern const char *const input_crops[];   /* "none" "centre" NULL */

/* Whoever declares the struct says who owns mean, std and the names of leads. */
struct input_spec {
    size_t h, w, c;
    double *mean, *std; /* (c) of pixels scaled to 0..1, or of features; */
    bool per_band;      /* (w, c) of features */
    size_t classes;
    int resize, crop; /* enum input_resize, enum input_crop */
    struct input_source source;
};

size_t input_count(const struct input_spec *in);      /* numbers: h * w * c */
size_t input_item_bytes(const struct input_spec *in); /* of a stored sample */
size_t input_moments(const struct input_spec *in);    /* numbers of mean */

/* Returns true when items are 32-bit floats instead of bytes. */
bool input_floats(const struct input_spec *in);

/* Append how sounds or signals became samples, as "1 s at 16000 Hz, ..., 10 MFCC";
 * of images nothing.  Names of leads are masked (base/utf8.h). */
void input_source_text(const struct input_source *s, struct buf *out);

/* Returns "images" or "features", for messages. */
const char *input_noun(const struct input_spec *in);

/* Returns 0 when the net takes samples of this shape and has as many classes as
 * the input.  Else ERR_FORMAT names the shapes and classes of both sides, the
 * data set by `name`. */
int input_check_net(const struct input_spec *in, const char *name,
                    const struct net *n, struct err *e) MUST_CHECK;

/* The same with the names of the classes, as `trained` and `weights` streams
 * carry it along: all that must be known of its training set to use a network.
 * The arrays are borrowed. */
struct input_map {
    struct input_source source;
    struct ints size;    /* height, width; n = 0: the stream does not say */
    int64_t channels;    /* c */
    struct reals mean;   /* (c) or (w, c) */
    struct reals std;    /* as mean */
    struct strs classes; /* (classes); n = 0 where their names take more than
                          * INPUT_NAMES_MAX bytes */
    int resize, crop;
    bool fit_unknown; /* nobody said resize and crop, as of an imported net */
};

#define INPUT_NAMES_MAX ((size_t)1 << 19) /* half of what a record may hold */

/* Returns true when a stream says what its network is to be fed with. */
bool input_map_known(const struct input_map *m);

/* Set *m to the input and the names of its classes, both borrowed; other memory
 * comes from the arena. */
void input_map_of(struct input_map *m, const struct input_spec *in,
                  const struct strs *classes, struct arena *a);

/* Set *in to what the map says, which must be known; its arrays are borrowed from
 * the map. */
void input_of_map(struct input_spec *in, const struct input_map *m,
                  size_t classes);

/* Copy the map and all that it borrows into the arena. */
void input_map_copy(struct input_map *to, const struct input_map *from,
                    struct arena *a);

/* Returns 0 when the classes of a data set have the names that they have in the
 * map, and when one of the two has no names; else ERR_FORMAT names the first
 * class that differs.  Where the names of one side are mere numbers, classes go
 * by their index, with a warning.  The net and the set are called `net` and `set`
 * in messages. */
int input_check_classes(const struct input_map *m, const char *net,
                        const struct strs *classes, const char *set,
                        struct err *e) MUST_CHECK;

/* Returns true when mean and deviation of the map, which must be known, are
 * those of the input to the bit. */
bool input_same_moments(const struct input_map *m, const struct input_spec *in);

/* Set *use to `in` with the mean and the deviation of the map, which must be
 * known, all borrowed.  log_info reports that they are others than those of
 * `in`; another way of bringing pictures to the size, where the map knows it, or of
 * making features is warned of, and for inputs of another kind `in` keeps its own. */
void input_normalise(const struct input_map *m, const char *net,
                     const struct input_spec *in, const char *set,
                     struct input_spec *use);

/* Prepare a data set for a network that was trained on another one, or on this:
 * input_check_classes, then input_normalise; inputs of another kind are
 * ERR_FORMAT.  Where the map is not known, the input stays as it is, with a
 * warning.  input_check_net compares the shape. */
int input_for_net(const struct input_map *m, const char *net,
                  const struct input_spec *in, const struct strs *classes,
                  const char *set, struct input_spec *use,
                  struct err *e) MUST_CHECK;

#endif
