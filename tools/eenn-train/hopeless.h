/* SPDX-License-Identifier: MIT
 * Whether an exit can be of use at all, as far as a validation split tells
 * (D41): with some threshold of the rule max-softmax, so many samples leave at
 * it that it matters, and it is about as good on them as the final exit.
 *
 * Example (const float *logits, const float *final, const int32_t *labels,
 *          size_t n, size_t classes):
 *     // at most one point worse than the final exit
 *     return hopeless_has_hope(logits, final, labels, n, classes, 0.01);
 */
#ifndef HOPELESS_H
#define HOPELESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The least share of the samples that has to leave. */
#define HOPELESS_SHARE 0.01

/* Return whether there is a threshold t so that the samples whose largest softmax
 * at the exit is at least t are HOPELESS_SHARE of the n or more, and that the
 * exit's accuracy on them is not below the final exit's on them by more than
 * `loss`, 0 to 1.  logits and final are (n, classes) and finite. */
bool hopeless_has_hope(const float *logits, const float *final,
                       const int32_t *labels, size_t n, size_t classes,
                       double loss);

#endif
