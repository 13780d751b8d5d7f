/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/hopeless.h"

#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/stats/sort.h"

bool hopeless_has_hope(const float *logits, const float *final,
                       const int32_t *labels, size_t n, size_t classes,
                       double loss)
{
    const double least = ceil(HOPELESS_SHARE * (double)n);
    struct halt_table t;
    uint32_t *order = xcalloc(n, sizeof *order);
    const double *value;
    double right = 0, final_right = 0, left = 0;
    bool hope = false;

    halt_table_init(&t, 1u << HALT_MAX_SOFTMAX, n, 2, classes);
    halt_table_reserve(&t, 2);
    halt_table_exit(&t, 0, logits, NULL, labels, 1);
    halt_table_exit(&t, 1, final, NULL, labels, 1);
    value = halt_table_values(&t, &halt_rules[HALT_MAX_SOFTMAX]);
    sort_values(value, n, order);
    /* From the surest sample on; those that are equally sure leave together. */
    for (size_t i = n; i-- > 0 && !hope;) {
        right += t.right[order[i]];
        final_right += t.right[n + order[i]];
        left++;
        hope = left >= least && left > 0 &&
               (i == 0 || value[order[i - 1]] < value[order[i]]) &&
               right >= final_right - loss * left;
    }
    halt_table_fini(&t);
    free(order);
    return hope;
}
