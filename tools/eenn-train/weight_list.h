/* SPDX-License-Identifier: MIT
 * Lists of weights on the command line: numbers from 1e-6 to 1e6 with commas
 * between, such as "2,1,0.5".  Options that take one (class_weights.h,
 * exit_weights.h) know names beside it.
 *
 * Example (const char *text, double *weights, size_t most, struct err *e):
 *     int64_t n = weight_list_read("--class-weights", "none, balanced", text,
 *                                  weights, most, e);
 *
 *     return n < 0 ? e->code : 0;
 */
#ifndef TRAIN_WEIGHT_LIST_H
#define TRAIN_WEIGHT_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

/* Read a list, the first `most` of its numbers into weights.  Returns how many it
 * has, or ERR_ARG with a text that names the option and what else it takes. */
int64_t weight_list_read(const char *option, const char *names,
                         const char *text, double *weights, size_t most,
                         struct err *e) MUST_CHECK;

/* Append the one text of a list that weight_list_read takes. */
void weight_list_text(const char *text, struct buf *out);

#endif
