/* SPDX-License-Identifier: MIT
 * The loss terms on float outputs: what lies between is double. */
#define REF_TOLERANCE 2e-6
#include "tests/unit/losses_check.h"

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pytorch_values),
        cmocka_unit_test(pytorch_smoothing),
        cmocka_unit_test(pytorch_samples),
        cmocka_unit_test(pytorch_class_weights),
        cmocka_unit_test(pytorch_exits),
    };

    return cmocka_run_group_tests_name("losses32", tests, NULL, NULL);
}
