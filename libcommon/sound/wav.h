/* SPDX-License-Identifier: MIT
 * WAV files (RIFF WAVE) become samples: PCM of 8 to 32 bits, float of 32 and 64,
 * A-law and mu-law, also as WAVE_FORMAT_EXTENSIBLE, of any number of channels.
 * The file need not be trusted: its sizes are held against its bytes, and nothing
 * is allocated.
 *
 * The reader is the project's own: libsndfile 1.2 takes a file that was cut off
 * for a shorter one, so that the sizes of chunks must be checked here anyway, and
 * it would bring the decoders of six other formats along.
 *
 * Example (const char *path, struct buf *bytes, float *to, struct err *e):
 *     struct wav w;
 *     int rc = wav_load(path, bytes, &w, e);
 *
 *     if (rc == 0)
 *         rc = wav_mono(&w, 0, w.frames, to, e);   // to: w.frames floats
 *     return rc; */
#ifndef SOUND_WAV_H
#define SOUND_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#define WAV_FILE ((uint64_t)1 << 28) /* bytes of one file */
#define WAV_RATE_LEAST 1000          /* Hz */
#define WAV_RATE_MOST 192000

struct wav {
    size_t rate, channels;
    size_t frames; /* samples of each channel, at least 1 */

    /* how they are stored */
    const uint8_t *data; /* borrowed from the bytes of the file */
    int coding;          /* row of a table in wav.c */
    size_t sample_bytes;
};

/* Returns true when a name ends as that of a WAV file, in either case. */
bool wav_named(const char *path);

/* Find the samples in the n bytes of a file.  Chunks other than `fmt ' and `data'
 * are passed over, wherever they stand.  A size of 0xffffffff for the data, or of
 * 0 where the file's size is also 0 or 0xffffffff, means up to the end of the
 * file, as programs leave it that write to a pipe.  ERR_FORMAT for another format,
 * a coding that is not read, data that are cut off or have no samples, a rate
 * beyond the bounds above. */
int wav_parse(const void *bytes, size_t n, struct wav *w,
              struct err *e) MUST_CHECK;

/* Read a file into *bytes and parse it; *bytes must outlive *w and can be used
 * again.  The text of an error begins with the path. */
int wav_load(const char *path, struct buf *bytes, struct wav *w,
             struct err *e) MUST_CHECK;

/* Set to[0..n) to the frames from `first` on, which must be there: the mean of the
 * channels, full scale being -1..1.  ERR_FORMAT for a float sample that is not
 * finite or exceeds 65536. */
int wav_mono(const struct wav *w, size_t first, size_t n, float *to,
             struct err *e) MUST_CHECK;

#endif
