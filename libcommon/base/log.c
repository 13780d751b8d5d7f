/* SPDX-License-Identifier: MIT */
#include "libcommon/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int log_level = 1;
void (*log_before)(void);
static const char *program = "nachos";

void log_set_name(const char *name)
{
    program = name;
}

const char *log_name(void)
{
    return program;
}

static PRINTF(2, 0) void write_line(const char *label, const char *fmt,
                                    va_list ap)
{
    char line[1400];
    size_t n;
    int head = snprintf(line, sizeof line - 1, "%s: %s", program, label);

    vsnprintf(line + head, sizeof line - 1 - (size_t)head, fmt, ap);
    n = strlen(line);
    line[n++] = '\n';
    if (log_before)
        log_before();
    if (write(STDERR_FILENO, line, n) < 0)
        return; /* there is nowhere to report this */
}

#define LOG_BODY(min_level, label)   \
    do {                             \
        va_list ap;                  \
        if (log_level < (min_level)) \
            return;                  \
        va_start(ap, fmt);           \
        write_line(label, fmt, ap);  \
        va_end(ap);                  \
    } while (0)

void log_error(const char *fmt, ...)
{
    LOG_BODY(0, "");
}

void log_warn(const char *fmt, ...)
{
    LOG_BODY(1, "warning: ");
}

void log_info(const char *fmt, ...)
{
    LOG_BODY(2, "");
}

void bug_at(const char *file, int line, const char *what)
{
    log_error("BUG at %s:%d: %s", file, line, what);
    abort();
}
