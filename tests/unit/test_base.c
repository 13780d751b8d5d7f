/* SPDX-License-Identifier: MIT
 * err, buf, arena, hash and rng. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/arena.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/json.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/reserve.h"
#include "libcommon/base/rng.h"
#include "libcommon/base/set.h"
#include "libcommon/base/utf8.h"
#include "libcommon/base/values.h"
#include "tests/unit/beta_ref.h"

static void test_err(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(err_set(&e, ERR_FORMAT, "%s is bad", "a\nb\x1b"),
                     ERR_FORMAT);
    assert_string_equal(e.text, "a?b? is bad");
    assert_int_equal(err_prefix(&e, "record %d", 7), ERR_FORMAT);
    assert_string_equal(e.text, "record 7: a?b? is bad");
    errno = ENOENT;
    assert_int_equal(err_sys(&e, "x"), ERR_SYS);
    assert_string_equal(e.text, "x: No such file or directory");
}

static void test_err_long(void **state)
{
    char long_text[3000];
    struct err e = {0};

    (void)state;
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    err_set(&e, ERR_ARG, "%s", long_text);
    for (int i = 0; i < 10; i++)
        assert_int_equal(err_prefix(&e, "%s", long_text), ERR_ARG);
    assert_true(strlen(e.text) < sizeof e.text);
}

static void test_utf8(void **state)
{
    /* Each line: a text and what is safe of it to print. */
    static const char *const cases[][2] = {
        {"plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
         "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"a\tb\nc\x1b[31m\x7f", "a?b?c?[31m?"},
        {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "???\xc2\xa0"},
        {"\xe2\x80\xaex\xe2\x81\xa9\xe2\x80\xa8\xd8\x9c", "?x???"},
        {"\xff\xc3(\xe2\x82\xed\xa0\x80", "\?\?(\?\?\?\?\?"},
        {"", ""},
    };
    char text[80];
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        snprintf(text, sizeof text, "%s", cases[i][0]);
        utf8_mask(text);
        assert_string_equal(text, cases[i][1]);
    }
    buf_adds(&b, "a\nb\xc2\x85");
    buf_mask(&b, 2);
    assert_string_equal(b.data, "a\nb?");
    assert_int_equal(b.len, 4);
    buf_clear(&b);
    json_string(&b, "q\"\\\n\0\xc2\x9b\xe2\x80\xae\xff\xc3\xa9", 13);
    assert_string_equal(
        b.data, "\"q\\\"\\\\\\u000a\\u0000\\u009b\\u202e\\ufffd\xc3\xa9\"");
    buf_free(&b);
}

static void test_buf(void **state)
{
    struct buf b = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_addf(&b, "%d,", i);
    assert_int_equal(b.len, strlen(b.data));
    assert_int_equal(b.len, 10 * 2 + 90 * 3 + 900 * 4);
    buf_clear(&b);
    assert_string_equal(b.data, "");
    buf_adds(&b, "ab");
    buf_add(&b, "\0c", 2);
    assert_int_equal(b.len, 4);
    assert_memory_equal(b.data, "ab\0c", 5);
    buf_free(&b);
    assert_null(b.data);
}

static void test_arena(void **state)
{
    struct arena a = {0};

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 300; n++) {
            unsigned char *p = arena_alloc(&a, n, 7);

            assert_int_equal((uintptr_t)p % 16, 0);
            for (size_t i = 0; i < 7 * n; i++)
                assert_int_equal(p[i], 0);
            memset(p, 0xff, 7 * n);
        }
        assert_string_equal(arena_strndup(&a, "hello", 4), "hell");
        assert_string_equal(arena_strdup(&a, "hello"), "hello");
        assert_null(arena_strdup(&a, NULL));
        assert_memory_equal(arena_memdup(&a, "abcdef", 3, 2), "abcdef", 6);
        assert_non_null(arena_memdup(&a, NULL, 0, 8));
        arena_alloc(&a, 1, 1 << 20);
        arena_reset(&a);
    }
    arena_free(&a);
    arena_free(&a);
}

static void test_set(void **state)
{
    struct set s = {0};

    (void)state;
    assert_true(set_find(&s, "a", 1) == SET_NONE);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < 1000; i++) {
            char key[20];
            size_t n = (size_t)snprintf(key, sizeof key, "%zu", i);

            assert_true(set_find(&s, key, n) == (round ? i : SET_NONE));
            assert_true(set_add(&s, key, n) == i);
        }
    assert_int_equal(s.n, 1000);
    /* a key that another begins with, and the empty one */
    assert_true(set_find(&s, "12345", 3) == 123);
    assert_true(set_add(&s, "12345", 5) == 1000);
    assert_true(set_find(&s, "", 0) == SET_NONE);
    assert_true(set_add(&s, "", 0) == 1001);
    assert_true(set_add(&s, "", 0) == 1001);
    set_free(&s);
    assert_true(set_find(&s, "1", 1) == SET_NONE);
    set_free(&s);
}

static void test_hash(void **state)
{
    char hex[HASH_HEX], whole[HASH_HEX], text[1000];
    struct hash *h = hash_new(), *copy = hash_new();

    (void)state;
    /* The published values of the empty input. */
    hash_hex("", 0, hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
    assert_true(hash64("", 0) == 0x2d06800538d394c2);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i);
    hash_hex(text, sizeof text, whole);
    for (size_t cut = 0; cut < sizeof text; cut += 37) {
        hash_reset(h);
        hash_update(h, text, cut);
        hash_final(h, hex);
        hash_copy(copy, h);
        hash_update(h, text + cut, sizeof text - cut);
        hash_final(h, hex);
        assert_string_equal(hex, whole);
        hash_update(copy, text + cut, sizeof text - cut);
        hash_final(copy, hex);
        assert_string_equal(hex, whole);
    }
    hash_free(h);
    hash_free(copy);
    hash_free(NULL);
}

/* Random123's known answers for philox4x32-10. */
static void test_philox(void **state)
{
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } known[] = {
        {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u},
         {~0u, ~0u},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        uint32_t out[4];

        rng_philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void test_rng_streams(void **state)
{
    struct rng a = rng_make(1, "x", 2, 3), b = rng_make(1, "x", 2, 3);
    struct rng other[] = {
        rng_make(2, "x", 2, 3),
        rng_make(1, "y", 2, 3),
        rng_make(1, "x", 3, 3),
        rng_make(1, "x", 2, 4),
    };

    (void)state;
    for (int i = 0; i < 100; i++) {
        uint32_t v = rng_u32(&a);

        assert_int_equal(v, rng_u32(&b));
        for (size_t k = 0; k < ARRAY_LEN(other); k++)
            assert_int_not_equal(v, rng_u32(&other[k]));
    }
}

static void test_rng_moments(void **state)
{
    struct rng r = rng_make(42, "moments", 0, 0);
    double sum = 0, squares = 0, uniform = 0;
    size_t counts[7] = {0};
    const size_t n = 70000;

    (void)state;
    for (size_t i = 0; i < n; i++) {
        double z = rng_normal(&r), u = rng_uniform(&r);

        assert_true(isfinite(z) && u >= 0 && u < 1);
        sum += z;
        squares += z * z;
        uniform += u;
        counts[rng_below(&r, 7)]++;
    }
    assert_true(fabs(sum / (double)n) < 0.02);
    assert_true(fabs(squares / (double)n - 1) < 0.03);
    assert_true(fabs(uniform / (double)n - 0.5) < 0.01);
    for (int i = 0; i < 7; i++)
        assert_in_range(counts[i], 9500, 10500);
}

/* Moments and distribution are SciPy's, within five standard errors; the smallest
 * shapes give one of the two ends. */
static void test_rng_beta(void **state)
{
    enum { DRAWS = 20000, POINTS = ARRAY_LEN(ref_beta[0].cdf) };
    struct rng r = rng_make(7, "beta", 0, 0);

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(ref_beta); k++) {
        double sum = 0, squares = 0, below[POINTS] = {0}, mean, var;
        double spread = ref_beta[k].var;

        for (int i = 0; i < DRAWS; i++) {
            double x = rng_beta(&r, ref_beta[k].a, ref_beta[k].b);

            assert_true(x >= 0 && x <= 1);
            sum += x;
            squares += x * x;
            for (size_t j = 0; j < POINTS; j++)
                below[j] += x <= ref_beta[k].cdf[j].x;
        }
        mean = sum / DRAWS;
        var = squares / DRAWS - mean * mean;
        assert_true(fabs(mean - ref_beta[k].mean) < 5 * sqrt(spread / DRAWS));
        assert_true(fabs(var - spread) <
                    5 * spread * sqrt((ref_beta[k].excess + 2) / DRAWS));
        for (size_t j = 0; j < POINTS; j++) {
            double p = ref_beta[k].cdf[j].p;

            assert_true(fabs(below[j] / DRAWS - p) <
                        5 * sqrt(p * (1 - p) / DRAWS));
        }
    }
    for (int i = 0; i < 100; i++) {
        double x = rng_beta(&r, 5e-324, 5e-324);

        assert_true(x == 0 || x == 1);
    }
}

static void test_shuffle(void **state)
{
    struct rng r = rng_make(1, "shuffle", 0, 0);
    uint32_t v[100], seen[100] = {0}, moved = 0;

    (void)state;
    for (uint32_t i = 0; i < 100; i++)
        v[i] = i;
    rng_shuffle(&r, v, 100);
    for (uint32_t i = 0; i < 100; i++) {
        moved += v[i] != i;
        seen[v[i]]++;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_in_range(moved, 90, 100);
}

static void test_tensor(void **state)
{
    struct tensor t = {DT_F64, 3, {2, 3, 4}, NULL};

    (void)state;
    assert_int_equal(tensor_count(&t), 24);
    assert_int_equal(tensor_bytes(&t), 192);
    assert_string_equal(dtype_name(DT_U8), "u8");
    assert_int_equal(dtype_size(DT_I64), 8);
}

/* A block is taken again where it fits, and exchanged where it is too small. */
static void reserve(void **state)
{
    struct reserve r = {0};
    char *a = reserve_take(&r, 1 << 20), *b = reserve_take(&r, 100), *c;

    (void)state;
    assert_int_equal((uintptr_t)a % 64, 0);
    assert_true(a[0] == 0 && a[(1 << 20) - 1] == 0);
    a[5] = 1;
    reserve_give(&r, a);
    reserve_poison(&r, 7);
    c = reserve_take(&r, 500000); /* half of it will do */
    assert_ptr_equal(c, a);
    assert_int_equal(c[5], 7);
    reserve_give(&r, c);
    assert_ptr_not_equal(reserve_take(&r, 1000), a); /* too good for that */
    assert_int_equal(r.n, 3);
    c = reserve_take(&r, 2 << 20); /* in the place of the first */
    assert_int_equal(r.n, 3);
    reserve_give(&r, b);
    assert_ptr_equal(reserve_take(&r, 64), b);
    reserve_give(&r, b);
    reserve_give(&r, c);
    for (size_t i = 0; i < r.n; i++)
        r.v[i].used = false;
    reserve_free(&r);
    assert_int_equal(r.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err),         cmocka_unit_test(test_err_long),
        cmocka_unit_test(test_utf8),        cmocka_unit_test(test_buf),
        cmocka_unit_test(test_arena),       cmocka_unit_test(test_set),
        cmocka_unit_test(test_hash),        cmocka_unit_test(test_philox),
        cmocka_unit_test(test_rng_streams), cmocka_unit_test(test_rng_moments),
        cmocka_unit_test(test_rng_beta),    cmocka_unit_test(test_shuffle),
        cmocka_unit_test(reserve),          cmocka_unit_test(test_tensor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
