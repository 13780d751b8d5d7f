/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/envelope.h"
#include "libcommon/io/mp.h"
#include "libcommon/io/output.h"
#include "libcommon/io/skim.h"
#include "libcommon/io/stream.h"

/* What is written is handed on after this many records or bytes, so that the
 * next filter sees it early.  Time does not count, so that equal records give
 * equal bytes.  (Flushing after each record of 123 bytes makes the output half
 * as large again, after every 64th 3 % larger.) */
#define FLUSH_RECORDS 64
#define FLUSH_BYTES ((size_t)1 << 20)

struct stream_writer {
    struct output *out;
    ZSTD_CCtx *zstd; /* NULL = plain */
    char *buf;       /* output not yet written */
    size_t len, cap;
    struct hash *hash;
    uint64_t objects;  /* header and records of the open segment */
    uint64_t segments; /* ended */
    uint64_t fresh;    /* records and bytes since the last flush */
    size_t fresh_bytes;
};

static ZSTD_CCtx *new_compressor(int level)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();

    if (!z)
        mem_exhausted(0);
    ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
    if (level > 19) /* what readers accept at most (source.c) */
        ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 23);
    return z;
}

struct stream_writer *stream_writer_open(const char *path, int level,
                                         struct err *e)
{
    struct output *out = output_open(path, e);
    struct stream_writer *w;

    if (!out)
        return NULL;
    w = xcalloc(1, sizeof *w);
    w->out = out;
    w->zstd = level ? new_compressor(level) : NULL;
    w->cap = ZSTD_CStreamOutSize();
    w->buf = xmalloc(w->cap);
    w->hash = hash_new();
    return w;
}

void stream_writer_free(struct stream_writer *w)
{
    if (!w)
        return;
    output_free(w->out);
    ZSTD_freeCCtx(w->zstd);
    hash_free(w->hash);
    free(w->buf);
    free(w);
}

void stream_writer_level(struct stream_writer *w, int level)
{
    BUG_IF(w->objects);
    ZSTD_freeCCtx(w->zstd);
    w->zstd = level ? new_compressor(level) : NULL;
}

static int drain(struct stream_writer *w, struct err *e)
{
    size_t n = w->len;

    w->len = 0;
    return output_write(w->out, w->buf, n, e);
}

static int put_zstd(struct stream_writer *w, const void *bytes, size_t n,
                    ZSTD_EndDirective how, struct err *e)
{
    ZSTD_inBuffer in = {bytes, n, 0};
    size_t left;
    int rc;

    do {
        ZSTD_outBuffer out = {w->buf, w->cap, w->len};

        left = ZSTD_compressStream2(w->zstd, &out, &in, how);
        if (ZSTD_isError(left))
            return err_set(e, ERR_SYS, "zstd: %s", ZSTD_getErrorName(left));
        w->len = out.pos;
        if (w->len == w->cap && (rc = drain(w, e)) < 0)
            return rc;
    } while (how == ZSTD_e_continue ? in.pos < n : left > 0);
    return 0;
}

static int put(struct stream_writer *w, const void *bytes, size_t n,
               struct err *e)
{
    int rc;

    if (w->zstd)
        return put_zstd(w, bytes, n, ZSTD_e_continue, e);
    if (n > w->cap - w->len && (rc = drain(w, e)) < 0)
        return rc;
    if (n > w->cap)
        return output_write(w->out, bytes, n, e);
    memcpy(w->buf + w->len, bytes, n);
    w->len += n;
    return 0;
}

int stream_writer_flush(struct stream_writer *w, struct err *e)
{
    int rc = 0;

    w->fresh = 0;
    w->fresh_bytes = 0;
    if (w->zstd)
        rc = put_zstd(w, NULL, 0, ZSTD_e_flush, e);
    return rc < 0 ? rc : drain(w, e);
}

int stream_write(struct stream_writer *w, const void *bytes, size_t n,
                 struct err *e)
{
    struct skim s = {0};
    int rc = skim_run(&s, bytes, n);

    /* A reader would not take it. */
    if (rc < 0 && !w->objects)
        return err_set(e, ERR_FORMAT, "%s: header to write: %s",
                       output_name(w->out), s.why);
    if (rc < 0)
        return err_set(e, ERR_FORMAT, "%s: record %" PRIu64 " to write: %s",
                       output_name(w->out), w->objects - 1, s.why);
    BUG_IF(rc == 0 || s.pos != n);
    hash_update(w->hash, bytes, n);
    if ((rc = put(w, bytes, n, e)) < 0)
        return rc;
    w->objects++;
    w->fresh++;
    w->fresh_bytes += n;
    if (w->fresh >= FLUSH_RECORDS || w->fresh_bytes >= FLUSH_BYTES)
        return stream_writer_flush(w, e);
    return 0;
}

int stream_writer_end(struct stream_writer *w,
                      const struct stream_input *inputs, size_t n_inputs,
                      struct err *e)
{
    struct envelope_trailer parsed;
    char digest[HASH_HEX];
    struct skim s = {0};
    struct buf b = {0};
    int rc;

    BUG_IF(!w->objects);
    hash_final(w->hash, digest);
    mp_put_map(&b, 4);
    mp_put_str(&b, "eos");
    mp_put_bool(&b, true);
    mp_put_str(&b, "records");
    mp_put_int(&b, (int64_t)w->objects - 1);
    mp_put_str(&b, "inputs");
    mp_put_array(&b, n_inputs);
    for (size_t i = 0; i < n_inputs; i++) {
        mp_put_map(&b, 2);
        mp_put_str(&b, "kind");
        mp_put_str(&b, inputs[i].kind);
        mp_put_str(&b, "digest");
        mp_put_str(&b, inputs[i].digest);
    }
    mp_put_str(&b, "digest");
    mp_put_str(&b, digest);
    rc = envelope_trailer(b.data, b.len, &parsed, e);
    if (rc == 0 && skim_run(&s, b.data, b.len) < 0)
        rc = err_set(e, ERR_FORMAT, "%s", s.why);
    if (rc < 0)
        err_prefix(e, "%s: trailer to write", output_name(w->out));
    else
        rc = put(w, b.data, b.len, e);
    buf_free(&b);
    if (rc == 0 && w->zstd)
        rc = put_zstd(w, NULL, 0, ZSTD_e_end, e);
    if (rc == 0)
        rc = drain(w, e);
    w->segments++;
    w->objects = 0;
    w->fresh = 0;
    w->fresh_bytes = 0;
    hash_reset(w->hash);
    return rc;
}

/* End the segment that is open, or one without records. */
static int end_last(struct stream_writer *w, const struct stream_input *inputs,
                    size_t n_inputs, struct err *e)
{
    if (w->objects || !w->segments)
        return stream_writer_end(w, inputs, n_inputs, e);
    return 0;
}

int stream_writer_finish(struct stream_writer *w,
                         const struct stream_input *inputs, size_t n_inputs,
                         struct err *e)
{
    int rc = end_last(w, inputs, n_inputs, e);

    return rc < 0 ? rc : output_finish(w->out, e);
}

int stream_writer_commit(struct stream_writer *w, struct err *e)
{
    int rc = end_last(w, NULL, 0, e);

    return rc < 0 ? rc : output_commit(w->out, e);
}
