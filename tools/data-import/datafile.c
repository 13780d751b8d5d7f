/* SPDX-License-Identifier: MIT */
#include "tools/data-import/datafile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <zlib.h>

#define FILE_MAX ((uint64_t)1 << 34) /* bytes of a plain file */
#define BLOCK ((size_t)1 << 20)

/* Read on until *out has `limit` bytes or the file ends. */
static int read_up_to(const char *path, gzFile f, uint64_t limit,
                      struct buf *out, struct err *e)
{
    while (out->len < limit) {
        size_t want = limit - out->len < BLOCK ? (size_t)(limit - out->len)
                                               : BLOCK;
        int got;

        buf_reserve(out, want);
        errno = 0;
        got = gzread(f, out->data + out->len, (unsigned)want);
        if (got < 0) {
            int code;
            const char *text = gzerror(f, &code);

            if (code == Z_ERRNO || code == Z_MEM_ERROR)
                return err_sys(e, "%s", path);
            return err_set(e, ERR_FORMAT, "%s: corrupt gzip data: %s", path,
                           text);
        }
        out->len += (size_t)got;
        if ((size_t)got < want)
            break;
    }
    return 0;
}

int data_read(const char *path, struct buf *out, struct err *e)
{
    gzFile f = gzopen(path, "rb");
    uint64_t limit = FILE_MAX;
    struct idx x;
    int rc;

    if (!f)
        return err_sys(e, "%s", path);

    /* A gzip file is read no further than the IDX header at its start
     * allows. */
    rc = read_up_to(path, f, 20, out, e);
    if (rc == 0 && !gzdirect(f)) {
        if (!idx_magic(out->data, out->len))
            rc = err_set(e, ERR_FORMAT, "%s: gzip data that are not IDX", path);
        else
            rc = idx_header(path, out->data, out->len, &x, e);
        if (rc == 0)
            limit = x.header + x.bytes + 1; /* one more shows a file that is too
                                             * long */
    }

    if (rc == 0)
        rc = read_up_to(path, f, limit, out, e);
    if (rc == 0 && out->len == FILE_MAX)
        rc = err_set(e, ERR_FORMAT, "%s: larger than %" PRIu64 " bytes", path,
                     FILE_MAX);
    if (gzclose_r(f) == Z_BUF_ERROR && rc == 0)
        rc = err_set(e, ERR_FORMAT, "%s: truncated gzip data", path);
    return rc;
}

int data_recognise(const char *path, const struct buf *b,
                   enum import_format *format, struct err *e)
{
    const unsigned char *p = (const unsigned char *)b->data;
    struct idx x;
    struct err ignored;
    int found = 0;

    if (idx_magic(b->data, b->len) &&
        idx_header(path, b->data, b->len, &x, &ignored) == 0 &&
        b->len == x.header + x.bytes) {
        *format = IMPORT_IDX;
        found++;
    }
    /* A CIFAR file has whole records, whose labels are all in range. */
    for (int f = IMPORT_CIFAR10; f <= IMPORT_CIFAR100; f++) {
        size_t labels = f == IMPORT_CIFAR10 ? 1 : 2;
        size_t record = labels + CIFAR_IMAGE;
        bool fits = b->len > 0 && b->len % record == 0;

        for (size_t i = 0; fits && i < b->len; i += record)
            fits = labels == 1 ? p[i] < 10 : p[i] < 20 && p[i + 1] < 100;
        if (fits) {
            *format = (enum import_format)f;
            found++;
        }
    }
    if (found == 0)
        return err_set(e, ERR_FORMAT,
                       "%s: neither whole CIFAR-10 or CIFAR-100 "
                       "records nor a whole IDX file (--format says what is "
                       "wrong with it)",
                       path);
    if (found > 1)
        return err_set(e, ERR_FORMAT,
                       "%s: could be one of several formats: "
                       "say which with --format",
                       path);
    return 0;
}
