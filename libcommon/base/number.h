/* SPDX-License-Identifier: MIT
 * Numbers as users write them, and one text for each number. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>

#include "libcommon/base/buf.h"

/* Says what may stand behind the digits of a number. */
enum number_unit {
    NUMBER_BARE,  /* nothing */
    NUMBER_SI,    /* k M G T, powers of 1000, or Ki Mi Gi Ti, of 1024 */
    NUMBER_SHARE, /* %, a hundredth */
};

/* Read a decimal number, such as 0.65, 2.7e6 or by its unit 2.7M or 65%, at the
 * beginning of text.  -0 is read as 0, and what is too large for a double as
 * infinity.  Returns the text behind it, or NULL when there is no number; *v is
 * then left alone. */
const char *number_read(const char *text, enum number_unit unit, double *v);

/* Returns how the message on a text that is no number goes on: what may stand
 * behind the digits, "" where nothing may and the text has no %. */
const char *number_hint(const char *text, enum number_unit unit);

/* Append a finite v with as few digits as bring the same bits back, but with 15
 * where these do (of a float: 6), and without zeros at the end. */
void number_digits(double v, bool single, struct buf *out);

/* Append the one text of a number: that of number_digits, and for whole numbers
 * below 1e15 all of their digits. */
void number_text(double v, struct buf *out);

#endif
