/* SPDX-License-Identifier: MIT */
#include "libcommon/sound/resample.h"

#include <math.h>
#include <samplerate.h>
#include <string.h>

#include "libcommon/base/log.h"

size_t resample_count(size_t n, double ratio)
{
    return (size_t)floor((double)n * ratio + 1e-9);
}

void resample(const float *from, size_t n, double ratio, float *to, size_t m)
{
    SRC_DATA d = {.data_in = from,
                  .data_out = to,
                  .input_frames = (long)n,
                  .output_frames = (long)m,
                  .src_ratio = ratio};
    size_t made;

    BUG_IF(!src_is_valid_ratio(ratio) || m > resample_count(n, ratio));
    BUG_IF(m && src_simple(&d, SRC_SINC_MEDIUM_QUALITY, 1));
    /* The last sample may be missing, by how times are rounded there. */
    made = m ? (size_t)d.output_frames_gen : 0;
    memset(to + made, 0, (m - made) * sizeof *to);
}
