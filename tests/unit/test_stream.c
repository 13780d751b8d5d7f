/* SPDX-License-Identifier: MIT
 * The envelope: what is written comes back; everything else is refused, with
 * bounded memory. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/io/mp.h"
#include "libcommon/io/output.h"
#include "libcommon/io/skim.h"
#include "libcommon/io/source.h"
#include "libcommon/io/stream.h"

static char dir[] = "/tmp/test_stream.XXXXXX";
static char path_a[64], path_b[64];

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path_a, sizeof path_a, "%s/a.mpz", dir);
    snprintf(path_b, sizeof path_b, "%s/b.mpz", dir);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path_a);
    unlink(path_b);
    return rmdir(dir);
}

static void put_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void get_file(const char *path, struct buf *b)
{
    char chunk[4096];
    size_t n;
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    buf_clear(b);
    while ((n = fread(chunk, 1, sizeof chunk, f)))
        buf_add(b, chunk, n);
    fclose(f);
}

static void put_header(struct buf *b, const char *kind)
{
    mp_put_map(b, 4);
    mp_put_str(b, "magic");
    mp_put_str(b, "nachos");
    mp_put_str(b, "kind");
    mp_put_str(b, kind);
    mp_put_str(b, "version");
    mp_put_array(b, 2);
    mp_put_int(b, 1);
    mp_put_int(b, 0);
    mp_put_str(b, "provenance");
    mp_put_nil(b);
}

static void put_record(struct buf *b, int i, size_t bulk)
{
    char *zeros = xcalloc(1, bulk + 1);

    mp_put_map(b, 3);
    mp_put_str(b, "type");
    mp_put_str(b, "arch");
    mp_put_str(b, "i");
    mp_put_int(b, i);
    mp_put_str(b, "bulk");
    mp_put_bin(b, zeros, bulk);
    free(zeros);
}

/* A stream of `segments` segments of three records each. */
static void write_stream(const char *path, int level, int segments, size_t bulk)
{
    struct stream_input in = {"arch", "0123456789abcdef0123456789abcdef"};
    struct buf b = {0};
    struct err e;
    struct stream_writer *w = stream_writer_open(path, level, &e);

    assert_non_null(w);
    for (int s = 0; s < segments; s++) {
        buf_clear(&b);
        put_header(&b, "arch");
        assert_int_equal(stream_write(w, b.data, b.len, &e), 0);
        for (int i = 0; i < 3; i++) {
            buf_clear(&b);
            put_record(&b, i, bulk);
            assert_int_equal(stream_write(w, b.data, b.len, &e), 0);
        }
        assert_int_equal(stream_writer_end(w, &in, 1, &e), 0);
    }
    assert_int_equal(stream_writer_finish(w, NULL, 0, &e), 0);
    assert_int_equal(outputs_commit(&e), 0);
    stream_writer_free(w);
    buf_free(&b);
}

/* Read all of it; the records' bytes go to *out.  Returns the last code. */
static int read_paths(char *const *paths, size_t n, struct buf *out,
                      struct err *e)
{
    struct stream_reader *r = stream_reader_open(paths, n, e);
    struct stream_event ev;
    int rc;

    buf_clear(out);
    if (!r)
        return e->code;
    while ((rc = stream_next(r, &ev, e)) > 0)
        if (ev.item == STREAM_RECORD)
            buf_add(out, ev.bytes, ev.n);
    stream_reader_close(r);
    return rc;
}

static int read_stream(const char *path, struct buf *out, struct err *e)
{
    char *paths[] = {(char *)path};

    return read_paths(paths, 1, out, e);
}

static int read_bytes(const void *data, size_t n, struct err *e)
{
    struct buf out = {0};
    int rc;

    put_file(path_b, data, n);
    rc = read_stream(path_b, &out, e);
    buf_free(&out);
    return rc;
}

static void test_round_trip(void **state)
{
    struct buf want = {0}, got = {0};
    struct err e;

    (void)state;
    for (size_t bulk = 0; bulk < 8000000; bulk = 7 * bulk + 3)
        for (int level = 0; level < (bulk < 100000 ? 4 : 1); level++) {
            buf_clear(&want);
            for (int i = 0; i < 6; i++)
                put_record(&want, i % 3, bulk);
            write_stream(path_a, level, 2, bulk);
            assert_int_equal(read_stream(path_a, &got, &e), 0);
            assert_int_equal(got.len, want.len);
            assert_memory_equal(got.data, want.data, want.len);
        }
    buf_free(&want);
    buf_free(&got);
}

static void test_events(void **state)
{
    static const enum stream_item want[] = {
        STREAM_HEADER, STREAM_RECORD,  STREAM_RECORD,
        STREAM_RECORD, STREAM_TRAILER,
    };
    char digest[HASH_HEX], again[HASH_HEX];
    struct stream_event ev;
    struct stream_reader *r;
    struct buf plain = {0};
    struct err e;
    char *paths[] = {path_a, path_b};

    (void)state;
    write_stream(path_a, 0, 2, 10);
    write_stream(path_b, 3, 1, 10);
    assert_non_null(r = stream_reader_open(paths, 2, &e));
    for (int i = 0; i < 15; i++) {
        assert_int_equal(stream_next(r, &ev, &e), 1);
        assert_int_equal(ev.item, want[i % 5]);
        assert_string_equal(ev.kind, "arch");
        assert_int_equal(ev.major, 1);
        if (ev.item == STREAM_RECORD)
            assert_int_equal(ev.record, i / 5 * 3 + i % 5 - 1);
    }
    assert_int_equal(stream_next(r, &ev, &e), 0);
    assert_int_equal(stream_next(r, &ev, &e), 0);
    stream_reader_digest(r, digest);
    stream_reader_close(r);

    /* The digest is that of the uncompressed bytes. */
    get_file(path_a, &plain);
    write_stream(path_b, 0, 1, 10);
    {
        struct buf more = {0};

        get_file(path_b, &more);
        buf_add(&plain, more.data, more.len);
        buf_free(&more);
    }
    hash_hex(plain.data, plain.len, again);
    assert_string_equal(digest, again);
    buf_free(&plain);
}

/* After each item the digest is that of what has come, in whichever segment. */
static void test_digest_on_the_way(void **state)
{
    char digest[HASH_HEX], want[HASH_HEX];
    struct stream_event ev;
    struct stream_reader *r;
    struct buf plain = {0};
    struct err e;
    char *path = path_a;
    size_t n = 0;
    int rc;

    (void)state;
    write_stream(path_a, 0, 3, 10);
    get_file(path_a, &plain);
    assert_non_null(r = stream_reader_open(&path, 1, &e));
    do {
        stream_reader_digest(r, digest);
        hash_hex(plain.data, n, want);
        assert_string_equal(digest, want);
        rc = stream_next(r, &ev, &e);
        n += rc > 0 ? ev.n : 0;
    } while (rc > 0);
    assert_int_equal(rc, 0);
    assert_int_equal(n, plain.len);
    stream_reader_close(r);
    buf_free(&plain);
}

/* One frame around several segments, as `zstdcat a b | zstd` makes it. */
static void test_segments_in_one_frame(void **state)
{
    struct buf plain = {0}, got = {0};
    struct err e;
    char *z = xmalloc(100000);
    size_t n;

    (void)state;
    write_stream(path_a, 0, 3, 100);
    get_file(path_a, &plain);
    n = ZSTD_compress(z, 100000, plain.data, plain.len, 3);
    assert_int_equal(read_bytes(z, n, &e), 0);
    read_stream(path_b, &got, &e);
    assert_int_equal(got.len, 9 * 121);
    free(z);
    buf_free(&plain);
    buf_free(&got);
}

static void test_mixed_pieces(void **state)
{
    struct buf all = {0}, b = {0};
    struct err e;

    (void)state;
    for (int i = 0; i < 6; i++) {
        write_stream(path_a, i % 3, 1, (size_t)i * 1000);
        get_file(path_a, &b);
        buf_add(&all, b.data, b.len);
    }
    assert_int_equal(read_bytes(all.data, all.len, &e), 0);
    buf_free(&all);
    buf_free(&b);
}

static void test_every_prefix(void **state)
{
    struct buf b = {0};
    struct err e;

    (void)state;
    for (int level = 0; level < 2; level++) {
        write_stream(path_a, level, 1, 9);
        get_file(path_a, &b);
        for (size_t n = 0; n < b.len; n++) {
            assert_int_equal(read_bytes(b.data, n, &e), ERR_FORMAT);
            assert_non_null(strstr(e.text, n ? "truncated: " : "empty"));
            assert_non_null(strstr(e.text, "b.mpz"));
        }
        assert_int_equal(read_bytes(b.data, b.len, &e), 0);
    }
    buf_free(&b);
}

static void test_every_flip(void **state)
{
    struct buf b = {0}, want = {0}, got = {0};
    struct err e;

    (void)state;
    for (int level = 0; level < 2; level++) {
        write_stream(path_a, level, 1, 9);
        assert_int_equal(read_stream(path_a, &want, &e), 0);
        get_file(path_a, &b);
        for (size_t i = 0; i < b.len; i++)
            for (int bit = 0; bit < 9; bit++) {
                int mask = bit < 8 ? 1 << bit : 0xff;

                b.data[i] = (char)(b.data[i] ^ mask);
                if (read_bytes(b.data, b.len, &e) == 0) {
                    read_stream(path_b, &got, &e);
                    assert_int_equal(got.len, want.len);
                    assert_memory_equal(got.data, want.data, want.len);
                } else {
                    assert_int_equal(e.code, ERR_FORMAT);
                }
                b.data[i] = (char)(b.data[i] ^ mask);
            }
    }
    buf_free(&b);
    buf_free(&want);
    buf_free(&got);
}

static void refused(const void *data, size_t n, const char *why)
{
    struct err e = {0};

    assert_int_equal(read_bytes(data, n, &e), ERR_FORMAT);
    if (!strstr(e.text, why))
        fail_msg("wanted \"%s\", got \"%s\"", why, e.text);
}

static void test_wrong_envelopes(void **state)
{
    struct buf b = {0}, good = {0}, other = {0};

    (void)state;
    write_stream(path_a, 0, 1, 9);
    get_file(path_a, &good);

    refused("\x1f\x8b\x08", 3, "not a nachos stream");
    refused("hello, world\n", 13, "not a nachos stream");
    refused("{\"type\": \"platform\"}\n", 21,
            "JSON text, of which stream-load");
    refused("\x81\xa5other\x01", 8, "not a nachos stream");
    refused("\x80", 1, "not a nachos stream");

    buf_add(&b, good.data, good.len);
    buf_adds(&b, "rubbish");
    refused(b.data, b.len, "junk after a trailer");

    buf_clear(&b);
    put_header(&b, "arch");
    put_header(&b, "arch");
    refused(b.data, b.len, "a new header before the trailer");

    buf_clear(&b);
    put_header(&b, "arch");
    mp_put_map(&b, 1);
    mp_put_str(&b, "tpye");
    mp_put_nil(&b);
    refused(b.data, b.len, "neither `type` nor `eos`");

    /* Another kind behind. */
    buf_clear(&b);
    buf_add(&b, good.data, good.len);
    put_header(&b, "net");
    refused(b.data, b.len, "a segment of kind net after one of kind arch");
    buf_free(&b);
    buf_free(&good);
    buf_free(&other);
}

static void put_trailer(struct buf *b, int records, const char *digest)
{
    mp_put_map(b, 4);
    mp_put_str(b, "eos");
    mp_put_bool(b, true);
    mp_put_str(b, "records");
    mp_put_int(b, records);
    mp_put_str(b, "inputs");
    mp_put_array(b, 0);
    mp_put_str(b, "digest");
    mp_put_str(b, digest);
}

static void test_wrong_trailers(void **state)
{
    char digest[HASH_HEX];
    struct buf b = {0};
    struct err e;
    size_t end;

    (void)state;
    put_header(&b, "arch");
    put_record(&b, 1, 0);
    hash_hex(b.data, b.len, digest);
    end = b.len;
    put_trailer(&b, 1, digest);
    assert_int_equal(read_bytes(b.data, b.len, &e), 0);

    b.len = end;
    put_trailer(&b, 2, digest);
    refused(b.data, b.len, "counts 2 records, the segment has 1");
    b.len = end;
    put_trailer(&b, 1, "00000000000000000000000000000000");
    refused(b.data, b.len, "digest");
    b.len = end;
    put_trailer(&b, 1, "short");
    refused(b.data, b.len, "32 hex digits");
    buf_free(&b);
}

/* A frame whose trailer came but whose end did not. */
static void test_unended_frame(void **state)
{
    struct buf b = {0};

    (void)state;
    write_stream(path_a, 1, 1, 9);
    get_file(path_a, &b);
    for (size_t cut = 1; cut < 4; cut++)
        refused(b.data, b.len - cut, "truncated: ");
    buf_free(&b);
}

/* ---- hostile sizes, where the memory they claim may not be had ---- */

static int child_status(int (*body)(void))
{
    pid_t pid = fork();
    int status;

    assert_true(pid >= 0);
    if (!pid)
        _exit(body());
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void limit_memory(size_t more)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    (void)more; /* sanitizers reserve terabytes of addresses */
#else
    struct rlimit l = {more, more};

    setrlimit(RLIMIT_AS, &l);
#endif
}

static const struct {
    const char *bytes;
    size_t n;
    const char *why;
} hostile[] = {
    {"\x82\xa4type\xdd\x10\0\0\0", 11, "more elements"},
    {"\x82\xa4type\xdd\xff\xff\xff\xff", 11, "more elements"},
    {"\x82\xa4type\xdf\x10\0\0\0", 11, "more elements"},
    {"\x82\xa4type\xdf\xff\xff\xff\xff", 11, "more elements"},
    {"\x82\xa4type\xc6\x10\0\0\0", 11, "64 MiB"},
    {"\x82\xa4type\xc6\xff\xff\xff\xff", 11, "64 MiB"},
    {"\x82\xa4type\xc6\x03\0\0\0", 11, "truncated"},
    {"\x82\xa4type\xdb\0\x20\0\0", 11, "1 MiB"},
    {"\x82\xa4type\xdb\xff\xff\xff\xff", 11, "64 MiB"},
    {"\x82\xdb\xff\xff\xff\xff", 6, "64 MiB"},
    {"\xdf\xff\xff\xff\xff", 5, "more elements"},
    {"\x82\xa4type\xdd\0\x08\0\0", 11, "truncated"},
    {"\x82\xa4type\xc1", 7, "not MessagePack"},
    {"\x82\xa4type\xd4\x01\x01", 9, "not MessagePack"},
    {"\x81\x01\x02", 3, "key is not a string"},
    {"\x81\xa4type\x81\xc0\x02", 9, "key is not a string"},
};

static int refuse_hostile(void)
{
    struct buf b = {0};
    struct err e = {0};

    limit_memory((size_t)300 << 20);
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        buf_clear(&b);
        put_header(&b, "arch");
        buf_add(&b, hostile[i].bytes, hostile[i].n);
        put_file(path_b, b.data, b.len);
        if (read_bytes(b.data, b.len, &e) != ERR_FORMAT ||
            !strstr(e.text, hostile[i].why)) {
            fprintf(stderr, "case %zu: %s\n", i, e.text);
            return 1;
        }
    }
    buf_free(&b);
    return 0;
}

static void test_hostile_sizes(void **state)
{
    (void)state;
    assert_int_equal(child_status(refuse_hostile), 0);
}

/* Arrays in arrays, each claiming a lot. */
static int refuse_depth(void)
{
    static const char *const towers[] = {"\x91", "\xdc\xff\xff",
                                         "\xdd\0\x01\0\0", "\x81\xa1k"};
    struct buf b = {0};
    struct err e;

    limit_memory((size_t)300 << 20);
    for (size_t t = 0; t < ARRAY_LEN(towers); t++) {
        size_t len = t == 0 ? 1 : t == 1 ? 3 : t == 2 ? 5 : 3;

        buf_clear(&b);
        put_header(&b, "arch");
        buf_add(&b, "\x81\xa4type", 6);
        for (int i = 0; i < 100000; i++)
            buf_add(&b, towers[t], len);
        if (read_bytes(b.data, b.len, &e) != ERR_FORMAT ||
            !strstr(e.text, "nested deeper"))
            return 1;
    }
    buf_free(&b);
    return 0;
}

static void test_depth(void **state)
{
    (void)state;
    assert_int_equal(child_status(refuse_depth), 0);
}

/* 1 GiB of `fill`, after head, compressed to nearly nothing. */
static void write_bomb(const struct buf *head, int fill)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    char *chunk = xmalloc(1 << 20), *out = xmalloc(1 << 20);
    FILE *f = fopen(path_a, "wb");

    assert_non_null(f);
    memset(chunk, fill, 1 << 20);
    for (int i = -1; i <= 1024; i++) {
        ZSTD_inBuffer in = {i < 0 ? head->data : chunk,
                            i < 0      ? head->len
                            : i < 1024 ? 1 << 20
                                       : 0,
                            0};
        ZSTD_EndDirective how = i < 1024 ? ZSTD_e_continue : ZSTD_e_end;
        size_t left;

        do {
            ZSTD_outBuffer o = {out, 1 << 20, 0};

            left = ZSTD_compressStream2(z, &o, &in, how);
            fwrite(out, 1, o.pos, f);
        } while (in.pos < in.size || (how == ZSTD_e_end && left));
    }
    fclose(f);
    ZSTD_freeCCtx(z);
    free(chunk);
    free(out);
}

static int refuse_bomb(void)
{
    struct buf out = {0};
    struct err e;
    int rc;

    limit_memory((size_t)300 << 20);
    rc = read_stream(path_a, &out, &e);
    buf_free(&out);
    return rc == ERR_FORMAT ? 0 : 1;
}

static void test_bombs(void **state)
{
    struct buf head = {0};

    (void)state;
    write_bomb(&head, 0);
    assert_int_equal(child_status(refuse_bomb), 0);
    put_header(&head, "arch");
    buf_add(&head,
            "\x82\xa4type\xa4"
            "arch\xa1x\xdd\0\x0f\xff\xd0",
            18);
    write_bomb(&head, 0);
    assert_int_equal(child_status(refuse_bomb), 0);
    /* Maps without end: each is refused at its first key. */
    write_bomb(&head, 0x80);
    assert_int_equal(child_status(refuse_bomb), 0);
    buf_free(&head);
}

/* A frame that asks for 128 MiB of window. */
static void test_window(void **state)
{
    ZSTD_CCtx *z = ZSTD_createCCtx();
    struct buf plain = {0};
    char *out = xmalloc(1 << 20);
    ZSTD_inBuffer in;
    ZSTD_outBuffer o = {out, 1 << 20, 0};

    (void)state;
    write_stream(path_a, 0, 1, 100000);
    get_file(path_a, &plain);
    in = (ZSTD_inBuffer){plain.data, plain.len, 0};
    ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 27);
    assert_int_equal(
        ZSTD_compressStream2(z, &o, &in, ZSTD_e_continue) < 1 << 30, 1);
    assert_int_equal(ZSTD_compressStream2(z, &o, &in, ZSTD_e_end), 0);
    refused(out, o.pos, "larger than 8 MiB");
    ZSTD_freeCCtx(z);
    buf_free(&plain);
    free(out);
}

/* Level 22 of our own stays readable. */
static void test_levels(void **state)
{
    struct buf got = {0};
    struct err e;

    (void)state;
    write_stream(path_a, 22, 1, 1000);
    assert_int_equal(read_stream(path_a, &got, &e), 0);
    write_stream(path_a, -5, 1, 1000);
    assert_int_equal(read_stream(path_a, &got, &e), 0);
    buf_free(&got);
}

/* Each segment may have its own level, plain ones included. */
static void test_level_of_a_segment(void **state)
{
    static const int levels[] = {1, 0, -3, 0, 5};
    struct stream_writer *w;
    struct buf header = {0}, got = {0};
    struct err e;

    (void)state;
    put_header(&header, "arch");
    assert_non_null(w = stream_writer_open(path_a, 1, &e));
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        stream_writer_level(w, levels[i]);
        assert_int_equal(stream_write(w, header.data, header.len, &e), 0);
        assert_int_equal(stream_writer_end(w, NULL, 0, &e), 0);
    }
    assert_int_equal(stream_writer_finish(w, NULL, 0, &e), 0);
    assert_int_equal(outputs_commit(&e), 0);
    stream_writer_free(w);
    assert_int_equal(read_stream(path_a, &got, &e), 0);
    buf_free(&header);
    buf_free(&got);
}

/* ---- strings ---- */

static void test_heads_of_strings(void **state)
{
    static const struct {
        size_t n;
        const char *head;
        size_t len;
    } rows[] = {
        {0, "\xa0", 1},         {15, "\xaf", 1},
        {16, "\xd9\x10", 2},    {31, "\xd9\x1f", 2},
        {32, "\xd9\x20", 2},    {255, "\xd9\xff", 2},
        {256, "\xda\x01\0", 3}, {65536, "\xdb\0\x01\0\0", 5},
    };
    static const char text[65536];
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct mp_cursor c;
        struct mp v;

        buf_clear(&b);
        mp_put_strn(&b, text, rows[i].n);
        assert_int_equal(b.len, rows[i].len + rows[i].n);
        assert_memory_equal(b.data, rows[i].head, rows[i].len);
        c = mp_cursor(b.data, b.len);
        assert_int_equal(mp_next(&c, &v), MP_STR);
        assert_int_equal(v.n, rows[i].n);
    }
    buf_free(&b);
}

/* What other writers use for 16 to 31 bytes. */
static void test_long_fixstr(void **state)
{
    struct mp_cursor c = mp_cursor("\xbf"
                                   "abcdefghijklmnopqrstuvwxyz01234",
                                   32);
    struct mp v;

    (void)state;
    assert_int_equal(mp_next(&c, &v), MP_STR);
    assert_true(mp_is(&v, "abcdefghijklmnopqrstuvwxyz01234"));
}

/* ---- writers ---- */

static int entries(void)
{
    char command[100];
    int n = -1;
    FILE *p;

    snprintf(command, sizeof command, "ls -A %s | wc -l", dir);
    p = popen(command, "r");
    assert_non_null(p);
    assert_int_equal(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

/* A filter that fails leaves no file, and on a pipe no end of the frame. */
static void test_failed_writer(void **state)
{
    struct buf b = {0};
    struct err e;
    struct stream_writer *w;

    (void)state;
    unlink(path_a);
    unlink(path_b);
    assert_non_null(w = stream_writer_open(path_a, 1, &e));
    put_header(&b, "arch");
    assert_int_equal(stream_write(w, b.data, b.len, &e), 0);
    assert_int_equal(stream_writer_flush(w, &e), 0);
    stream_writer_free(w);
    assert_int_equal(entries(), 0);
    buf_free(&b);
}

/* Records arrive before the writer ends, every 64th at the latest. */
static void test_flush(void **state)
{
    struct buf b = {0};
    struct stat st;
    struct err e;
    int fds[2];
    char name[32], chunk[65536];
    struct stream_writer *w;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    snprintf(name, sizeof name, "/dev/fd/%d", fds[1]);
    assert_int_equal(stat(name, &st), 0);
    assert_non_null(w = stream_writer_open(name, 1, &e));
    put_header(&b, "arch");
    assert_int_equal(stream_write(w, b.data, b.len, &e), 0);
    buf_clear(&b);
    put_record(&b, 1, 100);
    for (int i = 0; i < 63; i++) {
        assert_true(read(fds[0], chunk, sizeof chunk) < 0);
        assert_int_equal(stream_write(w, b.data, b.len, &e), 0);
    }
    assert_true(read(fds[0], chunk, sizeof chunk) > 0);
    stream_writer_free(w);
    close(fds[0]);
    close(fds[1]);
    buf_free(&b);
}

/* All that a writer has flushed can be read before more comes, in pieces of any
 * size. */
static void test_source_gives_what_is_flushed(void **state)
{
    static char block[1 << 20], out[100000];
    char packed[4096], name[32], *path = name;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    ZSTD_inBuffer in = {block, sizeof block, 0};
    ZSTD_outBuffer to = {packed, sizeof packed, 0};
    struct source *s;
    struct err e;
    size_t got, all = 0;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(ZSTD_compressStream2(z, &to, &in, ZSTD_e_flush), 0);
    assert_int_equal(write(fds[1], packed, to.pos), to.pos);
    snprintf(name, sizeof name, "/dev/fd/%d", fds[0]);
    assert_non_null(s = source_open(&path, 1, &e));
    assert_int_equal(source_begin(s, &e), 1);
    alarm(30); /* waiting for more would take for ever */
    while (all < sizeof block) {
        assert_int_equal(source_read(s, out, sizeof out, &got, &e), 1);
        all += got;
    }
    alarm(0);
    assert_int_equal(all, sizeof block);
    source_close(s);
    close(fds[0]);
    close(fds[1]);
    ZSTD_freeCCtx(z);
}

static void test_too_large_to_write(void **state)
{
    struct buf b = {0};
    struct err e;
    struct stream_writer *w;

    (void)state;
    assert_non_null(w = stream_writer_open("/dev/null", 1, &e));
    put_header(&b, "arch");
    assert_int_equal(stream_write(w, b.data, b.len, &e), 0);
    buf_clear(&b);
    put_record(&b, 1, STREAM_MAX_RECORD);
    assert_int_equal(stream_write(w, b.data, b.len, &e), ERR_FORMAT);
    stream_writer_free(w);
    buf_free(&b);
}

static void test_skim_in_pieces(void **state)
{
    struct buf b = {0};

    (void)state;
    put_record(&b, 5, 3000);
    for (size_t step = 1; step < b.len; step += 1 + step / 3) {
        struct skim s = {0};
        size_t n = 0;
        int rc;

        while ((rc = skim_run(&s, b.data, n)) == 0) {
            assert_true(s.need > n && s.need <= b.len);
            n = n + step < b.len ? n + step : b.len;
        }
        assert_int_equal(rc, 1);
        assert_int_equal(s.pos, b.len);
        assert_true(s.small < 40);
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_segments_in_one_frame),
        cmocka_unit_test(test_mixed_pieces),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_every_flip),
        cmocka_unit_test(test_wrong_envelopes),
        cmocka_unit_test(test_wrong_trailers),
        cmocka_unit_test(test_unended_frame),
        cmocka_unit_test(test_hostile_sizes),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_digest_on_the_way),
        cmocka_unit_test(test_level_of_a_segment),
        cmocka_unit_test(test_heads_of_strings),
        cmocka_unit_test(test_long_fixstr),
        cmocka_unit_test(test_failed_writer),
        cmocka_unit_test(test_flush),
        cmocka_unit_test(test_source_gives_what_is_flushed),
        cmocka_unit_test(test_too_large_to_write),
        cmocka_unit_test(test_skim_in_pieces),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
