/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/exit_weights.h"

#include <stdbool.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-train/weight_list.h"

#define OPTION "--exit-weights"
#define NAMES "none, early, late"

static bool is_name(const char *text)
{
    return strcmp(text, "none") == 0 || strcmp(text, "early") == 0 ||
           strcmp(text, "late") == 0;
}

int exit_weights_check(const char *text, struct err *e)
{
    return is_name(text) ||
                   weight_list_read(OPTION, NAMES, text, NULL, 0, e) >= 0
               ? 0
               : e->code;
}

void exit_weights_text(const char *text, struct buf *out)
{
    if (is_name(text))
        buf_addf(out, "%s", text);
    else
        weight_list_text(text, out);
}

/* Set w (exits) by a list. */
static void from_list(const char *text, size_t exits, double *w)
{
    size_t most = strlen(text), n;
    double *list = xcalloc(most, sizeof *list);
    struct err e;
    int64_t rc = weight_list_read(OPTION, NAMES, text, list, most, &e);

    BUG_IF(rc < 1);
    n = (size_t)rc;
    for (size_t i = 0; i + 1 < exits; i++)
        w[i] = list[n == 1 ? 0 : i + 2 < n ? i : n - 2];
    w[exits - 1] = list[n - 1];
    free(list);
}

double *exit_weights_new(const char *text, size_t exits)
{
    double *w, sum = 0;

    if (!text || strcmp(text, "none") == 0)
        return NULL;
    w = xcalloc(exits, sizeof *w);
    if (!is_name(text))
        from_list(text, exits, w);
    else
        for (size_t i = 0; i < exits; i++)
            w[i] = (double)(*text == 'e' ? exits - i : i + 1);
    for (size_t i = 0; i < exits; i++)
        sum += w[i];
    for (size_t i = 0; i < exits; i++)
        w[i] *= (double)exits / sum;
    return w;
}
