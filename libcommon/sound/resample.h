/* SPDX-License-Identifier: MIT
 * Samples at one rate become samples at another, with libsamplerate: a windowed
 * sinc (its converter of medium quality, -121 dB, 90 % of the bandwidth) that
 * delays nothing. */
#ifndef SOUND_RESAMPLE_H
#define SOUND_RESAMPLE_H

#include <stddef.h>

#define RESAMPLE_MOST 256. /* the ratio is within 1 / 256 and 256 */

/* Returns how many samples n at one rate are at another, by the ratio of the new
 * rate to the old one: the largest number that does not last longer. */
size_t resample_count(size_t n, double ratio);

/* Compute to[0..m) of from[0..n), m being at most resample_count(n, ratio).
 * Outside of from[] there is silence. */
void resample(const float *from, size_t n, double ratio, float *to, size_t m);

#endif
