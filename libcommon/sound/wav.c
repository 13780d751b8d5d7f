/* SPDX-License-Identifier: MIT */
#include "libcommon/sound/wav.h"

#include <math.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/fileload.h"

#define TOO_LARGE 65536. /* of a sample: its power still fits a float */

enum { TAG_PCM = 1, TAG_FLOAT = 3, TAG_ALAW = 6, TAG_MULAW = 7 };
#define TAG_EXTENSIBLE 0xfffe

/* A row for each coding, by the format tag and the bytes of a sample. */
enum { PCM8, PCM16, PCM24, PCM32, FLOAT32, FLOAT64, ALAW, MULAW };
static const struct {
    unsigned tag;
    size_t bytes;
} codings[] = {
    [PCM8] = {TAG_PCM, 1},      [PCM16] = {TAG_PCM, 2},
    [PCM24] = {TAG_PCM, 3},     [PCM32] = {TAG_PCM, 4},
    [FLOAT32] = {TAG_FLOAT, 4}, [FLOAT64] = {TAG_FLOAT, 8},
    [ALAW] = {TAG_ALAW, 1},     [MULAW] = {TAG_MULAW, 1},
};

static uint32_t le16(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return le16(p) | le16(p + 2) << 16;
}

bool wav_named(const char *path)
{
    return pathname_ends(path, "wav wave");
}

/* ---- chunks ---- */

/* The first 12 bytes of a file say what it is. */
static int check_kind(const uint8_t *p, size_t n, struct err *e)
{
    static const struct {
        const char *bytes, *name;
    } others[] = {
        {"fLaC", "FLAC"},
        {"OggS", "Ogg (Vorbis or Opus)"},
        {"ID3", "MP3"},
        {"FORM", "AIFF"},
        {".snd", "AU"},
        {"RF64", "RF64, of files beyond 4 GiB"},
        {"BW64", "BW64, of files beyond 4 GiB"},
        {"RIFX", "RIFX, a big-endian WAV"},
        {"NIST", "NIST SPHERE"},
    };

    if (n >= 12 && !memcmp(p, "RIFF", 4) && !memcmp(p + 8, "WAVE", 4))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        size_t length = strlen(others[i].bytes);

        if (n >= length && !memcmp(p, others[i].bytes, length))
            return err_set(e, ERR_FORMAT,
                           "is %s, which is not read: convert it to WAV, as "
                           "sox or ffmpeg do",
                           others[i].name);
    }
    return err_set(e, ERR_FORMAT,
                   n >= 4 && n < 12 && !memcmp(p, "RIFF", 4)
                       ? "is cut off within the first 12 bytes"
                       : "is not a WAV file (RIFF and WAVE are not in its "
                         "first 12 bytes)");
}

/* Take the n bytes of a chunk `fmt '.  Bits a sample are not looked at beyond
 * their bytes: samples are stored left-justified in these. */
static int take_fmt(const uint8_t *p, size_t n, struct wav *w, struct err *e)
{
    /* What follows the tag in the identifier of WAVE_FORMAT_EXTENSIBLE. */
    static const char guid[] = "\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
    unsigned tag, align, bits;

    if (n < 16)
        return err_set(e, ERR_FORMAT,
                       "chunk 'fmt ' has %zu bytes, fewer than 16", n);
    tag = le16(p);
    w->channels = le16(p + 2);
    w->rate = le32(p + 4);
    align = le16(p + 12);
    bits = le16(p + 14);
    if (tag == TAG_EXTENSIBLE && n >= 40 && !memcmp(p + 26, guid, 14))
        tag = le16(p + 24);
    if (w->channels == 0)
        return err_set(e, ERR_FORMAT, "chunk 'fmt ' announces no channels");
    if (w->rate < WAV_RATE_LEAST || w->rate > WAV_RATE_MOST)
        return err_set(e, ERR_FORMAT,
                       "a rate of %zu Hz is not within %d..%d Hz", w->rate,
                       WAV_RATE_LEAST, WAV_RATE_MOST);
    w->sample_bytes = (bits + 7) / 8;
    for (size_t i = 0; i < ARRAY_LEN(codings); i++)
        if (codings[i].tag == tag && codings[i].bytes == w->sample_bytes &&
            w->sample_bytes * w->channels == align) {
            w->coding = (int)i;
            return 0;
        }
    return err_set(e, ERR_FORMAT,
                   "format tag 0x%x with %u bits a sample and %u bytes a frame "
                   "of %zu channel%s is not read: PCM of 8 to 32 bits, float, "
                   "A-law and mu-law are",
                   tag, bits, align, w->channels, w->channels == 1 ? "" : "s");
}

/* Take the chunk `data`, which announces `size` bytes and has `left`. */
static int take_data(const uint8_t *p, size_t size, size_t left, bool open,
                     struct wav *w, struct err *e)
{
    const size_t frame = w->channels * w->sample_bytes;

    if (size == 0xffffffff || (size == 0 && open))
        size = left / frame * frame;
    if (size > left)
        return err_set(e, ERR_FORMAT,
                       "is cut off: chunk 'data' announces %zu bytes, %zu are "
                       "there",
                       size, left);
    if (size % frame)
        return err_set(e, ERR_FORMAT,
                       "the %zu bytes of chunk 'data' are not frames of %zu "
                       "bytes",
                       size, frame);
    if (size == 0)
        return err_set(e, ERR_FORMAT, "has no samples");
    w->data = p;
    w->frames = size / frame;
    return 0;
}

int wav_parse(const void *bytes, size_t n, struct wav *w, struct err *e)
{
    const uint8_t *p = bytes;
    bool open;
    int rc;

    *w = (struct wav){0};
    if ((rc = check_kind(p, n, e)) < 0)
        return rc;
    open = le32(p + 4) == 0 || le32(p + 4) == 0xffffffff;
    for (size_t at = 12; n - at >= 8;) {
        const uint8_t *chunk = p + at + 8;
        size_t size = le32(p + at + 4), left = n - at - 8;

        if (!memcmp(p + at, "data", 4) && w->rate)
            return take_data(chunk, size, left, open, w, e);
        if (!memcmp(p + at, "data", 4))
            return err_set(e, ERR_FORMAT, "chunk 'data' before chunk 'fmt '");
        if (size > left)
            return err_set(e, ERR_FORMAT,
                           "is cut off: the chunk at byte %zu announces %zu "
                           "bytes, %zu are there",
                           at, size, left);
        if (!memcmp(p + at, "fmt ", 4) &&
            (rc = take_fmt(chunk, size, w, e)) < 0)
            return rc;
        /* A chunk of an odd size has a byte behind it that does not count. */
        at += 8 + size;
        at += size % 2 && at < n;
    }
    return err_set(e, ERR_FORMAT,
                   w->rate ? "is cut off, or has no samples: there is no chunk "
                             "'data'"
                           : "is cut off: there is no chunk 'fmt '");
}

int wav_load(const char *path, struct buf *bytes, struct wav *w, struct err *e)
{
    int rc = file_load(path, WAV_FILE, bytes, e);

    if (rc == 0 && (rc = wav_parse(bytes->data, bytes->len, w, e)) < 0)
        rc = err_prefix(e, "%s", path);
    return rc;
}

/* ---- samples ---- */

/* G.711: a sign, three bits of an exponent and four of a mantissa.  A-law counts
 * from 0 in its first two segments, mu-law adds 0x84 to each magnitude. */
static double g711(unsigned v, bool mu)
{
    int exponent, x;

    v ^= mu ? 0xff : 0x55;
    exponent = (v >> 4) & 7;
    if (mu)
        x = (((int)(v & 15) * 8 + 0x84) << exponent) - 0x84;
    else if (exponent)
        x = ((int)(v & 15) * 16 + 0x108) << (exponent - 1);
    else
        x = (int)(v & 15) * 16 + 8;
    /* A set sign bit is positive in A-law; mu-law's is turned round. */
    return (!(v & 0x80) == mu ? x : -x) / 32768.;
}

static double sample(int coding, const uint8_t *p)
{
    union {
        uint32_t u;
        float v;
    } f32;
    union {
        uint64_t u;
        double v;
    } f64;

    switch (coding) {
    case PCM8:
        return (p[0] - 128) / 128.;
    case PCM16:
        return (int32_t)(le16(p) << 16) / 2147483648.;
    case PCM24:
        return (int32_t)(le16(p) << 8 | (uint32_t)p[2] << 24) / 2147483648.;
    case PCM32:
        return (int32_t)le32(p) / 2147483648.;
    case FLOAT32:
        f32.u = le32(p);
        return (double)f32.v;
    case FLOAT64:
        f64.u = le32(p) | (uint64_t)le32(p + 4) << 32;
        return f64.v;
    case ALAW:
        return g711(p[0], false);
    case MULAW:
        return g711(p[0], true);
    }
    BUG("a coding of WAV without samples");
}

int wav_mono(const struct wav *w, size_t first, size_t n, float *to,
             struct err *e)
{
    const uint8_t *p = w->data + first * w->channels * w->sample_bytes;

    BUG_IF(first > w->frames || n > w->frames - first);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t c = 0; c < w->channels; c++, p += w->sample_bytes) {
            double v = sample(w->coding, p);

            if (!(fabs(v) <= TOO_LARGE))
                return err_set(e, ERR_FORMAT,
                               "sample %zu is %g: full scale is -1 to 1",
                               first + i, v);
            sum += v;
        }
        to[i] = (float)(sum / (double)w->channels);
    }
    return 0;
}
