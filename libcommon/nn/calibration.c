/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"

size_t logits_argmax(const float *logits, size_t classes)
{
    size_t best = 0;
    for (size_t i = 1; i < classes; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

static double softmax_at(const float *logits, size_t classes, size_t at)
{
    double sum = 0;
    for (size_t i = 0; i < classes; i++)
        sum += exp((double)logits[i] - (double)logits[at]);
    return 1 / sum;
}

double softmax_max(const float *logits, size_t classes)
{
    return softmax_at(logits, classes, logits_argmax(logits, classes));
}

size_t ece_bin(double confidence, size_t n_bins)
{
    /* (b/n, (b+1)/n]: compare with the bounds themselves, so that a value that
     * equals one as a double falls below it whatever rounding does. */
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

double ece_of_logits(const float *logits, const int32_t *labels,
                     size_t samples, size_t classes, size_t n_bins)
{
    struct bin *bins = xcalloc(n_bins, sizeof *bins);
    for (size_t i = 0; i < samples; i++) {
        const float *row = logits + i * classes;
        size_t guess = logits_argmax(row, classes);
        double c = softmax_at(row, classes, guess);
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
