/* SPDX-License-Identifier: MIT
 * A sound of any rate and length becomes a clip of the rate and length that
 * features are computed of.
 *
 * Example (const struct wav *w, const struct sound_features *f, float *features,
 *          struct err *e):
 *     struct sound_extractor *x = sound_extractor_new(f);
 *     float *clip = xcalloc((size_t)f->samples, sizeof *clip);
 *     int rc = clip_make(w, f, clip, NULL, e);
 *
 *     if (rc == 0)
 *         sound_extract(x, clip, features);
 *     free(clip);
 *     sound_extractor_free(x);
 *     return rc; */
#ifndef SOUND_CLIP_H
#define SOUND_CLIP_H

#include <stdbool.h>
#include <stdlib.h>

#include "libcommon/base/err.h"
#include "libcommon/base/mem.h"
#include "libcommon/sound/sound_features.h"
#include "libcommon/sound/wav.h"

/* What was done to a sound. */
struct clip_changes {
    bool mixed;     /* channels became one */
    bool resampled; /* to the rate of the features */
    bool padded;    /* with silence behind its end */
    bool cut;       /* behind the clip's length */
};

/* Set clip[0..f->samples) to the beginning of the sound: its channels averaged,
 * brought to f->rate, then silence.  *done (NULL = not asked for) says what that
 * took.  ERR_FORMAT as wav_mono. */
int clip_make(const struct wav *w, const struct sound_features *f, float *clip,
              struct clip_changes *done, struct err *e) MUST_CHECK;

#endif
