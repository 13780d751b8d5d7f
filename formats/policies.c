/* SPDX-License-Identifier: MIT */
#include "formats/policies.h"

#include <stdlib.h>

#include "formats/plan.h"
#include "formats/result.h"
#include "libcommon/base/mem.h"

const struct kind *const policy_kinds[] = {&kind_result, &kind_plan, NULL};

static int add_result(struct reader *r, struct policy *y, struct arena *a,
                      const struct result *x, struct err *e)
{
    if (!x->summary.net)
        return reader_fail(r, e,
                           "a result without a net id cannot be a policy");
    *y = (struct policy){
        .net = arena_strdup(a, x->summary.net),
        .recipe = arena_strdup(a, x->summary.recipe),
        .rank = NIL_INT,
    };
    if (x->status == RESULT_FAILED)
        return 0;
    y->rule = halt_rule_find(x->rule ? x->rule : "");
    if (!y->rule)
        return reader_fail(r, e, "halting rule %s is not known here",
                           x->rule ? x->rule : "(none)");
    y->thresholds = reals_copy(a, &x->thresholds);
    y->temperatures = reals_copy(a, &x->temperatures);
    return 0;
}

static void add_plan(struct policy *y, struct arena *a, const struct plan *x)
{
    struct policy_exit *exits = arena_alloc(a, plan_exits(x), sizeof *exits);
    int64_t prefix = 0;

    *y = (struct policy){
        .net = arena_strdup(a, x->summary.net),
        .recipe = arena_strdup(a, x->summary.recipe),
        .rule = halt_rule_find(x->rule),
        .rank = x->rank,
        .taps = {exits, 0},
    };
    for (size_t s = 0; s < x->segments.n; s++) {
        const struct plan_segment *from = plan_segment_at(x, s);

        prefix += from->macs;
        if (from->exit)
            exits[y->taps.n++] = (struct policy_exit){
                .tap = arena_strdup(a, from->to),
                .prefix = prefix,
                .threshold = from->threshold,
                .temperature = from->temperature,
                .seconds = from->latency,
                .joules = from->energy,
            };
    }
}

int policies_read(struct reader *r, struct policies *p, struct err *e)
{
    bool found = false; /* a plan with the exits of a search */
    struct record rec;
    int rc;

    while ((rc = reader_next(r, &rec, e)) > 0) {
        const struct plan *plan = rec.schema == &schema_plan ? rec.data : NULL;

        if (plan && found && plan->role != PLAN_CHOICE)
            continue;
        if (plan && !found && plan->role == PLAN_CHOICE) {
            found = true;
            p->n = 0;
        }
        GROW(p->v, p->n, p->cap);
        p->n++;
        if (plan)
            add_plan(&p->v[p->n - 1], &p->arena, plan);
        else if (add_result(r, &p->v[p->n - 1], &p->arena, rec.data, e) < 0)
            return e->code;
    }
    /* Plans, which are few, by rank; those without one, NIL_INT, come last. */
    for (size_t i = 1; i < p->n; i++) {
        struct policy x = p->v[i];
        size_t k = i;

        for (; k > 0 && (uint64_t)p->v[k - 1].rank > (uint64_t)x.rank; k--)
            p->v[k] = p->v[k - 1];
        p->v[k] = x;
    }
    return rc;
}
