/* SPDX-License-Identifier: MIT */
#include "formats/epoch_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/base/clock.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/jsonout.h"
#include "libcommon/io/mp.h"
#include "libcommon/io/output.h"

struct epoch_lines {
    int fd;
    char *path;
    bool regular;
    uint64_t bytes;
    double last; /* seconds of the clock */
};

int epoch_lines_open(const char *path, struct epoch_lines **out, struct err *e)
{
    struct epoch_lines *l;
    struct stat st;
    char first;
    int rc = 0;

    *out = NULL;
    if (!path)
        return 0;
    if (strcmp(path, "-") == 0)
        return err_set(e, ERR_ARG, "--log=-: it must be a file");
    l = *out = xcalloc(1, sizeof *l);
    l->path = xstrdup(path);
    l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (l->fd < 0 && errno == EACCES) /* a device that is not read from */
        l->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (l->fd < 0 || fstat(l->fd, &st) < 0) {
        rc = err_sys(e, "%s", path);
    } else {
        l->regular = S_ISREG(st.st_mode);
        if (l->regular && pread(l->fd, &first, 1, 0) == 1 && first != '{')
            rc = err_set(e, ERR_FORMAT,
                         "%s: it is no log of JSON lines; --log does not "
                         "overwrite it",
                         path);
    }
    if (rc < 0) {
        epoch_lines_close(l);
        *out = NULL;
    }
    return rc;
}

void epoch_lines_close(struct epoch_lines *l)
{
    if (!l)
        return;
    if (l->fd >= 0)
        close(l->fd);
    free(l->path);
    free(l);
}

int epoch_lines_begin(struct epoch_lines *l, uint64_t bytes, struct err *e)
{
    struct stat st;

    if (!l)
        return 0;
    l->last = clock_seconds();
    if (!l->regular)
        return 0;
    if (fstat(l->fd, &st) < 0)
        return err_sys(e, "%s", l->path);
    l->bytes = bytes < (uint64_t)st.st_size ? bytes : (uint64_t)st.st_size;
    if (ftruncate(l->fd, (off_t)l->bytes) < 0 ||
        lseek(l->fd, (off_t)l->bytes, SEEK_SET) < 0)
        return err_sys(e, "%s", l->path);
    return 0;
}

/* The record's pairs stand between those of the line. */
int epoch_lines_put(struct epoch_lines *l, const char *key, const char *id,
                    const struct schema *s, const void *epoch, struct err *e)
{
    struct buf record = {0}, map = {0}, line = {0};
    struct mp_cursor at;
    struct mp head;
    double now;
    int rc;

    if (!l)
        return 0;
    if ((rc = schema_encode(s, epoch, &record, e)) < 0) {
        buf_free(&record);
        return rc;
    }
    now = clock_seconds();
    at = mp_cursor(record.data, record.len);
    mp_next(&at, &head);
    mp_put_map(&map, head.n + 2);
    mp_put_str(&map, key);
    mp_put_str(&map, id);
    buf_add(&map, at.p, (size_t)(at.end - at.p));
    mp_put_str(&map, "seconds");
    mp_put_real(&map, now - l->last);
    jsonout_object(&line, map.data, map.len, &(struct jsonout_opts){0});
    buf_adds(&line, "\n");
    l->last = now;
    rc = output_write_fd(l->fd, l->path, line.data, line.len, e);
    if (rc == 0)
        l->bytes += line.len;
    buf_free(&record);
    buf_free(&map);
    buf_free(&line);
    return rc;
}

void epoch_lines_clock(struct epoch_lines *l)
{
    if (l)
        l->last = clock_seconds();
}

uint64_t epoch_lines_bytes(const struct epoch_lines *l)
{
    return l ? l->bytes : 0;
}
