/* SPDX-License-Identifier: MIT */
#include "tools/stream-load/jsonlines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/mem.h"

/* This is more than the largest record in base64. */
#define LINE_MAX_BYTES ((size_t)128 << 20)
#define CHUNK ((size_t)256 << 10)

struct jsonlines {
    char *const *paths;
    size_t n, next;
    int fd; /* -1 = none open */
    const char *name;
    struct buf buf; /* [pos, len) is read but not returned yet */
    size_t pos;
    uint64_t line;
};

static const char *const stdin_only[] = {"-"};

struct jsonlines *jsonlines_open(char *const *paths, size_t n)
{
    struct jsonlines *l = xcalloc(1, sizeof *l);

    l->paths = n ? paths : (char *const *)stdin_only;
    l->n = n ? n : 1;
    l->fd = -1;
    l->name = "<stdin>";
    return l;
}

void jsonlines_close(struct jsonlines *l)
{
    if (!l)
        return;
    if (l->fd > 0)
        close(l->fd);
    buf_free(&l->buf);
    free(l);
}

int jsonlines_fail(const struct jsonlines *l, struct err *e)
{
    if (!l->line)
        return err_prefix(e, "%.200s", l->name);
    return err_prefix(e, "%.200s: line %" PRIu64, l->name, l->line);
}

/* Read more bytes of the open file into buf, behind those that are there.
 * Returns 1, 0 at the end of the file, or ERR_*. */
static int fill(struct jsonlines *l, struct err *e)
{
    ssize_t got;

    if (l->pos) {
        memmove(l->buf.data, l->buf.data + l->pos, l->buf.len - l->pos);
        l->buf.len -= l->pos;
        l->pos = 0;
    }
    if (l->buf.len > LINE_MAX_BYTES) {
        l->line++;
        err_set(e, ERR_FORMAT, "longer than 128 MiB");
        return jsonlines_fail(l, e);
    }
    buf_reserve(&l->buf, CHUNK);
    do
        got = read(l->fd, l->buf.data + l->buf.len, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_sys(e, "%s: read", l->name);
    l->buf.len += (size_t)got;
    return got > 0;
}

static int give(struct jsonlines *l, size_t length, size_t skip,
                const char **text, size_t *n)
{
    *text = l->buf.data + l->pos;
    *n = length;
    l->pos += length + skip;
    l->line++;
    return 1;
}

/* Set *text and *n to the next line of the open file.  Returns 1, 0 at the end
 * of the file, or ERR_*. */
static int line_of_file(struct jsonlines *l, const char **text, size_t *n,
                        struct err *e)
{
    size_t seen = 0; /* bytes known to hold no newline */

    for (;;) {
        size_t have = l->buf.len - l->pos;
        const char *from = l->buf.data ? l->buf.data + l->pos : NULL;
        const char *end = have > seen ? memchr(from + seen, '\n', have - seen)
                                      : NULL;
        int rc;

        if (end)
            return give(l, (size_t)(end - from), 1, text, n);
        seen = have;
        if ((rc = fill(l, e)) < 0)
            return rc;
        if (rc == 0)
            return have ? give(l, have, 0, text, n) : 0;
    }
}

int jsonlines_next(struct jsonlines *l, const char **text, size_t *n,
                   struct err *e)
{
    int rc;

    for (;;) {
        if (l->fd < 0) {
            const char *path;
            bool is_stdin;

            if (l->next == l->n)
                return 0;
            path = l->paths[l->next++];
            is_stdin = !path || !strcmp(path, "-");
            l->name = is_stdin ? "<stdin>" : path;
            l->line = 0;
            l->fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
            if (l->fd < 0)
                return err_sys(e, "%s", l->name);
        }
        if ((rc = line_of_file(l, text, n, e)) != 0)
            return rc;
        if (l->fd > 0)
            close(l->fd);
        l->fd = -1;
    }
}
