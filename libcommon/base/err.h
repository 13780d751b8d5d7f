/* SPDX-License-Identifier: MIT
 * How library code reports a failure: it returns a negative ERR_* and leaves
 * one line of text in the caller's struct err.  It never prints or exits.
 *
 * Example (struct err *e, int n, int limit, int deeper(struct err *e)):
 *     int rc;
 *
 *     if (n > limit)
 *         return err_set(e, ERR_FORMAT, "%d genes exceed %d", n, limit);
 *     if ((rc = deeper(e)) < 0)
 *         return err_prefix(e, "record %d", n);
 *     return 0;
 *
 * A tool's main prints the text once and maps the code to its exit status
 * (cli/exit.h).  Two failures are not errors of this kind: memory that runs
 * out ends the process with status 4 (base/mem.h), and a broken invariant is
 * BUG() (base/log.h). */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "libcommon/base/attr.h"

enum {
    ERR_FORMAT = -1, /* input that is corrupt, truncated, wrong: status 3 */
    ERR_SYS = -2,    /* a system call failed (I/O): status 4 */
    ERR_ARG = -3,    /* the caller asked for the impossible: status 2 */
};

struct err {
    int code;        /* one of ERR_*, 0 while nothing has failed */
    char text[1000]; /* one line without a newline */
};

/* Set code and text, which is masked (base/utf8.h), so that names taken from
 * hostile input cannot break the line.  Returns code. */
int err_set(struct err *e, int code, const char *fmt, ...) PRINTF(3, 4);

/* Set ERR_SYS and the text, with ": strerror(errno)" appended.  Returns
 * ERR_SYS. */
int err_sys(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Put "context: " before the text.  Returns e->code. */
int err_prefix(struct err *e, const char *fmt, ...) PRINTF(2, 3);

/* Put more behind the text, as far as there is room.  Returns e->code. */
int err_suffix(struct err *e, const char *fmt, ...) PRINTF(2, 3);

#endif
