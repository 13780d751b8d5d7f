/* SPDX-License-Identifier: MIT
 * Messages to stderr.  Each is one write(2), so that the lines of parallel
 * processes do not mix, and starts with the program's name. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "libcommon/base/attr.h"

/* -q lowers, -v raises: 0 = errors only, 1 = warnings (default), 2 = -v. */
extern int log_level;

/* Called before each message, to take a progress line away; NULL = nothing. */
extern void (*log_before)(void);

/* The name messages start with; "nachos" until a tool sets its own.
 * borrowed for the life of the process. */
void log_set_name(const char *name);
const char *log_name(void);

void log_error(const char *fmt, ...) PRINTF(1, 2);  /* always */
void log_warn(const char *fmt, ...) PRINTF(1, 2);   /* from level 1, "warning: " */
void log_info(const char *fmt, ...) PRINTF(1, 2);   /* from level 2 */

/* Report a broken invariant with its file and line, and abort. */
NORETURN void bug_at(const char *file, int line, const char *what);
#define BUG(what) bug_at(__FILE__, __LINE__, what)
#define BUG_IF(cond) do { if (cond) BUG(#cond); } while (0)

#endif
