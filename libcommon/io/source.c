/* SPDX-License-Identifier: MIT */
#include "libcommon/io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define IN_SIZE ((size_t)256 << 10)
#define MAGIC_SIZE ((size_t)4) /* bytes that a zstd frame begins with */
/* The largest window is 8 MiB, which is what zstd needs up to level 19.  A
 * frame that asks for more memory is refused. */
#define WINDOW_LOG_MAX 23

enum source_piece { BETWEEN, PLAIN, FRAME };

struct source {
    char **paths;   /* (n) the strings are borrowed */
    size_t n, next; /* files, and how many were opened */
    int fd;         /* -1 = none open */
    const char *name;
    enum source_piece piece;
    bool frames;    /* the open file has a zstd frame */
    bool file_used; /* it has given a byte, decompressed */
    bool held;      /* zstd may hold output besides what it has given */
    ZSTD_DCtx *zstd;
    unsigned char *in;
    size_t in_pos, in_len;
};

static bool is_stdin(const char *path)
{
    return !path || !strcmp(path, "-");
}

struct source *source_open(char *const *paths, size_t n, struct err *e)
{
    struct source *s = xcalloc(1, sizeof *s);
    int rc = 0;

    s->n = n ? n : 1;
    s->paths = xcalloc(s->n, sizeof *s->paths); /* NULL is stdin */
    if (n)
        memcpy(s->paths, paths, n * sizeof *paths);
    s->fd = -1;
    s->name = is_stdin(s->paths[0]) ? "<stdin>" : s->paths[0];
    /* A file that is missing is better reported now than after an hour. */
    for (size_t i = 0; i < s->n && rc == 0; i++) {
        const char *path = s->paths[i];
        struct stat st;

        if ((is_stdin(path) ? fstat(0, &st) : stat(path, &st)) < 0)
            rc = err_sys(e, "%s", is_stdin(path) ? "<stdin>" : path);
        else if (S_ISDIR(st.st_mode))
            rc = err_set(e, ERR_SYS, "%s: is a directory",
                         is_stdin(path) ? "<stdin>" : path);
    }
    if (rc < 0) {
        free(s->paths);
        free(s);
        return NULL;
    }
    s->in = xmalloc(IN_SIZE);
    s->zstd = ZSTD_createDCtx();
    if (!s->zstd)
        mem_exhausted(0);
    ZSTD_DCtx_setParameter(s->zstd, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return s;
}

static void close_file(struct source *s)
{
    if (s->fd > 0)
        close(s->fd);
    s->fd = -1;
}

void source_close(struct source *s)
{
    if (!s)
        return;
    close_file(s);
    ZSTD_freeDCtx(s->zstd);
    free(s->in);
    free(s->paths);
    free(s);
}

/* Read bytes of the open file behind those that are not used up yet.  Returns
 * 1, or 0 at its end. */
static int read_on(struct source *s, struct err *e)
{
    ssize_t got;

    s->in_len -= s->in_pos;
    memmove(s->in, s->in + s->in_pos, s->in_len);
    s->in_pos = 0;
    do
        got = read(s->fd, s->in + s->in_len, IN_SIZE - s->in_len);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_sys(e, "%s: read", s->name);
    s->in_len += (size_t)got;
    return got > 0;
}

/* Read more bytes of the open file if all are used up.  Returns 1, or 0 at its
 * end. */
static int refill(struct source *s, struct err *e)
{
    return s->in_pos < s->in_len ? 1 : read_on(s, e);
}

/* Read on until the magic of a frame would be there.  Returns 1, or 0 where the
 * file has no further byte. */
static int refill_magic(struct source *s, struct err *e)
{
    int rc = 1;

    while (rc > 0 && s->in_len - s->in_pos < MAGIC_SIZE)
        rc = read_on(s, e);
    return rc < 0 ? rc : s->in_pos < s->in_len;
}

/* Begin a frame if the bytes at hand are one's first, a skippable one's
 * included.  Returns false otherwise. */
static bool begin_frame(struct source *s)
{
    static const unsigned char data[MAGIC_SIZE] = {0x28, 0xb5, 0x2f, 0xfd},
                               skippable[MAGIC_SIZE] = {0x50, 0x2a, 0x4d, 0x18};
    const unsigned char *in = s->in + s->in_pos;
    size_t n = s->in_len - s->in_pos;

    if (n > MAGIC_SIZE)
        n = MAGIC_SIZE;
    if (memcmp(in, data, n) != 0 && ((in[0] & 0xf0) != skippable[0] ||
                                     memcmp(in + 1, skippable + 1, n - 1) != 0))
        return false;
    s->piece = FRAME;
    s->frames = true;
    s->held = false;
    ZSTD_DCtx_reset(s->zstd, ZSTD_reset_session_only);
    return true;
}

int source_begin(struct source *s, struct err *e)
{
    const char *path;
    int rc;

    for (;;) {
        if (s->fd < 0) {
            if (s->next == s->n)
                return 0;
            path = s->paths[s->next++];
            s->name = is_stdin(path) ? "<stdin>" : path;
            s->fd = is_stdin(path) ? 0 : open(path, O_RDONLY | O_CLOEXEC);
            s->frames = s->file_used = false;
            if (s->fd < 0)
                return err_sys(e, "%s", s->name);
        }
        if ((rc = refill_magic(s, e)) < 0)
            return rc;
        if (rc > 0)
            break;
        if (!s->file_used)
            return err_set(e, ERR_FORMAT, "%s: %s", s->name,
                           s->frames ? "truncated: an empty zstd frame"
                                     : "empty input, not even a header");
        close_file(s);
    }
    if (!begin_frame(s))
        s->piece = PLAIN;
    return 1;
}

int source_resume(struct source *s, struct err *e)
{
    int rc = s->piece == BETWEEN && s->fd >= 0 ? refill_magic(s, e) : 0;

    return rc > 0 ? begin_frame(s) : rc;
}

static int read_frame(struct source *s, void *out, size_t cap, size_t *got,
                      struct err *e)
{
    ZSTD_outBuffer o = {out, cap, 0};

    while (!o.pos && s->piece == FRAME) {
        ZSTD_inBuffer in;
        size_t rc;
        int more = s->held ? 1 : refill(s, e);

        if (more < 0)
            return more;
        /* zstd may still hold output when the input has ended. */
        in = (ZSTD_inBuffer){s->in, more ? s->in_len : s->in_pos, s->in_pos};
        rc = ZSTD_decompressStream(s->zstd, &o, &in);
        s->in_pos = in.pos;
        s->held = o.pos == o.size;
        if (ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge)
            return err_set(
                e, ERR_FORMAT,
                "its zstd window is larger than %d MiB (zstd --ultra "
                "or --long makes such): zstd -dc FILE | zstd -19 "
                "makes a file that can be read",
                1 << (WINDOW_LOG_MAX - 20));
        if (ZSTD_isError(rc))
            return err_set(e, ERR_FORMAT, "zstd: %s", ZSTD_getErrorName(rc));
        if (rc == 0)
            s->piece = BETWEEN;
        else if (!more && !o.pos)
            return err_set(e, ERR_FORMAT,
                           "truncated: the input ends inside a zstd frame");
    }
    *got = o.pos;
    s->file_used |= o.pos > 0;
    return o.pos > 0;
}

int source_read(struct source *s, void *out, size_t cap, size_t *got,
                struct err *e)
{
    size_t n;
    int rc;

    *got = 0;
    switch (s->piece) {
    case BETWEEN:
        return 0;
    case PLAIN:
        if ((rc = refill(s, e)) <= 0)
            return rc;
        n = s->in_len - s->in_pos;
        *got = n < cap ? n : cap;
        memcpy(out, s->in + s->in_pos, *got);
        s->in_pos += *got;
        s->file_used = true;
        return 1;
    case FRAME:
        return read_frame(s, out, cap, got, e);
    }
    BUG("source piece");
}

void source_unread(struct source *s, size_t n)
{
    BUG_IF(s->piece != PLAIN || n > s->in_pos);
    s->in_pos -= n;
    s->piece = BETWEEN;
}

bool source_plain(const struct source *s)
{
    return s->piece == PLAIN;
}

const char *source_name(const struct source *s)
{
    return s->name;
}

size_t source_file(const struct source *s)
{
    return s->next ? s->next - 1 : 0;
}
