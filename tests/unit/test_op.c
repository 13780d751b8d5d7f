/* SPDX-License-Identifier: MIT
 * The operators' rows: parameters, multiply-accumulates, shapes of each op by
 * hand; windows by counting. */
#include "libcommon/nn/graph/op.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/nn/graph/window.h"

/* The last pixel is the map's, or the last window's. */
static void check_span(int64_t in, int64_t kernel, int64_t stride,
                       int64_t before, int64_t out)
{
    int64_t most = before + in;

    for (int64_t o = 0; o < out; o++)
        if (o * stride + kernel > most)
            most = o * stride + kernel;
    assert_int_equal(window_span(in, kernel, stride, before, out), most);
}

static void windows(void **state)
{
    (void)state;
    for (int64_t in = 1; in < 8; in++)
        for (int64_t kernel = 1; kernel < 6; kernel++)
            for (int64_t stride = 1; stride < 4; stride++)
                for (int64_t pads = 0; pads < 9; pads++) {
                    int64_t before = pads % 3, after = pads / 3, places = 0;

                    for (int64_t p = -before; p + kernel <= in + after;
                         p += stride)
                        places++;
                    if (!places)
                        continue;
                    assert_int_equal(
                        window_out(in, kernel, stride, before, after), places);
                    check_span(in, kernel, stride, before, places);
                }
}

/* ceil(in / stride) places, with no more padding than it takes. */
static void same_padding(void **state)
{
    (void)state;
    for (int64_t in = 1; in < 18; in++)
        for (int64_t kernel = 1; kernel < 8; kernel++)
            for (int64_t stride = 1; stride < 5; stride++) {
                int64_t want = (in + stride - 1) / stride;
                int64_t pad = window_same_pad(in, kernel, stride);

                if (pad > 0)
                    assert_true(2 * (pad - 1) + in <
                                (want - 1) * stride + kernel);
                if (stride == 1 && kernel % 2 == 0)
                    want++;
                assert_int_equal(window_out(in, kernel, stride, pad, pad),
                                 want);
            }
    assert_int_equal(window_same_pad(32, 3, 1), 1);
    assert_int_equal(window_same_pad(32, 3, 2), 1);
    assert_int_equal(window_same_pad(49, 10, 2), 5);
    assert_int_equal(window_same_pad(32, 1, 2), 0);
}

/* One layer of each kind on an image (6, 5, 4), or on its flattened form. */
struct layer_case {
    struct build_op op;
    bool flat;
    int64_t out[3];
    int64_t macs, paper, paper_head;
    const char *slots; /* NAME(SHAPE)FLAGS:INIT/FAN ... */
};

/* Flags: s statistic, d decays, o optional, t takes transforms. */
static const struct layer_case cases[] = {
    {{.op = OP_CONV,
      .cout = 3,
      .kernel = {3, 2},
      .stride = {2, 1},
      .pad = {1, 0},
      .flags = BUILD_NORM,
      .act = ACT_HSWISH},
     false,
     {3, 4, 3},
     36 * 24,
     36 * 24 + 36 + 36,
     3 * 5 * 3 * 24,
     "weight(3,3,2,4)d:3/18 bias(3)o:0/0 gamma(3):2/0 beta(3):0/0 "
     "mean(3)s:0/0 var(3)s:1/0 "},
    {{.op = OP_CONV,
      .kernel = {3, 3},
      .stride = {1, 2},
      .pad = {1, 1},
      .flags = BUILD_DEPTHWISE},
     false,
     {6, 3, 4},
     72 * 9,
     72 * 9,
     6 * 2 * 4 * 9,
     "weight(3,3,4)dt:3/9 bias(4)o:0/0 "},
    {{.op = OP_CONV,
      .kernel = {1, 3},
      .stride = {1, 1},
      .flags = BUILD_DEPTHWISE | BUILD_BIAS},
     false,
     {6, 3, 4},
     72 * 3,
     72 * 3,
     6 * 5 * 4 * 3,
     "weight(1,3,4)d:3/3 bias(4)o:0/0 "},
    {{.op = OP_LINEAR, .cout = 7, .act = ACT_RELU},
     true,
     {1, 1, 7},
     840,
     840,
     840,
     "weight(7,120)d:4/120 bias(7)o:0/0 "},
    {{.op = OP_NORM},
     false,
     {6, 5, 4},
     0,
     120,
     0,
     "gamma(4):2/0 beta(4):0/0 mean(4)s:0/0 var(4)s:1/0 "},
    {{.op = OP_ACT, .act = ACT_HSWISH}, false, {6, 5, 4}, 0, 120, 0, ""},
    {{.op = OP_SE, .mid = 2},
     false,
     {6, 5, 4},
     16,
     16 + 120 + 28,
     16,
     "reduce.weight(2,4)d:3/2 reduce.bias(2):0/0 expand.weight(4,2)d:3/4 "
     "expand.bias(4):0/0 "},
    {{.op = OP_MAXPOOL, .kernel = {3, 2}, .stride = {2, 2}, .pad = {1, 1}},
     false,
     {3, 3, 4},
     0,
     0,
     120,
     ""},
    {{.op = OP_AVGPOOL, .kernel = {2, 2}, .stride = {2, 2}},
     false,
     {3, 2, 4},
     0,
     24,
     120,
     ""},
    {{.op = OP_GLOBALPOOL}, false, {1, 1, 4}, 0, 4, 0, ""},
    {{.op = OP_ADD}, false, {6, 5, 4}, 0, 0, 0, ""},
    {{.op = OP_FLATTEN}, false, {1, 1, 120}, 0, 0, 0, ""},
    {{.op = OP_WIDEN, .cout = 9}, false, {6, 5, 9}, 0, 0, 0, ""},
    {{.op = OP_CONCAT}, false, {6, 5, 8}, 0, 0, 0, ""},
    {{.op = OP_MUL, .act = ACT_SILU}, false, {6, 5, 4}, 0, 240, 0, ""},
    {{.op = OP_CONV,
      .cout = 2,
      .kernel = {3, 2},
      .stride = {2, 1},
      .act = ACT_RELU6,
      .sides = (int64_t[]){0, 1, 1, 0}}, /* TensorFlow's SAME of 6 */
     false,
     {3, 5, 2},
     30 * 24,
     30 * 24,
     3 * 5 * 2 * 24,
     "weight(2,3,2,4)d:3/12 bias(2)o:0/0 "},
    {{.op = OP_MAXPOOL,
      .kernel = {3, 2},
      .stride = {2, 2},
      .sides = (int64_t[]){2, 1, 0, 1}},
     false,
     {4, 3, 4},
     0,
     0,
     120,
     ""},
};

static void describe(const struct layer *l, char *text, size_t size)
{
    struct param_slot s[OP_MAX_SLOTS];
    size_t n = layer_slots(l, s), at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, size - at, "%s(", s[i].name);
        for (size_t k = 0; k < s[i].ndim; k++)
            at += (size_t)snprintf(text + at, size - at, "%s%d", k ? "," : "",
                                   (int)s[i].shape[k]);
        at += (size_t)snprintf(
            text + at, size - at, ")%s%s%s%s:%d/%d ", s[i].stat ? "s" : "",
            s[i].decay ? "d" : "", s[i].optional ? "o" : "",
            s[i].transforms ? "t" : "", s[i].init, (int)s[i].fan);
    }
}

static void rows(void **state)
{
    unsigned seen = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = {0};
        struct net n;
        struct net_builder b = build_net(&n, &a, 6, 5, 4, 3);
        struct build_op op = cases[i].op;
        int64_t from[] = {NET_IMAGE, NET_IMAGE};
        const struct layer *l;
        char slots[400];

        if (cases[i].flat)
            from[0] = build_simple(&b, "flat", OP_FLATTEN, NET_IMAGE, ACT_NONE);
        op.name = "op";
        op.from = from;
        op.n_from = op_info(op.op)->min_inputs;
        build_layer(&b, &op);
        l = build_last(&b);
        describe(l, slots, sizeof slots);
        assert_string_equal(slots, cases[i].slots);
        assert_memory_equal(l->out.v, cases[i].out, sizeof cases[i].out);
        assert_int_equal(layer_macs(l), cases[i].macs);
        assert_int_equal(layer_macs_paper(l, false), cases[i].paper);
        assert_int_equal(layer_macs_paper(l, true), cases[i].paper_head);
        arena_free(&a);
        seen |= 1u << op.op;
    }
    assert_int_equal(seen, (1u << OP_COUNT) - 1); /* every op has a case */
}

static void slots(void **state)
{
    const int64_t shape[] = {2, 3, 5};
    const struct param_slot s[] = {
        {.name = "a", .ndim = 1, .shape = {7}},
        {.name = "b", .ndim = 3, .shape = {shape[0], shape[1], shape[2]}},
    };

    (void)state;
    assert_ptr_equal(slot_find(s, 2, "b"), &s[1]);
    assert_null(slot_find(s, 1, "b"));
    assert_int_equal(slot_count(&s[0]), 7);
    assert_int_equal(slot_count(&s[1]), 30);
}

/* A sum's youngest input ends a branch; what adds a thing to itself has none,
 * and the first sum decides. */
static void branches(void **state)
{
    struct arena a = {0};
    struct net n;
    struct net_builder b = build_net(&n, &a, 4, 4, 2, 3);
    int64_t x, y, z;

    (void)state;
    x = build_conv(&b, "x", NET_IMAGE, 2, 1, 1, BUILD_NORM, ACT_NONE);
    y = build_conv(&b, "y", x, 2, 1, 1, BUILD_NORM, ACT_NONE);
    z = build_conv(&b, "z", y, 2, 1, 1, BUILD_NORM, ACT_NONE);
    build_add(&b, "twice", z, z, ACT_NONE);
    build_add(&b, "sum", y, x, ACT_NONE);
    build_add(&b, "late", x, NET_IMAGE, ACT_NONE);
    assert_false(layer_ends_branch(&n, (size_t)x));
    assert_true(layer_ends_branch(&n, (size_t)y));
    assert_false(layer_ends_branch(&n, (size_t)z));
    assert_false(layer_ends_branch(&n, n.layers.n - 1));
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows),  cmocka_unit_test(same_padding),
        cmocka_unit_test(rows),     cmocka_unit_test(slots),
        cmocka_unit_test(branches),
    };

    return cmocka_run_group_tests_name("op", tests, NULL, NULL);
}
