/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/class_weights.h"

#include <string.h>

#include "tools/eenn-train/weight_list.h"

#define OPTION "--class-weights"
#define NAMES "none, balanced"

static bool is_name(const char *text)
{
    return strcmp(text, "none") == 0 || strcmp(text, "balanced") == 0;
}

int class_weights_check(const char *text, struct err *e)
{
    return is_name(text) ||
                   weight_list_read(OPTION, NAMES, text, NULL, 0, e) >= 0
               ? 0
               : e->code;
}

void class_weights_text(const char *text, struct buf *out)
{
    if (is_name(text))
        buf_addf(out, "%s", text);
    else
        weight_list_text(text, out);
}

int class_weights_read(const char *text, const struct split *train,
                       size_t classes, double *weights, struct err *e)
{
    int64_t n;

    if (is_name(text)) {
        bool balanced = strcmp(text, "balanced") == 0;

        for (size_t k = 0; k < classes; k++)
            weights[k] = balanced ? 0 : 1;
        for (size_t i = 0; balanced && i < train->n; i++)
            weights[train->labels[i]]++;
        for (size_t k = 0; balanced && k < classes; k++)
            weights[k] = weights[k] > 0
                             ? (double)train->n / (double)classes / weights[k]
                             : 1;
        return 0;
    }
    if ((n = weight_list_read(OPTION, NAMES, text, weights, classes, e)) < 0)
        return e->code;
    if ((size_t)n != classes)
        return err_set(e, ERR_ARG,
                       "--class-weights has %lld numbers, the data set %zu "
                       "classes",
                       (long long)n, classes);
    return 0;
}
