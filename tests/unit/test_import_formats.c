/* SPDX-License-Identifier: MIT
 * The readers of published file formats, on bytes made here: right ones, cut
 * ones, hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/rng.h"
#include "tools/data-import/datafile.h"
#include "tools/data-import/filelist.h"
#include "tools/data-import/imagelist.h"

/* ---- CIFAR ---- */

/* n records; label(s) as given, pixel j of plane c is (j + 80 c) mod 256. */
static void add_records(struct buf *b, int n, int labels, uint8_t first,
                        uint8_t second)
{
    for (int i = 0; i < n; i++) {
        uint8_t r[2 + CIFAR_IMAGE] = {first, second};

        for (int j = 0; j < CIFAR_IMAGE; j++)
            r[labels + j] = (uint8_t)(j % 1024 + 80 * (j / 1024));
        buf_add(b, r, (size_t)labels + CIFAR_IMAGE);
    }
}

static void cifar_is_interleaved(void **state)
{
    struct buf b = {0};
    struct split s = {0};
    struct err e;

    (void)state;
    add_records(&b, 2, 1, 7, 0);
    assert_int_equal(cifar_append("f", &b, IMPORT_CIFAR10, false, &s, &e), 0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.labels[1], 7);
    for (int j = 0; j < 1024; j++)
        for (int c = 0; c < 3; c++)
            assert_int_equal(s.items[CIFAR_IMAGE + 3 * j + c],
                             (uint8_t)(j + 80 * c));
    split_fini(&s);
    buf_free(&b);
}

static void cifar100_has_two_labels(void **state)
{
    struct buf b = {0};
    struct split s = {0};
    struct err e;

    (void)state;
    add_records(&b, 1, 2, 19, 99);
    assert_int_equal(cifar_append("f", &b, IMPORT_CIFAR100, false, &s, &e), 0);
    assert_int_equal(cifar_append("f", &b, IMPORT_CIFAR100, true, &s, &e), 0);
    assert_int_equal(s.labels[0], 99);
    assert_int_equal(s.labels[1], 19);
    assert_int_equal(s.items[CIFAR_IMAGE + 4], 81);
    assert_int_equal(cifar_classes(IMPORT_CIFAR100, false), 100);
    assert_int_equal(cifar_classes(IMPORT_CIFAR100, true), 20);
    split_fini(&s);
    buf_free(&b);
}

static void cifar_refuses(void **state)
{
    struct buf b = {0};
    struct split s = {0};
    struct err e;

    (void)state;
    assert_int_equal(cifar_append("f", &b, IMPORT_CIFAR10, false, &s, &e),
                     ERR_FORMAT);
    add_records(&b, 1, 1, 3, 0);
    add_records(&b, 1, 1, 10, 0);
    assert_int_equal(cifar_append("f", &b, IMPORT_CIFAR10, false, &s, &e),
                     ERR_FORMAT);
    assert_string_equal(e.text, "f: record 1 (byte 3073): label 10 is not "
                                "below 10");
    b.len--;
    assert_int_equal(cifar_append("f", &b, IMPORT_CIFAR10, false, &s, &e),
                     ERR_FORMAT);
    split_fini(&s);
    buf_free(&b);
}

/* ---- IDX ---- */

static void add_header(struct buf *b, int type, int ndim, const uint32_t *size)
{
    uint8_t h[20] = {0, 0, (uint8_t)type, (uint8_t)ndim};

    for (int i = 0; i < ndim; i++)
        for (int k = 0; k < 4; k++)
            h[4 + 4 * i + k] = (uint8_t)(size[i] >> (24 - 8 * k));
    buf_add(b, h, 4 + 4 * (size_t)ndim);
}

static int header(int type, int ndim, const uint32_t *size, struct err *e)
{
    struct buf b = {0};
    struct idx x;
    int rc;

    add_header(&b, type, ndim, size);
    rc = idx_header("f", b.data, b.len, &x, e);
    buf_free(&b);
    return rc;
}

static void idx_sizes_are_held_against_limits(void **state)
{
    const uint32_t top = 0xffffffffu;
    struct err e;

    (void)state;
    assert_int_equal(header(8, 3, (uint32_t[]){60000, 28, 28}, &e), 0);
    assert_int_equal(header(8, 4, (uint32_t[]){9, 32, 32, 3}, &e), 0);
    assert_int_equal(header(8, 1, (uint32_t[]){60000}, &e), 0);
    assert_int_equal(header(8, 3, (uint32_t[]){top, top, top}, &e), ERR_FORMAT);
    assert_int_equal(header(8, 3, (uint32_t[]){top, 4096, 4096}, &e),
                     ERR_FORMAT);
    assert_int_equal(header(8, 4, (uint32_t[]){1, 4096, 4096, 2}, &e),
                     ERR_FORMAT);
    assert_int_equal(header(8, 4, (uint32_t[]){1, 2, 2, 65}, &e), ERR_FORMAT);
    assert_int_equal(header(8, 3, (uint32_t[]){1, 0, 2}, &e), ERR_FORMAT);
    assert_int_equal(header(8, 3, (uint32_t[]){0, 2, 2}, &e), ERR_FORMAT);
    assert_int_equal(header(8, 2, (uint32_t[]){5, 5}, &e), ERR_FORMAT);
    assert_int_equal(header(0x0d, 3, (uint32_t[]){5, 5, 5}, &e), ERR_FORMAT);
    assert_int_equal(header(9, 3, (uint32_t[]){5, 5, 5}, &e), ERR_FORMAT);
    assert_int_equal(header(0x0c, 3, (uint32_t[]){5, 5, 5}, &e), ERR_FORMAT);
    /* labels of integers, in rows where they have 32 bits */
    assert_int_equal(header(9, 1, (uint32_t[]){5}, &e), 0);
    assert_int_equal(header(0x0b, 1, (uint32_t[]){5}, &e), 0);
    assert_int_equal(header(0x0c, 1, (uint32_t[]){5}, &e), 0);
    assert_int_equal(header(0x0c, 2, (uint32_t[]){5, 8}, &e), 0);
    assert_int_equal(header(0x0c, 2, (uint32_t[]){5, 0}, &e), ERR_FORMAT);
    assert_int_equal(header(0x0b, 2, (uint32_t[]){5, 8}, &e), ERR_FORMAT);
    assert_int_equal(header(0x0e, 1, (uint32_t[]){5}, &e), ERR_FORMAT);
}

static void idx_pairs_are_appended(void **state)
{
    static const uint8_t pixels[] = {1, 2, 3, 4, 5, 6, 7, 8}, marks[] = {3, 9};
    struct buf images = {0}, labels = {0};
    struct split s = {0};
    size_t shape[3] = {0};
    struct err e;

    (void)state;
    add_header(&images, 8, 3, (uint32_t[]){2, 1, 4});
    buf_add(&images, pixels, sizeof pixels);
    add_header(&labels, 8, 1, (uint32_t[]){2});
    buf_add(&labels, marks, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(idx_append("i", &images, "l", &labels, shape, &s, &e),
                         0);
    assert_int_equal(shape[0] * 100 + shape[1] * 10 + shape[2], 141);
    assert_int_equal(s.n, 4);
    assert_memory_equal(s.items + 8, pixels, 8);
    assert_int_equal(s.labels[3], 9);

    shape[1] = 2;
    assert_int_equal(idx_append("i", &images, "l", &labels, shape, &s, &e),
                     ERR_FORMAT);
    shape[1] = 4;
    assert_int_equal(idx_append("i", &labels, "l", &images, shape, &s, &e),
                     ERR_FORMAT);
    for (size_t n = 0; n < labels.len; n++) { /* every prefix */
        struct buf cut = {labels.data, n, labels.cap};

        assert_int_equal(idx_append("i", &images, "l", &cut, shape, &s, &e),
                         ERR_FORMAT);
    }
    for (size_t n = 0; n < images.len; n++) {
        struct buf cut = {images.data, n, images.cap};

        assert_int_equal(idx_append("i", &cut, "l", &labels, shape, &s, &e),
                         ERR_FORMAT);
    }
    assert_int_equal(s.n, 4);
    split_fini(&s);
    buf_free(&images);
    buf_free(&labels);
}

/* Labels are the first numbers of rows of integers, big-endian. */
static void idx_labels_have_types(void **state)
{
    static const struct {
        int type, ndim;
        uint8_t bytes[16];
        int32_t label[2]; /* -1: refused */
    } c[] = {
        {0x08, 1, {7, 200}, {7, 200}},
        {0x09, 1, {7, 127}, {7, 127}},
        {0x09, 1, {7, 128}, {7, -1}},
        {0x0b, 1, {1, 2, 0, 9}, {258, 9}},
        {0x0b, 1, {0, 9, 255, 255}, {9, -1}},
        {0x0c, 1, {0, 0, 1, 2, 0, 1, 0, 0}, {258, 65536}},
        {0x0c, 1, {0, 0, 1, 2, 0, 1, 0, 1}, {258, -1}},
        {0x0c, 1, {0, 0, 0, 0, 128, 0, 0, 0}, {0, -1}},
        {0x0c, 2, {0, 0, 0, 5, 9, 9, 9, 9, 0, 0, 0, 6, 9, 9, 9, 9}, {5, 6}},
    };
    static const uint8_t pixels[2];

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        size_t each = c[i].type < 0x0b ? 1 : c[i].type == 0x0b ? 2 : 4;
        struct buf images = {0}, labels = {0};
        struct split s = {0};
        size_t shape[3] = {0};
        struct err e;
        int rc;

        add_header(&images, 8, 3, (uint32_t[]){2, 1, 1});
        buf_add(&images, pixels, 2);
        add_header(&labels, c[i].type, c[i].ndim, (uint32_t[]){2, 2});
        buf_add(&labels, c[i].bytes, 2 * each * (size_t)c[i].ndim);
        rc = idx_append("i", &images, "l", &labels, shape, &s, &e);
        assert_int_equal(rc, c[i].label[1] < 0 ? ERR_FORMAT : 0);
        assert_int_equal(s.labels[0], c[i].label[0]);
        if (rc == 0)
            assert_int_equal(s.labels[1], c[i].label[1]);
        else
            assert_non_null(strstr(e.text, "l: label 1 is "));
        split_fini(&s);
        buf_free(&images);
        buf_free(&labels);
    }
}

/* ---- telling them apart ---- */

static void formats_are_told_apart(void **state)
{
    static const uint8_t none[8];
    struct buf b = {0};
    enum import_format f;
    struct err e;

    (void)state;
    assert_int_equal(data_recognise("f", &b, &f, &e), ERR_FORMAT);
    add_records(&b, 3, 1, 9, 0);
    assert_int_equal(data_recognise("f", &b, &f, &e), 0);
    assert_int_equal(f, IMPORT_CIFAR10);
    buf_clear(&b);
    add_records(&b, 3, 2, 19, 99);
    assert_int_equal(data_recognise("f", &b, &f, &e), 0);
    assert_int_equal(f, IMPORT_CIFAR100);
    b.data[0] = 20;
    assert_int_equal(data_recognise("f", &b, &f, &e), ERR_FORMAT);
    buf_clear(&b);
    add_header(&b, 8, 3, (uint32_t[]){2, 2, 2});
    buf_add(&b, none, 8);
    assert_int_equal(data_recognise("f", &b, &f, &e), 0);
    assert_int_equal(f, IMPORT_IDX);
    b.len--;
    assert_int_equal(data_recognise("f", &b, &f, &e), ERR_FORMAT);
    buf_free(&b);
}

/* Random headers of small files: refused or taken, never a crash. */
static void noise_is_survived(void **state)
{
    struct rng r = rng_make(1, "noise", 0, 0);

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct buf b = {0};
        size_t n = (size_t)rng_below(&r, 40), shape[3] = {0};
        struct split s = {0};
        enum import_format f;
        struct err e;

        buf_reserve(&b, 40);
        for (b.len = 0; b.len < n; b.len++)
            b.data[b.len] = (char)rng_below(&r, b.len < 8 ? 9 : 256);
        if (n > 3 && i % 2)
            b.data[0] = b.data[1] = 0;
        (void)!data_recognise("f", &b, &f, &e);
        (void)!idx_append("f", &b, "f", &b, shape, &s, &e);
        split_fini(&s);
        buf_free(&b);
    }
}

static void splits_are_known_by_name(void **state)
{
    static const struct {
        const char *path;
        enum split_id split;
    } c[] = {
        {"/data/test/data_batch_1.bin", SPLIT_TRAIN},
        {"test_batch.bin", SPLIT_TEST},
        {"x/test.bin", SPLIT_TEST},
        {"Test-images-idx3-ubyte", SPLIT_TEST},
        {"t10k-images-idx3-ubyte", SPLIT_TEST},
        {"emnist-letters-test-images-idx3-ubyte.gz", SPLIT_TEST},
        {"latest-images-idx3-ubyte", SPLIT_TRAIN},
        {"val-images-idx3-ubyte", SPLIT_VAL},
        {"mine-VALID-labels-idx1-ubyte", SPLIT_VAL},
        {"validation_batch.bin", SPLIT_VAL},
        {"values-idx3-ubyte", SPLIT_TRAIN},
        {"interval-images-idx3-ubyte", SPLIT_TRAIN},
        {"train.bin", SPLIT_TRAIN},
    };
    struct filelist l = {0};
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        if (filelist_split(c[i].path) != c[i].split)
            fail_msg("%s", c[i].path);
    assert_int_equal(filelist_add(&l, "/nowhere/at/all", SPLIT_TRAIN, &e),
                     ERR_SYS);
    filelist_free(&l);
    assert_int_equal(split_called("TRAIN"), SPLIT_TRAIN);
    assert_int_equal(split_called("Validation"), SPLIT_VAL);
    assert_int_equal(split_called("testing"), SPLIT_TEST);
    assert_int_equal(split_called("tests"), -1);
    assert_int_equal(split_called(""), -1);
}

/* Names of pictures leave out what all operands have in common. */
static void the_root_is_what_operands_share(void **state)
{
    static const struct {
        const char *train, *train2, *test;
        size_t root;
    } c[] = {
        {"own", NULL, NULL, 3},
        {"own/", NULL, NULL, 4},
        {"in/train", NULL, "in/val", 2},
        {"in/train", "in/training", "in/t", 2},
        {"in", NULL, "in/val", 2},
        {"in/val", NULL, "in", 2},
        {"in", "inner", NULL, 0},
        {"/a/x", NULL, "/b/x", 0},
        {"/a/x/y", "/a/x/z", "/a/x", 4},
        {"a", NULL, "b", 0},
        {".", NULL, NULL, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        char *train[] = {(char *)c[i].train, (char *)c[i].train2};
        char *test[] = {(char *)c[i].test};
        const struct strs paths[SPLIT_COUNT] = {
            [SPLIT_TRAIN] = {train, c[i].train2 ? 2 : 1},
            [SPLIT_TEST] = {test, c[i].test ? 1 : 0},
        };

        if (imagelist_root(paths) != c[i].root)
            fail_msg("%zu: %zu", i, imagelist_root(paths));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cifar_is_interleaved),
        cmocka_unit_test(cifar100_has_two_labels),
        cmocka_unit_test(cifar_refuses),
        cmocka_unit_test(idx_sizes_are_held_against_limits),
        cmocka_unit_test(idx_pairs_are_appended),
        cmocka_unit_test(idx_labels_have_types),
        cmocka_unit_test(formats_are_told_apart),
        cmocka_unit_test(noise_is_survived),
        cmocka_unit_test(splits_are_known_by_name),
        cmocka_unit_test(the_root_is_what_operands_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
