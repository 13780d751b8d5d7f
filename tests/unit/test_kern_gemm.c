/* SPDX-License-Identifier: MIT
 * The matmuls of every variant against sums in double: odd sizes, padded rows,
 * accumulation, B packed in parts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/kern/kern.h"

struct shape {
    size_t m, n, k;
};

static const struct shape shapes[] = {
    {1, 1, 1},    {1, 16, 3},   {5, 17, 9},    {13, 64, 27},   {7, 65, 16},
    {29, 80, 33}, {3, 130, 70}, {64, 24, 300}, {11, 31, 1000}, {40, 63, 5},
};

static float *noise(const char *name, size_t n)
{
    struct rng r = rng_make(1, name, n, 0);
    float *x = xcalloc(n, sizeof *x);

    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(&r);
    return x;
}

struct problem {
    struct shape s;
    bool ta, tb;
    size_t lda, ldb, ldc;
    float *a, *b, *start;
    double *want; /* (m, n), without what was there before */
};

static void problem_init(struct problem *p, const struct shape *s, bool ta,
                         bool tb)
{
    *p = (struct problem){.s = *s, .ta = ta, .tb = tb};
    p->lda = (ta ? s->m : s->k) + 3;
    p->ldb = (tb ? s->k : s->n) + 1;
    p->ldc = s->n + 2;
    p->a = noise("a", p->lda * (ta ? s->k : s->m));
    p->b = noise("b", p->ldb * (tb ? s->n : s->k));
    p->start = noise("c", p->ldc * s->m);
    p->want = xcalloc(s->m * s->n, sizeof *p->want);
    for (size_t i = 0; i < s->m; i++)
        for (size_t j = 0; j < s->n; j++)
            for (size_t q = 0; q < s->k; q++)
                p->want[i * s->n + j] +=
                    (double)p->a[ta ? q * p->lda + i : i * p->lda + q] *
                    (double)p->b[tb ? j * p->ldb + q : q * p->ldb + j];
}

static void problem_fini(struct problem *p)
{
    free(p->a);
    free(p->b);
    free(p->start);
    free(p->want);
}

/* Everything right, and nothing written between the rows. */
static void check(const struct problem *p, const float *c, float beta)
{
    double tolerance = 1e-5 * (1 + sqrt((double)p->s.k));

    for (size_t i = 0; i < p->s.m; i++)
        for (size_t j = 0; j < p->ldc; j++) {
            size_t at = i * p->ldc + j;
            double want = (double)p->start[at];
            if (j < p->s.n)
                want = (double)beta * want + p->want[i * p->s.n + j];
            if (!(fabs((double)c[at] - want) <= tolerance))
                fail_msg("%zu x %zu x %zu: [%zu,%zu] %g, not %g", p->s.m,
                         p->s.n, p->s.k, i, j, (double)c[at], want);
        }
}

static void try_packed(const struct kernels *k, const struct problem *p,
                       float beta, float *c)
{
    const struct shape *s = &p->s;
    float *packed = xaligned(k->gemm_pack_size(s->n, s->k), sizeof *packed);
    size_t rows = p->tb ? s->n : s->k;
    size_t half = rows / 2 / GEMM_PACK_ROWS * GEMM_PACK_ROWS;
    static const char soon[4][256];
    struct prefetch f = {.at = soon[0],
                         .row_end = soon[0] + 64,
                         .skip = 192,
                         .end = soon[3] + 64,
                         .pitch = 256,
                         .lines = 3};

    k->gemm_pack(p->tb, s->n, s->k, p->b, p->ldb, half, rows, packed);
    k->gemm_pack(p->tb, s->n, s->k, p->b, p->ldb, 0, half, packed);
    k->gemm_packed(s->m, s->n, s->k, p->a, p->lda, packed, beta, c, p->ldc, &f);
    assert_true(f.at >= soon[0] && f.at <= soon[3] + 256);
    free(packed);
}

static void try(const struct kernels *k, const struct problem *p)
{
    const struct shape *s = &p->s;
    size_t size = p->ldc * s->m * sizeof(float);

    for (int beta = 0; beta < 2; beta++) {
        float *c = xmemdup(p->start, size);
        k->gemm(p->ta, p->tb, s->m, s->n, s->k, p->a, p->lda, p->b, p->ldb,
                (float)beta, c, p->ldc, NULL);
        check(p, c, (float)beta);
        memcpy(c, p->start, size);
        if (!p->ta) {
            try_packed(k, p, (float)beta, c);
            check(p, c, (float)beta);
        }
        free(c);
    }
}

static void variant(void **state)
{
    const struct kernels *k = kern_variant(*state);

    if (!k) {
        print_message("# this CPU does not run %s\n", (const char *)*state);
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (int form = 0; form < 3; form++) {
            struct problem p;
            problem_init(&p, &shapes[i], form == 1, form == 2);
            try(k, &p);
            problem_fini(&p);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(variant, (void *)(uintptr_t) "scalar"),
        cmocka_unit_test_prestate(variant, (void *)(uintptr_t) "avx2"),
        cmocka_unit_test_prestate(variant, (void *)(uintptr_t) "avx512"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
