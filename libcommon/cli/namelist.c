/* SPDX-License-Identifier: MIT */
#include "libcommon/cli/namelist.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"

int namelist_read(struct namelist *l, const char *option, char **text,
                  struct err *e)
{
    struct strs *names = &l->names;
    size_t cap = 0, kept = 0;

    if (!*text)
        return 0;
    l->copy = xstrdup(*text);
    for (char *at = l->copy, *end; at; at = end ? end + 1 : NULL) {
        if ((end = strchr(at, ',')))
            *end = '\0';
        if (!*at)
            return err_set(e, ERR_ARG, "%s: '%.100s' has an empty name", option,
                           *text);
        GROW(names->v, names->n, cap);
        names->v[names->n++] = at;
    }
    qsort(names->v, names->n, sizeof *names->v, order_strings);
    for (size_t i = 0; i < names->n; i++)
        if (!i || strcmp(names->v[i], names->v[kept - 1]) != 0) {
            buf_addf(&l->joined, "%s%s", i ? "," : "", names->v[i]);
            names->v[kept++] = names->v[i];
        }
    names->n = kept;
    *text = l->joined.data;
    return 0;
}

bool namelist_takes(const struct namelist *l, const char *name)
{
    return !l->names.n || bsearch(&name, l->names.v, l->names.n,
                                  sizeof *l->names.v, order_strings);
}

void namelist_free(struct namelist *l)
{
    free(l->names.v);
    free(l->copy);
    buf_free(&l->joined);
    *l = (struct namelist){0};
}
