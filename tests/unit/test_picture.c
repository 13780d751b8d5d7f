/* SPDX-License-Identifier: MIT
 * All formats: the pictures of tests/pictures against Pillow's pixels, sizes
 * against Pillow's filter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/picture/resize.h"
#include "tests/unit/picture_file.h"
#include "tests/unit/picture_ref.h"
#include "tools/data-import/imageimport.h"

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

/* ---- Exif ---- */

static int orientation(const char *segment, size_t n)
{
    void *copy = xmemdup(segment, n);
    int o = exif_orientation(copy, n);

    free(copy);
    return o;
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
    static const char *const good[] = {"a/b.PNG",   "n01440764_10026.JPEG",
                                       "x.txt.jpg", "a.b/c.jpe",
                                       "x.Jfif",    "x.BMP",
                                       "x.pnm"};
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
        cmocka_unit_test(exif_is_read_with_care),
        cmocka_unit_test(names_of_pictures_are_known),
        cmocka_unit_test(sizes_are_parsed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
