/* SPDX-License-Identifier: MIT */
#include "libcommon/cli/toolrun.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/err.h"
#include "libcommon/base/log.h"
#include "libcommon/base/utf8.h"
#include "libcommon/cli/exit.h"
#include "libcommon/cli/opt.h"
#include "libcommon/io/output.h"

/* There is one run per process; this is what is known of it. */
static struct {
    int argc;
    char **argv;
    double start;     /* seconds of the clock */
    struct buf lines; /* the tool's own, each ending in a newline */
} run;

void run_begin(int argc, char **argv)
{
    run.argc = argc;
    run.argv = argv;
    run.start = clock_seconds();
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static double run_time(void)
{
    return clock_seconds() - run.start;
}

/* Append a word, quoted so that a shell reads it back. */
static void add_quoted(struct buf *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_./=,:+@%";

    if (*word && strspn(word, plain) == strlen(word)) {
        buf_adds(out, word);
        return;
    }
    buf_adds(out, "'");
    for (; *word; word++) {
        if (*word == '\'')
            buf_adds(out, "'\\''");
        else
            buf_add(out, word, 1);
    }
    buf_adds(out, "'");
}

int run_close_stdout(struct err *e)
{
    if (fflush(stdout) || ferror(stdout))
        return err_sys(e, "stdout");
    /* Some file systems report a full disk only here. */
    if (close(STDOUT_FILENO))
        return err_sys(e, "stdout");
    return 0;
}

void tool_report(const char *fmt, ...)
{
    char line[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    utf8_mask(line);
    log_info("%s", line);
    buf_addf(&run.lines, "%s\n", line);
}

/* Write --report: what the run cost up to now. */
static int write_report(const struct tool *t, const char *path, struct err *e)
{
    struct rusage u;
    struct buf text = {0};
    int rc;

    getrusage(RUSAGE_SELF, &u);
    buf_addf(&text, "tool: %s %s\ncommand:", t->name, nachos_version);
    for (int i = 0; i < run.argc; i++) {
        buf_adds(&text, " ");
        add_quoted(&text, run.argv[i]);
    }
    buf_addf(&text, "\nseconds: %.3f\ncpu_seconds: %.3f\nmax_rss_kib: %ld\n",
             run_time(), seconds(u.ru_utime) + seconds(u.ru_stime),
             u.ru_maxrss);
    buf_add(&text, run.lines.data, run.lines.len);
    rc = output_put(path, text.data, text.len, e);
    buf_free(&text);
    return rc;
}

int tool_done(const struct tool *t)
{
    const struct common_opts *c = tool_common(t);
    struct rusage u;
    struct err e;
    int rc = 0;

    if (c && c->report)
        rc = write_report(t, c->report, &e);
    buf_free(&run.lines);
    if (rc == 0)
        rc = run_close_stdout(&e);
    if (rc == 0)
        rc = outputs_commit(&e);
    if (rc < 0)
        return tool_fail(t, &e);
    getrusage(RUSAGE_SELF, &u);
    log_info("%.2f s, %.2f s of CPU time, %.1f MiB at most", run_time(),
             seconds(u.ru_utime) + seconds(u.ru_stime),
             (double)u.ru_maxrss / 1024);
    return EXIT_DONE;
}
