/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"

double softmax_at(const float *logits, size_t classes, size_t at,
                  double temperature)
{
    double sum = 0;
    for (size_t i = 0; i < classes; i++)
        sum += exp(((double)logits[i] - (double)logits[at]) / temperature);
    return 1 / sum;
}

double softmax_max(const float *logits, size_t classes, double temperature)
{
    return softmax_at(logits, classes, argmax(logits, classes), temperature);
}

double softmax_margin(const float *logits, size_t classes, double temperature)
{
    size_t best = argmax(logits, classes);
    double sum = 0, second = 0;
    for (size_t i = 0; i < classes; i++) {
        double e = exp(((double)logits[i] - (double)logits[best]) /
                       temperature);
        sum += e;
        if (i != best && e > second)
            second = e;
    }
    return (1 - second) / sum;
}

/* With d = (l - l_max) / T and e = exp(d) the entropy is
 * log(sum e) - sum(e d) / sum e. */
double softmax_certainty(const float *logits, size_t classes,
                         double temperature)
{
    if (classes < 2)
        return 1;
    double best = (double)logits[argmax(logits, classes)];
    double sum = 0, mean = 0;
    for (size_t i = 0; i < classes; i++) {
        double d = ((double)logits[i] - best) / temperature, e = exp(d);
        sum += e;
        mean += e * d;
    }
    double entropy = log(sum) - mean / sum;
    return fmin(1, fmax(0, 1 - entropy / log((double)classes)));
}

size_t ece_bin(double confidence, size_t n_bins)
{
    /* Bin b is (b/n, (b+1)/n].  Values are compared with these bounds
     * themselves, so that one that equals a bound is in the bin below it,
     * however b was rounded. */
    size_t b = (size_t)(confidence * (double)n_bins);
    if (b >= n_bins)
        b = n_bins - 1;
    while (b > 0 && confidence <= (double)b / (double)n_bins)
        b--;
    while (b + 1 < n_bins && confidence > (double)(b + 1) / (double)n_bins)
        b++;
    return b;
}

struct bin {
    double confidence, right;
};

double ece_of_logits(const float *logits, const int32_t *labels, size_t samples,
                     size_t classes, size_t n_bins, double temperature)
{
    struct bin *bins = xcalloc(n_bins, sizeof *bins);
    for (size_t i = 0; i < samples; i++) {
        const float *row = logits + i * classes;
        size_t guess = argmax(row, classes);
        double c = softmax_at(row, classes, guess, temperature);
        struct bin *b = &bins[ece_bin(c, n_bins)];
        b->confidence += c;
        b->right += guess == (size_t)labels[i];
    }
    double ece = 0;
    for (size_t b = 0; b < n_bins; b++)
        ece += fabs(bins[b].right - bins[b].confidence);
    free(bins);
    return samples ? ece / (double)samples : NAN;
}

/* ---- temperature ---- */

/* The first and second derivative with respect to b = 1 / T of the negative log
 * likelihood log(sum exp(b l)) - b l_label, summed over the samples.  A sample
 * with logits l adds their mean under the softmax of b l, less l_label, to the
 * first and their variance under it to the second. */
struct nll_slope {
    double first, second;
};

static void add_slope(struct nll_slope *s, const float *row, size_t classes,
                      size_t label, double b)
{
    double best = (double)row[argmax(row, classes)];
    double sum = 0, mean = 0, square = 0;
    for (size_t i = 0; i < classes; i++) {
        double d = (double)row[i] - best, e = exp(b * d);
        sum += e;
        mean += e * d;
        square += e * d * d;
    }
    mean /= sum;
    s->first += mean - ((double)row[label] - best);
    s->second += square / sum - mean * mean;
}

double fit_temperature(const float *logits, const int32_t *labels,
                       size_t samples, size_t classes)
{
    const double least = 1 / TEMPERATURE_MAX, most = 1 / TEMPERATURE_MIN;
    double lo = least, hi = most, b = 1;
    for (int step = 0; step < 200; step++) {
        struct nll_slope s = {0, 0};
        for (size_t k = 0; k < samples; k++)
            add_slope(&s, logits + k * classes, classes, (size_t)labels[k], b);
        if (s.first == 0)
            break;
        if (s.first < 0 ? b >= most : b <= least)
            break;
        *(s.first < 0 ? &lo : &hi) = b;
        /* Newton's step is taken where it stays between the bounds, else the
         * bound itself if it was not tried yet, else their geometric mean. */
        double to = s.second > 0 ? b - s.first / s.second : NAN;
        if (!(to > lo && to < hi))
            to = s.first < 0 && hi == most    ? hi
                 : s.first > 0 && lo == least ? lo
                                              : sqrt(lo * hi);
        double moved = fabs(to - b);
        b = to;
        if (moved <= 1e-12 * b)
            break;
    }
    return fmin(TEMPERATURE_MAX, fmax(TEMPERATURE_MIN, 1 / b));
}
