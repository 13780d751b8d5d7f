/* SPDX-License-Identifier: MIT
 * The scalar kernels in double against values frozen from PyTorch, each with
 * its gradients: tests/reference/kern_ref.py. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/net.h"
#include "libcommon/nn/kern/kern.h"
#include "tests/unit/kern_ref.h"

#define CLOSE(want, got, n, tolerance)                                        \
    do {                                                                      \
        for (size_t i_ = 0; i_ < (n); i_++)                                   \
            if (!(fabs((want)[i_] - (got)[i_]) <=                             \
                  (tolerance) * (1 + fabs((want)[i_]))))                      \
                fail_msg("%s[%zu] is %.17g, not %.17g", #want, i_, (got)[i_], \
                         (want)[i_]);                                         \
    } while (0)
#define NEAR(want, got, n) CLOSE(want, got, n, 1e-12)
#define ALL_NEAR(want, got) NEAR(want, got, ARRAY_LEN(want))

enum { ROOM = 512 };

/* All three passes; out, dx, dw have room for ROOM. */
static void depthwise(const struct window *v, const double *x, const double *w,
                      const double *d, double *out, double *dx, double *dw)
{
    const struct kernels *k = kern_get();

    k->dw_forward(v, 1, x, w, out);
    k->dw_backward(v, 1, d, w, dx);
    memset(dw, 0, ROOM * sizeof *dw);
    k->dw_weight(v, 1, x, d, dw);
}

#define DEPTHWISE(name, ...)                                                 \
    do {                                                                     \
        const struct window v_ = {__VA_ARGS__};                              \
        double out_[ROOM], dx_[ROOM], dw_[ROOM];                             \
        depthwise(&v_, ref_##name##_x, ref_##name##_w, ref_##name##_d, out_, \
                  dx_, dw_);                                                 \
        ALL_NEAR(ref_##name##_out, out_);                                    \
        ALL_NEAR(ref_##name##_x_grad, dx_);                                  \
        ALL_NEAR(ref_##name##_w_grad, dw_);                                  \
    } while (0)

static void test_depthwise(void **state)
{
    (void)state;
    DEPTHWISE(dw, .h = 5, .w = 4, .c = 3, .oh = 3, .ow = 4, .kh = 5, .kw = 3,
              .sh = 2, .sw = 1, .ph = 2, .pw = 1);
    DEPTHWISE(one, .h = 1, .w = 1, .c = 2, .oh = 1, .ow = 1, .kh = 7, .kw = 7,
              .sh = 1, .sw = 1, .ph = 3, .pw = 3);
    DEPTHWISE(two, .h = 2, .w = 2, .c = 2, .oh = 1, .ow = 1, .kh = 7, .kw = 7,
              .sh = 2, .sw = 2, .ph = 3, .pw = 3);
}

static void test_dense(void **state)
{
    const struct kernels *k = kern_get();
    const struct window v = {.h = 5,
                             .w = 6,
                             .c = 2,
                             .oh = 3,
                             .ow = 7,
                             .kh = 3,
                             .kw = 2,
                             .sh = 2,
                             .sw = 1,
                             .ph = 1,
                             .pw = 1};
    enum { ROWS = 3 * 7, K = 3 * 2 * 2, COUT = 3 };
    double p[ROWS * K], out[ROWS * COUT], dw[COUT * K], dx[5 * 6 * 2] = {0};

    (void)state;
    k->im2col(&v, ref_dense_x, 0, 2, p); /* in two pieces */
    k->im2col(&v, ref_dense_x, 2, 3, p + 2 * 7 * K);
    k->gemm(false, true, ROWS, COUT, K, p, K, ref_dense_w, K, 0, out, COUT,
            NULL);
    ALL_NEAR(ref_dense_out, out);
    k->gemm(true, false, COUT, K, ROWS, ref_dense_d, COUT, p, K, 0, dw, K,
            NULL);
    ALL_NEAR(ref_dense_w_grad, dw);
    k->gemm(false, false, ROWS, K, COUT, ref_dense_d, COUT, ref_dense_w, K, 0,
            p, K, NULL);
    k->col2im(&v, p, 0, 3, dx);
    ALL_NEAR(ref_dense_x_grad, dx);
}

static void test_pools(void **state)
{
    const struct kernels *k = kern_get();
    const struct window v = {.h = 5,
                             .w = 6,
                             .c = 2,
                             .oh = 3,
                             .ow = 3,
                             .kh = 3,
                             .kw = 3,
                             .sh = 2,
                             .sw = 2,
                             .ph = 1,
                             .pw = 1};
    double out[3 * 3 * 2], dx[5 * 6 * 2] = {0};
    int32_t arg[3 * 3 * 2];

    (void)state;
    k->maxpool(&v, ref_max_x, out, arg);
    ALL_NEAR(ref_max_out, out);
    k->maxpool_back(&v, ref_max_d, arg, dx);
    ALL_NEAR(ref_max_x_grad, dx);
    k->avgpool(&v, ref_avg_x, out);
    ALL_NEAR(ref_avg_out, out);
    memset(dx, 0, sizeof dx);
    k->avgpool_back(&v, ref_avg_d, dx);
    ALL_NEAR(ref_avg_x_grad, dx);
}

static void test_activations(void **state)
{
    enum { N = ARRAY_LEN(ref_act_x) };
#define REF(id, name, ...) {ref_act_##name, ref_act_##name##_slope},
    static const struct {
        const double *value, *slope;
    } rows[] = {NET_ACTS(REF)};
    /* PyTorch's h-sigmoid takes 1/6 in float. */
    static const double slack[ACT_COUNT] = {[ACT_HSIGMOID] = 1e-7};

    (void)state;
    for (int act = 0; act < ACT_COUNT; act++) {
        struct epilogue t = {.act = act};
        double z[N], d[N];
        for (size_t i = 0; i < N; i++)
            d[i] = 1;
        kern_get()->epilogue_forward(&t, 1, N, ref_act_x, NULL, z);
        NEAR(rows[act].value, z, N);
        kern_get()->epilogue_backward(&t, 1, 1, N, ref_act_x, NULL, d, NULL,
                                      NULL);
        CLOSE(rows[act].slope, d, N, 1e-12 + slack[act]);
    }
}

/* Batch norm, h-swish and a factor, all the way: what kern.h says about sums,
 * epilogues and norm_backward fits together. */
static void test_norm(void **state)
{
    enum { ROWS = 8, C = 3 };
    const struct kernels *k = kern_get();
    double sum[C] = {0}, sumsq[C] = {0}, dbeta[C] = {0}, sumy[C] = {0};
    double scale[C], shift[C], mean[C], r[C], a[C], b[C], s[C], dgamma[C];
    double z[ROWS * C], d[ROWS * C];

    (void)state;
    k->sums(ROWS, C, ref_norm_y, sum, sumsq);
    for (int i = 0; i < C; i++) {
        mean[i] = sum[i] / ROWS;
        r[i] = 1 / sqrt(sumsq[i] / ROWS - mean[i] * mean[i] + 1e-5);
        scale[i] = ref_norm_gamma[i] * r[i];
        shift[i] = ref_norm_beta[i] - mean[i] * scale[i];
    }
    struct epilogue t = {ACT_HSWISH, scale, shift, ref_norm_mul};
    k->epilogue_forward(&t, ROWS, C, ref_norm_y, NULL, z);
    ALL_NEAR(ref_norm_out, z);
    memcpy(d, ref_norm_d, sizeof d);
    k->epilogue_backward(&t, 1, ROWS, C, ref_norm_y, NULL, d, dbeta, sumy);
    for (int i = 0; i < C; i++) {
        dgamma[i] = r[i] * (sumy[i] - mean[i] * dbeta[i]);
        a[i] = ref_norm_gamma[i] * r[i];
        b[i] = -a[i] * r[i] * dgamma[i] / ROWS;
        s[i] = -a[i] * dbeta[i] / ROWS - b[i] * mean[i];
    }
    ALL_NEAR(ref_norm_gamma_grad, dgamma);
    ALL_NEAR(ref_norm_beta_grad, dbeta);
    k->norm_backward(ROWS, C, d, ref_norm_y, a, b, s, d);
    ALL_NEAR(ref_norm_y_grad, d);
}

static void test_sgd(void **state)
{
    enum { N = 6, STEPS = 3 };

    (void)state;
    for (int nesterov = 0; nesterov < 2; nesterov++) {
        struct sgd_rule rule = {0.1, 0.9, 0.01, nesterov};
        double v[N] = {0}, w[N];
        memcpy(w, ref_sgd_w, sizeof w);
        for (int i = 0; i < STEPS; i++)
            kern_get()->sgd(&rule, N, ref_sgd_g + i * N, v, w);
        NEAR(nesterov ? ref_sgd_nesterov : ref_sgd_plain, w, N);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depthwise), cmocka_unit_test(test_dense),
        cmocka_unit_test(test_pools),     cmocka_unit_test(test_activations),
        cmocka_unit_test(test_norm),      cmocka_unit_test(test_sgd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
