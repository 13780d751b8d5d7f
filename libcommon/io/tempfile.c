/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */
#include "libcommon/io/tempfile.h"
#include "libcommon/base/pathname.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

/* ---- temporary names, known to the signal handlers ---- */

#define NAMES_MAX 40
static char *volatile names[NAMES_MAX];

static void remove_all(void)
{
    for (size_t i = 0; i < NAMES_MAX; i++)
        if (names[i])
            unlink(names[i]);
}

static void on_signal(int number)
{
    remove_all();
    raise(number); /* SA_RESETHAND: this one ends the process */
}

/* Call remove_all at exit and when a deadly signal comes.  A signal that the
 * parent ignores (nohup) or that a sanitizer catches keeps its handler. */
static void watch_signals(void)
{
    static const int harmless[] = {SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN,
                                   SIGTTOU, SIGURG,  SIGWINCH};
    static bool done;
    struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};
    struct sigaction old;
    sigset_t spared;

    if (done)
        return;
    done = true;
    atexit(remove_all);
    sigemptyset(&sa.sa_mask);
    sigemptyset(&spared);
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        sigaddset(&spared, harmless[i]);
    for (int i = 1; i <= SIGRTMAX; i++)
        if (!sigismember(&spared, i) && !sigaction(i, NULL, &old) &&
            old.sa_handler == SIG_DFL)
            sigaction(i, &sa, NULL);
}

/* ---- giving names ---- */

/* A file to be given a name beside `path`. */
struct making {
    enum { MAKE_FILE, MAKE_LINK, MAKE_SECOND } how;
    const char *path;
    int fd;      /* of MAKE_LINK, and what MAKE_FILE opens */
    mode_t mode; /* of MAKE_FILE */
};

/* The name by which the system knows an open file. */
struct proc_name {
    char text[40];
};

static struct proc_name proc_name(int fd)
{
    struct proc_name n;

    snprintf(n.text, sizeof n.text, "/proc/self/fd/%d", fd);
    return n;
}

static int make(const char *temp, struct making *m)
{
    if (m->how == MAKE_SECOND)
        return link(m->path, temp);
    if (m->how == MAKE_LINK)
        return linkat(AT_FDCWD, proc_name(m->fd).text, AT_FDCWD, temp,
                      AT_SYMLINK_FOLLOW);
    return m->fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, m->mode);
}

/* Returns a name that hardly another process makes (one of another machine may,
 * of the same number and in the same nanosecond); owned. */
static char *invent(const char *path)
{
    int folder = (int)(pathname_base(path) - path);
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return xasprintf("%.*s.%.200s.%lx%08lx", folder, path, path + folder,
                     (long)getpid(), now.tv_nsec);
}

/* Returns the index of a free name. */
static size_t free_slot(void)
{
    size_t slot = 0;

    watch_signals();
    while (slot < NAMES_MAX && names[slot])
        slot++;
    BUG_IF(slot == NAMES_MAX);
    return slot;
}

/* Make a file under a new name.  The name is entered in `names` first, because
 * a signal may come before `make` returns. */
static const char *make_named(struct making *m)
{
    size_t slot = free_slot();

    for (int tries = 0; tries < 100; tries++) {
        char *temp = names[slot] = invent(m->path);
        int saved;

        if (make(temp, m) >= 0)
            return temp;
        saved = errno;
        names[slot] = NULL;
        free(temp);
        errno = saved;
        if (errno != EEXIST)
            break;
    }
    return NULL;
}

const char *tempfile_create(const char *path, mode_t mode, int *fd)
{
    struct making m = {.how = MAKE_FILE, .path = path, .fd = -1, .mode = mode};
    const char *temp = make_named(&m);

    *fd = m.fd;
    return temp;
}

const char *tempfile_link(const char *path, int fd)
{
    return make_named(
        &(struct making){.how = MAKE_LINK, .path = path, .fd = fd});
}

const char *tempfile_keep(const char *path)
{
    return make_named(&(struct making){.how = MAKE_SECOND, .path = path});
}

void tempfile_remove_at_exit(const char *path)
{
    names[free_slot()] = xstrdup(path);
}

void tempfile_forget(const char *temp)
{
    for (size_t i = 0; temp && i < NAMES_MAX; i++)
        if (names[i] == temp) {
            char *name = names[i];

            names[i] = NULL;
            free(name);
            return;
        }
}

void tempfile_remove(const char *temp)
{
    if (temp)
        unlink(temp);
    tempfile_forget(temp);
}

/* ---- files without a name ---- */

int tempfile_unnamed(const char *folder, int how, mode_t mode)
{
#ifdef O_TMPFILE
    int fd = open(folder, O_TMPFILE | how | O_CLOEXEC, mode);

    /* Without /proc no name could be given to the file. */
    if (fd >= 0 && access(proc_name(fd).text, F_OK) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
#else
    (void)folder;
    (void)how;
    (void)mode;
#endif
    return -1;
}
