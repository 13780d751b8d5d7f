/* SPDX-License-Identifier: MIT
 * A progress line on stderr for long work.  It appears after a second, changes
 * at most five times a second and is erased at the end; it is cut to the
 * terminal's present width.  It is shown only if stderr is a terminal that can
 * write over a line (TERM is not dumb) and the process is in its foreground, or
 * by --progress.
 *
 * Example (uint64_t total, int show):
 *     struct progress p;
 *
 *     progress_start(&p, "images", total, show);
 *     for (uint64_t i = 0; i < total; i++)
 *         progress_add(&p, 1);
 *     progress_end(&p);
 *
 * Only one thread may call these.  --progress with any other stderr writes
 * whole lines, one every two seconds at most.
 *
 * --progress-file=FILE keeps the same in a file, for a program that shows the
 * progress of several processes.  It is one line, DONE TOTAL UNIT CPU [NOTE],
 * such as `31200 45000 images 47.3 exits 3, loss 0.412`; TOTAL is 0 while it is
 * unknown, UNIT is - before anything is counted, and CPU are the seconds of
 * processor time so far, which are known so even of a process that is killed.
 * A reader takes the first line only: while a shorter line replaces a longer
 * one, the longer one's end may follow. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/base/attr.h"
#include "libcommon/base/err.h"

struct progress {
    const char *label;    /* borrowed: what is counted */
    uint64_t done, total; /* total 0 = unknown */
    double start, next;   /* seconds: began; not drawn before */
    bool on, terminal;
    char note[48];
};

/* wanted: 1 = yes, 0 = no, -1 = if stderr is such a terminal and the process is
 * in its foreground; with -q nothing is shown. */
void progress_start(struct progress *p, const char *label, uint64_t total,
                    int wanted);
void progress_add(struct progress *p, uint64_t n);
/* Take n off the total, which need not be done after all; p may be NULL. */
void progress_skip(struct progress *p, uint64_t n);
/* Set a few words that follow the count, such as "loss 1.23". */
void progress_note(struct progress *p, const char *fmt, ...) PRINTF(2, 3);
void progress_end(struct progress *p);

/* Keep the progress of the process in the regular file `path` from now on,
 * whatever is shown on stderr: it is created, and rewritten in place at most
 * once a second.  Its unit is the label's first word.  The caller has it removed
 * at the end.  A file that is there must be empty or what a killed run left.
 * Returns 0, or ERR_SYS or ERR_FORMAT with the reason in *e; a failure to
 * rewrite it later is not an error. */
int progress_file(const char *path, struct err *e) MUST_CHECK;

#endif
