/* SPDX-License-Identifier: MIT
 * Surrogate models against SciPy and scikit-learn, and the choice between
 * them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/surrogate.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/stats/stats.h"
#include "libcommon/surrogate/surrogate.h"
#include "tests/unit/search_ref.h"

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static void *fit(const char *name, const struct samples *s, uint64_t trees)
{
    struct fit_opts o = {.seed = 1, .trees = trees, .hidden = 24};
    struct err e = {0};
    void *model;

    if (model_find(name)->fit(s, &o, &model, &e) < 0)
        fail_msg("%s", e.text);
    return model;
}

static double ask(const struct model_ops *ops, const void *model,
                  const int64_t *genome)
{
    double y;

    ops->predict(model, genome, 1, &y);
    return y;
}

static void rbf_like_scipy(void **state)
{
    struct samples s = {ref_rbf_x, ref_rbf_y, ARRAY_LEN(ref_rbf_y), 6};
    const struct model_ops *rbf = model_find("rbf");
    void *model = fit("rbf", &s, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_rbf_s); i++)
        near(ask(rbf, model, ref_rbf_t + 6 * i), ref_rbf_s[i], 1e-9);
    rbf->free(model);
}

static void tree_like_sklearn(void **state)
{
    struct samples s = {ref_cart_x, ref_cart_y, ARRAY_LEN(ref_cart_y), 4};
    const struct model_ops *cart = model_find("cart");
    void *model = fit("cart", &s, 1);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ref_cart_s); i++)
        near(ask(cart, model, ref_cart_t + 4 * i), ref_cart_s[i], 1e-12);
    cart->free(model);
}

#define GENES 12
#define POINTS 120

struct problem {
    int64_t x[POINTS * GENES];
    double y[POINTS];
    struct samples s;
};

/* Distinct random genomes; y smooth in them plus a little of everything. */
static void make_problem(struct problem *p, size_t n, double noise)
{
    struct rng r = rng_make(5, "test", n, 0);

    p->s = (struct samples){p->x, p->y, n, GENES};
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (size_t k = 0; k < GENES; k++) {
            int64_t gene = (int64_t)rng_below(&r, 3);

            p->x[i * GENES + k] = gene;
            sum += (double)gene / (double)(k + 1);
        }
        p->y[i] = sqrt(sum) + noise * rng_normal(&r);
    }
}

/* Few points, or a gene that never varies: the tail gets a
 * ridge and the surface still goes through the points. */
static void rbf_with_a_ridge(void **state)
{
    const struct model_ops *rbf = model_find("rbf");
    struct problem p;
    void *model;

    (void)state;
    for (size_t n = 8; n <= 60; n += 26) {
        make_problem(&p, n, 0);
        for (size_t i = 0; i < n; i++)
            p.x[i * GENES + 3] = 2;
        model = fit("rbf", &p.s, 1);
        for (size_t i = 0; i < n; i++)
            near(ask(rbf, model, p.x + i * GENES), p.y[i], 1e-4);
        rbf->free(model);
    }
}

static void rbf_refuses_the_impossible(void **state)
{
    static int64_t x[5000 * 2];
    static double y[5000];
    struct samples s = {x, y, 5000, 2};
    struct fit_opts o = {.trees = 1};
    struct err e = {0};
    void *model;

    (void)state;
    assert_int_equal(model_find("rbf")->fit(&s, &o, &model, &e), ERR_ARG);
    o.trees = 100000;
    assert_int_equal(model_find("cart")->fit(&s, &o, &model, &e), ERR_ARG);
}

/* A forest predicts what it has seen less well than a tree, and what it has
 * not seen better. */
static void forest_is_a_mean(void **state)
{
    const struct model_ops *cart = model_find("cart");
    struct problem p;
    void *one, *many;
    double low = INFINITY, high = -INFINITY;

    (void)state;
    make_problem(&p, POINTS, 0.1);
    one = fit("cart", &p.s, 1);
    many = fit("cart", &p.s, 50);
    for (size_t i = 0; i < POINTS; i++) {
        double y = ask(cart, many, p.x + i * GENES);

        near(ask(cart, one, p.x + i * GENES), p.y[i], 1e-12);
        low = fmin(low, y);
        high = fmax(high, y);
    }
    assert_true(low > 0 && high < 4 && low < high);
    cart->free(one);
    cart->free(many);
}

/* Out into a record and its bytes, back, and the same predictions. */
static void models_travel(void **state)
{
    struct problem p;

    (void)state;
    make_problem(&p, 40, 0.05);
    for (size_t k = 0; models_all[k]; k++) {
        const struct model_ops *ops = models_all[k];
        struct model_score score = {
            .model = (char *)ops->name, .fitted = true, .rho = NAN};
        struct surrogate s =
                             {
                                 .target = (char *)"macs",
                                 .genes = GENES,
                                 .points = 40,
                                 .folds = 10,
                                 .scores = {&score, 1},
                                 .model = (char *)ops->name,
                             },
                         back;
        void *model = fit(ops->name, &p.s, 7), *copy;
        struct arena a = {0};
        struct buf bytes = {0};
        struct err e = {0};

        ops->save(model, &a, &s.arrays);
        assert_int_equal(schema_encode(&schema_surrogate, &s, &bytes, &e), 0);
        assert_int_equal(schema_decode(&schema_surrogate, bytes.data, bytes.len,
                                       &a, &back, &e),
                         0);
        assert_int_equal(ops->load(&back.arrays, GENES, &copy, &e), 0);
        for (size_t i = 0; i < 40; i++)
            assert_true(ask(ops, model, p.x + i * GENES) ==
                        ask(ops, copy, p.x + i * GENES));
        ops->free(model);
        ops->free(copy);
        arena_free(&a);
        buf_free(&bytes);
    }
}

/* Whatever is done to the arrays, loading answers and does not crash. */
static void bad_models_are_refused(void **state)
{
    int32_t start[3] = {0, 3, 4}, gene[4] = {1, -1, -1, -1};
    int32_t right[4] = {2, 0, 0, 0};
    double value[4] = {0.5, 1, 2, 3};
    struct model_array v[4] = {
        {(char *)"start", {DT_I32, 1, {3}, start}},
        {(char *)"gene", {DT_I32, 1, {4}, gene}},
        {(char *)"right", {DT_I32, 1, {4}, right}},
        {(char *)"value", {DT_F64, 1, {4}, value}},
    };
    struct list all = {v, 4};
    const struct model_ops *cart = model_find("cart");
    struct err e = {0};
    void *model;

    (void)state;
    assert_int_equal(cart->load(&all, 2, &model, &e), 0);
    near(ask(cart, model, (int64_t[]){0, 1}), 2.5, 0);
    cart->free(model);
    assert_int_equal(cart->load(&all, 1, &model, &e), ERR_FORMAT);
    right[0] = 1; /* both children the same */
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    right[0] = 3; /* in the next tree */
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    right[0] = 2;
    gene[2] = 0; /* a split at the end */
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    gene[2] = -1;
    start[2] = 5;
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    start[2] = 4;
    start[1] = 0; /* an empty tree */
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    start[1] = 3;
    v[3].value.shape[0] = 3;
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    all.n = 3;
    assert_int_equal(cart->load(&all, 2, &model, &e), ERR_FORMAT);
    assert_int_equal(model_find("rbf")->load(&all, 2, &model, &e), ERR_FORMAT);
}

static void choose(const struct samples *s, const char *only,
                   struct selection *sel)
{
    const struct model_ops *models[MODELS_MAX + 1];
    struct select_opts o = {
        .fit = {.seed = 3, .trees = 40, .hidden = 24},
        .folds = 10,
        .models = models,
    };
    struct err e = {0};

    if (models_parse(only, models, &e) < 0)
        fail_msg("%s", e.text);

    if (surrogate_select(s, &o, sel, &e) < 0)
        fail_msg("%s", e.text);
}

static void smooth_problems_go_to_smooth_models(void **state)
{
    struct problem p;
    struct selection sel;

    (void)state;
    make_problem(&p, POINTS, 0);
    choose(&p.s, "auto", &sel);
    assert_true(!strcmp(sel.ops->name, "rbf") || !strcmp(sel.ops->name, "gp"));
    assert_false(sel.pooled);
    assert_int_equal(sel.n_scores, 4);
    for (int i = 0; i < 2; i++) {
        assert_true(sel.score[i].tau > 0.8 && sel.score[i].tau_std > 0);
        assert_true(sel.score[i].rho > 0.9 && sel.score[i].rmse < 0.1);
    }
    assert_true(sel.score[2].tau > 0.3);
    assert_true(sel.score[3].tau > 0.6);
    selection_fini(&sel);
}

/* The winner's guesses stand beside the samples they are of. */
static void guesses_give_the_scores(void **state)
{
    struct problem p;
    struct selection sel;

    (void)state;
    make_problem(&p, 60, 0.05);
    choose(&p.s, "rbf", &sel);
    near(stats_rmse(p.y, sel.guess, 60), sel.score[0].rmse, 1e-12);
    near(stats_spearman(p.y, sel.guess, 60), sel.score[0].rho, 1e-12);
    near(stats_kendall(p.y, sel.guess, 60), sel.score[0].tau, 1e-12);
    selection_fini(&sel);
}

/* A step in one gene and nothing else: trees see it, a smooth surface in
 * twelve dimensions does less well. */
static void steps_go_to_trees(void **state)
{
    struct problem p;
    struct selection sel;

    (void)state;
    make_problem(&p, 100, 0);
    for (size_t i = 0; i < 100; i++)
        p.y[i] = (p.x[i * GENES] == 1) * 8 + (p.x[i * GENES + 1] == 1) * 4 +
                 1e-3 * p.y[i];
    choose(&p.s, "auto", &sel);
    assert_string_equal(sel.ops->name, "cart");
    selection_fini(&sel);
}

static void small_folds_are_pooled(void **state)
{
    struct problem p;
    struct selection sel;

    (void)state;
    make_problem(&p, 99, 0);
    choose(&p.s, "rbf", &sel);
    assert_true(sel.pooled);
    assert_true(sel.score[0].tau_std == 0 && sel.score[0].tau > 0.8);
    assert_int_equal(sel.n_scores, 1);
    selection_fini(&sel);
    make_problem(&p, 8, 0);
    choose(&p.s, "auto", &sel);
    assert_int_equal(sel.folds, 8);
    selection_fini(&sel);
}

static void too_few_points_are_an_error(void **state)
{
    struct select_opts o = {
        .fit = {.trees = 5}, .folds = 10, .models = models_all};
    struct problem p;
    struct selection sel;
    struct err e = {0};

    (void)state;
    make_problem(&p, 7, 0);
    assert_int_equal(surrogate_select(&p.s, &o, &sel, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "7 measured points"));
}

static void what_cannot_be_fitted_is_dropped(void **state)
{
    const struct model_ops *models[] = {model_find("cart"), model_find("rbf"),
                                        NULL};
    struct select_opts o = {
        .fit = {.trees = 100000000}, .folds = 10, .models = models};
    struct problem p;
    struct selection sel;
    struct err e = {0};

    (void)state;
    make_problem(&p, 20, 0);
    assert_int_equal(surrogate_select(&p.s, &o, &sel, &e), 0);
    assert_string_equal(sel.ops->name, "rbf");
    assert_false(sel.score[0].fitted);
    assert_non_null(strstr(sel.score[0].reason, "more than a record holds"));
    selection_fini(&sel);
    models[1] = NULL;
    assert_int_equal(surrogate_select(&p.s, &o, &sel, &e), ERR_FORMAT);
}

static void constant_targets_have_no_order(void **state)
{
    struct problem p;
    struct selection sel;

    (void)state;
    make_problem(&p, 20, 0);
    for (int i = 0; i < 20; i++)
        p.y[i] = 0.25;
    for (size_t k = 0; models_all[k]; k++) {
        choose(&p.s, models_all[k]->name, &sel);
        assert_true(sel.score[0].tau == 0 && isnan(sel.score[0].rho));
        near(ask(sel.ops, sel.model, p.x), 0.25, 1e-6);
        selection_fini(&sel);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rbf_like_scipy),
        cmocka_unit_test(tree_like_sklearn),
        cmocka_unit_test(rbf_with_a_ridge),
        cmocka_unit_test(rbf_refuses_the_impossible),
        cmocka_unit_test(forest_is_a_mean),
        cmocka_unit_test(models_travel),
        cmocka_unit_test(bad_models_are_refused),
        cmocka_unit_test(smooth_problems_go_to_smooth_models),
        cmocka_unit_test(guesses_give_the_scores),
        cmocka_unit_test(steps_go_to_trees),
        cmocka_unit_test(small_folds_are_pooled),
        cmocka_unit_test(too_few_points_are_an_error),
        cmocka_unit_test(what_cannot_be_fitted_is_dropped),
        cmocka_unit_test(constant_targets_have_no_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
