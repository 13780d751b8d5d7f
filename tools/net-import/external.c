/* SPDX-License-Identifier: MIT */
#include "tools/net-import/external.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/base/mem.h"

/* Open the file step by step, so that no part of the path is a link.  Returns
 * the descriptor or ERR_*. */
static int open_below(const char *folder, const char *path, struct err *e)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return err_sys(e, "%.200s", folder);
    for (const char *at = path;;) {
        size_t n = strcspn(at, "/");
        bool last = !at[n];
        char part[256];
        int fd;

        if (n == 0 || n >= sizeof part ||
            (n == 2 && strncmp(at, "..", 2) == 0)) {
            close(dir);
            return err_set(e, ERR_FORMAT,
                           "external data in '%.200s', which does not lead to "
                           "a file below the model's folder: the path must be "
                           "relative and without '..'",
                           path);
        }
        memcpy(part, at, n);
        part[n] = '\0';
        fd = openat(dir, part,
                    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
                        (last ? 0 : O_DIRECTORY));
        close(dir);
        if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
            return err_set(e, ERR_FORMAT,
                           "external data in '%.200s', where '%.200s' is a "
                           "symbolic link or no folder: links are not followed",
                           path, part);
        if (fd < 0)
            return err_sys(e, "external data in '%.200s'", path);
        if (last)
            return fd;
        dir = fd;
        at += n + 1;
    }
}

/* Set *to to a decimal number of bytes, which is left as it is where there is
 * no text. */
static int parse_bytes(const char *text, const char *what, int64_t *to,
                       struct err *e)
{
    uint64_t v = 0;
    size_t n = text ? strspn(text, "0123456789") : 0;

    if (!text)
        return 0;
    if (n == 0 || n > 18 || text[n])
        return err_set(e, ERR_FORMAT, "external data with %s '%.40s'", what,
                       text);
    for (size_t i = 0; i < n; i++)
        v = 10 * v + (uint64_t)(text[i] - '0');
    *to = (int64_t)v;
    return 0;
}

static int read_range(int fd, const struct external *x, size_t bytes, void **to,
                      struct err *e)
{
    int64_t offset = 0, length = (int64_t)bytes;
    struct stat s;

    if (fstat(fd, &s) < 0)
        return err_sys(e, "external data in '%.200s'", x->location);
    if (!S_ISREG(s.st_mode))
        return err_set(e, ERR_FORMAT,
                       "external data in '%.200s', which is no ordinary file",
                       x->location);
    if (parse_bytes(x->offset, "offset", &offset, e) < 0 ||
        parse_bytes(x->length, "length", &length, e) < 0)
        return e->code;
    if (length != (int64_t)bytes)
        return err_set(e, ERR_FORMAT,
                       "external data of %" PRId64 " bytes, its shape and type "
                       "need %zu",
                       length, bytes);
    if (offset > s.st_size || (int64_t)bytes > s.st_size - offset)
        return err_set(e, ERR_FORMAT,
                       "external data of %zu bytes from byte %" PRId64
                       " in '%.200s', which has %" PRId64,
                       bytes, offset, x->location, (int64_t)s.st_size);
    *to = xmalloc(bytes + 1);
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pread(fd, (char *)*to + done, bytes - done,
                          (off_t)(offset + (int64_t)done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(e, "external data in '%.200s'", x->location);
        if (n == 0)
            return err_set(e, ERR_FORMAT,
                           "external data in '%.200s' ends early", x->location);
        done += (size_t)n;
    }
    return 0;
}

int external_read(const char *folder, const struct external *x, size_t bytes,
                  void **to, struct err *e)
{
    int fd, rc;

    *to = NULL;
    if (!x->location)
        return err_set(e, ERR_FORMAT, "external data without a location");
    if (!folder)
        return err_set(e, ERR_FORMAT,
                       "external data in '%.200s': a model with external data "
                       "must be named as a file, not read from standard input",
                       x->location);
    if ((fd = open_below(folder, x->location, e)) < 0)
        return fd;
    rc = read_range(fd, x, bytes, to, e);
    close(fd);
    if (rc < 0) {
        free(*to);
        *to = NULL;
    }
    return rc;
}
