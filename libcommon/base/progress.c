/* SPDX-License-Identifier: MIT */
#include "libcommon/base/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"

#define WIDTH 79
#define DELAY 1.0      /* seconds before the first line */
#define PAUSE 0.2      /* between lines on a terminal */
#define PAUSE_FILE 2.0 /* between lines elsewhere */

/* The length of the line on the terminal that wipe must blank; 0 = none. */
static size_t shown;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void put(const char *s, size_t n)
{
    if (write(STDERR_FILENO, s, n) < 0)
        return; /* progress is not worth an error */
}

static void wipe(void)
{
    char line[WIDTH + 3];
    int n;

    if (!shown)
        return;
    n = snprintf(line, sizeof line, "\r%*s\r", (int)shown, "");
    put(line, (size_t)n);
    shown = 0;
}

void progress_start(struct progress *p, const char *label, uint64_t total,
                    int show)
{
    memset(p, 0, sizeof *p);
    p->label = label;
    p->total = total;
    p->start = now();
    p->next = p->start + DELAY;
    p->terminal = isatty(STDERR_FILENO);
    if (show < 0)
        show = p->terminal && tcgetpgrp(STDERR_FILENO) == getpgrp();
    p->on = show && log_level >= 1;
    if (p->on)
        log_before = wipe;
}

static void draw(struct progress *p, double t)
{
    double rate = t > p->start ? (double)p->done / (t - p->start) : 0;
    struct buf line = {0};

    buf_addf(&line, "%s: %" PRIu64, log_name(), p->done);
    if (p->total)
        buf_addf(&line, "/%" PRIu64, p->total);
    buf_addf(&line, " %s, %.3g/s", p->label, rate);
    if (p->total && p->done < p->total && rate > 0) {
        uint64_t s = (uint64_t)((double)(p->total - p->done) / rate + 0.5);

        if (s >= 3600)
            buf_addf(&line, ", %" PRIu64 " h %02" PRIu64 " min left", s / 3600,
                     s / 60 % 60);
        else
            buf_addf(&line, ", %" PRIu64 ":%02" PRIu64 " left", s / 60, s % 60);
    }
    if (p->note[0])
        buf_addf(&line, ", %s", p->note);
    if (line.len > WIDTH)
        line.len = WIDTH;
    if (p->terminal) {
        size_t n = line.len;
        char text[2 * WIDTH + 3];
        int blanks = shown > n ? (int)(shown - n) : 0;
        int len = snprintf(text, sizeof text, "\r%.*s%*s", (int)n, line.data,
                           blanks, "");

        put(text, (size_t)len);
        shown = n;
    } else {
        buf_adds(&line, "\n");
        put(line.data, line.len);
    }
    buf_free(&line);
}

void progress_add(struct progress *p, uint64_t n)
{
    double t;

    p->done += n;
    if (!p->on || (t = now()) < p->next)
        return;
    draw(p, t);
    p->next = t + (p->terminal ? PAUSE : PAUSE_FILE);
}

void progress_note(struct progress *p, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(p->note, sizeof p->note, fmt, ap);
    va_end(ap);
}

void progress_end(struct progress *p)
{
    if (!p->on)
        return;
    wipe();
    log_before = NULL;
    p->on = false;
}
