/* SPDX-License-Identifier: MIT
 * Answers of a policy, worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/nn/exits/agreement.h"

enum { N = 6, CLASSES = 4 };
static const int32_t labels[N] = {0, 0, 0, 1, 1, 2}; /* none of class 3 */
static const int early[N] = {0, 1, 0, 1, 0, 3}, final[N] = {0, 0, 1, 1, 0, 3};
static const float sure[N] = {1, 1, 0, 1, 1, 0};

/* Fill exit i so that it answers as said. */
static void fill(struct halt_table *t, size_t i, const int *says,
                 const float *confidence, const int32_t *y)
{
    float logits[N * CLASSES] = {0};

    for (size_t k = 0; k < N; k++)
        logits[k * CLASSES + (size_t)says[k]] = 1;
    halt_table_exit(t, i, logits, confidence, y, 1);
}

static void table(struct halt_table *t, const int32_t *y)
{
    halt_table_init(t, 1u << HALT_CUMULATIVE, N, 2, CLASSES);
    fill(t, 0, early, sure, y);
    fill(t, 1, final, NULL, y);
}

/* Samples 0, 1, 3 and 4 leave early: 0 1 1 0, then 1 and 3 at the end. */
static void counts(void **state)
{
    struct halt_table t;
    struct agreement a;

    (void)state;
    table(&t, labels);
    agreement_init(&a, CLASSES);
    agreement_count(&a, &t, &halt_rules[HALT_CUMULATIVE], (double[]){0.5});
    assert_int_equal(a.samples, 6);
    assert_int_equal(a.wrong, 4);     /* samples 1, 2, 4, 5 */
    assert_int_equal(a.lost, 1);      /* sample 1 */
    assert_int_equal(a.different, 1); /* sample 1 */
    assert_int_equal(a.of_class[0], 3);
    assert_int_equal(a.wrong_of[0], 2);
    assert_float_equal(agreement_min_class(&a), 0, 0);
    assert_float_equal(agreement_balanced(&a), (1 / 3. + 1 / 2. + 0) / 3,
                       1e-15);

    agreement_count(&a, &t, &halt_rules[HALT_CUMULATIVE], (double[]){NAN});
    assert_int_equal(a.lost + a.different, 0);
    assert_int_equal(a.wrong, 3);
    agreement_fini(&a);
    halt_table_fini(&t);
}

static void without_labels(void **state)
{
    struct halt_table t;
    struct agreement a;

    (void)state;
    table(&t, NULL);
    assert_true(isnan(t.accuracy[0]) && isnan(t.ece[1]));
    agreement_init(&a, CLASSES);
    agreement_count(&a, &t, &halt_rules[HALT_CUMULATIVE], (double[]){0});
    assert_int_equal(a.different, 2); /* samples 1 and 2 */
    assert_int_equal(a.wrong + a.lost, 0);
    assert_true(isnan(agreement_min_class(&a)) &&
                isnan(agreement_balanced(&a)));
    agreement_fini(&a);
    halt_table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts),
        cmocka_unit_test(without_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
