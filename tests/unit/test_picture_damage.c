/* SPDX-License-Identifier: MIT
 * Pictures that are cut, changed byte by byte, of hostile sizes or of another
 * format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/rng.h"
#include "tests/unit/picture_file.h"
#include "tests/unit/picture_ref.h"

/* The formats know their ends: no prefix is a picture (but of PPM as text, where
 * a shorter last number is one, too).  What is behind the end is not looked
 * at. */
static void every_cut_is_seen(void **state)
{
    static const char *const files[] = {
        "rgb.png",   "interlaced.png", "a.jpg",    "c.jpeg",   "e.jpg",
        "clear.png", "rgb.ppm",        "bits.pbm", "text.pbm", "deep.ppm",
        "grey.bmp",  "rle4.bmp",       "rle8.bmp", "565.bmp",  "os2.bmp"};
    struct picture p = {0};
    struct buf b = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        load(files[i], &b);
        for (size_t n = 0; n < b.len; n++) {
            void *cut = xmemdup(b.data, n); /* for the address sanitizer */

            if (picture_decode(cut, n, PICTURE_PIXELS, &p, &e) != ERR_FORMAT)
                fail_msg("%s is taken after %zu bytes", files[i], n);
            free(cut);
        }
        buf_addf(&b, "and more");
        assert_int_equal(decode(&b, &p, &e), 0);
    }
    picture_fini(&p);
    buf_free(&b);
}

/* A changed byte is seen in a PNG (but in chunks that are passed over and
 * what only names them); in a JPEG nobody promises that: it must not crash. */
static void changed_bytes_are_survived(void **state)
{
    struct rng r = rng_make(1, "flips", 0, 0);
    struct picture p = {0};
    struct buf b = {0};
    struct err e;

    (void)state;
    load("rgb.png", &b);
    for (size_t i = 0; i < b.len; i++) {
        b.data[i] = (char)(b.data[i] ^ 0x41);
        if (decode(&b, &p, &e) != ERR_FORMAT)
            fail_msg("rgb.png with another byte %zu is taken", i);
        b.data[i] = (char)(b.data[i] ^ 0x41);
    }
    for (size_t i = 0; i < ARRAY_LEN(picture_refs); i++) {
        load(picture_refs[i].file, &b);
        for (int k = 0; k < 300; k++) {
            size_t at = rng_below(&r, b.len);
            char was = b.data[at];

            b.data[at] = (char)rng_below(&r, 256);
            (void)!picture_decode(b.data, b.len, 1 << 16, &p, &e);
            b.data[at] = was;
        }
    }
    picture_fini(&p);
    buf_free(&b);
}

/* A header of a sequential scan says which coefficients it has: 0, 63, 0.  Zeros
 * alone are taken in their place. */
static void sequential_scans_have_all_coefficients(void **state)
{
    struct picture p = {0}, q = {0};
    struct buf b = {0};
    struct err e;
    char *last = NULL;

    (void)state;
    load("a.jpg", &b);
    assert_int_equal(decode(&b, &p, &e), 0);
    for (size_t i = 0; i + 14 < b.len; i++)
        if (!memcmp(b.data + i, "\xff\xda\0\x0c\x03", 5))
            last = b.data + i + 12;
    assert_non_null(last);
    assert_int_equal(*last, 63);
    *last = 0;
    assert_int_equal(decode(&b, &q, &e), 0);
    assert_memory_equal(p.rgb, q.rgb, 3 * p.h * p.w);
    *last = 17;
    assert_int_equal(decode(&b, &q, &e), ERR_FORMAT);
    *last = 0;
    last[1] = 1;
    assert_int_equal(decode(&b, &q, &e), ERR_FORMAT);
    picture_fini(&p);
    picture_fini(&q);
    buf_free(&b);
}

static void put32(char *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (char)(v >> (24 - 8 * i));
}

static void hostile_sizes_cost_nothing(void **state)
{
    static const uint32_t sizes[][2] = {
        {65535, 65535}, {0x7fffffff, 0x7fffffff},
        {0, 5},         {8192, 8193},
        {8192, 8192},   {1, 65536},
    };
    struct picture p = {0};
    struct buf b = {0};
    struct err e;

    (void)state;
    load("rgb.png", &b);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        uint32_t crc = 0xffffffff;

        put32(b.data + 16, sizes[i][0]);
        put32(b.data + 20, sizes[i][1]);
        for (int k = 12; k < 29; k++) { /* a right checksum */
            crc ^= (uint8_t)b.data[k];
            for (int bit = 0; bit < 8; bit++)
                crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
        }
        put32(b.data + 29, ~crc);
        assert_int_equal(decode(&b, &p, &e), ERR_FORMAT);
        assert_int_equal(p.cap, 0);
    }
    load("a.jpg", &b);
    for (size_t i = 0; i + 8 < b.len; i++)
        if (!memcmp(b.data + i, "\xff\xc0\0\x11\x08", 5))
            memset(b.data + i + 5, 0xff, 4);
    assert_int_equal(decode(&b, &p, &e), ERR_FORMAT);
    assert_int_equal(p.cap, 0);
    for (int i = 0; i < 2; i++) {
        load(i ? "rle8.bmp" : "rgb.bmp", &b);
        memcpy(b.data + 18, "\0\x20\0\0\0\x20\0", 8); /* 8192 x 8192 */
        assert_int_equal(decode(&b, &p, &e), ERR_FORMAT);
        assert_non_null(strstr(e.text, "too short for its size"));
        memset(b.data + 18, 0x7f, 8);
        assert_int_equal(decode(&b, &p, &e), ERR_FORMAT);
        assert_int_equal(p.cap, 0);
    }
    for (int kind = 1; kind <= 6; kind++) {
        buf_clear(&b);
        buf_addf(&b, "P%d 65535 65535 255\n%99s", kind, "");
        assert_int_equal(decode(&b, &p, &e), ERR_FORMAT);
        assert_non_null(strstr(e.text, "too short for 65535x65535 pixels"));
        assert_int_equal(p.cap, 0);
    }
    load("rgb.png", &b);
    assert_int_equal(picture_decode(b.data, b.len, 9 * 13 - 1, &p, &e),
                     ERR_FORMAT);
    assert_int_equal(picture_decode(b.data, b.len, 9 * 13, &p, &e), 0);
    picture_fini(&p);
    buf_free(&b);
}

/* Returns the text of the error that a file gives with n bytes at `at` replaced. */
static const char *refusal(const char *file, size_t at, const char *bytes,
                           size_t n)
{
    static struct err e;
    struct picture p = {0};
    struct buf b = {0};

    load(file, &b);
    assert_true(at + n <= b.len);
    memcpy(b.data + at, bytes, n);
    if (decode(&b, &p, &e) != ERR_FORMAT)
        fail_msg("%s with another byte %zu is taken", file, at);
    picture_fini(&p);
    buf_free(&b);
    return e.text;
}

static void says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' instead of '%s'", text, part);
}

static void damage_of_bmp_is_named(void **state)
{
    static const char plain[] = "damaged BMP, before byte ";

    (void)state;
    says(refusal("rgb.bmp", 14, "\x0d\0", 2), "18: the header has an unknown");
    says(refusal("rgb.bmp", 10, "\x35", 1), "do not begin behind the headers");
    says(refusal("rgb.bmp", 10, "\xff\xff", 2), plain);
    says(refusal("565.bmp", 10, "\x36", 1), "do not begin behind the headers");
    /* Pixels behind a header of 41 bytes, but before the end of the masks. */
    says(refusal("565.bmp", 10, "\x37\0\0\0\x29", 5), "do not begin behind");
    says(refusal("rgb.bmp", 28, "\x07", 1), "compression 0 of 7 bits a pixel");
    says(refusal("rgb.bmp", 30, "\5", 1), "convert it to PNG");
    says(refusal("rgb.bmp", 30, "\1", 1), "BMP of a kind that is not read");
    says(refusal("rle8.bmp", 22, "\xf7\xff\xff\xff", 4), "is not read");
    says(refusal("rgb.bmp", 18, "\0", 1), "26: the sides are not within");
    says(refusal("rgb.bmp", 22, "\0", 1), "26: the sides are not within");
    says(refusal("565.bmp", 58, "\xe0\x06", 2), "62: the mask of a channel");
    says(refusal("two.bmp", 150, "\xff", 1), "not in the palette");
    says(refusal("rle8.bmp", 118, "\x0e", 1), "a run leaves the picture");
    says(refusal("rle8.bmp", 119, "\x10", 1), "not in the palette");
}

static void damage_of_pnm_is_named(void **state)
{
    static const struct {
        const char *file, *text;
    } bad[] = {
        {"P5 2 1 256 ", "damaged PNM: 11 bytes are too short for 1x2"},
        {"P5 2 1 0 ab", "byte 9: width, height and largest"},
        {"P5 2 1 65536 ab", "width, height and largest"},
        {"P6 -2 1 255 abcdefg", "width, height and largest"},
        {"P2 2 1 9 3 10", "byte 13: sample 1 is no number up to 9"},
        {"P2 2 1 9 3 x", "sample 1 is no number up to 9"},
        {"P2 2 1 9 3x5", "sample 0 is no"},
        {"P2 2 1 9 3 #5", "sample 1 is no"},
        {"P1 2 1 12", "sample 1 is no number up to 1"},
        {"P5 2 1 9 \3\x0a", "sample 1 is no number up to 9"},
        {"P5 2 1", "width, height and largest"},
        {"P5 2 1 ", "width, height and largest"},
    };
    struct picture p = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        size_t n = strlen(bad[i].file);
        char *copy = xmemdup(bad[i].file, n); /* for the address sanitizer */

        if (picture_decode(copy, n, 100, &p, &e) != ERR_FORMAT)
            fail_msg("%s is taken", bad[i].file);
        says(e.text, bad[i].text);
        free(copy);
    }
    picture_fini(&p);
}

static void others_are_named(void **state)
{
    static const struct {
        char bytes[13];
        const char *text;
    } others[] = {
        {"GIF89a", "GIF, which is not read: convert it to PNG or JPEG"},
        {"RIFF....WEBP", "WebP, which"},
        {"\0\0\0\x18"
         "ftypheic",
         "HEIF or AVIF, which"},
        {"II*\0", "TIFF, which"},
        {"MM\0*", "TIFF, which"},
        {"text", "none of PNG, JPEG, PPM, PGM, PBM and BMP"},
    };
    struct picture p = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(picture_decode(others[i].bytes, 12, 100, &p, &e),
                         ERR_FORMAT);
        says(e.text, others[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(changed_bytes_are_survived),
        cmocka_unit_test(sequential_scans_have_all_coefficients),
        cmocka_unit_test(hostile_sizes_cost_nothing),
        cmocka_unit_test(damage_of_bmp_is_named),
        cmocka_unit_test(damage_of_pnm_is_named),
        cmocka_unit_test(others_are_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
