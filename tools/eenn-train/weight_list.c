/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/weight_list.h"

#include "libcommon/base/number.h"

#define LEAST 1e-6
#define MOST 1e6

int64_t weight_list_read(const char *option, const char *names,
                         const char *text, double *weights, size_t most,
                         struct err *e)
{
    const char *at = text;
    int64_t n = 0;

    for (;; at++) {
        double v = 0;

        at = number_read(at, NUMBER_BARE, &v);
        if (!at || (*at && *at != ','))
            return err_set(e, ERR_ARG,
                           "%s: '%.60s' is not %s or a list of numbers with "
                           "commas between",
                           option, text, names);
        if (!(v >= LEAST && v <= MOST))
            return err_set(e, ERR_ARG, "%s: %.15g is not within %g..%g", option,
                           v, LEAST, MOST);
        if ((size_t)n < most)
            weights[n] = v;
        n++;
        if (!*at)
            return n;
    }
}

void weight_list_text(const char *text, struct buf *out)
{
    const char *at = text;

    for (; at && *at; at += *at == ',') {
        double v = 0;

        at = number_read(at, NUMBER_BARE, &v);
        if (out->len)
            buf_add(out, ",", 1);
        number_text(v, out);
    }
}
