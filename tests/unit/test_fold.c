/* SPDX-License-Identifier: MIT
 * Batch norm folded into scale and shift, against values made with 40 decimal
 * digits. */
#include "libcommon/nn/graph/fold.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"

static void by_hand(void **state)
{
    static const struct {
        double gamma, beta, mean, var, bias, scale, shift;
    } rows[] = {
        {1.5, -0.25, 0.3, 2.25, 0.1, 0.99999777778518515775,
         -0.44999955555703703155},
        {-0.7, 0, -1.25, 0, 0, -221.35943621178655324, -276.69929526473319155},
        {0, 2, 5, 1e4, -3, 0, 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct folded f = fold_norm(rows[i].gamma, rows[i].beta, rows[i].mean,
                                    rows[i].var, rows[i].bias);

        assert_true(fabs(f.scale - rows[i].scale) <=
                    4e-16 * fabs(rows[i].scale));
        assert_true(fabs(f.shift - rows[i].shift) <=
                    4e-16 * fabs(rows[i].shift));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_hand)};

    return cmocka_run_group_tests_name("fold", tests, NULL, NULL);
}
