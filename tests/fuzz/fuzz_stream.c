/* SPDX-License-Identifier: MIT
 * libFuzzer on everything a reader does: envelope, schemas, order of records.
 *     make fuzz && build/fuzz/fuzz_stream -max_total_time=60 corpus
 * (corpus: a copy of tests/formats/valid; plain files are found easiest.)  The
 * digest of a changed segment is wrong, but only when its trailer comes: the
 * records before it are decoded all the same. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "formats/io.h"
#include "libcommon/base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was decoded must encode, and come out as the same again. */
static void encode_again(const struct record *rec)
{
    struct buf once = {0}, twice = {0};
    struct arena a = {0};
    struct err e;
    void *data = arena_alloc(&a, 1, rec->schema->size);

    if (schema_encode(rec->schema, rec->data, &once, &e) < 0)
        BUG(e.text);
    if (schema_decode(rec->schema, once.data, once.len, &a, data, &e) < 0 ||
        schema_encode(rec->schema, data, &twice, &e) < 0)
        BUG(e.text);
    BUG_IF(once.len != twice.len);
    buf_free(&once);
    buf_free(&twice);
    arena_free(&a);
}

static void read_all(struct reader *r)
{
    struct stream_event ev;
    struct record rec;
    struct err e;

    while (reader_next_item(r, &ev, &rec, &e) > 0) {
        if (ev.item != STREAM_RECORD)
            continue;
        if (reader_decode(r, &rec, &e) < 0)
            break;
        encode_again(&rec);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[32];
    static int fd = -1;
    char *paths[] = {path};
    struct err e;
    struct reader *r;

    if (fd < 0) {
        char name[] = "/dev/shm/fuzz_stream.XXXXXX";

        fd = mkstemp(name);
        unlink(name);
        snprintf(path, sizeof path, "/dev/fd/%d", fd);
    }
    if (ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    lseek(fd, 0, SEEK_SET);
    if ((r = reader_open(paths, 1, kinds_all, &e)))
        read_all(r);
    reader_close(r);
    return 0;
}
