/* SPDX-License-Identifier: MIT
 * Tensors by name, and bindings cut out of them. */
#include "libcommon/nn/gather.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static float numbers[4096];

static void put(struct store *s, const char *name, int role, int ndim,
                const int64_t *shape, const float *v)
{
    struct named_tensor t = {
        .name = (char *)name, .role = role,
        .value = {.dtype = DT_F32, .ndim = ndim, .data = v},
    };

    memcpy(t.value.shape, shape, (size_t)ndim * sizeof *shape);
    assert_true(store_put(s, &t));
}

static int setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        numbers[i] = (float)((int)(i * 37 % 101) - 50);
    return 0;
}

static void names(void **state)
{
    struct store *s = store_new();
    int64_t shape[] = {3};
    char name[20];

    (void)state;
    assert_null(store_find(s, "a", ROLE_PARAM));
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "tensor%d", i);
        put(s, name, ROLE_PARAM, 1, shape, numbers + i);
        put(s, name, ROLE_STAT, 1, shape, numbers + 300 + i);
    }
    assert_int_equal(store_count(s), 600);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "tensor%d", i);
        assert_true(store_find(s, name, ROLE_PARAM)->value[2] == numbers[i + 2]);
        assert_true(store_find(s, name, ROLE_STAT)->value[0]
                    == numbers[300 + i]);
        assert_null(store_find(s, name, ROLE_MOMENTUM));
        assert_string_equal(store_at(s, 2 * (size_t)i)->name, name);
    }
    assert_null(store_find(s, "tensor300", ROLE_PARAM));
    assert_false(store_put(s, &(struct named_tensor){
        .name = (char *)"tensor7", .role = ROLE_PARAM,
        .value = {DT_F32, 1, {3}, numbers}}));
    store_free(s);
    store_free(NULL);
}

static void slices(void **state)
{
    struct store *s = store_new();
    int64_t shape[] = {4, 3, 5}, want[] = {2, 3, 2}, offset[] = {1, 0, 3};
    struct binding b = {
        .tensor = (char *)"t", .shape = {want, 3}, .offset = {offset, 3},
    };
    struct err e;
    float dense[60];

    (void)state;
    put(s, "t", ROLE_PARAM, 3, shape, numbers);
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), 1);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 2; k++)
                assert_true(dense[(i * 3 + j) * 2 + k]
                            == numbers[((i + 1) * 3 + j) * 5 + k + 3]);
    b.offset.n = 0;
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), 1);
    assert_true(dense[11] == numbers[(1 * 3 + 2) * 5 + 1]);
    b.shape.v = shape;      /* of just that shape: the offset does not count */
    b.offset.n = 3;
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), 1);
    assert_memory_equal(dense, numbers, sizeof dense);
    assert_int_equal(store_gather(s, &b, ROLE_STAT, dense, &e), 0);
    store_free(s);
}

static void misfits(void **state)
{
    struct store *s = store_new();
    int64_t shape[] = {4, 6}, want[] = {4, 7}, offset[] = {1, 0};
    struct binding b = {.tensor = (char *)"t", .shape = {want, 2}};
    struct err e;
    float dense[60];

    (void)state;
    put(s, "t", ROLE_PARAM, 2, shape, numbers);
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), ERR_FORMAT);
    assert_string_equal(e.text, "tensor t of shape (4, 6) does not fit (4, 7)");
    want[1] = 5;
    b.offset = (struct ints){offset, 2};
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), ERR_FORMAT);
    b.offset.n = 0;
    b.shape.n = 1;
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), ERR_FORMAT);
    store_free(s);
}

/* 7x7 -> 5x5 -> 3x3 with matrices that do something, against method.md 1.2
 * written out. */
static void kernels(void **state)
{
    enum { C = 3 };
    struct store *s = store_new();
    int64_t whole[] = {7, 7, C}, m75[] = {25, 25}, m53[] = {9, 9};
    int64_t want[] = {3, 3, C}, offset[] = {2, 2, 0};
    char *steps[] = {(char *)"7to5", (char *)"5to3"};
    struct binding b = {
        .tensor = (char *)"t", .shape = {want, 3}, .offset = {offset, 3},
        .transforms = {steps, 2},
    };
    const float *k7 = numbers, *a = numbers + 200, *z = numbers + 900;
    float dense[49 * C];
    struct err e;

    (void)state;
    put(s, "t", ROLE_PARAM, 3, whole, k7);
    put(s, "7to5", ROLE_PARAM, 2, m75, a);
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), ERR_FORMAT);
    assert_string_equal(e.text, "no tensor 5to3");
    put(s, "5to3", ROLE_PARAM, 2, m53, z);
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), 1);
    for (int c = 0; c < C; c++) {
        double k5[25] = {0}, k3[9] = {0};

        for (int j = 0; j < 25; j++)
            for (int i = 0; i < 25; i++)
                k5[j] += (double)a[j * 25 + i]
                         * k7[((i / 5 + 1) * 7 + i % 5 + 1) * C + c];
        for (int j = 0; j < 9; j++)
            for (int i = 0; i < 9; i++)
                k3[j] += z[j * 9 + i] * k5[(i / 3 + 1) * 5 + i % 3 + 1];
        for (int j = 0; j < 9; j++)
            assert_true(fabs(dense[j * C + c] - k3[j]) <= 1e-6 * fabs(k3[j]));
    }
    b.shape.v = whole;      /* the dense shape itself needs no transform */
    assert_int_equal(store_gather(s, &b, ROLE_PARAM, dense, &e), 1);
    assert_memory_equal(dense, k7, sizeof dense);
    store_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names), cmocka_unit_test(slices),
        cmocka_unit_test(misfits), cmocka_unit_test(kernels),
    };

    return cmocka_run_group_tests_name("gather", tests, setup, NULL);
}
