/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/class_weights.h"

#include <string.h>

#include "libcommon/base/number.h"

#define LEAST 1e-6
#define MOST 1e6

/* Read the numbers of a list, the first `most` of them into weights.  Returns how
 * many it has, or ERR_ARG where it is none. */
static int64_t read_list(const char *text, double *weights, size_t most,
                         struct err *e)
{
    const char *at = text;
    int64_t n = 0;

    for (;; at++) {
        double v = 0;

        at = number_read(at, NUMBER_BARE, &v);
        if (!at || (*at && *at != ','))
            return err_set(
                e, ERR_ARG,
                "--class-weights: '%.60s' is not none, balanced or a "
                "list of numbers with commas between",
                text);
        if (!(v >= LEAST && v <= MOST))
            return err_set(e, ERR_ARG,
                           "--class-weights: %.15g is not within %g..%g", v,
                           LEAST, MOST);
        if ((size_t)n < most)
            weights[n] = v;
        n++;
        if (!*at)
            return n;
    }
}

static bool is_name(const char *text)
{
    return strcmp(text, "none") == 0 || strcmp(text, "balanced") == 0;
}

int class_weights_check(const char *text, struct err *e)
{
    return is_name(text) || read_list(text, NULL, 0, e) >= 0 ? 0 : e->code;
}

void class_weights_text(const char *text, struct buf *out)
{
    const char *at = text;

    if (is_name(text)) {
        buf_addf(out, "%s", text);
        return;
    }
    for (; at && *at; at += *at == ',') {
        double v = 0;

        at = number_read(at, NUMBER_BARE, &v);
        if (out->len)
            buf_add(out, ",", 1);
        number_text(v, out);
    }
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
    if ((n = read_list(text, weights, classes, e)) < 0)
        return e->code;
    if ((size_t)n != classes)
        return err_set(e, ERR_ARG,
                       "--class-weights has %lld numbers, the data set %zu "
                       "classes",
                       (long long)n, classes);
    return 0;
}
