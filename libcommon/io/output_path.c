/* SPDX-License-Identifier: MIT */
#include "libcommon/io/output_path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"

#define LINKS_MAX 40 /* as Linux follows at most */

/* ---- one output ---- */

/* Returns the open descriptor that a path names by itself, or -1. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

    if (!strcmp(path, "/dev/stdout"))
        return STDOUT_FILENO;
    if (!strcmp(path, "/dev/stderr"))
        return STDERR_FILENO;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        const char *number = path + strlen(folders[i]);
        size_t digits;

        if (strncmp(path, folders[i], strlen(folders[i])) != 0)
            continue;
        digits = strspn(number, "0123456789");
        if (digits > 0 && digits < 6 && !number[digits])
            return (int)strtol(number, NULL, 10);
    }
    return -1;
}

/* Follow the links of p->path itself, as far as there are any; those in its
 * folder are the system's business.  So is the name of what is written in
 * place, since links in /proc lead to no name. */
static int follow_links(struct output_path *p)
{
    char to[PATH_MAX];

    for (int links = 0; (p->fd = descriptor_of(p->path)) < 0; links++) {
        ssize_t n = readlink(p->path, to, sizeof to - 1);
        char *next, *folder;

        if (n < 0)
            return errno == EINVAL || errno == ENOENT ? 0 : -1;
        if (stat(p->path, &p->st) == 0 && !S_ISREG(p->st.st_mode))
            return 0;
        if (links == LINKS_MAX) {
            errno = ELOOP;
            return -1;
        }
        to[n] = '\0';
        folder = pathname_folder(p->path);
        next = to[0] == '/' ? xstrdup(to) : xasprintf("%s/%s", folder, to);
        free(folder);
        free(p->path);
        p->path = next;
    }
    return 0;
}

/* Look at what is there. */
static int look(struct output_path *p)
{
    char *folder;
    int rc;

    p->exists = (p->fd >= 0 ? fstat(p->fd, &p->st) : stat(p->path, &p->st)) ==
                0;
    if (p->fd >= 0 || (!p->exists && errno != ENOENT))
        return p->exists ? 0 : -1;
    folder = pathname_folder(p->path);
    rc = stat(folder, &p->folder);
    free(folder);
    return rc;
}

int output_path_find(const char *name, struct output_path *p, struct err *e)
{
    bool to_stdout = !name || !strcmp(name, "-");
    int rc;

    *p = (struct output_path){
        .path = xstrdup(to_stdout ? "/dev/stdout" : name)};
    rc = follow_links(p);
    if (rc == 0)
        rc = look(p);
    if (rc < 0)
        err_sys(e, "%s", to_stdout ? "<stdout>" : name);
    else if (p->exists && S_ISDIR(p->st.st_mode))
        rc = err_set(e, ERR_SYS, "%s: is a directory", name);
    if (rc == 0)
        return 0;
    output_path_fini(p);
    return e->code;
}

void output_path_fini(struct output_path *p)
{
    free(p->path);
    p->path = NULL;
}

bool output_path_replaced(const struct output_path *p)
{
    return p->fd < 0 && (!p->exists || S_ISREG(p->st.st_mode));
}

/* ---- all outputs of a run ---- */

static int check_writable(const struct output_path *p,
                          const struct output_claim *c, struct err *e)
{
    char *folder;
    int rc;

    if (p->fd >= 0)
        return 0;
    folder = pathname_folder(p->path);
    rc = output_path_replaced(p) && !(c->in_place && p->exists)
             ? access(folder, W_OK | X_OK)
             : access(p->path, W_OK);
    free(folder);
    return rc < 0 ? err_sys(e, "%s", c->name) : 0;
}

static bool same_node(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Returns true when what is written to one would damage the other.  Two
 * descriptors of one file are the caller's wish (2>&1). */
static bool collide(const struct output_path *a, const struct output_path *b)
{
    if (a->fd >= 0 && b->fd >= 0)
        return a->fd == b->fd;
    if (a->exists != b->exists)
        return false;
    if (a->exists)
        return same_node(&a->st, &b->st) && !S_ISCHR(a->st.st_mode);
    return same_node(&a->folder, &b->folder) &&
           !strcmp(pathname_base(a->path), pathname_base(b->path));
}

static char *describe(const struct output_claim *c)
{
    if (!c->name || !strcmp(c->name, "-"))
        return xasprintf("--%s to stdout", c->option);
    return xasprintf("--%s=%.200s", c->option, c->name);
}

int outputs_check(const struct output_claim *v, size_t n, struct err *e)
{
    struct output_path *p = xcalloc(n, sizeof *p);
    size_t found = 0;
    int rc = 0;

    for (; rc == 0 && found < n; found++) {
        if ((rc = output_path_find(v[found].name, &p[found], e)) < 0)
            break;
        for (size_t i = 0; rc == 0 && i < found; i++)
            if (collide(&p[i], &p[found])) {
                char *one = describe(&v[i]), *other = describe(&v[found]);

                rc = err_set(e, ERR_ARG,
                             "%s and %s are one file: give each a file of its "
                             "own",
                             one, other);
                free(one);
                free(other);
            }
        if (rc == 0)
            rc = check_writable(&p[found], &v[found], e);
    }
    while (found > 0)
        output_path_fini(&p[--found]);
    free(p);
    return rc;
}
