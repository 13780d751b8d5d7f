/* SPDX-License-Identifier: MIT */
#include "libcommon/io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/io/output_path.h"
#include "libcommon/io/tempfile.h"

struct output {
    int fd;           /* -1 = closed */
    char *name;       /* as given, for messages */
    char *path;       /* what the file is to become; NULL = in place */
    const char *temp; /* its temporary name, NULL = none (tempfile.h) */
};

/* The files that are finished and not yet committed. */
#define FINISHED_MAX 16
static struct output finished[FINISHED_MAX];
static size_t n_finished;

static bool no_sync;

void outputs_sync(bool on)
{
    no_sync = !on;
}

/* ---- opening ---- */

/* Open the file that is to become o->path, with the mode of the old file or the
 * usual one. */
static int open_new(struct output *o, const struct output_path *to,
                    struct err *e)
{
    char *folder = pathname_folder(o->path);

    o->fd = tempfile_unnamed(folder, O_WRONLY, 0666);
    free(folder);
    if (o->fd < 0)
        o->temp = tempfile_create(o->path, 0666, &o->fd);
    if (o->fd < 0 || (to->exists && fchmod(o->fd, to->st.st_mode & 0777) < 0))
        return err_sys(e, "%s", o->name);
    return 0;
}

static int open_in_place(struct output *o, const struct output_path *to,
                         struct err *e)
{
    if (to->fd == STDOUT_FILENO)
        o->fd = STDOUT_FILENO;
    else if (to->fd >= 0)
        o->fd = fcntl(to->fd, F_DUPFD_CLOEXEC, 0);
    else
        o->fd = open(to->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return o->fd < 0 ? err_sys(e, "%s", o->name) : 0;
}

struct output *output_open(const char *path, struct err *e)
{
    struct output *o;
    struct output_path to;
    int rc;

    if (output_path_find(path, &to, e) < 0)
        return NULL;
    o = xcalloc(1, sizeof *o);
    *o = (struct output){
        .fd = -1,
        .name = xstrdup(to.fd == STDOUT_FILENO ? "<stdout>" : path),
        .path = output_path_replaced(&to) ? xstrdup(to.path) : NULL,
    };
    rc = o->path ? open_new(o, &to, e) : open_in_place(o, &to, e);
    output_path_fini(&to);
    if (rc == 0)
        return o;
    output_free(o);
    return NULL;
}

/* ---- writing and the end ---- */

int output_write(struct output *o, const void *data, size_t n, struct err *e)
{
    return output_write_fd(o->fd, o->name, data, n, e);
}

int output_write_fd(int fd, const char *name, const void *data, size_t n,
                    struct err *e)
{
    const char *p = data;

    while (n) {
        ssize_t put = write(fd, p, n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return err_sys(e, "%s: write", name);
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

static int close_output(struct output *o, struct err *e)
{
    /* Closing a copy of stdout reports what closing it would (a full disk on
     * NFS) and leaves descriptor 1 taken. */
    int fd = o->fd == STDOUT_FILENO ? dup(STDOUT_FILENO) : o->fd;

    o->fd = -1;
    return fd < 0 || close(fd) < 0 ? err_sys(e, "%s: close", o->name) : 0;
}

int output_finish(struct output *o, struct err *e)
{
    if (!o->path)
        return close_output(o, e);
    if (!no_sync && fsync(o->fd) < 0)
        return err_sys(e, "%s: fsync", o->name);
    BUG_IF(n_finished == FINISHED_MAX);
    finished[n_finished++] = *o;
    *o = (struct output){.fd = -1, .name = xstrdup(o->name)};
    return 0;
}

const char *output_name(const struct output *o)
{
    return o->name;
}

/* Free what *o holds; a file that has no other name than a temporary one is
 * gone. */
static void fini(struct output *o)
{
    if (o->fd >= 0 && o->fd != STDOUT_FILENO)
        close(o->fd);
    tempfile_remove(o->temp);
    free(o->path);
    free(o->name);
}

void output_free(struct output *o)
{
    if (!o)
        return;
    fini(o);
    free(o);
}

int output_put(const char *path, const void *data, size_t n, struct err *e)
{
    struct output *o = output_open(path, e);
    int rc = o ? output_write(o, data, n, e) : e->code;

    if (rc == 0)
        rc = output_finish(o, e);
    output_free(o);
    return rc;
}

/* ---- the commit ---- */

/* A file being committed, and what it takes to undo that. */
struct change {
    struct output *o;
    bool replaces, renamed;
    const char *old; /* second name of what it replaces, NULL = none */
};

/* Give the file a name and close it, since some file systems report a full disk
 * only then. */
static int prepare(struct change *c, bool keep, struct err *e)
{
    struct output *o = c->o;

    if (!o->temp && !(o->temp = tempfile_link(o->path, o->fd)))
        return err_sys(e, "%s: link", o->name);
    if (close_output(o, e) < 0)
        return e->code;
    c->replaces = access(o->path, F_OK) == 0;
    if (keep && c->replaces)
        c->old = tempfile_keep(o->path);
    return 0;
}

/* Undo what was done to all files, as far as it can be undone. */
static void undo(struct change *c, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (c[i].renamed && !c[i].replaces)
            unlink(c[i].o->path);
        else if (c[i].renamed && c[i].old &&
                 rename(c[i].old, c[i].o->path) == 0)
            tempfile_forget(c[i].old);
        else
            continue;
        c[i] = (struct change){.o = c[i].o};
    }
}

/* Sync the folder.  Where it cannot be opened, or the file system does not sync
 * folders, nothing can be done, which is no failure. */
static int sync_folder(const struct output *o, struct err *e)
{
    char *folder = pathname_folder(o->path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    free(folder);
    if (fd < 0)
        return 0;
    if (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        rc = err_sys(e, "%s: fsync of its folder", o->name);
    close(fd);
    return rc;
}

static int commit_changes(struct change *c, size_t n, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = prepare(&c[i], n > 1, e);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        struct output *o = c[i].o;

        c[i].renamed = rename(o->temp, o->path) == 0;
        if (!c[i].renamed)
            rc = err_sys(e, "%s: rename", o->name);
        else
            tempfile_forget(o->temp);
        o->temp = c[i].renamed ? NULL : o->temp;
    }
    if (rc < 0)
        undo(c, n);
    for (size_t i = 0; i < n; i++) {
        tempfile_remove(c[i].old);
        c[i].old = NULL;
    }
    for (size_t i = 0; rc == 0 && !no_sync && i < n; i++)
        if ((rc = sync_folder(c[i].o, e)) < 0)
            undo(c, n);
    return rc;
}

/* Commit n outputs and free what they hold.  A deadly signal waits until it is
 * done, so that it does not come between two renames. */
static int commit(struct output *v, size_t n, struct err *e)
{
    struct change *c = xcalloc(n, sizeof *c);
    sigset_t all, old;
    int rc;

    for (size_t i = 0; i < n; i++)
        c[i].o = &v[i];
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    rc = commit_changes(c, n, e);
    for (size_t i = 0; i < n; i++)
        fini(&v[i]);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    free(c);
    return rc;
}

int outputs_commit(struct err *e)
{
    size_t n = n_finished;

    n_finished = 0;
    return commit(finished, n, e);
}

int output_commit(struct output *o, struct err *e)
{
    size_t before = n_finished;
    int rc = output_finish(o, e);

    if (n_finished > before) {
        n_finished = before;
        rc = commit(&finished[before], 1, e);
    }
    return rc;
}
