/* SPDX-License-Identifier: MIT
 * Every variant of a matrix product gives the bits of a plain loop.  Included
 * once for each precision: ELEMENT is the type, TYPED(name) the name with the
 * precision's suffix. */
#ifdef ELEMENT

#define MATRIX struct TYPED(matrix)

static ELEMENT TYPED(a)[64 * MAX], TYPED(b)[MAX * 90], TYPED(c)[64 * 90];
static ELEMENT TYPED(want)[64 * 90];

static void TYPED(naive)(enum matmul_mode mode, size_t m, size_t n, size_t k,
                         MATRIX x, MATRIX y, ELEMENT *z, size_t ldz)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            ELEMENT sum = mode == MATMUL_SET ? 0 : z[i * ldz + j];

            for (size_t p = 0; p < k; p++) {
                ELEMENT term = x.v[i * x.row + p * x.col] *
                               y.v[p * y.row + j * y.col];

                sum = mode == MATMUL_SUBTRACT ? sum - term : sum + term;
            }
            z[i * ldz + j] = sum;
        }
}

static void TYPED(fill)(ELEMENT *v, size_t n, struct rng *r)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (ELEMENT)rng_normal(r);
}

static void TYPED(check)(const char *variant, enum matmul_mode mode, size_t m,
                         size_t n, size_t k, bool ta, bool tb)
{
    MATRIX x = {TYPED(a), ta ? 1 : k, ta ? m : 1};
    MATRIX y = {TYPED(b), tb ? 1 : n, tb ? k : 1};
    struct rng r = rng_make(1, "matmul", m * 1000 + n, k);

    TYPED(fill)(TYPED(a), m * k, &r);
    TYPED(fill)(TYPED(b), k * n, &r);
    TYPED(fill)(TYPED(c), m * n, &r);
    memcpy(TYPED(want), TYPED(c), sizeof TYPED(c));
    if (!TYPED(matmul_by)(variant, mode, m, n, k, x, y, TYPED(c), n))
        return;
    TYPED(naive)(mode, m, n, k, x, y, TYPED(want), n);
    if (memcmp(TYPED(c), TYPED(want), sizeof TYPED(c)) != 0)
        fail_msg("%s: (%zu, %zu, %zu) differs", variant, m, n, k);
}

static void TYPED(check_all)(size_t m, size_t n, size_t k, bool ta, bool tb)
{
    for (int mode = MATMUL_SET; mode <= MATMUL_SUBTRACT; mode++) {
        TYPED(check)("plain", mode, m, n, k, ta, tb);
        TYPED(check)("avx2", mode, m, n, k, ta, tb);
    }
}

static void TYPED(like_a_plain_loop)(void **state)
{
    static const size_t size[] = {1, 3, 7, 32, 64};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(size); i++)
        for (size_t j = 0; j < ARRAY_LEN(size); j++)
            for (size_t p = 0; p < ARRAY_LEN(size); p++)
                for (int t = 0; t < 4; t++)
                    TYPED(check_all)(size[i], size[j], size[p], t & 1, t & 2);
    TYPED(check_all)(3, 90, 600, false, true);
    TYPED(check_all)(64, 5, 257, true, false);
}

static void TYPED(nothing_to_sum)(void **state)
{
    MATRIX x = {TYPED(a), 1, 1}, y = {TYPED(b), 1, 1};
    ELEMENT sum = 5;

    (void)state;
    TYPED(matmul)(MATMUL_ADD, 1, 1, 0, x, y, &sum, 1);
    assert_true(sum == 5);
    TYPED(matmul)(MATMUL_SET, 1, 1, 0, x, y, &sum, 1);
    assert_true(sum == 0);
}

#undef MATRIX
#undef TYPED
#undef ELEMENT

#endif
