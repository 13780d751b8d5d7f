/* SPDX-License-Identifier: MIT
 * The result with a guarantee. */
#include <string.h>

#include "formats/result.h"
#include "libcommon/nn/data/dataset.h"
#include "libcommon/nn/policy/certificate.h"
#include "tools/thresh-tune/nettuning.h"

int put_certified(struct tuning *u, struct err *e)
{
    const struct guarantee_opts *g = &u->how->guarantee;
    struct certified *limits = arena_alloc(&u->arena, g->n, sizeof *limits);
    struct trials p = {0};
    struct proof proof;
    struct tuned best;
    struct result x;
    struct buf off = {0};

    trials_propose(&p, &u->of.table, &u->tune, g);
    trials_test(&p, &u->of.table, &u->of.second, g, &proof);
    trials_fini(&p);
    best.rule = proof.policy.rule;
    memcpy(best.thresholds, proof.policy.thresholds, sizeof best.thresholds);
    result_begin(&x, u, &u->summary);
    if (result_measure(&x, u, &u->of.second, &best, e) < 0)
        return e->code;
    certificate_fill(&x.guarantee, limits, g, &u->limits, &proof,
                     u->of.second.samples);
    for (size_t i = 0; i < g->n; i++)
        if (result_metric(&x, limits[i].name, &limits[i].estimate, e) < 0)
            return e->code;
    x.guarantee.independent = !strcmp(u->split, split_names[SPLIT_CAL]);
    x.feasible &= proof.certified;
    u->broken += !x.feasible;
    if (x.violation > 0)
        note_limits(u, &x);
    if (proof.off) {
        certificate_off(&off, &x.guarantee);
        notes_add(&u->outcome->notes, "net %s: %s", tuning_net(u), off.data);
        buf_free(&off);
    }
    return writer_put(u->w, &schema_result, &x, e);
}
