/* SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "libcommon/io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

struct output {
    int fd;      /* -1 = closed */
    char *name;  /* as given, for messages */
    char *path;  /* what the temporary file is to become, or NULL */
    size_t slot; /* of the temporary file's name in `temps` */
};

/* ---- temporary files, known to the signal handlers ---- */

#define TEMP_MAX 32
static char *volatile temps[TEMP_MAX];
static const int deadly[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

static void remove_temps(void)
{
    for (size_t i = 0; i < TEMP_MAX; i++)
        if (temps[i])
            unlink(temps[i]);
}

static void on_signal(int number)
{
    remove_temps();
    raise(number); /* SA_RESETHAND: this one ends the process */
}

/* See that the temporary files are removed at exit and when a deadly signal
 * comes.  Signals that the parent ignores (nohup) stay ignored. */
static void watch_signals(void)
{
    static bool done;
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct sigaction old;

    if (done)
        return;
    done = true;
    atexit(remove_temps);
    sigemptyset(&sa.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        if (!sigaction(deadly[i], NULL, &old) && old.sa_handler != SIG_IGN)
            sigaction(deadly[i], &sa, NULL);
}

void output_remove_at_exit(const char *path)
{
    size_t i = 0;

    while (i < TEMP_MAX && temps[i])
        i++;
    BUG_IF(i == TEMP_MAX);
    temps[i] = xstrdup(path);
    watch_signals();
}

/* ---- opening ---- */

/* Create a temporary file beside o->path, with the mode of the old file or the
 * usual one, and enter it in `temps`. */
static int open_temp(struct output *o, const struct stat *old, struct err *e)
{
    const char *slash = strrchr(o->path, '/');
    size_t dir = slash ? (size_t)(slash - o->path) + 1 : 0;
    mode_t mask = umask(0);
    char *temp;

    umask(mask);
    for (o->slot = 0; o->slot < TEMP_MAX && temps[o->slot]; o->slot++)
        ;
    if (o->slot == TEMP_MAX)
        return err_set(e, ERR_SYS, "%s: too many open outputs", o->name);
    temp = xasprintf("%.*s.%.200s.XXXXXX", (int)dir, o->path, o->path + dir);
    watch_signals();
    temps[o->slot] = temp; /* first: a signal may come in between */
    o->fd = mkstemp(temp);
    if (o->fd < 0) {
        err_sys(e, "%s", o->name);
        temps[o->slot] = NULL;
        o->slot = TEMP_MAX;
        free(temp);
        return ERR_SYS;
    }
    if (fchmod(o->fd, old ? old->st_mode & 0777 : 0666 & ~mask) < 0)
        return err_sys(e, "%s", o->name);
    fcntl(o->fd, F_SETFD, FD_CLOEXEC);
    return 0;
}

struct output *output_open(const char *path, struct err *e)
{
    struct output *o = xcalloc(1, sizeof *o);
    bool to_stdout = !path || !strcmp(path, "-"), exists;
    struct stat st;
    int rc = 0;

    o->fd = STDOUT_FILENO;
    o->slot = TEMP_MAX;
    o->name = xstrdup(to_stdout ? "<stdout>" : path);
    if (to_stdout)
        return o;
    exists = !stat(path, &st);
    if (exists && S_ISDIR(st.st_mode)) {
        rc = err_set(e, ERR_SYS, "%s: is a directory", path);
    } else if (exists && !S_ISREG(st.st_mode)) {
        o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (o->fd < 0)
            rc = err_sys(e, "%s", path);
    } else {
        o->path = exists ? realpath(path, NULL) : xstrdup(path);
        rc = o->path ? open_temp(o, exists ? &st : NULL, e)
                     : err_sys(e, "%s", path);
    }
    if (rc < 0) {
        output_free(o);
        return NULL;
    }
    return o;
}

/* ---- writing and the end ---- */

int output_write(struct output *o, const void *data, size_t n, struct err *e)
{
    const char *p = data;

    while (n) {
        ssize_t put = write(o->fd, p, n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_sys(e, "%s: write", o->name);
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

static void forget_temp(struct output *o)
{
    char *temp;

    if (o->slot == TEMP_MAX)
        return;
    temp = temps[o->slot];
    temps[o->slot] = NULL;
    o->slot = TEMP_MAX;
    free(temp);
}

int output_commit(struct output *o, struct err *e)
{
    /* Closing a copy of stdout reports what closing it would (a full disk on
     * NFS) and leaves descriptor 1 taken. */
    int fd = o->fd == STDOUT_FILENO ? dup(STDOUT_FILENO) : o->fd;

    o->fd = -1;
    if (fd < 0 || close(fd) < 0)
        return err_sys(e, "%s: close", o->name);
    if (o->path && rename(temps[o->slot], o->path) < 0)
        return err_sys(e, "%s: rename", o->name);
    forget_temp(o);
    return 0;
}

const char *output_name(const struct output *o)
{
    return o->name;
}

void output_free(struct output *o)
{
    if (!o)
        return;
    if (o->fd >= 0 && o->fd != STDOUT_FILENO)
        close(o->fd);
    if (o->slot != TEMP_MAX) {
        unlink(temps[o->slot]);
        forget_temp(o);
    }
    free(o->path);
    free(o->name);
    free(o);
}
