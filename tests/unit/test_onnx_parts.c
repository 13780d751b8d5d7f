/* SPDX-License-Identifier: MIT
 * Parts of net-import by themselves: views of maps, functions that are pending,
 * constants that are folded (numbers are NumPy's), refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/act.h"
#include "tools/net-import/constfold.h"
#include "tools/net-import/mapview.h"
#include "tools/net-import/pending.h"
#include "tools/net-import/refusals.h"
#include "tools/net-import/stepjoin.h"

/* ---- views ---- */

/* (N, C, H, W) = (1, 2, 3, 4) */
static struct map_view picture(void)
{
    struct map_view v = {
        .size = {[AXIS_N] = 1, [AXIS_C] = 2, [AXIS_H] = 3, [AXIS_W] = 4},
        .rank = 4};
    const enum map_axis axes[] = {AXIS_N, AXIS_C, AXIS_H, AXIS_W};

    for (size_t k = 0; k < 4; k++)
        v.dim[k] = (struct view_dim){1, {axes[k]}};
    return v;
}

/* A flattened (C, H, W) finds its elements in (H, W, C), also after a transpose
 * that turns them back. */
static void test_flatten(void **state)
{
    struct map_view v = picture(), turned = v;
    int64_t order[24];

    (void)state;
    assert_true(view_reshape(&v, (int64_t[]){1, 24}, 2));
    assert_true(view_order(&v, 1, order));
    for (int64_t c = 0; c < 2; c++)
        for (int64_t y = 0; y < 3; y++)
            for (int64_t x = 0; x < 4; x++)
                assert_int_equal(order[(c * 3 + y) * 4 + x],
                                 (y * 4 + x) * 2 + c);
    view_transpose(&turned, (size_t[]){0, 2, 3, 1});
    assert_true(view_is(&turned, 3, AXIS_C));
    assert_true(view_reshape(&turned, (int64_t[]){24}, 1));
    assert_true(view_order(&turned, 0, order));
    for (int64_t i = 0; i < 24; i++)
        assert_int_equal(order[i], i);
}

static void test_reshape(void **state)
{
    struct map_view v = picture(), w;
    int64_t dims[VIEW_MAX_RANK], order[24];

    (void)state;
    assert_false(view_reshape(&v, (int64_t[]){4, 6}, 2)); /* tears C, H apart */
    assert_false(view_reshape(&v, (int64_t[]){2, 3}, 2)); /* not all of it */
    assert_true(view_reshape(&v, (int64_t[]){1, 2, 1, 12, 1}, 5));
    assert_true(view_is(&v, 1, AXIS_C));
    assert_false(view_order(&v, 3, order));
    view_sizes(&v, dims);
    assert_int_equal(dims[3], 12);
    view_remove(&v, (bool[]){true, false, true, false, true});
    assert_int_equal(v.rank, 2);
    view_insert(&v, (bool[VIEW_MAX_RANK]){true, false, false, true});
    view_sizes(&v, dims);
    assert_int_equal(v.rank, 4);
    assert_memory_equal(dims, ((int64_t[]){1, 2, 12, 1}), 4 * sizeof *dims);

    /* A gate of one pixel is like the map it multiplies. */
    w = picture();
    w.size[AXIS_H] = w.size[AXIS_W] = 1;
    v = picture();
    assert_true(view_alike(&v, &w));
    view_transpose(&w, (size_t[]){0, 2, 1, 3});
    assert_false(view_alike(&v, &w));
}

/* ---- pending functions ---- */

static double plan_value(const struct pending *f, double x)
{
    struct pending_plan p = pending_plan(f);
    double z = p.scale * x + p.shift;
    const double acts[ACT_COUNT] = {
        [ACT_NONE] = z,
        [ACT_RELU] = fmax(z, 0),
        [ACT_RELU6] = fmin(fmax(z, 0), 6),
        [ACT_HSIGMOID] = fmin(fmax(z + 3, 0), 6) / 6,
        [ACT_HSWISH] = z * fmin(fmax(z + 3, 0), 6) / 6,
        [ACT_SIGMOID] = 1 / (1 + exp(-z)),
        [ACT_SILU] = z / (1 + exp(-z)),
    };

    return (p.gain * acts[p.act] + p.term) * (p.times ? x : 1) + p.after;
}

static double value(const struct pending *f, double x)
{
    double z = f->a * x + f->b;

    if (f->form == PENDING_CLAMP)
        z = fmin(fmax(z, f->lo), f->hi);
    else if (f->form == PENDING_SIGMOID)
        z = 1 / (1 + exp(-z));
    return f->form == PENDING_LINE ? z : f->s * z * (f->times ? x : 1) + f->t;
}

static void test_plans(void **state)
{
    const double limits[][2] = {
        {0, 6},         {0, INFINITY},         {-1, 1}, {-INFINITY, 2},
        {-1, INFINITY}, {-INFINITY, INFINITY}, {0, 1}};

    (void)state;
    for (int i = 0; i < 4 * 7 * 2; i++) {
        struct pending f = pending_none;

        pending_affine(&f, i % 4 == 1 ? -0.7 : 1, i % 4 > 1 ? i % 4 : 0);
        assert_true(
            pending_clamp(&f, limits[i / 4 % 7][0], limits[i / 4 % 7][1]));
        if (i >= 28)
            assert_true(pending_times(&f));
        pending_affine(&f, 0.5, i % 3);
        for (double x = -8; x <= 8; x += 0.37)
            assert_true(fabs(plan_value(&f, x) - value(&f, x)) < 1e-5);
    }
}

/* Returns the activation that a function is, which needs nothing beside it. */
static int pure(struct pending f)
{
    struct pending_plan p = pending_plan(&f);

    assert_true(p.scale == 1 && p.shift == 0 && p.gain == 1 && p.term == 0 &&
                !p.times && p.after == 0);
    return p.act;
}

/* The ways in which exporters write them. */
static void test_activations(void **state)
{
    struct pending f = pending_none, g;

    (void)state;
    pending_clamp(&f, 0, INFINITY);
    assert_int_equal(pure(f), ACT_RELU);
    pending_clamp(&f, -INFINITY, 6);
    assert_int_equal(pure(f), ACT_RELU6);

    f = pending_none; /* x + 3, 0..6, / 6 */
    pending_affine(&f, 1, 3);
    pending_clamp(&f, 0, 6);
    g = f;
    pending_affine(&f, (double)(1 / 6.0f), 0);
    assert_int_equal(pure(f), ACT_HSIGMOID);
    pending_times(&f);
    assert_int_equal(pure(f), ACT_HSWISH);
    pending_times(&g); /* times x first, then / 6 */
    pending_affine(&g, (double)(1 / 6.0f), 0);
    assert_int_equal(pure(g), ACT_HSWISH);

    f = pending_none; /* HardSigmoid of one sixth */
    pending_affine(&f, (double)(1 / 6.0f), 0.5);
    pending_clamp(&f, 0, 1);
    assert_int_equal(pure(f), ACT_HSIGMOID);
    f = pending_none;
    pending_sigmoid(&f);
    assert_int_equal(pure(f), ACT_SIGMOID);
    assert_false(pending_clamp(&f, 0, 1));
    pending_times(&f);
    assert_int_equal(pure(f), ACT_SILU);
    assert_false(pending_times(&f));
}

/* ---- folding ---- */

static struct constant *ints(struct arena *a, size_t n, const int64_t *v)
{
    int64_t dim = (int64_t)n;
    struct constant *c = constant_new(a, false, &dim, 1);

    memcpy(c->i, v, n * sizeof *v);
    return c;
}
#define INTS(a, ...)                                              \
    ints((a), sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), \
         (int64_t[]){__VA_ARGS__})

/* Fold a node of so many inputs; an attribute of one number may be given. */
static struct constant *folded(struct arena *a, const char *op,
                               const struct constant *const *c, size_t n,
                               const char *attribute, int64_t i, int64_t opset)
{
    char *names[8] = {(char *)"a", (char *)"b", (char *)"c", (char *)"d",
                      (char *)"e"};
    struct onnx_attribute x = {
        .name = attribute, .s = "", .i = i, .ints = {&i, 1}};
    struct onnx_node node = {.name = "n",
                             .op = op,
                             .domain = "",
                             .in = {names, n},
                             .attributes = {&x, attribute != NULL}};
    struct node_args args = {&node, opset, c, a};
    int64_t room = 1000;
    struct constant *out = NULL;
    struct err e;

    return constant_fold(&args, &room, &out, &e) > 0 ? out : NULL;
}

static void is(const struct constant *c, size_t rank, const int64_t *dims,
               const int64_t *v)
{
    assert_non_null(c);
    assert_int_equal(c->rank, rank);
    for (size_t k = 0; k < rank; k++)
        assert_int_equal(c->dims[k], dims[k]);
    for (int64_t k = 0; k < c->count; k++)
        assert_int_equal(constant_int(c, k), v[k]);
}
#define DIMS(...)                                                   \
    sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (int64_t[]) \
    {                                                               \
        __VA_ARGS__                                                 \
    }
#define VALUES(...) ((int64_t[]){__VA_ARGS__})

static void test_folding(void **state)
{
    struct arena a = {0};
    const struct constant *v = INTS(&a, 10, 11, 12, 13, 14, 15), *m, *in[5];

    (void)state;
    in[0] = v;
    in[1] = INTS(&a, 2, -1);
    m = folded(&a, "Reshape", in, 2, NULL, 0, 13);
    is(m, DIMS(2, 3), v->i);
    in[0] = m;
    is(folded(&a, "Transpose", in, 1, NULL, 0, 13), DIMS(3, 2),
       VALUES(10, 13, 11, 14, 12, 15));
    in[1] = INTS(&a, -1, 0);
    is(folded(&a, "Gather", in, 2, "axis", 1, 13), DIMS(2, 2),
       VALUES(12, 10, 15, 13));
    in[1] = INTS(&a, 3);
    assert_null(folded(&a, "Gather", in, 2, "axis", 1, 13));

    /* v[-1:-9999:-2], m[:, 2:0:-1] */
    in[0] = v;
    in[1] = INTS(&a, -1);
    in[2] = INTS(&a, INT64_MIN + 1);
    in[3] = INTS(&a, 0);
    in[4] = INTS(&a, -2);
    is(folded(&a, "Slice", in, 5, NULL, 0, 13), DIMS(3), VALUES(15, 13, 11));
    in[0] = m;
    in[1] = INTS(&a, 2);
    in[2] = INTS(&a, 0);
    in[3] = INTS(&a, 1);
    in[4] = INTS(&a, -1);
    is(folded(&a, "Slice", in, 5, NULL, 0, 13), DIMS(2, 2),
       VALUES(12, 11, 15, 14));
    in[4] = INTS(&a, 0);
    assert_null(folded(&a, "Slice", in, 5, NULL, 0, 13));

    in[1] = m;
    is(folded(&a, "Concat", in, 2, "axis", -1, 13), DIMS(2, 6),
       VALUES(10, 11, 12, 10, 11, 12, 13, 14, 15, 13, 14, 15));
    in[1] = NULL; /* left out */
    assert_null(folded(&a, "Concat", in, 2, "axis", -1, 13));
    in[1] = INTS(&a, 1, 2, -3);
    is(folded(&a, "Mul", in, 2, NULL, 0, 13), DIMS(2, 3),
       VALUES(10, 22, -36, 13, 28, -45));
    is(folded(&a, "Div", in, 2, NULL, 0, 13), DIMS(2, 3),
       VALUES(10, 5, -4, 13, 7, -5));
    in[1] = INTS(&a, 1, 0, 1);
    assert_null(folded(&a, "Div", in, 2, NULL, 0, 13));
    in[1] = INTS(&a, 1, 2);
    assert_null(folded(&a, "Add", in, 2, NULL, 0, 13));

    /* Axes by attribute, and as an input. */
    in[0] = v;
    is(folded(&a, "Unsqueeze", in, 1, "axes", 0, 11), DIMS(1, 6), v->i);
    in[1] = INTS(&a, -1, 0);
    in[0] = folded(&a, "Unsqueeze", in, 2, NULL, 0, 13);
    is(in[0], DIMS(1, 6, 1), v->i);
    is(folded(&a, "Squeeze", in, 1, NULL, 0, 13), DIMS(6), v->i);
    is(folded(&a, "Squeeze", in, 1, "axes", 2, 11), DIMS(1, 6), v->i);
    assert_null(folded(&a, "Squeeze", in, 1, "axes", 1, 11));
    is(folded(&a, "Shape", in, 1, NULL, 0, 13), DIMS(3), VALUES(1, 6, 1));

    /* No more numbers than there is room for; no shape that overflows. */
    in[0] = INTS(&a, 20, 51);
    assert_null(folded(&a, "ConstantOfShape", in, 1, NULL, 0, 13));
    in[0] = INTS(&a, (int64_t)1 << 40, (int64_t)1 << 40);
    assert_null(folded(&a, "ConstantOfShape", in, 1, NULL, 0, 13));
    in[0] = INTS(&a, 4, 0, (int64_t)1 << 27);
    assert_null(folded(&a, "ConstantOfShape", in, 1, NULL, 0, 13));
    arena_free(&a);
}

/* ---- the scale of the input ---- */

/* A linear layer reads a flattened image, and a convolution the image itself: both
 * take up the factors of the channels.  Behind a pool nothing is changed. */
static void test_scale(void **state)
{
    const double factor[2] = {10, 100};

    (void)state;
    for (int pool = 0; pool < 2; pool++) {
        float linear[] = {1, 2, 3, 4}, conv[] = {5, 6, 7, 8};
        struct steps s = {0};
        const size_t image = 0;
        size_t flat;

        steps_init(&s, 1, 2, 2);
        flat = steps_add(&s, (struct step){.kind = STEP_FLATTEN}, &image, 1, 0);
        steps_add(&s, (struct step){.kind = STEP_LINEAR, .weight = linear},
                  &flat, 1, 1);
        steps_add(&s,
                  (struct step){.kind = STEP_CONV,
                                .kernel = {1, 2},
                                .stride = {1, 1},
                                .weight = conv},
                  &image, 1, 1);
        if (pool)
            steps_add(&s,
                      (struct step){.kind = STEP_MAXPOOL,
                                    .kernel = {1, 2},
                                    .stride = {1, 1}},
                      &image, 1, 0);
        for (size_t i = 0; i < s.n; i++)
            s.v[i].live = true;
        assert_int_equal(steps_scale_input(&s, factor), !pool);
        for (size_t k = 0; k < 4; k++) {
            double by = pool ? 1 : factor[k % 2];

            assert_true((double)linear[k] == (double)(k + 1) * by);
            assert_true((double)conv[k] == (double)(k + 5) * by);
        }
        steps_free(&s);
    }
}

/* ---- refusals ---- */

static void test_refusals(void **state)
{
    struct refusals r = {0};
    struct err e;

    (void)state;
    assert_int_equal(refusals_report(&r, &e), 0);
    refuse(&r, "node a (Tanh)", "not known");
    refuse(&r, "node b (Conv)", "%d groups", 2);
    refuse(&r, "node c (Tanh)", "not known");
    assert_int_equal(refusals_report(&r, &e), ERR_FORMAT);
    assert_string_equal(e.text, "node a (Tanh), node c (Tanh): not known; "
                                "node b (Conv): 2 groups");
    for (int i = 0; i < 3000; i++)
        refuse(&r, "node with a long name (Softsign)", "reason %d", i);
    assert_int_equal(refusals_report(&r, &e), ERR_FORMAT);
    assert_true(strlen(e.text) < sizeof e.text - 1);
    assert_non_null(strstr(e.text, " more (-v names all)"));
    refusals_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flatten),  cmocka_unit_test(test_reshape),
        cmocka_unit_test(test_plans),    cmocka_unit_test(test_activations),
        cmocka_unit_test(test_folding),  cmocka_unit_test(test_scale),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
