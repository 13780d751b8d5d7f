/* SPDX-License-Identifier: MIT
 * Epilogues, norm, matmuls and plain vectors: the vector kernels against the
 * scalar ones, over random shapes with channel tails.  The scalar ones are held
 * against PyTorch in test_kern_reference_f64.c. */
#include <float.h>

#include "libcommon/nn/graph/act.h"
#include "tests/unit/kerncase.h"

/* ---- epilogues and norm ---- */

struct rows_case {
    size_t images, rows, c, n; /* rows of all images */
    struct epilogue epilogue;
    float *y, *d, *skip, *scale, *shift, *mul, *add;
};

static struct rows_case rows_case_make(struct rng *r)
{
    struct rows_case x = {
        .images = 1, .rows = pick(r, 1, 40), .c = pick_channels(r)};

    if (rng_below(r, 8) == 0)
        x.rows = pick(r, 500, 800);
    else if (rng_below(r, 3) == 0)
        x.rows *= x.images = pick(r, 2, 30);
    x.n = x.rows * x.c;
    x.y = randoms(r, x.n);
    x.d = randoms(r, x.n);
    x.skip = randoms(r, x.n);
    x.scale = randoms(r, x.c);
    x.shift = randoms(r, x.c);
    x.mul = randoms(r, x.images * x.c);
    x.add = randoms(r, x.images * x.c);
    for (size_t i = 0; i < x.n; i += 7) /* kinks, if there is no norm */
        x.y[i] = (float)(3 * ((int)rng_below(r, 4) - 1));
    x.epilogue = (struct epilogue){
        .act = (int)rng_below(r, ACT_COUNT),
        .scale = rng_below(r, 4) ? x.scale : NULL,
        .shift = rng_below(r, 4) ? x.shift : NULL,
        .mul = rng_below(r, 2) ? x.mul : NULL,
    };
    return x;
}

static void rows_case_free(struct rows_case *x)
{
    float *all[] = {x->y, x->d, x->skip, x->scale, x->shift, x->mul, x->add};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        free(all[i]);
}

static void check_epilogue(const struct kernels *s, const struct kernels *k,
                           const struct rows_case *x)
{
    size_t n = x->n, c = x->c;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);

    s->epilogue_forward(&x->epilogue, x->rows, c, x->y, x->skip, a);
    k->epilogue_forward(&x->epilogue, x->rows, c, x->y, x->skip, b);
    CHECK_SAME(n, a, b, "epilogue_forward with skip");
    s->epilogue_forward(&x->epilogue, x->rows, c, x->y, NULL, a);
    memcpy(b, x->y, n * sizeof *b);
    k->epilogue_forward(&x->epilogue, x->rows, c, b, NULL, b);
    CHECK_SAME(n, a, b, "epilogue_forward in place");
    s->epilogue_mean(&x->epilogue, x->rows, c, x->y, a);
    k->epilogue_mean(&x->epilogue, x->rows, c, x->y, b);
    CHECK_SAME(c, a, b, "epilogue_mean");
    s->epilogue_dot(&x->epilogue, x->rows, c, x->y, x->d, a);
    k->epilogue_dot(&x->epilogue, x->rows, c, x->y, x->d, b);
    CHECK_SAME(c, a, b, "epilogue_dot");
    free(a);
    free(b);
}

static void check_epilogue_backward(const struct kernels *s,
                                    const struct kernels *k,
                                    const struct rows_case *x, const float *add)
{
    size_t n = x->n, c = x->c, rows = x->rows / x->images;
    float *a = xmemdup(x->d, n * sizeof *a), *b = xmemdup(x->d, n * sizeof *b);
    double *sum = xcalloc(4 * c, sizeof *sum);

    for (size_t i = 0; i < 4 * c; i++)
        sum[i] = 1;
    s->epilogue_backward(&x->epilogue, x->images, rows, c, x->y, add, a, sum,
                         sum + c);
    k->epilogue_backward(&x->epilogue, x->images, rows, c, x->y, add, b,
                         sum + 2 * c, sum + 3 * c);
    CHECK_SAME(n, a, b, "epilogue_backward");
    CHECK_SAME(2 * c, sum, sum + 2 * c, "epilogue_backward's sums");
    memcpy(b, x->d, n * sizeof *b);
    k->epilogue_backward(&x->epilogue, x->images, rows, c, x->y, add, b, NULL,
                         NULL);
    CHECK_SAME(n, a, b, "epilogue_backward without sums");
    free(a);
    free(b);
    free(sum);
}

static void check_norm(const struct kernels *s, const struct kernels *k,
                       const struct rows_case *x)
{
    size_t n = x->n, c = x->c;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);
    double *sum = xcalloc(4 * c, sizeof *sum);

    s->sums(x->rows, c, x->y, sum, sum + c);
    k->sums(x->rows, c, x->y, sum + 2 * c, sum + 3 * c);
    CHECK_SAME(2 * c, sum, sum + 2 * c, "sums");
    memset(sum + 2 * c, 0, c * sizeof *sum);
    k->sums(x->rows, c, x->y, sum + 2 * c, NULL);
    CHECK_SAME(c, sum, sum + 2 * c, "sums without squares");
    s->norm_backward(x->rows, c, x->d, x->y, x->scale, x->shift, x->mul, a);
    k->norm_backward(x->rows, c, x->d, x->y, x->scale, x->shift, x->mul, b);
    CHECK_SAME(n, a, b, "norm_backward");
    free(a);
    free(b);
    free(sum);
}

/* The padded form: the inside as it should be, the border untouched. */
static void check_pad(const struct kernels *s, const struct kernels *k,
                      const struct rows_case *x)
{
    size_t w = x->rows % 5 == 0 ? 5 : 1, h = x->rows / w, c = x->c;
    size_t step = (w + 2) * c, n = h * step;
    float *a = xcalloc(n, sizeof *a), *b = xcalloc(n, sizeof *b);

    s->epilogue_pad(&x->epilogue, h, w, c, x->y, a, step);
    k->epilogue_pad(&x->epilogue, h, w, c, x->y, b, step);
    CHECK_SAME(n, a, b, "epilogue_pad");
    free(a);
    free(b);
}

static void check_rows(const struct kernels *k)
{
    const struct kernels *s = kern_variant("scalar");

    for (int i = 0; i < KERN_ROUNDS; i++) {
        struct rng r = rng_make(1, "rows", (uint64_t)i, 0);
        struct rows_case x = rows_case_make(&r);
        check_epilogue(s, k, &x);
        check_epilogue_backward(s, k, &x, NULL);
        check_epilogue_backward(s, k, &x, x.add);
        check_norm(s, k, &x);
        check_pad(s, k, &x);
        rows_case_free(&x);
    }
}

/* ---- matmuls and vectors ---- */

struct gemm_case {
    size_t m, n, k, lda, ldb, ldc;
    bool ta, tb;
    float beta, *a, *b;
};

/* C with random numbers, and the expected result.  With a beta of 0 C is NaN,
 * which must not be read. */
static void gemm_wants(struct rng *r, const struct gemm_case *x, float **c,
                       float **want)
{
    *c = randoms(r, x->m * x->ldc);
    *want = xmemdup(*c, x->m * x->ldc * sizeof **c);
    for (size_t p = 0; p < x->m; p++)
        for (size_t q = 0; q < x->n; q++) {
            float *at = *want + p * x->ldc + q;
            double s = x->beta > 0 ? *at : 0;
            for (size_t t = 0; t < x->k; t++)
                s += (double)x->a[x->ta ? t * x->lda + p : p * x->lda + t] *
                     x->b[x->tb ? q * x->ldb + t : t * x->ldb + q];
            *at = (float)s;
            if (x->beta == 0)
                (*c)[p * x->ldc + q] = NAN;
        }
}

static struct gemm_case gemm_case_make(struct rng *r)
{
    struct gemm_case x = {
        .m = pick(r, 1, 70),
        .n = pick(r, 1, 150),
        .k = pick(r, 1, 40),
        .ta = rng_below(r, 2),
        .tb = rng_below(r, 2),
        .beta = (float)rng_below(r, 2),
    };

    x.lda = (x.ta ? x.m : x.k) + pick(r, 0, 3);
    x.ldb = (x.tb ? x.k : x.n) + pick(r, 0, 3);
    x.ldc = x.n + pick(r, 0, 3);
    x.a = randoms(r, (x.ta ? x.k : x.m) * x.lda);
    x.b = randoms(r, (x.tb ? x.n : x.k) * x.ldb);
    return x;
}

/* B is packed in two parts, as by two threads. */
static void check_packed(struct rng *r, const struct kernels *k,
                         const struct gemm_case *x)
{
    size_t size = k->gemm_pack_size(x->n, x->k);
    size_t rows = x->tb ? x->n : x->k;
    size_t cut = pick(r, 0, rows / GEMM_PACK_ROWS) * GEMM_PACK_ROWS;
    float *packed = xcalloc(size, sizeof *packed), *c, *want;

    for (size_t i = 0; i < size; i++)
        packed[i] = NAN;
    gemm_wants(r, x, &c, &want);
    k->gemm_pack(x->tb, x->n, x->k, x->b, x->ldb, cut, rows, packed);
    k->gemm_pack(x->tb, x->n, x->k, x->b, x->ldb, 0, cut, packed);
    k->gemm_packed(x->m, x->n, x->k, x->a, x->lda, packed, x->beta, c, x->ldc,
                   NULL);
    CHECK_SAME(x->m * x->ldc, want, c, "gemm_packed");
    free(packed);
    free(c);
    free(want);
}

static void check_gemm(const struct kernels *k)
{
    for (int i = 0; i < 2 * KERN_ROUNDS; i++) {
        struct rng r = rng_make(4, "gemm", (uint64_t)i, 0);
        struct gemm_case x = gemm_case_make(&r);
        float *c, *want;

        gemm_wants(&r, &x, &c, &want);
        k->gemm(x.ta, x.tb, x.m, x.n, x.k, x.a, x.lda, x.b, x.ldb, x.beta, c,
                x.ldc, NULL);
        CHECK_SAME(x.m * x.ldc, want, c, "gemm");
        if (!x.ta)
            check_packed(&r, k, &x);
        free(c);
        free(want);
        free(x.a);
        free(x.b);
    }
}

static void check_sgd(const struct kernels *s, const struct kernels *k,
                      struct rng *r, size_t n)
{
    struct sgd_rule rule = {.lr = 0.1f,
                            .momentum = 0.9f,
                            .decay = 0.01f,
                            .nesterov = rng_below(r, 2)};
    float *g = randoms(r, n), *v = randoms(r, n), *w = randoms(r, n);
    float *v2 = xmemdup(v, n * sizeof *v), *w2 = xmemdup(w, n * sizeof *w);

    s->sgd(&rule, n, g, v, w);
    k->sgd(&rule, n, g, v2, w2);
    CHECK_SAME(n, v, v2, "sgd, momentum");
    CHECK_SAME(n, w, w2, "sgd, weights");
    free(g);
    free(v);
    free(w);
    free(v2);
    free(w2);
}

static void check_vectors(const struct kernels *k)
{
    const struct kernels *s = kern_variant("scalar");

    for (int i = 0; i < KERN_ROUNDS; i++) {
        struct rng r = rng_make(5, "vectors", (uint64_t)i, 0);
        size_t n = pick(&r, 1, 200);
        float *a = randoms(&r, n), *b = randoms(&r, n), *c = randoms(&r, n);
        float *out = xcalloc(n, sizeof *out);
        const float *const parts[] = {a, b, c};
        s->reduce(n, 3, parts, out);
        k->reduce(n, 3, parts, a);
        assert_memory_equal(a, out, n * sizeof *a);
        memcpy(out, b, n * sizeof *out);
        s->add(n, c, out);
        k->add(n, c, b);
        assert_memory_equal(b, out, n * sizeof *b);
        s->mul(n, a, c, out);
        k->mul(n, a, c, a); /* in place */
        assert_memory_equal(a, out, n * sizeof *a);
        check_sgd(s, k, &r, n);
        free(a);
        free(b);
        free(c);
        free(out);
    }
}

/* A network that diverged must not look sane: NaN goes through everything. */
static void check_nan(const struct kernels *k)
{
    float y[40], z[40], ones[40];

    for (int i = 0; i < 40; i++) {
        y[i] = i % 3 ? 1 : NAN;
        ones[i] = 1;
    }
    for (int act = 0; act < ACT_COUNT; act++) {
        struct epilogue t = {.act = act, .scale = ones};
        k->epilogue_forward(&t, 2, 20, y, NULL, z);
        for (int i = 0; i < 40; i++)
            assert_int_equal(isnan(z[i]) != 0, i % 3 == 0);
    }
    struct window v = {.h = 1,
                       .w = 40,
                       .c = 1,
                       .oh = 1,
                       .ow = 20,
                       .kh = 1,
                       .kw = 2,
                       .sh = 1,
                       .sw = 2};
    k->maxpool(&v, y, z, NULL);
    for (int i = 0; i < 20; i++)
        assert_int_equal(isnan(z[i]) != 0, 2 * i % 3 == 0 || 2 * i % 3 == 2);
}

/* silu or sigmoid in float against double, to 4e-7 of the value, or of 1 for the
 * slope.  Numbers below 2e-36 may be 0: their sigmoid is denormal. */
static void check_exp_at(const struct kernels *k, int act, const float *x,
                         size_t n)
{
    const struct epilogue t = {.act = act};
    float *z = xcalloc(n, sizeof *z), *d = xcalloc(n, sizeof *d);

    for (size_t i = 0; i < n; i++)
        d[i] = 1;
    k->epilogue_forward(&t, 1, n, x, NULL, z);
    k->epilogue_backward(&t, 1, 1, n, x, NULL, d, NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        double s = 1 / (1 + exp(-(double)x[i]));
        double value = act == ACT_SILU ? x[i] * s : s;
        double slope = s * (act == ACT_SILU ? 1 + x[i] * (1 - s) : 1 - s);

        if (!(fabs(z[i] - value) <= 4e-7 * fabs(value) + 2e-36) ||
            !(fabs(d[i] - slope) <= 4e-7))
            fail_msg("%s %s(%g) is %g, not %g; slope %g, not %g", k->name,
                     net_act_names[act], (double)x[i], (double)z[i], value,
                     (double)d[i], slope);
    }
    free(z);
    free(d);
}

static void check_exp(const struct kernels *k)
{
    enum { N = 200001 };
    float *x = xcalloc(N, sizeof *x), z[4], d[4] = {1, 1, 1, 1};
    const float far[] = {FLT_MAX, -FLT_MAX, 1e30f,   -1e30f,   89,     -89,
                         -87.4f,  -104,     FLT_MIN, -FLT_MIN, 1e-40f, -1e-40f};
    const float edge[] = {0, -0.0f, INFINITY, -INFINITY};
    const struct epilogue t = {.act = ACT_SILU};

    for (int i = 0; i < N; i++)
        x[i] = (float)(i - N / 2) * 1.1e-3f;
    for (int act = ACT_SILU; act <= ACT_SIGMOID; act++) {
        check_exp_at(k, act, x, N);
        check_exp_at(k, act, far, ARRAY_LEN(far));
    }
    free(x);
    k->epilogue_forward(&t, 1, 4, edge, NULL, z);
    assert_true(z[0] == 0 && z[1] == 0); /* no shift is +0: the sign is lost */
    assert_true(z[2] > FLT_MAX && isnan(z[3])); /* -inf * 0, as PyTorch */
    k->epilogue_backward(&t, 1, 1, 4, edge, NULL, d, NULL, NULL);
    assert_true(d[0] == 0.5f && d[1] == 0.5f);
}

static void check_all(const struct kernels *k)
{
    check_rows(k);
    check_gemm(k);
    check_vectors(k);
    check_nan(k);
    check_exp(k);
}

KERN_VARIANTS(check_all)

/* Sums of many rows stay accurate: the float lanes are flushed. */
static void test_sums_stay_exact(void **state)
{
    enum { ROWS = 200000, C = 8 };
    float *y = xcalloc(ROWS * C, sizeof *y);
    double sum[C] = {0}, sumsq[C] = {0};

    (void)state;
    for (size_t i = 0; i < ROWS * C; i++)
        y[i] = 0.1f;
    kern_get()->sums(ROWS, C, y, sum, sumsq);
    for (int i = 0; i < C; i++) {
        assert_true(fabs(sum[i] / ROWS / (double)0.1f - 1) < 1e-6);
        assert_true(fabs(sumsq[i] / ROWS / 0.01 - 1) < 1e-6);
    }
    free(y);
}

/* KERNELS and the CPU decide; the name says it. */
static void test_choice(void **state)
{
    struct err e;

    (void)state;
    assert_string_equal(kern_get()->name, isa_names[kernels_isa()]);
    assert_non_null(strstr(kernels_name(&e), isa_names[kernels_isa()]));
    assert_null(kern_variant("mmx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalar), cmocka_unit_test(test_avx2),
        cmocka_unit_test(test_avx512), cmocka_unit_test(test_sums_stay_exact),
        cmocka_unit_test(test_choice),
    };

    kernels_thread_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
