/* SPDX-License-Identifier: MIT
 * WAV files against SciPy's and audioop's samples, features against NumPy's, rates
 * against SciPy's; files that are cut, changed or of another format. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/rng.h"
#include "libcommon/sound/clip.h"
#include "libcommon/sound/resample.h"
#include "tests/unit/sound_ref.h"

static void close_to(const char *what, size_t i, double v, double ref,
                     double tolerance)
{
    if (!(fabs(v - ref) <= tolerance))
        fail_msg("%s: number %zu is %.9g, the reference has %.9g", what, i, v,
                 ref);
}

/* ---- WAV ---- */

static void samples_are_those_of_scipy(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(wav_refs); k++) {
        const struct wav_ref *ref = &wav_refs[k];
        float to[256];
        struct wav w;
        struct err e;

        if (wav_parse(ref->bytes, ref->n, &w, &e) < 0)
            fail_msg("%s: %s", ref->name, e.text);
        assert_int_equal(w.rate, ref->rate);
        assert_int_equal(w.channels, ref->channels);
        assert_int_equal(w.frames, ref->frames);
        assert_int_equal(wav_mono(&w, 0, w.frames, to, &e), 0);
        for (size_t i = 0; i < w.frames; i++)
            close_to(ref->name, i, (double)to[i], ref->samples[i], 1e-7);
        assert_int_equal(wav_mono(&w, 1, w.frames - 1, to, &e), 0);
        close_to(ref->name, 1, (double)to[0], ref->samples[1], 1e-7);
    }
}

/* No beginning of a file is a file, unless it is open at its end. */
static void every_cut_is_seen(void **state)
{
    (void)state;
    for (size_t k = 0; k < 13; k++) {
        const struct wav_ref *ref = &wav_refs[k];

        for (size_t n = 0; n < ref->n; n++) {
            void *cut = xmemdup(ref->bytes, n); /* for the address sanitizer */
            struct wav w;
            struct err e;

            if (wav_parse(cut, n, &w, &e) != ERR_FORMAT)
                fail_msg("%s is taken after %zu of %zu bytes", ref->name, n,
                         ref->n);
            free(cut);
        }
    }
}

static void changed_bytes_are_survived(void **state)
{
    struct rng r = rng_make(1, "flips", 0, 0);

    (void)state;
    for (int k = 0; k < 20000; k++) {
        const struct wav_ref
            *ref = &wav_refs[rng_below(&r, ARRAY_LEN(wav_refs))];
        uint8_t *copy = xmemdup(ref->bytes, ref->n);
        struct wav w;
        struct err e;

        for (uint64_t n = 1 + rng_below(&r, 4); n; n--)
            copy[rng_below(&r, ref->n < 80 ? ref->n : 80)] = (uint8_t)rng_u32(
                &r);
        if (wav_parse(copy, ref->n, &w, &e) == 0) {
            float *to = xcalloc(w.frames, sizeof *to);

            assert_true(w.frames * w.channels * w.sample_bytes <= ref->n);
            assert_true(wav_mono(&w, 0, w.frames, to, &e) <= 0);
            free(to);
        }
        free(copy);
    }
}

/* Put a number of `size` bytes at an offset of the 16-bit file, or cut it there
 * where size is 0, and look for the text of the error. */
static void refuses(size_t at, uint32_t v, size_t size, const char *text)
{
    const struct wav_ref *ref = &wav_refs[1];
    uint8_t *copy = xmemdup(ref->bytes, ref->n);
    struct wav w;
    struct err e;

    for (size_t i = 0; i < size; i++)
        copy[at + i] = (uint8_t)(v >> 8 * i);
    assert_int_equal(wav_parse(copy, size ? ref->n : at, &w, &e), ERR_FORMAT);
    if (!strstr(e.text, text))
        fail_msg("'%s' where '%s' is expected", e.text, text);
    free(copy);
}

static void errors_say_what_is_wrong(void **state)
{
    static const uint8_t bad[] = {0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0xff};
    uint8_t *copy = xmemdup(wav_refs[4].bytes, wav_refs[4].n);
    float to[10];
    struct wav w;
    struct err e;

    (void)state;
    refuses(0, 0x43614c66, 4, "is FLAC, which is not read");
    refuses(0, 0x34364652, 4, "beyond 4 GiB");
    refuses(0, 0x12345678, 4, "not a WAV file");
    refuses(7, 0, 0, "cut off within the first 12");
    refuses(16, 15, 4, "fewer than 16");
    refuses(16, 0xfffffff0, 4, "announces 4294967280 bytes, 44 are there");
    refuses(20, 2, 2, "format tag 0x2 with 16 bits");
    refuses(20, 0xfffe, 2, "format tag 0xfffe");
    refuses(22, 0, 2, "no channels");
    refuses(22, 3, 2, "2 bytes a frame of 3 channels");
    refuses(24, 999, 4, "a rate of 999 Hz");
    refuses(24, 0, 4, "a rate of 0 Hz");
    refuses(24, 0xffffffff, 4, "a rate of 4294967295 Hz");
    refuses(34, 40, 2, "40 bits a sample");
    refuses(36, 0x4b4e554a, 4, "no chunk 'data'");
    refuses(40, 0, 4, "has no samples");
    refuses(40, 19, 4, "are not frames of 2 bytes");
    refuses(40, 21, 4, "announces 21 bytes, 20 are there");
    refuses(12, 0x61746164, 4, "chunk 'data' before chunk 'fmt '");
    for (int i = 0; i < 2; i++) { /* NaN, infinity */
        memcpy(copy + 48, bad + 4 * i, 4);
        assert_int_equal(wav_parse(copy, wav_refs[4].n, &w, &e), 0);
        assert_int_equal(wav_mono(&w, 0, 10, to, &e), ERR_FORMAT);
        assert_non_null(strstr(e.text, "sample 1 is "));
    }
    free(copy);
    assert_true(wav_named("a.wav") && wav_named("b/c.x.WAV"));
    assert_true(!wav_named("wav") && !wav_named("a.wav/b") &&
                !wav_named("a.wav2"));
}

/* ---- rates and clips ---- */

static void rates_are_those_of_scipy(void **state)
{
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(rise_refs); k++) {
        const struct rise_ref *ref = &rise_refs[k];
        const size_t n = ARRAY_LEN(rise_samples);
        float from[ARRAY_LEN(rise_samples)];
        size_t m = resample_count(n, ref->ratio);
        float *to = xcalloc(m, sizeof *to);

        assert_in_range(m, ref->n - 1, ref->n);
        for (size_t i = 0; i < n; i++)
            from[i] = (float)rise_samples[i];
        resample(from, n, ref->ratio, to, m);
        for (size_t i = 0; i < m; i++)
            close_to("tone", i, (double)to[i], ref->samples[i], 3e-3);
        free(to);
    }
}

/* A long sound is resampled only as far as the clip reaches: it is that of the
 * whole sound.  A short one ends in silence. */
static void clips_are_padded_and_cut(void **state)
{
    const size_t n = 3000, m = resample_count(n, 1.6);
    uint8_t *bytes = xcalloc(2 * n, 1);
    float *sound = xcalloc(n, sizeof *sound), *all = xcalloc(m, sizeof *all);
    float *clip = xcalloc(5 * n, sizeof *clip);
    struct wav w;
    struct sound_features f = {.rate = 16000};
    struct rng r = rng_make(2, "noise", 0, 0);
    struct clip_changes done;
    struct err e;

    (void)state;
    for (size_t i = 0; i < 2 * n; i++)
        bytes[i] = (uint8_t)rng_u32(&r);
    assert_int_equal(wav_parse(wav_refs[1].bytes, wav_refs[1].n, &w, &e), 0);
    w.rate = 10000;
    w.frames = n;
    w.data = bytes;
    assert_int_equal(wav_mono(&w, 0, n, sound, &e), 0);
    resample(sound, n, 1.6, all, m);

    f.samples = 700;
    assert_int_equal(clip_make(&w, &f, clip, &done, &e), 0);
    assert_memory_equal(clip, all, 700 * sizeof *clip);
    assert_true(done.resampled && done.cut && !done.padded && !done.mixed);

    f.samples = (int64_t)(5 * n);
    assert_int_equal(clip_make(&w, &f, clip, &done, &e), 0);
    assert_memory_equal(clip, all, m * sizeof *clip);
    for (size_t i = m; i < 5 * n; i++)
        assert_true(clip[i] == 0);
    assert_true(done.resampled && !done.cut && done.padded && !done.mixed);

    f = (struct sound_features){.rate = 10000, .samples = (int64_t)n};
    assert_int_equal(clip_make(&w, &f, clip, &done, &e), 0);
    assert_memory_equal(clip, sound, n * sizeof *clip);
    assert_true(!done.resampled && !done.cut && !done.padded && !done.mixed);
    free(clip);
    free(all);
    free(sound);
    free(bytes);
}

/* ---- features ---- */

static void features_are_those_of_numpy(void **state)
{
    float clip[ARRAY_LEN(clip_samples)];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(clip); i++)
        clip[i] = clip_samples[i] / 32768.f;
    for (size_t k = 0; k < ARRAY_LEN(features_refs); k++) {
        const struct features_ref *ref = &features_refs[k];
        size_t n = sound_frames(&ref->f) * sound_columns(&ref->f);
        float *to = xcalloc(n, sizeof *to);
        struct sound_extractor *x;
        struct err e;

        if (sound_features_check(&ref->f, &e) < 0)
            fail_msg("features %zu: %s", k, e.text);
        x = sound_extractor_new(&ref->f);
        for (int again = 0; again < 2; again++) {
            sound_extract(x, clip, to);
            for (size_t i = 0; i < n; i++)
                close_to("features", i, (double)to[i], ref->values[i], 2e-5);
        }
        sound_extractor_free(x);
        free(to);
    }
}

static void features_are_checked(void **state)
{
    const struct sound_features good = {16000, 16000, 640, 320, 1024,
                                        40,    10,    20,  4000};
    struct sound_features f = good;
    struct err e;

    (void)state;
    assert_int_equal(sound_features_check(&f, &e), 0);
    assert_int_equal(sound_frames(&f), 49);
    assert_int_equal(sound_columns(&f), 10);
#define REFUSED(member, value, message)                      \
    f = good;                                                \
    f.member = value;                                        \
    assert_int_equal(sound_features_check(&f, &e), ERR_ARG); \
    if (!strstr(e.text, message))                            \
    fail_msg("'%s' where '%s' is expected", e.text, message)
    REFUSED(rate, 999, "the rate, 999,");
    REFUSED(samples, 639, "the clip, 639,");
    REFUSED(window, 1, "the window, 1,");
    REFUSED(window, 1025, "the window, 1025,");
    REFUSED(hop, 0, "the hop, 0,");
    REFUSED(fft, 1023, "is odd");
    REFUSED(fft, 65538, "the FFT length, 65538,");
    REFUSED(bands, 0, "bands, 0,");
    REFUSED(bands, 200, "take fewer bands");
    REFUSED(coefs, 41, "coefficients, 41,");
    REFUSED(coefs, -1, "coefficients, -1,");
    REFUSED(low, -1, "bands from -1 to 4000 Hz");
    REFUSED(low, 4000, "bands from 4000 to 4000 Hz");
    REFUSED(high, 8001, "do not fit into 0..8000 Hz");
    REFUSED(high, (double)NAN, "do not fit");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_those_of_scipy),
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(changed_bytes_are_survived),
        cmocka_unit_test(errors_say_what_is_wrong),
        cmocka_unit_test(rates_are_those_of_scipy),
        cmocka_unit_test(clips_are_padded_and_cut),
        cmocka_unit_test(features_are_those_of_numpy),
        cmocka_unit_test(features_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
