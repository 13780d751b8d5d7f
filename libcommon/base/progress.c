/* SPDX-License-Identifier: MIT */
#include "libcommon/base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/base/utf8.h"

#define COLUMNS 80     /* of a terminal that does not say how many it has */
#define DELAY 1.0      /* seconds before the first line */
#define PAUSE 0.2      /* between lines on a terminal */
#define PAUSE_LOG 2.0  /* between lines elsewhere */
#define PAUSE_FILE 1.0 /* between changes of the progress file */

/* The length of the line on the terminal that wipe must blank; 0 = none. */
static size_t shown;

/* The progress file of the process; fd -1 = none, next = not rewritten before
 * that second. */
static struct {
    int fd;
    double next;
} file = {.fd = -1};

static void put(const char *s, size_t n)
{
    if (write(STDERR_FILENO, s, n) < 0)
        return; /* progress is not worth an error */
}

/* Write the text over what is shown, cut so that the cursor stays in the line.
 * Bytes are no fewer than columns. */
static void show(const char *text, size_t n)
{
    size_t most = COLUMNS - 1, end = 0, len;
    struct buf line = {0};
    struct winsize size;
    uint32_t code;

    if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col)
        most = size.ws_col - 1u;
    while (end < n &&
           end + (len = utf8_next(text + end, n - end, &code)) <= most)
        end += len;
    if (shown > most)
        shown = most;
    buf_addf(&line, "\r%.*s%*s", (int)end, text,
             shown > end ? (int)(shown - end) : 0, "");
    put(line.data, line.len);
    buf_free(&line);
    shown = end;
}

static void wipe(void)
{
    if (!shown)
        return;
    show("", 0);
    put("\r", 1);
}

/* ---- the progress file ---- */

/* Returns 0, or -1 with errno. */
static int file_put(const struct buf *line)
{
    /* A reader that comes between the two calls sees one whole line and the
     * end of a longer one behind it. */
    ssize_t n = pwrite(file.fd, line->data, line->len, 0);

    if (n >= 0 && n < (ssize_t)line->len)
        errno = ENOSPC; /* a disk that took a part of so few bytes is full */
    return n == (ssize_t)line->len ? ftruncate(file.fd, n) : -1;
}

/* Returns true for what a killed run left, DONE TOTAL .., or an empty file. */
static bool holds_progress(void)
{
    char text[48];
    ssize_t n = pread(file.fd, text, sizeof text - 1, 0);
    size_t done, total;

    if (n <= 0)
        return n == 0;
    text[n] = '\0';
    done = strspn(text, "0123456789");
    if (!done || text[done] != ' ')
        return false;
    total = strspn(text + done + 1, "0123456789");
    return total && text[done + 1 + total] == ' ';
}

static void file_update(const struct progress *p)
{
    struct buf line = {0};
    double t;

    if (file.fd < 0 || (t = clock_seconds()) < file.next)
        return;
    file.next = t + PAUSE_FILE;
    buf_addf(&line, "%" PRIu64 " %" PRIu64 " %.*s %.1f", p->done, p->total,
             (int)strcspn(p->label, " "), p->label,
             (double)clock() / CLOCKS_PER_SEC);
    if (p->note[0])
        buf_addf(&line, " %s", p->note);
    buf_mask(&line, 0);
    buf_adds(&line, "\n");
    (void)file_put(&line); /* progress is not worth an error */
    buf_free(&line);
}

int progress_file(const char *path, struct err *e)
{
    struct buf line = {0};
    struct stat st;
    int rc = 0;

    file.fd = open(
        path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
        0666);
    if (file.fd < 0)
        return err_sys(e, "%s", path);
    buf_adds(&line, "0 0 - 0.0 starting\n");
    if (!fstat(file.fd, &st) && !S_ISREG(st.st_mode)) {
        rc = err_set(e, ERR_SYS, "%s: progress takes a regular file", path);
    } else if (!holds_progress()) {
        rc = err_set(e, ERR_FORMAT,
                     "%s: it is no progress file; --progress-file does not "
                     "overwrite it",
                     path);
    } else if (file_put(&line) < 0) {
        rc = err_sys(e, "%s", path);
        unlink(path);
    }
    buf_free(&line);
    if (rc < 0) {
        close(file.fd);
        file.fd = -1;
    }
    return rc;
}

/* ---- the line on stderr ---- */

void progress_start(struct progress *p, const char *label, uint64_t total,
                    int wanted)
{
    const char *term = getenv("TERM");

    memset(p, 0, sizeof *p);
    p->label = label;
    p->total = total;
    p->start = clock_seconds();
    p->next = p->start + DELAY;
    p->terminal = isatty(STDERR_FILENO) && !(term && !strcmp(term, "dumb"));
    if (wanted < 0)
        wanted = p->terminal && tcgetpgrp(STDERR_FILENO) == getpgrp();
    p->on = wanted && log_level >= 1;
    if (p->on)
        log_before = wipe;
    file_update(p);
}

static void draw(struct progress *p, double t)
{
    double rate = t > p->start ? (double)p->done / (t - p->start) : 0;
    struct buf line = {0};

    buf_addf(&line, "%s: %" PRIu64, log_name(), p->done);
    if (p->total)
        buf_addf(&line, "/%" PRIu64, p->total);
    buf_addf(&line, rate < 1000 ? " %s, %.3g/s" : " %s, %.0f/s", p->label,
             rate);
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
    buf_mask(&line, 0);
    if (p->terminal) {
        show(line.data, line.len);
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
    file_update(p);
    if (!p->on || (t = clock_seconds()) < p->next)
        return;
    draw(p, t);
    p->next = t + (p->terminal ? PAUSE : PAUSE_LOG);
}

void progress_skip(struct progress *p, uint64_t n)
{
    if (p)
        p->total -= n < p->total ? n : p->total;
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
    file_update(p);
    if (!p->on)
        return;
    wipe();
    log_before = NULL;
    p->on = false;
}
