/* SPDX-License-Identifier: MIT */
#include "libcommon/sound/sound_features.h"

#include <inttypes.h>
#include <kissfft/kiss_fftr.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define LOG_FLOOR 1e-6
static const double pi = 3.14159265358979323846;

/* A mel triangle over the bins [first, first + n); its weights stand in one
 * array of all bands, from `at` on. */
struct triangle {
    size_t first, n, at;
};

struct sound_extractor {
    struct sound_features f;
    size_t frames, columns;
    float *hann;               /* (window) */
    struct triangle *triangle; /* (bands) */
    float *weights;
    float *dct; /* (coefs, bands) */
    kiss_fftr_cfg fft;
    float *frame;           /* (fft), zeros behind the window */
    kiss_fft_cpx *spectrum; /* (fft / 2 + 1) */
    float *power;           /* (fft / 2 + 1) */
    float *mel;             /* (bands) */
};

/* Returns the frequency of a corner of the triangles, 0..bands + 1, in Hz. */
static double corner(const struct sound_features *f, int64_t i)
{
    double from = log10(1 + f->low / 700), to = log10(1 + f->high / 700);

    return 700 *
           (pow(10, from + (to - from) * (double)i / (double)(f->bands + 1)) -
            1);
}

/* Returns the weight of a bin in a band, 0 outside its triangle. */
static double weight(const struct sound_features *f, int64_t band, int64_t bin)
{
    double left = corner(f, band), peak = corner(f, band + 1);
    double right = corner(f, band + 2);
    double hz = (double)bin * (double)f->rate / (double)f->fft;

    return fmax(
        0, fmin((hz - left) / (peak - left), (right - hz) / (right - peak)));
}

/* Find the bins of positive weight in a band; n is 0 where there are none. */
static struct triangle find_triangle(const struct sound_features *f,
                                     int64_t band)
{
    double width = (double)f->rate / (double)f->fft;
    int64_t bin = (int64_t)(corner(f, band) / width), last = f->fft / 2;
    struct triangle t = {0};

    while (bin < last && weight(f, band, bin) <= 0 &&
           (double)bin * width < corner(f, band + 2))
        bin++;
    for (t.first = (size_t)bin; bin <= last && weight(f, band, bin) > 0; bin++)
        t.n++;
    return t;
}

int sound_features_check(const struct sound_features *f, struct err *e)
{
    const struct {
        const char *name;
        int64_t value, least, most;
    } bound[] = {
        {"rate", f->rate, 1000, 192000},
        {"FFT length", f->fft, 4, 65536},
        {"window", f->window, 2, f->fft},
        {"clip", f->samples, f->window, 1 << 24},
        {"hop", f->hop, 1, 1 << 24},
        {"number of bands", f->bands, 1, 1024},
        {"number of coefficients", f->coefs, 0, f->bands},
    };

    for (size_t i = 0; i < ARRAY_LEN(bound); i++)
        if (bound[i].value < bound[i].least || bound[i].value > bound[i].most)
            return err_set(e, ERR_ARG,
                           "features of sound: the %s, %" PRId64
                           ", is not within %" PRId64 "..%" PRId64,
                           bound[i].name, bound[i].value, bound[i].least,
                           bound[i].most);
    if (f->fft % 2)
        return err_set(e, ERR_ARG,
                       "features of sound: the FFT length, %" PRId64 ", is odd",
                       f->fft);
    if (!(f->low >= 0 && f->low < f->high && f->high <= (double)f->rate / 2))
        return err_set(e, ERR_ARG,
                       "features of sound: bands from %g to %g Hz do not fit "
                       "into 0..%g Hz, half of the rate",
                       f->low, f->high, (double)f->rate / 2);
    for (int64_t b = 0; b < f->bands; b++)
        if (find_triangle(f, b).n == 0)
            return err_set(e, ERR_ARG,
                           "features of sound: band %" PRId64 " of %" PRId64
                           " (%.0f to %.0f Hz) has none of the frequencies "
                           "of an FFT of %" PRId64
                           " points: take fewer bands or a longer FFT",
                           b + 1, f->bands, corner(f, b), corner(f, b + 2),
                           f->fft);
    return 0;
}

size_t sound_frames(const struct sound_features *f)
{
    return (size_t)(1 + (f->samples - f->window) / f->hop);
}

size_t sound_columns(const struct sound_features *f)
{
    return (size_t)(f->coefs ? f->coefs : f->bands);
}

/* ---- extraction ---- */

static void fill_tables(struct sound_extractor *x)
{
    const struct sound_features *f = &x->f;
    const double bands = (double)f->bands;
    size_t n = 0;

    for (int64_t i = 0; i < f->window; i++)
        x->hann[i] = (float)(0.5 -
                             0.5 * cos(2 * pi * (double)i / (double)f->window));
    for (int64_t b = 0; b < f->bands; b++) {
        x->triangle[b] = find_triangle(f, b);
        x->triangle[b].at = n;
        n += x->triangle[b].n;
    }
    x->weights = xcalloc(n, sizeof *x->weights);
    for (int64_t b = 0; b < f->bands; b++)
        for (size_t i = 0; i < x->triangle[b].n; i++)
            x->weights[x->triangle[b].at + i] = (float)weight(
                f, b, (int64_t)(x->triangle[b].first + i));
    for (int64_t k = 0; k < f->coefs; k++)
        for (int64_t b = 0; b < f->bands; b++)
            x->dct[k * f->bands + b] = (float)(sqrt((k ? 2 : 1) / bands) *
                                               cos(pi * (double)k *
                                                   (2 * (double)b + 1) /
                                                   (2 * bands)));
}

struct sound_extractor *sound_extractor_new(const struct sound_features *f)
{
    struct sound_extractor *x = xcalloc(1, sizeof *x);
    const size_t bins = (size_t)f->fft / 2 + 1, bands = (size_t)f->bands;

    x->f = *f;
    x->frames = sound_frames(f);
    x->columns = sound_columns(f);
    x->hann = xcalloc((size_t)f->window, sizeof *x->hann);
    x->triangle = xcalloc(bands, sizeof *x->triangle);
    x->dct = xcalloc((size_t)f->coefs * bands + 1, sizeof *x->dct);
    x->frame = xcalloc((size_t)f->fft, sizeof *x->frame);
    x->spectrum = xcalloc(bins, sizeof *x->spectrum);
    x->power = xcalloc(bins, sizeof *x->power);
    x->mel = xcalloc(bands, sizeof *x->mel);
    x->fft = kiss_fftr_alloc((int)f->fft, 0, NULL, NULL);
    BUG_IF(!x->fft);
    fill_tables(x);
    return x;
}

void sound_extractor_free(struct sound_extractor *x)
{
    if (!x)
        return;
    free(x->hann);
    free(x->triangle);
    free(x->weights);
    free(x->dct);
    free(x->frame);
    free(x->spectrum);
    free(x->power);
    free(x->mel);
    kiss_fftr_free(x->fft);
    free(x);
}

void sound_extract(struct sound_extractor *x, const float *clip, float *to)
{
    const struct sound_features *f = &x->f;
    const size_t bins = (size_t)f->fft / 2 + 1, bands = (size_t)f->bands;

    for (size_t t = 0; t < x->frames; t++, to += x->columns) {
        const float *from = clip + t * (size_t)f->hop;

        for (size_t i = 0; i < (size_t)f->window; i++)
            x->frame[i] = from[i] * x->hann[i];
        kiss_fftr(x->fft, x->frame, x->spectrum);
        for (size_t i = 0; i < bins; i++)
            x->power[i] = x->spectrum[i].r * x->spectrum[i].r +
                          x->spectrum[i].i * x->spectrum[i].i;
        for (size_t b = 0; b < bands; b++) {
            const struct triangle *tri = &x->triangle[b];
            double sum = LOG_FLOOR;

            for (size_t i = 0; i < tri->n; i++)
                sum += (double)x->weights[tri->at + i] *
                       (double)x->power[tri->first + i];
            x->mel[b] = (float)log(sum);
        }
        if (!f->coefs)
            memcpy(to, x->mel, bands * sizeof *to);
        for (size_t k = 0; k < (size_t)f->coefs; k++) {
            double sum = 0;

            for (size_t b = 0; b < bands; b++)
                sum += (double)x->dct[k * bands + b] * (double)x->mel[b];
            to[k] = (float)sum;
        }
    }
}
