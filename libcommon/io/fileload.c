/* SPDX-License-Identifier: MIT */
#include "libcommon/io/fileload.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

int file_load(const char *path, uint64_t most, struct buf *out, struct err *e)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY), rc = 0;
    size_t size = 0;
    struct stat st;

    buf_clear(out);
    if (fd < 0)
        return err_sys(e, "%s", path);
    if (fstat(fd, &st) < 0)
        rc = err_sys(e, "%s", path);
    else if (!S_ISREG(st.st_mode))
        rc = err_set(e, ERR_FORMAT, "%s: is not a regular file", path);
    else if (st.st_size == 0)
        rc = err_set(e, ERR_FORMAT, "%s: is empty", path);
    else if ((uint64_t)st.st_size > most)
        rc = err_set(e, ERR_FORMAT, "%s: larger than %" PRIu64 " bytes", path,
                     most);
    else
        size = (size_t)st.st_size;

    /* Reading asks for one byte more than the size, to see the end. */
    buf_reserve(out, size + 1);
    while (rc == 0 && out->len <= size) {
        ssize_t got = read(fd, out->data + out->len, size + 1 - out->len);

        if (got == 0)
            break;
        if (got > 0)
            out->len += (size_t)got;
        else if (errno != EINTR)
            rc = err_sys(e, "%s", path);
    }
    if (rc == 0 && out->len != size)
        rc = err_set(e, ERR_FORMAT, "%s: changes while it is read", path);
    close(fd);
    return rc;
}
