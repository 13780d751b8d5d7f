/* SPDX-License-Identifier: MIT
 * The Gaussian process against scikit-learn, finite differences and its own
 * equations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/surrogate/gp.h"
#include "libcommon/surrogate/surrogate.h"
#include "tests/unit/surrogate_ref.h"

#define N ARRAY_LEN(ref_gp_y)
#define D ARRAY_LEN(ref_gp_length)

static void near(double a, double b, double tolerance)
{
    if (!(fabs(a - b) <= tolerance))
        fail_msg("%.17g is not %.17g", a, b);
}

static struct gp_data reference_data(void)
{
    struct gp_data p = {.n = N, .columns = D, .x = ref_gp_x, .y = ref_gp_y};

    gp_data_init(&p);
    return p;
}

/* The same length scales as a common one and differences from it. */
static void reference_point(double common, double *t)
{
    t[GP_LENGTH] = common;
    t[GP_NOISE] = ref_gp_noise;
    for (size_t k = 0; k < D; k++)
        t[GP_FIRST + k] = ref_gp_length[k] - common;
}

static double mean_at(const struct gp_data *p, const double *t,
                      const double *at)
{
    double w[D], za[D], zb[D], a, b, product, y = 0;

    for (size_t k = 0; k < D; k++)
        w[k] = exp(-t[GP_LENGTH] - t[GP_FIRST + k]);
    gp_scale(at, w, 1, D, za, &a);
    for (size_t i = 0; i < p->n; i++) {
        gp_scale(p->x + i * D, w, 1, D, zb, &b);
        product = 0;
        for (size_t k = 0; k < D; k++)
            product += za[k] * zb[k];
        y += p->weight[i] * gp_correlation(a, b, product);
    }
    return y;
}

static void likelihood_and_mean_like_sklearn(void **state)
{
    struct gp_data p = reference_data();
    double t[GP_FIRST + D];

    (void)state;
    for (double common = 0; common < 2; common += 0.9) {
        reference_point(common, t);
        near(-gp_loss(&p, t, NULL), ref_gp_likelihood, 1e-10);
        near(p.v, ref_gp_v, 1e-11);
        for (size_t i = 0; i < ARRAY_LEN(ref_gp_mean); i++)
            near(mean_at(&p, t, ref_gp_t + i * D), ref_gp_mean[i], 1e-10);
    }
    gp_data_fini(&p);
}

static void check_gradient(struct gp_data *p, const double *at, size_t size)
{
    double t[GP_FIRST + D], grad[GP_FIRST + D];

    memcpy(t, at, size * sizeof *t);
    gp_loss(p, t, grad);
    for (size_t i = 0; i < size; i++) {
        double high, low;

        t[i] = at[i] + 1e-5;
        high = gp_loss(p, t, NULL);
        t[i] = at[i] - 1e-5;
        low = gp_loss(p, t, NULL);
        t[i] = at[i];
        near((high - low) / 2e-5, grad[i], 1e-6);
    }
}

static void gradient_by_differences(void **state)
{
    struct gp_data p = reference_data();
    double t[GP_FIRST + D];

    (void)state;
    reference_point(0.8, t);
    check_gradient(&p, t, GP_FIRST + D);
    p.spread = 0.3;
    check_gradient(&p, t, GP_FIRST + D);
    p.common = 1;
    check_gradient(&p, t, GP_FIRST);
    gp_data_fini(&p);
}

/* ---- fitted to genomes ---- */

#define GENES 10
#define POINTS 90

static int64_t x[POINTS * GENES];
static double y[POINTS];

/* Genes 0..3 matter, 4..8 do not, 9 never varies. */
static struct samples make_samples(size_t n, double noise)
{
    struct rng r = rng_make(11, "test", 0, 0);

    for (size_t i = 0; i < n; i++) {
        int64_t *g = x + i * GENES;

        for (size_t k = 0; k < GENES; k++)
            g[k] = k == 9 ? 1 : (int64_t)rng_below(&r, 4);
        y[i] = 5 + sin((double)g[0]) + 0.5 * (double)(g[1] * g[2]) +
               0.3 * (double)g[3] + noise * rng_normal(&r);
    }
    return (struct samples){x, y, n, GENES};
}

static void *fit(const struct samples *s)
{
    struct fit_opts o = {.seed = 1};
    struct err e = {0};
    void *model;

    if (model_find("gp")->fit(s, &o, &model, &e) < 0)
        fail_msg("%s", e.text);
    return model;
}

static const double *numbers(const struct list *arrays, const char *name)
{
    const struct model_array *v = arrays->v;

    for (size_t i = 0; i < arrays->n; i++)
        if (!strcmp(v[i].name, name))
            return v[i].value.data;
    fail_msg("no array %s", name);
    return NULL;
}

static double covariance(const double *scale, const double *prior, size_t i,
                         size_t j)
{
    double d2 = 0;

    for (size_t k = 0; k < GENES; k++) {
        double d = (double)(x[i * GENES + k] - x[j * GENES + k]) * scale[k];

        d2 += d * d;
    }
    return prior[1] * exp(-d2 / 2) + (i == j ? prior[2] : 0);
}

/* What is saved solves  (K + noise) coef / variance = y - mean. */
static void coefficients_solve_the_system(void **state)
{
    struct samples s = make_samples(POINTS, 0.1);
    void *model = fit(&s);
    struct arena a = {0};
    struct list arrays = {0};
    const double *coef, *scale, *prior;

    (void)state;
    model_find("gp")->save(model, &a, &arrays);
    coef = numbers(&arrays, "coef");
    scale = numbers(&arrays, "scale");
    prior = numbers(&arrays, "prior");
    for (size_t i = 0; i < POINTS; i++) {
        double sum = prior[0];

        for (size_t j = 0; j < POINTS; j++)
            sum += covariance(scale, prior, i, j) * coef[j] / prior[1];
        near(sum, y[i], 1e-9);
    }
    assert_true(scale[9] == 0);
    /* What matters is told from what does not, and noise from signal. */
    for (size_t k = 0; k < 3; k++)
        for (size_t other = 4; other < 9; other++)
            assert_true(scale[k] > 1.3 * scale[other]);
    assert_true(sqrt(prior[2]) > 0.05 && sqrt(prior[2]) < 0.2);
    model_find("gp")->free(model);
    arena_free(&a);
}

/* Without noise it goes through the points. */
static void interpolates_what_is_exact(void **state)
{
    struct samples s = make_samples(POINTS, 0);
    void *model = fit(&s);
    double guess[POINTS];

    (void)state;
    model_find("gp")->predict(model, x, POINTS, guess);
    for (size_t i = 0; i < POINTS; i++)
        near(guess[i], y[i], 0.02);
    model_find("gp")->free(model);
}

/* More points than length scales are made from; and too many. */
static void many_points(void **state)
{
    enum { MANY = 700, TOO_MANY = 4097 };
    const struct model_ops *gp = model_find("gp");
    int64_t *gene = xcalloc(TOO_MANY, 2 * sizeof *gene);
    double *value = xcalloc(TOO_MANY, sizeof *value), guess;
    struct samples s = {gene, value, MANY, 2};
    struct fit_opts o = {.seed = 1};
    struct err e = {0};
    void *model;

    (void)state;
    for (size_t i = 0; i < TOO_MANY; i++) {
        gene[2 * i] = (int64_t)i % 200;
        gene[2 * i + 1] = (int64_t)i % 7;
        value[i] = cos((double)(i % 200) / 30) + (double)(i % 7);
    }
    model = fit(&s);
    gp->predict(model, (int64_t[]){100, 3}, 1, &guess);
    near(guess, cos(100 / 30.) + 3, 1e-3);
    gp->free(model);
    s.n = TOO_MANY;
    assert_int_equal(gp->fit(&s, &o, &model, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "4097 points are more than 4096"));
    free(gene);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likelihood_and_mean_like_sklearn),
        cmocka_unit_test(gradient_by_differences),
        cmocka_unit_test(coefficients_solve_the_system),
        cmocka_unit_test(interpolates_what_is_exact),
        cmocka_unit_test(many_points),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
