/* SPDX-License-Identifier: MIT
 * The result with a guarantee. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/result.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/data/dataset.h"
#include "tools/thresh-tune/nettuning.h"

/* Set one certified limit, in terms of its metric, which x has. */
static int put_limit(struct certified *c, const struct tuning *u,
                     const struct result *x, const struct proof *proof,
                     size_t i, struct err *e)
{
    const struct guarantee_opts *g = &u->how->guarantee;

    *c = (struct certified){.name = (char *)risk_metrics[g->risk[i].kind],
                            .max = g->risk[i].limit,
                            .min = NAN,
                            .bound = proof->bound[i].upper,
                            .samples = (int64_t)proof->bound[i].samples};
    if (result_metric(x, c->name, &c->estimate, e) < 0)
        return e->code;
    if (!risk_is_rest(g->risk[i].kind))
        return 0;
    c->max = NAN;
    c->min = limits_find(&u->limits, c->name)->min;
    c->bound = 1 - c->bound;
    if (proof->certified) /* but for rounding, it is so already */
        c->bound = fmax(c->bound, c->min);
    return 0;
}

/* Say that nothing was certified, or that all exits are off, and how many
 * samples it takes. */
static void note_off(const struct tuning *u, const struct proof *proof,
                     const struct guarantee *g)
{
    const struct certified *c = g->limits.v;
    struct buf b = {0};

    buf_addf(&b, proof->certified
                     ? "all early exits stay off: no policy that uses one "
                       "passed the test of "
                     : "nothing is certified, and all early exits are off: no "
                       "policy passed the test of ");
    for (size_t i = 0; i < g->limits.n; i++)
        buf_addf(&b, "%s%s %s %.10g", i ? " and " : "", c[i].name,
                 isnan(c[i].max) ? ">=" : "<=",
                 isnan(c[i].max) ? c[i].min : c[i].max);
    buf_addf(&b, " with confidence %.10g on %" PRId64 " samples", g->confidence,
             g->samples);
    for (size_t i = 0; i < g->limits.n; i++)
        if (!c[i].samples)
            buf_addf(&b, "; a class has none of them");
    if (proof->needed > (uint64_t)g->samples)
        buf_addf(&b,
                 "; about %" PRIu64 " would be needed, of a trace of %" PRIu64,
                 proof->needed, 2 * proof->needed - 1);
    note(u, xstrdup(b.data));
    buf_free(&b);
}

int put_certified(struct tuning *u, struct err *e)
{
    const struct guarantee_opts *g = &u->how->guarantee;
    struct certified *limits = arena_alloc(&u->arena, g->n, sizeof *limits);
    struct trials p = {0};
    struct proof proof;
    struct tuned best;
    struct result x;

    trials_propose(&p, &u->table, &u->tune, g);
    trials_test(&p, &u->table, &u->second, g, &proof);
    trials_fini(&p);
    best.rule = proof.policy.rule;
    memcpy(best.thresholds, proof.policy.thresholds, sizeof best.thresholds);
    result_begin(&x, u, &u->summary);
    if (result_measure(&x, u, &u->second, &best, e) < 0)
        return e->code;
    for (size_t i = 0; i < g->n; i++)
        if (put_limit(&limits[i], u, &x, &proof, i, e) < 0)
            return e->code;
    x.guarantee = (struct guarantee){
        .confidence = g->confidence,
        .certified = proof.certified,
        .independent = !strcmp(u->split, split_names[SPLIT_CAL]),
        .samples = (int64_t)u->second.samples,
        .tested = (int64_t)proof.tested,
        .passed = (int64_t)proof.passed,
        .needed = proof.needed ? (int64_t)proof.needed : NIL_INT,
        .limits = {limits, g->n},
    };
    x.feasible &= proof.certified;
    u->broken += !x.feasible;
    if (x.violation > 0)
        note_unmet(u, &x);
    if (proof.off)
        note_off(u, &proof, &x.guarantee);
    return writer_put(u->w, &schema_result, &x, e);
}
