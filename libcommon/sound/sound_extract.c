/* SPDX-License-Identifier: MIT
 * Extraction stands apart from the checks of features, which programs need that link
 * no FFT. */
#include <kissfft/kiss_fftr.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/sound/mel.h"

#define LOG_FLOOR 1e-6
static const double pi = 3.14159265358979323846;

struct sound_extractor {
    struct sound_features f;
    size_t frames, columns;
    float *hann;           /* (window) */
    struct mel_bins *bins; /* (bands) */
    size_t *at;            /* (bands) where its weights begin */
    float *weights;
    float *dct; /* (coefs, bands) */
    kiss_fftr_cfg fft;
    float *frame;           /* (fft), zeros behind the window */
    kiss_fft_cpx *spectrum; /* (fft / 2 + 1) */
    float *power;           /* (fft / 2 + 1) */
    float *mel;             /* (bands) */
};

struct sound_extractor *sound_extractor_new(const struct sound_features *f)
{
    struct sound_extractor *x = xcalloc(1, sizeof *x);
    const size_t bins = (size_t)f->fft / 2 + 1, bands = (size_t)f->bands;
    size_t n = 0;

    x->f = *f;
    x->frames = sound_frames(f);
    x->columns = sound_columns(f);
    x->hann = xcalloc((size_t)f->window, sizeof *x->hann);
    x->bins = xcalloc(bands, sizeof *x->bins);
    x->at = xcalloc(bands, sizeof *x->at);
    x->dct = xcalloc((size_t)f->coefs * bands + 1, sizeof *x->dct);
    x->frame = xcalloc((size_t)f->fft, sizeof *x->frame);
    x->spectrum = xcalloc(bins, sizeof *x->spectrum);
    x->power = xcalloc(bins, sizeof *x->power);
    x->mel = xcalloc(bands, sizeof *x->mel);
    x->fft = kiss_fftr_alloc((int)f->fft, 0, NULL, NULL);
    BUG_IF(!x->fft);
    for (int64_t i = 0; i < f->window; i++)
        x->hann[i] = (float)(0.5 -
                             0.5 * cos(2 * pi * (double)i / (double)f->window));
    for (int64_t b = 0; b < f->bands; b++) {
        x->bins[b] = mel_bins(f, b);
        x->at[b] = n;
        n += x->bins[b].n;
    }
    x->weights = xcalloc(n, sizeof *x->weights);
    for (int64_t b = 0; b < f->bands; b++)
        for (size_t i = 0; i < x->bins[b].n; i++)
            x->weights[x->at[b] + i] = (float)mel_weight(
                f, b, (int64_t)(x->bins[b].first + i));
    for (int64_t k = 0; k < f->coefs; k++)
        for (int64_t b = 0; b < f->bands; b++)
            x->dct[k * f->bands + b] = (float)(sqrt((k ? 2 : 1) /
                                                    (double)bands) *
                                               cos(pi * (double)k *
                                                   (2 * (double)b + 1) /
                                                   (2 * (double)bands)));
    return x;
}

void sound_extractor_free(struct sound_extractor *x)
{
    if (!x)
        return;
    free(x->hann);
    free(x->bins);
    free(x->at);
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
            const struct mel_bins *tri = &x->bins[b];
            double sum = LOG_FLOOR;

            for (size_t i = 0; i < tri->n; i++)
                sum += (double)x->weights[x->at[b] + i] *
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
