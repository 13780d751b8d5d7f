/* SPDX-License-Identifier: MIT
 * A clip of sound becomes a picture of its spectrum over time, (frames, columns):
 * log-mel energies or MFCC.  The struct and this comment define every number, so
 * that a network in service computes what its training saw.
 *
 * Frame t covers the samples [t * hop, t * hop + window); there are
 * 1 + (samples - window) / hop of them, and none reaches beyond the clip.
 *     window    periodic Hann, 0.5 - 0.5 cos(2 pi n / window); no pre-emphasis,
 *               no dither, no mean taken off
 *     power     |DFT|^2 of `fft` points, zeros behind the window; samples are in
 *               -1..1, and nothing is divided by a length
 *     mel       m(f) = 2595 log10(1 + f / 700) (HTK); `bands` triangles, whose
 *               corners are equally spaced in mel from low to high; they are
 *               linear in Hz and 1 at their peak.  Each sums power * triangle
 *               over the bins k * rate / fft.
 *     log-mel   ln(sum + 1e-6)
 *     MFCC      the first `coefs` of the orthonormal DCT-II of the log-mels, the
 *               zeroth among them; no lifter
 *
 * Example (const float *clip, float *to, struct err *e):
 *     const struct sound_features f = {.rate = 16000, .samples = 16000,
 *         .window = 640, .hop = 320, .fft = 1024, .bands = 40, .coefs = 10,
 *         .low = 20, .high = 4000};
 *     struct sound_extractor *x;
 *
 *     if (sound_features_check(&f, e) < 0)
 *         return e->code;
 *     x = sound_extractor_new(&f);    // to: 49 frames of 10 columns
 *     sound_extract(x, clip, to);
 *     sound_extractor_free(x);
 *     return 0; */
#ifndef SOUND_SOUND_FEATURES_H
#define SOUND_SOUND_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/err.h"

struct sound_features {
    int64_t rate;     /* Hz, of the clips; 1000..192000 */
    int64_t samples;  /* of a clip; window..2^24 */
    int64_t window;   /* samples of a frame; 2..fft */
    int64_t hop;      /* samples from one frame to the next; 1 or more */
    int64_t fft;      /* points of the DFT: an even number of 4..65536 */
    int64_t bands;    /* 1..1024 */
    int64_t coefs;    /* 0: log-mel; else MFCC, 1..bands */
    double low, high; /* Hz, of the lowest and the highest corner;
                       * 0 <= low < high <= rate / 2 */
};

/* Returns 0 when the members are within the bounds above and every triangle has
 * a bin in it; else ERR_ARG names the member. */
int sound_features_check(const struct sound_features *f,
                         struct err *e) MUST_CHECK;

/* The shape of what a clip becomes; features that were checked. */
size_t sound_frames(const struct sound_features *f);
size_t sound_columns(const struct sound_features *f); /* bands or coefs */

/* Holds the tables and the scratch memory of one thread. */
struct sound_extractor;

/* For features that were checked; owned (sound_extractor_free). */
struct sound_extractor *sound_extractor_new(const struct sound_features *f);
void sound_extractor_free(struct sound_extractor *x); /* NULL is allowed */

/* Compute to (frames, columns) of clip (samples). */
void sound_extract(struct sound_extractor *x, const float *clip, float *to);

#endif
