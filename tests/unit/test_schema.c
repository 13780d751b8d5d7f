/* SPDX-License-Identifier: MIT
 * The codec: every field type there and back, every rule. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/io.h"
#include "formats/order.h"
#include "formats/schema.h"
#include "libcommon/base/base64.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/mp.h"
#include "libcommon/io/skim.h"

/* The structs hold char *, as the arena gives them. */
#define S(literal) ((char *)(literal))

struct inner {
    int64_t n;
    double x; /* NAN = none */
};

struct all {
    bool flag;
    int64_t whole, limited, none;
    double real, maybe;
    char *text, *empty;
    int pick;
    struct ints ints;
    struct reals reals;
    struct strs strs;
    struct tensor tensor, loose;
    struct inner inner, absent;
    struct list list;
    int64_t extra;
    double kept;
};

static const char *const picks[] = {"red", "green", NULL};

static const struct field inner_fields[] = {
    FIELD(inner, n, F_INT, "", "n"),
    FIELD(inner, x, F_REAL, "", "x", .flags = F_NIL | F_OPT),
    FIELD_END,
};

static int check_inner(const void *data, struct err *e)
{
    const struct inner *i = data;

    return i->n == 13 ? err_set(e, ERR_FORMAT, "thirteen") : 0;
}

static const struct schema schema_inner = {
    .size = sizeof(struct inner),
    .fields = inner_fields,
    .check = check_inner,
};

static const struct field all_fields[] = {
    FIELD(all, flag, F_BOOL, "", "flag"),
    FIELD(all, whole, F_INT, "", "whole"),
    FIELD(all, limited, F_INT, "", "limited", .min = -3, .max = 10),
    FIELD(all, none, F_INT, "", "none", .flags = F_NIL),
    FIELD(all, real, F_REAL, "", "real", .max = 1e300, .min = -1e300),
    FIELD(all, maybe, F_REAL, "", "maybe", .flags = F_NIL),
    FIELD(all, text, F_STR, "", "text", .max_count = 20),
    FIELD(all, empty, F_STR, "", "empty", .flags = F_NIL),
    FIELD(all, pick, F_ENUM, "", "pick", .names = picks),
    FIELD(all, ints, F_INTS, "", "ints", .max = 100, .flags = F_NIL),
    FIELD(all, reals, F_REALS, "", "reals", .flags = F_NIL, .max_count = 5),
    FIELD(all, strs, F_STRS, "", "strs"),
    FIELD(all, tensor, F_TENSOR, "", "tensor",
          .dtypes = 1 << DT_F32 | 1 << DT_I32, .ndim = 2),
    FIELD(all, loose, F_TENSOR, "", "loose", .flags = F_NANS | F_OPT),
    FIELD(all, inner, F_MAP, "", "inner", .sub = &schema_inner),
    FIELD(all, absent, F_MAP, "", "absent", .sub = &schema_inner,
          .flags = F_OPT),
    FIELD(all, list, F_LIST, "", "list", .sub = &schema_inner),
    FIELD(all, extra, F_INT, "", "extra", .flags = F_OPT),
    FIELD(all, kept, F_REAL, "", "kept", .flags = F_OPT | F_KEEP),
    FIELD_END,
};

static const struct schema schema_all = {
    .type = "all",
    .size = sizeof(struct all),
    .fields = all_fields,
};

static int64_t ints[] = {0, 100, NIL_INT, 7};
static double reals[] = {0.1, NAN, -0.0, 5e-324, 1.7976931348623157e308};
static char *strs[] = {S(""), S("a"), S("z\xc3\xa4hl \xf0\x9f\x8e\x89")};
static float floats[] = {1, 2, 3.5f, -4, 5, 6};
static double odd[] = {1, NAN, INFINITY};
static struct inner inners[] = {{1, 0.5}, {-2, NAN}, {14, 0}};

static struct all sample(void)
{
    return (struct all){
        .flag = true,
        .whole = -((int64_t)1 << 53),
        .limited = 10,
        .none = NIL_INT,
        .real = 0.1,
        .maybe = NAN,
        .text = S("hello"),
        .pick = 1,
        .ints = {ints, 4},
        .reals = {reals, 5},
        .strs = {strs, 3},
        .tensor = {DT_F32, 2, {2, 3}, floats},
        .loose = {DT_F64, 1, {3}, odd},
        .inner = {3, 4},
        .absent = {0, NAN},
        .list = {inners, 3},
        .extra = 0,
        .kept = 0,
    };
}

static void encode(struct buf *b, const struct all *a)
{
    struct err e = {0};

    buf_clear(b);
    if (schema_encode(&schema_all, a, b, &e) < 0)
        fail_msg("%s", e.text);
}

static void decode(const struct buf *b, struct arena *arena, struct all *a)
{
    struct err e = {0};

    if (schema_decode(&schema_all, b->data, b->len, arena, a, &e) < 0)
        fail_msg("%s", e.text);
}

static void test_round_trip(void **state)
{
    struct all a = sample(), got;
    struct buf b = {0}, again = {0};
    struct arena arena = {0};
    struct skim s = {0};

    (void)state;
    encode(&b, &a);
    assert_int_equal(skim_run(&s, b.data, b.len), 1);
    assert_int_equal(s.pos, b.len);
    decode(&b, &arena, &got);
    assert_true(got.flag);
    assert_true(got.whole == a.whole && got.limited == 10);
    assert_true(got.none == NIL_INT && isnan(got.maybe));
    assert_true(got.real == 0.1);
    assert_string_equal(got.text, "hello");
    assert_null(got.empty);
    assert_int_equal(got.pick, 1);
    assert_int_equal(got.ints.n, 4);
    assert_memory_equal(got.ints.v, ints, sizeof ints);
    assert_true(isnan(got.reals.v[1]) && signbit(got.reals.v[2]));
    assert_true(got.reals.v[3] == 5e-324);
    assert_string_equal(got.strs.v[2], strs[2]);
    assert_int_equal(got.tensor.shape[1], 3);
    assert_memory_equal(got.tensor.data, floats, sizeof floats);
    assert_memory_equal(got.loose.data, odd, sizeof odd);
    assert_true(got.inner.n == 3 && got.inner.x == 4);
    assert_true(got.absent.n == 0 && isnan(got.absent.x));
    assert_int_equal(got.list.n, 3);
    assert_true(isnan(((struct inner *)got.list.v)[1].x));
    encode(&again, &got);
    assert_int_equal(again.len, b.len);
    assert_memory_equal(again.data, b.data, b.len);
    buf_free(&b);
    buf_free(&again);
    arena_free(&arena);
}

static bool has_key(const struct buf *b, const char *key)
{
    struct mp_cursor c = mp_cursor(b->data, b->len);
    struct mp map, v;

    mp_next(&c, &map);
    for (size_t i = 0; i < map.n; i++) {
        mp_next(&c, &v);
        if (mp_is(&v, key))
            return true;
        mp_skip(&c);
    }
    return false;
}

static void test_left_out(void **state)
{
    struct all a = sample();
    struct buf b = {0};
    struct mp_cursor c;
    struct mp v;

    (void)state;
    encode(&b, &a);
    assert_false(has_key(&b, "absent"));
    assert_false(has_key(&b, "extra"));
    assert_true(has_key(&b, "kept")); /* F_KEEP */
    assert_true(has_key(&b, "none")); /* nil, but required */
    a.extra = 5;
    a.absent.n = 1;
    encode(&b, &a);
    assert_true(has_key(&b, "absent") && has_key(&b, "extra"));
    c = mp_cursor(b.data, b.len);
    mp_next(&c, &v);
    mp_next(&c, &v);
    assert_true(mp_is(&v, "type")); /* always the first */
    buf_free(&b);
}

/* ---- what the encoder refuses ---- */

static void refuses(struct all a, const char *why)
{
    struct buf b = {0};
    struct err e = {0};

    assert_int_equal(schema_encode(&schema_all, &a, &b, &e), ERR_FORMAT);
    if (!strstr(e.text, why))
        fail_msg("wanted \"%s\", got \"%s\"", why, e.text);
    buf_free(&b);
}

#define REFUSES(change, why)     \
    do {                         \
        struct all a = sample(); \
        change;                  \
        refuses(a, why);         \
    } while (0)

/* Wherever it stands among many, and the largest number is none. */
static void test_not_finite(void **state)
{
    static const size_t places[] = {0, 1, 63, 64, 127, 128, 129};
    static const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};
    float many[130];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        many[i] = i % 2 ? 3.40282347e38f : -0.0f;
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        struct tensor t = {DT_F32, 2, {1, ARRAY_LEN(many)}, many};
        struct all a = sample();
        struct buf b = {0};
        float old = many[places[i]];
        char want[40];

        a.tensor = t;
        encode(&b, &a);
        buf_free(&b);
        snprintf(want, sizeof want, "element %zu is NaN or inf", places[i]);
        many[places[i]] = bad[i % 4];
        refuses(a, want);
        many[places[i]] = old;
    }
}

static void test_encode_rules(void **state)
{
    static float nan_floats[6];
    static int64_t bad_ints[] = {1, 101};
    static struct inner bad_inner[] = {{1, 1}, {13, 1}};
    static char *bad_strs[] = {S("ok"), S("\xff")}, *null_strs[] = {NULL};

    (void)state;
    nan_floats[4] = NAN;
    REFUSES(a.whole = ((int64_t)1 << 53) + 1, "key `whole`: 9007199254740993");
    REFUSES(a.whole = NIL_INT, "key `whole`: has no value");
    REFUSES(a.limited = 11, "key `limited`: 11 is not in -3..10");
    REFUSES(a.limited = -4, "-4 is not in");
    REFUSES(a.real = NAN, "key `real`: NaN");
    REFUSES(a.maybe = INFINITY, "key `maybe`: infinity");
    REFUSES(a.text = NULL, "key `text`: has no value");
    REFUSES(a.text = S("a text longer than twenty"), "25 bytes, 20 are");
    REFUSES(a.text = S("\xc3"), "key `text`: not UTF-8");
    REFUSES(a.text = S("\xed\xa0\x80"), "not UTF-8"); /* a surrogate */
    REFUSES(a.text = S("\xc0\x80"), "not UTF-8");     /* too long a form */
    REFUSES(a.pick = 2, "key `pick`");
    REFUSES(a.pick = -1, "key `pick`");
    REFUSES((a.ints = (struct ints){bad_ints, 2}),
            "key `ints[1]`: 101 is not in 0..100");
    REFUSES((a.reals = (struct reals){reals, 6}), "key `reals`: 6 elements");
    REFUSES((a.strs = (struct strs){bad_strs, 2}), "key `strs[1]`");
    REFUSES((a.strs = (struct strs){null_strs, 1}), "key `strs[0]`");
    REFUSES(a.tensor.ndim = 1, "key `tensor`: 1 axes instead of 2");
    REFUSES(a.tensor.dtype = DT_U8, "key `tensor`: dtype u8");
    REFUSES(a.tensor.shape[0] = -1, "axis 0");
    REFUSES(a.tensor.shape[0] = INT64_MAX, "axis 0");
    REFUSES((a.tensor.shape[0] = 1 << 25, a.tensor.shape[1] = 1 << 25),
            "axis 1");
    REFUSES(a.tensor.data = nan_floats, "element 4 is NaN");
    REFUSES(a.inner.n = 13, "key `inner`: thirteen");
    REFUSES((a.list = (struct list){bad_inner, 2}), "key `list[1]`: thirteen");
}

/* ---- what the decoder refuses ---- */

/* A record of schema_inner under another name, with free rein over bytes. */
static const struct schema schema_small = {
    .type = "small",
    .size = sizeof(struct inner),
    .fields = inner_fields,
};

static int decode_small(const struct buf *b, struct inner *i, struct err *e)
{
    struct arena arena = {0};
    int rc = schema_decode(&schema_small, b->data, b->len, &arena, i, e);

    arena_free(&arena);
    return rc;
}

static void begin_small(struct buf *b, size_t pairs)
{
    buf_clear(b);
    mp_put_map(b, pairs);
    mp_put_str(b, "type");
    mp_put_str(b, "small");
}

static void put_pair(struct buf *b, const char *key, int64_t v)
{
    mp_put_str(b, key);
    mp_put_int(b, v);
}

static void small_refused(const struct buf *b, const char *why)
{
    struct inner i;
    struct err e = {0};

    assert_int_equal(decode_small(b, &i, &e), ERR_FORMAT);
    if (!strstr(e.text, why))
        fail_msg("wanted \"%s\", got \"%s\"", why, e.text);
}

static void test_decode_keys(void **state)
{
    struct buf b = {0};
    struct inner i;
    struct err e;

    (void)state;
    begin_small(&b, 2);
    put_pair(&b, "n", 5);
    assert_int_equal(decode_small(&b, &i, &e), 0);
    assert_true(i.n == 5 && isnan(i.x));

    begin_small(&b, 4);   /* any order; unknown keys are skipped */
    put_pair(&b, "x", 2); /* an integer where a real belongs */
    mp_put_str(&b, "later");
    mp_put_array(&b, 1);
    mp_put_map(&b, 1);
    put_pair(&b, "n", 77);
    put_pair(&b, "n", 6);
    assert_int_equal(decode_small(&b, &i, &e), 0);
    assert_true(i.n == 6 && i.x == 2);

    begin_small(&b, 3);
    put_pair(&b, "n", 5);
    put_pair(&b, "n", 5);
    small_refused(&b, "key `n`: stands there twice");
    begin_small(&b, 1);
    small_refused(&b, "key `n`: is missing");
    begin_small(&b, 2);
    mp_put_str(&b, "n");
    mp_put_nil(&b);
    small_refused(&b, "key `n`: nil where an integer belongs");
    begin_small(&b, 2);
    mp_put_str(&b, "n");
    mp_put_real(&b, 1);
    small_refused(&b, "key `n`: a real where");
    begin_small(&b, 2);
    mp_put_str(&b, "n");
    mp_put_big(&b, UINT64_MAX);
    small_refused(&b, "beyond 2^53");
    begin_small(&b, 2);
    put_pair(&b, "n", INT64_MIN);
    small_refused(&b, "beyond 2^53");
    begin_small(&b, 3);
    put_pair(&b, "n", 1);
    mp_put_str(&b, "x");
    mp_put_real(&b, NAN);
    small_refused(&b, "key `x`: NaN");
    buf_clear(&b);
    mp_put_map(&b, 2);
    mp_put_str(&b, "type");
    mp_put_str(&b, "large");
    put_pair(&b, "n", 1);
    small_refused(&b, "no \"small\"");
    buf_free(&b);
}

static void put_tensor(struct buf *b, const char *dtype, int64_t side,
                       size_t bytes)
{
    char zeros[64] = {0};

    mp_put_map(b, 3);
    mp_put_str(b, "dtype");
    mp_put_str(b, dtype);
    mp_put_str(b, "shape");
    mp_put_array(b, 1);
    mp_put_int(b, side);
    mp_put_str(b, "data");
    mp_put_bin(b, zeros, bytes);
}

struct holder {
    struct tensor t;
};

static const struct field holder_fields[] = {
    FIELD(holder, t, F_TENSOR, "", "t", .min = 0, .max = 5), FIELD_END};

static const struct schema schema_holder = {
    .size = sizeof(struct holder),
    .fields = holder_fields,
};

static void test_decode_tensors(void **state)
{
    static const struct {
        const char *dtype;
        int64_t side;
        size_t bytes;
        const char *why; /* NULL = fine */
    } cases[] = {
        {"f32", 3, 12, NULL},
        {"u8", 0, 0, NULL},
        {"f64", 2, 16, NULL},
        {"f32", 3, 11, "11 bytes of data, the shape needs 12"},
        {"f32", 3, 16, "16 bytes of data"},
        {"f16", 3, 6, "unknown dtype"},
        {"f32", -1, 0, "axis 0"},
        {"i64", INT64_MAX, 8, "axis 0"},
        {"i64", (int64_t)1 << 61, 8, "axis 0"},
    };
    struct buf b = {0};
    struct arena arena = {0};
    struct holder h;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err e = {0};
        int rc;

        buf_clear(&b);
        mp_put_map(&b, 1);
        mp_put_str(&b, "t");
        put_tensor(&b, cases[i].dtype, cases[i].side, cases[i].bytes);
        rc = schema_decode(&schema_holder, b.data, b.len, &arena, &h, &e);
        assert_int_equal(rc, cases[i].why ? ERR_FORMAT : 0);
        if (cases[i].why && !strstr(e.text, cases[i].why))
            fail_msg("wanted \"%s\", got \"%s\"", cases[i].why, e.text);
    }
    buf_free(&b);
    arena_free(&arena);
}

/* Truncated or changed records never read outside the bytes (ASan looks on)
 * and never come out as something that breaks the schema. */
static void test_damage(void **state)
{
    struct all a = sample();
    struct buf b = {0}, again = {0};
    struct arena arena = {0};

    (void)state;
    encode(&b, &a);
    for (size_t n = 0; n < b.len; n++) {
        char *copy = xmemdup(b.data, n);
        struct err e;

        assert_int_equal(schema_decode(&schema_all, copy, n, &arena, &a, &e),
                         ERR_FORMAT);
        free(copy);
        arena_reset(&arena);
    }
    for (size_t i = 0; i < b.len; i++)
        for (int v = 1; v < 256; v++) {
            struct err e;

            b.data[i] = (char)(b.data[i] ^ v);
            if (schema_decode(&schema_all, b.data, b.len, &arena, &a, &e) ==
                0) {
                buf_clear(&again);
                assert_int_equal(schema_encode(&schema_all, &a, &again, &e), 0);
            }
            b.data[i] = (char)(b.data[i] ^ v);
            arena_reset(&arena);
        }
    buf_free(&b);
    buf_free(&again);
    arena_free(&arena);
}

/* Claims inside an otherwise fine record. */
static void test_hostile_counts(void **state)
{
    static const char *const claims[] = {
        "\xdd\x10\0\0\0", "\xdf\x10\0\0\0",       "\xc6\x10\0\0\0",
        "\xdb\x10\0\0\0", "\xdd\xff\xff\xff\xff",
    };
    struct arena arena = {0};
    struct buf b = {0};
    struct all a;

    (void)state;
    for (const struct field *f = all_fields; f->key; f++)
        for (size_t i = 0; i < ARRAY_LEN(claims); i++) {
            struct err e;

            buf_clear(&b);
            mp_put_map(&b, 2);
            mp_put_str(&b, "type");
            mp_put_str(&b, "all");
            mp_put_str(&b, f->key);
            buf_add(&b, claims[i], 5);
            buf_adds(&b, "some bytes behind");
            assert_int_equal(
                schema_decode(&schema_all, b.data, b.len, &arena, &a, &e),
                ERR_FORMAT);
        }
    arena_free(&arena);
    buf_free(&b);
}

/* ---- kinds ---- */

static void check_fields(const struct schema *s, int depth)
{
    int n = 0;

    assert_true(depth < 8);
    for (const struct field *f = s->fields; f->key; f++, n++) {
        assert_non_null(f->doc);
        assert_non_null(f->unit);
        assert_true(f->offset < s->size);
        assert_int_equal(f->type == F_ENUM, f->names != NULL);
        assert_int_equal(f->type == F_MAP || f->type == F_LIST, f->sub != NULL);
        assert_true(f->min <= f->max);
        for (const struct field *g = s->fields; g != f; g++)
            assert_string_not_equal(f->key, g->key);
        if (f->sub)
            check_fields(f->sub, depth + 1);
    }
    assert_in_range(n, 1, 64);
}

static void test_kinds(void **state)
{
    static const char *const names[] = {
        "dataset", "arch",      "net",        "weights",  "trained", "trace",
        "result",  "surrogate", "checkpoint", "platform", "plan",
    };
    size_t n = 0;

    (void)state;
    for (const struct kind *const *k = kinds_all; *k; k++, n++) {
        assert_true(n < ARRAY_LEN(names));
        assert_string_equal((*k)->id.name, names[n]);
        assert_ptr_equal(kind_find(names[n]), *k);
        assert_non_null((*k)->doc);
        for (size_t i = 0; (*k)->records[i]; i++) {
            assert_non_null((*k)->records[i]->type);
            check_fields((*k)->records[i], 0);
        }
    }
    assert_int_equal(n, ARRAY_LEN(names));
    assert_null(kind_find("no such kind"));
}

static void test_base64(void **state)
{
    static const char *const known[][2] = {
        /* RFC 4648 */
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    static const char *const wrong[] = {
        "Zg",   "Zg=",   "Z===", "Zm9v\n", "Zh==",
        "Zm9=", "Zm9v=", "====", "Z!==",   "Zg==Zg==",
    };
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        buf_clear(&b);
        base64_encode(&b, known[i][0], strlen(known[i][0]));
        assert_string_equal(b.data, known[i][1]);
        buf_clear(&b);
        assert_true(base64_decode(&b, known[i][1], strlen(known[i][1])));
        assert_string_equal(b.data, known[i][0]);
    }
    buf_clear(&b);
    buf_adds(&b, "before");
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(base64_decode(&b, wrong[i], strlen(wrong[i])));
        assert_int_equal(b.len, 6);
        assert_string_equal(b.data, "before");
    }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_encode_rules),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_decode_keys),
        cmocka_unit_test(test_decode_tensors),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_hostile_counts),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_base64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
