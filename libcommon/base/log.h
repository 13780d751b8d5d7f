/* SPDX-License-Identifier: MIT
 * Messages to stderr.  Each is one write(2), so that the lines of parallel
 * processes do not mix, and starts with the program's name.  It is one line (of
 * log_usage two), masked (base/utf8.h) whatever the names in it have. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "libcommon/base/attr.h"

/* What is printed: 0 = errors, 1 = warnings too (default), 2 =
 * information too.  Each -q lowers the level by 1, but not below 0, each -v raises it. */
extern int log_level;

/* This function is called before each message, to erase a progress line; NULL =
 * none. */
extern void (*log_before)(void);

/* Set the name that messages start with, "nachos" by default.  It is borrowed
 * for the life of the process. */
void log_set_name(const char *name);
const char *log_name(void);

void log_error(const char *fmt, ...) PRINTF(1, 2); /* from level 0 */
/* An error of the command line, with a second line "Try 'NAME --help'". */
void log_usage(const char *fmt, ...) PRINTF(1, 2); /* from level 0 */
void log_warn(const char *fmt, ...)
    PRINTF(1, 2); /* from level 1, "warning: " */
void log_info(const char *fmt, ...) PRINTF(1, 2); /* from level 2 */

/* Write lines that were masked before as they are, from level 1: a table of what
 * was done.  The program's name is not put before them. */
void log_lines(const char *text);

/* Report a broken invariant with its file and line, and abort. */
NORETURN void bug_at(const char *file, int line, const char *what);
#define BUG(what) bug_at(__FILE__, __LINE__, what)
#define BUG_IF(cond)    \
    do {                \
        if (cond)       \
            BUG(#cond); \
    } while (0)

#endif
