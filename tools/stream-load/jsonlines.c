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
    uint64_t line, next_line;
};

/* How far the search for the end of an object has come. */
struct brackets {
    size_t seen; /* bytes */
    int64_t open;
    bool string, escaped;
    uint64_t newlines;
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
        l->line = l->next_line;
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
                const struct brackets *b, const char **text, size_t *n)
{
    *text = l->buf.data + l->pos;
    *n = length;
    l->pos += length + skip;
    l->line = l->next_line;
    l->next_line += b->newlines + 1;
    return 1;
}

/* Look at the n bytes from b->seen on.  Returns true when the byte at b->seen is
 * the newline behind an object.  A newline in a string is wrong in JSON: the line
 * ends there, and is refused by whoever reads it. */
static bool find_end(struct brackets *b, const char *text, size_t n)
{
    size_t i = b->seen;
    bool found = false;

    for (; i < n && !found; i++) {
        char c = text[i];

        if (b->string) {
            /* Most bytes are in strings, and nothing: base64. */
            while (!b->escaped && c != '"' && c != '\\' && c != '\n' &&
                   i + 1 < n)
                c = text[++i];
            b->string = b->escaped || c != '"';
            b->escaped = !b->escaped && c == '\\';
            found = c == '\n';
        } else if (c == '\n') {
            found = b->open <= 0;
            b->newlines += !found;
        } else {
            b->string = c == '"';
            b->open += (c == '{' || c == '[') - (c == '}' || c == ']');
        }
    }
    b->seen = found ? i - 1 : i;
    return found;
}

/* Set *text and *n to the next object of the open file.  Returns 1, 0 at the end
 * of the file, or ERR_*. */
static int object_of_file(struct jsonlines *l, const char **text, size_t *n,
                          struct err *e)
{
    struct brackets b = {0};

    for (;;) {
        size_t have = l->buf.len - l->pos;
        int rc;

        if (have && find_end(&b, l->buf.data + l->pos, have))
            return give(l, b.seen, 1, &b, text, n);
        if ((rc = fill(l, e)) < 0)
            return rc;
        if (rc == 0)
            return have ? give(l, have, 0, &b, text, n) : 0;
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
            l->next_line = 1;
            l->fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC);
            if (l->fd < 0)
                return err_sys(e, "%s", l->name);
        }
        if ((rc = object_of_file(l, text, n, e)) != 0)
            return rc;
        if (l->fd > 0)
            close(l->fd);
        l->fd = -1;
    }
}
