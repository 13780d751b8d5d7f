/* SPDX-License-Identifier: MIT
 * The clock that measures how long something takes. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

/* Returns the seconds since a fixed moment; setting the time of day does not
 * change it. */
double clock_seconds(void);

#endif
