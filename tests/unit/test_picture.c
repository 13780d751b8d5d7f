/* SPDX-License-Identifier: MIT
 * PNG and JPEG: the pictures of tests/pictures against Pillow's pixels, whole,
 * cut, flipped byte by byte; sizes against Pillow's filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/picture/picture.h"
#include "libcommon/picture/resize.h"
#include "tests/unit/picture_ref.h"
#include "tools/data-import/imageimport.h"

static void load(const char *name, struct buf *b)
{
    const char *top = getenv("TOP");
    char *path = xasprintf("%s/tests/pictures/%s", top ? top : ".", name);
    struct err e;

    if (picture_load(path, b, &e) < 0)
        fail_msg("%s", e.text);
    free(path);
}

static int decode(const struct buf *b, struct picture *p, struct err *e)
{
    return picture_decode(b->data, b->len, PICTURE_PIXELS, p, e);
}

static void compare(const struct picture_ref *ref, const uint8_t *pixels)
{
    for (int i = 0; i < 3 * ref->h * ref->w; i++)
        if (abs(pixels[i] - ref->pixels[i]) > ref->tolerance)
            fail_msg("%s, %dx%d: byte %d is %d, Pillow has %d", ref->file,
                     ref->h, ref->w, i, pixels[i], ref->pixels[i]);
}

static void pixels_are_those_of_pillow(void **state)
{
    struct picture p = {0};
    struct buf b = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(picture_refs); i++) {
        const struct picture_ref *ref = &picture_refs[i];

        load(ref->file, &b);
        if (decode(&b, &p, &e) < 0)
            fail_msg("%s: %s", ref->file, e.text);
        if (strcmp(ref->file, "scene.png")) {
            assert_int_equal(p.h, ref->h);
            assert_int_equal(p.w, ref->w);
            compare(ref, p.rgb);
        }
    }
    picture_fini(&p);
    buf_free(&b);
}

static void sizes_are_those_of_pillow(void **state)
{
    struct picture p = {0};
    struct buf b = {0};
    struct err e;
    int n = 0;

    (void)state;
    load("scene.png", &b);
    assert_int_equal(decode(&b, &p, &e), 0);
    for (size_t i = 0; i < ARRAY_LEN(picture_refs); i++) {
        const struct picture_ref *ref = &picture_refs[i];
        uint8_t *to;

        if (strcmp(ref->file, "scene.png"))
            continue;
        to = xcalloc((size_t)(ref->h * ref->w), 3);
        picture_fit(&p, (size_t)ref->h, (size_t)ref->w, 3, to);
        compare(ref, to);
        free(to);
        n++;
    }
    assert_true(n > 5);
    picture_fini(&p);
    buf_free(&b);
}

static void grey_is_known(void **state)
{
    static const char *const grey[] = {"grey.png", "la.png", "d.jpg",
                                       "deepgrey.png", "bits.png"};
    struct picture p = {0};
    struct buf b = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(grey); i++) {
        load(grey[i], &b);
        assert_int_equal(decode(&b, &p, &e), 0);
        assert_true(picture_is_grey(&p));
        for (int c = 0; c < 3; c++) { /* of the last pixel */
            uint8_t *q = &p.rgb[3 * (p.h * p.w - 1) + (size_t)c];

            *q ^= 1;
            assert_false(picture_is_grey(&p));
            *q ^= 1;
        }
    }
    picture_fini(&p);
    buf_free(&b);
}

/* Whatever the two sizes, a picture of one colour stays so. */
static void one_colour_stays(void **state)
{
    struct rng r = rng_make(1, "sizes", 0, 0);
    uint8_t to[40 * 40 * 3];

    (void)state;
    for (int k = 0; k < 300; k++) {
        size_t h = 1 + (size_t)rng_below(&r, 40);
        size_t w = 1 + (size_t)rng_below(&r, 40);
        struct picture p = {.h = 1 + (size_t)rng_below(&r, 200),
                            .w = 1 + (size_t)rng_below(&r, 200)};

        p.rgb = xmalloc(3 * p.h * p.w);
        memset(p.rgb, k % 256, 3 * p.h * p.w);
        picture_fit(&p, h, w, 3, to);
        for (size_t i = 0; i < 3 * h * w; i++)
            assert_int_equal(to[i], k % 256);
        picture_fini(&p);
    }
}

static void grey_is_a_weighted_mean(void **state)
{
    uint8_t rgb[] = {255, 0,  0,  0,  255, 0,   0,  0,
                     255, 77, 77, 77, 255, 255, 255};
    struct picture p = {.h = 1, .w = 5, .rgb = rgb};
    uint8_t grey[5];

    (void)state;
    picture_fit(&p, 1, 5, 1, grey);
    assert_memory_equal(grey, ((uint8_t[]){76, 150, 29, 77, 255}), 5);
}

/* ---- damage ---- */

/* Both formats know their ends: no prefix is a picture.  What is behind the
 * end is not looked at. */
static void every_cut_is_seen(void **state)
{
    static const char *const files[] = {
        "rgb.png", "interlaced.png", "a.jpg", "c.jpeg", "e.jpg", "clear.png"};
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
    load("rgb.png", &b);
    assert_int_equal(picture_decode(b.data, b.len, 9 * 13 - 1, &p, &e),
                     ERR_FORMAT);
    assert_int_equal(picture_decode(b.data, b.len, 9 * 13, &p, &e), 0);
    picture_fini(&p);
    buf_free(&b);
}

/* ---- Exif ---- */

static int orientation(const char *segment, size_t n)
{
    void *copy = xmemdup(segment, n);
    int o = exif_orientation(copy, n);

    free(copy);
    return o;
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
        {"text", "neither PNG nor JPEG"},
    };
    struct picture p = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_int_equal(picture_decode(others[i].bytes, 12, 100, &p, &e),
                         ERR_FORMAT);
        if (!strstr(e.text, others[i].text))
            fail_msg("'%s' instead of '%s'", e.text, others[i].text);
    }
}

static void exif_is_read_with_care(void **state)
{
    static const char little[] = "Exif\0\0II*\0\x08\0\0\0\x02\0"
                                 "\x0f\x01\x02\0\x04\0\0\0abc\0"
                                 "\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
    static const char big[] = "Exif\0\0MM\0*\0\0\0\x08\0\x01"
                              "\x01\x12\0\x03\0\0\0\x01\0\x08\0\0";
    char far[sizeof big];

    (void)state;
    assert_int_equal(orientation(little, sizeof little - 1), 6);
    assert_int_equal(orientation(big, sizeof big - 1), 8);
    assert_int_equal(orientation(big + 6, sizeof big - 7), 8);
    for (size_t n = 0; n < sizeof little - 1; n++)
        assert_int_equal(orientation(little, n), 1);
    memcpy(far, big, sizeof big);
    memset(far + 10, 0xff, 4); /* a table out of reach */
    assert_int_equal(orientation(far, sizeof far - 1), 1);
    memcpy(far, big, sizeof big);
    far[25] = 9; /* no such orientation */
    assert_int_equal(orientation(far, sizeof far - 1), 1);
}

/* ---- names and sizes ---- */

static void names_of_pictures_are_known(void **state)
{
    static const char *const good[] = {"a/b.PNG", "n01440764_10026.JPEG",
                                       "x.txt.jpg", "a.b/c.jpe", "x.Jfif"};
    static const char *const bad[] = {"a.png/b",    "png",  "README",
                                      "x.",         "a.pn", "a.pngx",
                                      "x.jpg jpeg", "",     "x.png.txt"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!picture_named(good[i]))
            fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (picture_named(bad[i]))
            fail_msg("'%s' is taken", bad[i]);
}

static void sizes_are_parsed(void **state)
{
    static const char *const bad[] = {"",        "0",    "x",          "32x",
                                      "x32",     "32x0", "-1",         "4097",
                                      "32x32x3", "32 ",  "99999999999"};
    size_t h, w;
    struct err e;

    (void)state;
    assert_int_equal(image_size_parse("224", &h, &w, &e), 0);
    assert_int_equal(h * 1000 + w, 224224);
    assert_int_equal(image_size_parse("4096x1", &h, &w, &e), 0);
    assert_int_equal(h * 1000 + w, 4096001);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (image_size_parse(bad[i], &h, &w, &e) != ERR_ARG)
            fail_msg("'%s' is taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pixels_are_those_of_pillow),
        cmocka_unit_test(sizes_are_those_of_pillow),
        cmocka_unit_test(grey_is_known),
        cmocka_unit_test(one_colour_stays),
        cmocka_unit_test(grey_is_a_weighted_mean),
        cmocka_unit_test(every_cut_is_seen),
        cmocka_unit_test(changed_bytes_are_survived),
        cmocka_unit_test(sequential_scans_have_all_coefficients),
        cmocka_unit_test(hostile_sizes_cost_nothing),
        cmocka_unit_test(others_are_named),
        cmocka_unit_test(exif_is_read_with_care),
        cmocka_unit_test(names_of_pictures_are_known),
        cmocka_unit_test(sizes_are_parsed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
