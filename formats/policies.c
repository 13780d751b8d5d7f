/* SPDX-License-Identifier: MIT */
#include "formats/policies.h"

#include "formats/result.h"
#include "libcommon/base/mem.h"

int policies_read(struct reader *r, struct policies *p, struct err *e)
{
    struct record rec;
    int rc;
    while ((rc = reader_next(r, &rec, e)) > 0) {
        const struct result *x = rec.data;
        struct policy *y;

        if (!x->summary.net)
            return reader_fail(r, e,
                               "a result without a net id cannot be a policy");
        GROW(p->v, p->n, p->cap);
        y = &p->v[p->n++];
        *y = (struct policy){
            .net = arena_strdup(&p->arena, x->summary.net),
            .recipe = arena_strdup(&p->arena, x->summary.recipe),
        };
        if (x->status == RESULT_FAILED)
            continue;
        y->rule = halt_rule_find(x->rule ? x->rule : "");
        if (!y->rule)
            return reader_fail(r, e, "halting rule %s is not known here",
                               x->rule ? x->rule : "(none)");
        y->thresholds = reals_copy(&p->arena, &x->thresholds);
        y->temperatures = reals_copy(&p->arena, &x->temperatures);
    }
    return rc;
}
