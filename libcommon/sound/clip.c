/* SPDX-License-Identifier: MIT */
#include "libcommon/sound/clip.h"

#include <math.h>
#include <string.h>

#include "libcommon/sound/resample.h"

/* Samples at the lower of two rates that the filter of resample() sees beyond
 * the last one that is wanted. */
#define BEYOND 256

int clip_make(const struct wav *w, const struct sound_features *f, float *clip,
              struct clip_changes *done, struct err *e)
{
    const size_t want = (size_t)f->samples;
    const double ratio = (double)f->rate / (double)w->rate;
    size_t have = resample_count(w->frames, ratio), n = w->frames;
    float *sound = clip;
    double enough = ceil(((double)want + BEYOND * fmax(1, ratio)) / ratio);
    int rc;

    if (done)
        *done = (struct clip_changes){.mixed = w->channels > 1,
                                      .resampled = w->rate != (size_t)f->rate,
                                      .padded = have<want, .cut = have> want};
    have = have < want ? have : want;
    if (w->rate == (size_t)f->rate)
        n = have;
    else if ((double)n > enough)
        n = (size_t)enough;
    if (w->rate != (size_t)f->rate)
        sound = xcalloc(n, sizeof *sound);
    if ((rc = wav_mono(w, 0, n, sound, e)) == 0 && sound != clip)
        resample(sound, n, ratio, clip, have);
    if (sound != clip)
        free(sound);
    memset(clip + have, 0, (want - have) * sizeof *clip);
    return rc;
}
