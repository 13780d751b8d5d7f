/* SPDX-License-Identifier: MIT
 * libFuzzer on the reader of WAV files, and on what becomes of sounds.
 *     make fuzz && build/fuzz/fuzz_wav -max_total_time=60 corpus
 * (corpus: a folder with some WAV files in it, such as tests/make-sounds.pl
 * makes.) */
#include <math.h>
#include <stdlib.h>

#include "libcommon/base/log.h"
#include "libcommon/sound/clip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sound_features f = {8000, 800, 160, 80,  256,
                                            10,   4,   20,  3000};
    static struct sound_extractor *x;
    static float clip[800], to[9 * 4];
    struct clip_changes done;
    uint8_t *copy = malloc(size ? size : 1); /* just as long as the file */
    struct wav w;
    struct err e;

    if (!x)
        x = sound_extractor_new(&f);
    for (size_t i = 0; i < size; i++)
        copy[i] = data[i];
    if (wav_parse(copy, size, &w, &e) == 0) {
        BUG_IF(w.frames < 1 || w.frames * w.channels * w.sample_bytes > size);
        if (clip_make(&w, &f, clip, &done, &e) == 0) {
            BUG_IF(done.padded && done.cut);
            sound_extract(x, clip, to);
            for (size_t i = 0; i < sizeof to / sizeof *to; i++)
                BUG_IF(!isfinite(to[i]));
        }
    }
    free(copy);
    return 0;
}
