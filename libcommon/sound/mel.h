/* SPDX-License-Identifier: MIT
 * The triangles of mel bands (sound_features.h). */
#ifndef SOUND_MEL_H
#define SOUND_MEL_H

#include "libcommon/sound/sound_features.h"

/* Returns the weight of a bin of the DFT in a band, 0 outside its triangle. */
double mel_weight(const struct sound_features *f, int64_t band, int64_t bin);

/* The bins of positive weight in a band are [first, first + n). */
struct mel_bins {
    size_t first, n;
};
struct mel_bins mel_bins(const struct sound_features *f, int64_t band);

#endif
