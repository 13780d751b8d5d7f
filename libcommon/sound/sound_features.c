/* SPDX-License-Identifier: MIT */
#include "libcommon/sound/sound_features.h"

#include <inttypes.h>
#include <math.h>

#include "libcommon/base/mem.h"
#include "libcommon/sound/mel.h"

/* Returns the frequency of a corner of the triangles, 0..bands + 1, in Hz. */
static double corner(const struct sound_features *f, int64_t i)
{
    double from = log10(1 + f->low / 700), to = log10(1 + f->high / 700);

    return 700 *
           (pow(10, from + (to - from) * (double)i / (double)(f->bands + 1)) -
            1);
}

double mel_weight(const struct sound_features *f, int64_t band, int64_t bin)
{
    double left = corner(f, band), peak = corner(f, band + 1);
    double right = corner(f, band + 2);
    double hz = (double)bin * (double)f->rate / (double)f->fft;

    return fmax(
        0, fmin((hz - left) / (peak - left), (right - hz) / (right - peak)));
}

struct mel_bins mel_bins(const struct sound_features *f, int64_t band)
{
    double width = (double)f->rate / (double)f->fft;
    int64_t bin = (int64_t)(corner(f, band) / width), last = f->fft / 2;
    struct mel_bins b = {0};

    while (bin < last && mel_weight(f, band, bin) <= 0 &&
           (double)bin * width < corner(f, band + 2))
        bin++;
    for (b.first = (size_t)bin; bin <= last && mel_weight(f, band, bin) > 0;
         bin++)
        b.n++;
    return b;
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
        if (mel_bins(f, b).n == 0)
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
