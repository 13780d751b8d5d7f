/* SPDX-License-Identifier: MIT */
#include "libcommon/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/utf8.h"

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

/* Write one masked line and, with `usage`, where more is to be read. */
static PRINTF(3, 0) void write_message(const char *label, bool usage,
                                       const char *fmt, va_list ap)
{
    char text[1500];
    int n = snprintf(text, 1400, "%s: %s", program, label);

    vsnprintf(text + n, 1400 - (size_t)n, fmt, ap);
    utf8_mask(text);
    n = (int)strlen(text);
    n += usage ? snprintf(text + n, sizeof text - (size_t)n,
                          "\nTry '%.60s --help'\n", program)
               : snprintf(text + n, sizeof text - (size_t)n, "\n");
    if (log_before)
        log_before();
    if (write(STDERR_FILENO, text, (size_t)n) < 0)
        return; /* there is nowhere to report this */
}

#define LOG_BODY(min_level, label, usage)     \
    do {                                      \
        va_list ap;                           \
        if (log_level < (min_level))          \
            return;                           \
        va_start(ap, fmt);                    \
        write_message(label, usage, fmt, ap); \
        va_end(ap);                           \
    } while (0)

void log_error(const char *fmt, ...)
{
    LOG_BODY(0, "", false);
}

void log_usage(const char *fmt, ...)
{
    LOG_BODY(0, "", true);
}

void log_warn(const char *fmt, ...)
{
    LOG_BODY(1, "warning: ", false);
}

void log_info(const char *fmt, ...)
{
    LOG_BODY(2, "", false);
}

void log_lines(const char *text)
{
    if (log_level < 1)
        return;
    if (log_before)
        log_before();
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        return; /* there is nowhere to report this */
}

void bug_at(const char *file, int line, const char *what)
{
    log_error("BUG at %s:%d: %s", file, line, what);
    abort();
}
