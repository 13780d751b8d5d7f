/* SPDX-License-Identifier: MIT
 * How far a classifier's confidence is from its accuracy. */
#ifndef NN_EXITS_CALIBRATION_H
#define NN_EXITS_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#define ECE_BINS 30

/* Of one row of logits, each divided by the temperature before the softmax; all
 * between 0 and 1, high = sure: the largest softmax; by how much it exceeds the
 * second largest; 1 - entropy / log(classes). */
double softmax_max(const float *logits, size_t classes, double temperature);
double softmax_margin(const float *logits, size_t classes, double temperature);
double softmax_certainty(const float *logits, size_t classes,
                         double temperature);

/* Temperature scaling is kept between these. */
#define TEMPERATURE_MIN 0.01
#define TEMPERATURE_MAX 100.

/* The temperature of least negative log likelihood, to about 12 digits.  The
 * likelihood is convex in 1 / T, so that there is one; where it has no least
 * (every sample right, every sample wrong) the bound on that side.
 * logits: (samples, classes); labels: (samples). */
double fit_temperature(const float *logits, const int32_t *labels,
                       size_t samples, size_t classes);

/* Which of n_bins equal bins (lo, hi] a confidence in (0, 1] falls into. */
size_t ece_bin(double confidence, size_t n_bins);

/* Expected calibration error by the max softmax over all samples:
 * sum over bins of n_b/N * |accuracy_b - mean confidence_b|.  Temperature 1 is
 * the softmax as it is.
 * logits: (samples, classes); labels: (samples). */
double ece_of_logits(const float *logits, const int32_t *labels,
                     size_t samples, size_t classes, size_t n_bins,
                     double temperature);

#endif
