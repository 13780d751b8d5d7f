/* SPDX-License-Identifier: MIT
 * How far a classifier's confidence is from its accuracy. */
#ifndef NN_EXITS_CALIBRATION_H
#define NN_EXITS_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#define ECE_BINS 30

/* Returns the softmax of one row of logits, divided by the temperature, at class
 * `at`. */
double softmax_at(const float *logits, size_t classes, size_t at,
                  double temperature);

/* Return how sure the softmax of one row of logits, divided by the temperature,
 * is, from 0 to 1: its largest value; the largest less the second largest; 1 -
 * entropy / log(classes). */
double softmax_max(const float *logits, size_t classes, double temperature);
double softmax_margin(const float *logits, size_t classes, double temperature);
double softmax_certainty(const float *logits, size_t classes,
                         double temperature);

/* fit_temperature returns values between these. */
#define TEMPERATURE_MIN 0.01
#define TEMPERATURE_MAX 100.

/* Returns the temperature T of least negative log likelihood, to about 12
 * digits, from TEMPERATURE_MIN to TEMPERATURE_MAX.  This loss is convex in
 * 1 / T.  Where it falls as far as one of these bounds, as towards
 * TEMPERATURE_MIN when every sample is right, the steps may end short of the
 * bound, at a loss of almost 0.  Where T makes no difference, 1 is returned.
 * logits: (samples, classes); labels: (samples). */
double fit_temperature(const float *logits, const int32_t *labels,
                       size_t samples, size_t classes);

/* Returns which of n_bins equal bins (lo, hi] a confidence in (0, 1] is in. */
size_t ece_bin(double confidence, size_t n_bins);

/* Returns the expected calibration error of the largest softmax over all
 * samples, sum over bins of n_b/N * |accuracy_b - mean confidence_b|, or NAN
 * without samples.  Temperature 1 leaves the softmax as it is.
 * logits: (samples, classes); labels: (samples). */
double ece_of_logits(const float *logits, const int32_t *labels, size_t samples,
                     size_t classes, size_t n_bins, double temperature);

#endif
