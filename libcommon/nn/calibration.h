/* SPDX-License-Identifier: MIT
 * How far a classifier's confidence is from its accuracy. */
#ifndef NN_CALIBRATION_H
#define NN_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

#define ECE_BINS 30

/* The class with the largest logit; ties go to the lower class. */
size_t logits_argmax(const float *logits, size_t classes);

/* Largest softmax of one row of logits. */
double softmax_max(const float *logits, size_t classes);

/* Which of n_bins equal bins (lo, hi] a confidence in (0, 1] falls into. */
size_t ece_bin(double confidence, size_t n_bins);

/* Expected calibration error by the max softmax over all samples:
 * sum over bins of n_b/N * |accuracy_b - mean confidence_b|.
 * logits: (samples, classes); labels: (samples). */
double ece_of_logits(const float *logits, const int32_t *labels,
                     size_t samples, size_t classes, size_t n_bins);

#endif
