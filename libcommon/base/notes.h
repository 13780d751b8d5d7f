/* SPDX-License-Identifier: MIT
 * Warnings that are kept until the work is done, so that they stand together
 * behind all else that a tool prints, and are said only if it succeeds.
 *
 * Example (const char *name):
 *     struct notes n = {0};
 *
 *     notes_add(&n, "net %s: no limit is met", name);
 *     notes_say(&n);
 *     notes_free(&n);
 */
#ifndef BASE_NOTES_H
#define BASE_NOTES_H

#include <stddef.h>

#include "libcommon/base/attr.h"

struct notes { /* zeroed at first */
    char **v;  /* (n) */
    size_t n, cap;
};

void notes_add(struct notes *t, const char *fmt, ...) PRINTF(2, 3);

/* Print each as a warning (log_warn), in their order. */
void notes_say(const struct notes *t);

void notes_free(struct notes *t);

#endif
