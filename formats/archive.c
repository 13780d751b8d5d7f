/* SPDX-License-Identifier: MIT */
#include "formats/archive.h"

int archive_read(struct archive *a, struct reader *r, struct err *e)
{
    struct record rec;
    int rc;

    while ((rc = reader_next(r, &rec, e)) > 0)
        if (archive_add(a, rec.data, e) < 0)
            return reader_locate(r, e);
    return rc;
}
