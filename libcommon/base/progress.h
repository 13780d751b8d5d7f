/* SPDX-License-Identifier: MIT
 * A progress line on stderr for work that lasts: shown after a second, at most
 * five times a second, only if stderr is a terminal and the process is in its
 * foreground (or with --progress), taken away at the end.
 *
 * Example (uint64_t total, int show):
 *     struct progress p;
 *
 *     progress_start(&p, "images", total, show);
 *     for (uint64_t i = 0; i < total; i++)
 *         progress_add(&p, 1);
 *     progress_end(&p);
 *
 * From one thread only.  --progress with a stderr that is not a terminal
 * writes whole lines, one every two seconds at most. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/attr.h"

struct progress {
    const char *label;      /* borrowed: what is counted */
    uint64_t done, total;   /* total 0 = unknown */
    double start, next;     /* seconds: began; not drawn before */
    bool on, terminal;
    char note[48];
};

/* show: 1 = yes, 0 = no, -1 = if stderr is a terminal and the process stands in
 * its foreground; with -q there is none. */
void progress_start(struct progress *p, const char *label, uint64_t total,
                    int show);
void progress_set(struct progress *p, uint64_t done);
void progress_add(struct progress *p, uint64_t n);
/* A few words behind the figures, "loss 1.23". */
void progress_note(struct progress *p, const char *fmt, ...) PRINTF(2, 3);
void progress_end(struct progress *p);

#endif
