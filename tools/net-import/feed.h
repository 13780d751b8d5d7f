/* SPDX-License-Identifier: MIT
 * What an imported network is fed with.  An ONNX model says the shape of its
 * input and nothing else; the map `input` of a trained stream also says what the
 * samples are and how they are normalised, so users say it, or name a data set. */
#ifndef NET_IMPORT_FEED_H
#define NET_IMPORT_FEED_H

#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/data/input.h"

enum feed_kind { FEED_AUTO, FEED_IMAGE, FEED_SIGNAL, FEED_NONE };
extern const char *const feed_kinds[]; /* "auto" "image" "signal" "none" NULL */

/* What pixels were when the network was trained: 0..1 or 0..255. */
enum feed_pixels { PIXELS_AUTO, PIXELS_UNIT, PIXELS_RAW };
extern const char *const feed_pixels[]; /* "auto" "unit" "raw" NULL */

struct net_feed {
    int kind, pixels;         /* enum feed_kind, enum feed_pixels */
    struct reals mean, std;   /* subtracted, and divided by, in the unit of the
                               * pixels or features; 1 or c, n = 0: not given */
    struct strs classes;      /* n = 0: not given */
    const struct dataset *as; /* what is not said otherwise is as in this set;
                               * NULL */
};

/* What the model itself says. */
struct feed_model {
    int64_t size[3]; /* height, width, channels */
    int64_t classes;
    bool bytes; /* it takes whole numbers 0..255 */
    const double *scale,
        *shift; /* (channels) it begins by scale x + shift; NULL
                 * = it does not */
};

/* Read numbers apart by commas into *v, owned by the caller (free v->v), and write
 * them in one spelling into *text (owned, too).  ERR_ARG with the reason. */
int feed_numbers(const char *from, struct reals *v, char **text,
                 struct err *e) MUST_CHECK;

/* Returns 1 and the map; 0 where there is nothing to say, and *m is not known;
 * ERR_ARG where what is said does not fit the model, ERR_FORMAT where the data set
 * does not.  *taken tells whether scale and shift are in the map.  Memory comes from
 * the arena. */
int feed_map(const struct net_feed *f, const struct feed_model *model,
             struct arena *a, struct input_map *m, bool *taken,
             struct err *e) MUST_CHECK;

/* Returns true when the map has pixels divided by so little that the network cannot
 * be trained on well, such as those of 0..255, and it is not a data set that says
 * so. */
bool feed_wide(const struct net_feed *f, const struct input_map *m);

#endif
