/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/certificate.h"

#include <inttypes.h>
#include <math.h>

void certificate_risks(struct guarantee_opts *g, const struct limits *l)
{
    g->confidence = NAN;
    g->n = 0;
    for (enum risk_kind k = 0; k < RISKS; k++) {
        const struct limit *x = limits_find(l, risk_metrics[k]);
        double limit = !x ? NAN : risk_is_rest(k) ? 1 - x->min : x->max;

        if (isnan(limit))
            continue;
        g->risk[g->n].kind = k;
        g->risk[g->n++].limit = limit;
    }
}

int certificate_confidence(struct guarantee_opts *g, double confidence,
                           struct err *e)
{
    if (!(confidence > 0 && confidence < 1))
        return err_set(e, ERR_ARG,
                       "--confidence=%g: nothing can be certified with "
                       "certainty, and nothing need be with none; give a "
                       "number between 0 and 1, such as 0.95",
                       confidence);
    if (!g->n)
        return err_set(e, ERR_ARG,
                       "--confidence needs a limit that can be certified: "
                       "--min=accuracy=.., --min=min_class_accuracy=.., "
                       "--max=lost_answers=.. or --max=disagreement=..");
    g->confidence = confidence;
    return 0;
}

void certificate_fill(struct guarantee *to, struct certified *c,
                      const struct guarantee_opts *g, const struct limits *l,
                      const struct proof *proof, size_t samples)
{
    for (size_t i = 0; i < g->n; i++) {
        bool rest = risk_is_rest(g->risk[i].kind);
        const char *name = risk_metrics[g->risk[i].kind];
        const struct limit *limit = limits_find(l, name);
        double upper = proof->bound[i].upper;

        c[i] = (struct certified){
            .name = (char *)name,
            .max = rest ? NAN : limit->max,
            .min = rest ? limit->min : NAN,
            .estimate = NAN,
            .bound = rest ? 1 - upper : upper,
            .samples = (int64_t)proof->bound[i].samples,
        };
        if (rest && proof->certified) /* but for rounding, it is so already */
            c[i].bound = fmax(c[i].bound, c[i].min);
    }
    *to = (struct guarantee){
        .confidence = g->confidence,
        .certified = proof->certified,
        .samples = (int64_t)samples,
        .tested = (int64_t)proof->tested,
        .passed = (int64_t)proof->passed,
        .needed = proof->needed ? (int64_t)proof->needed : NIL_INT,
        .limits = {c, g->n},
    };
}

void certificate_off(struct buf *b, const struct guarantee *g)
{
    const struct certified *c = g->limits.v;

    buf_addf(b, g->certified
                    ? "all early exits stay off: no policy that uses one "
                      "passed the test of "
                    : "nothing is certified, and all early exits are off: no "
                      "policy passed the test of ");
    for (size_t i = 0; i < g->limits.n; i++)
        buf_addf(b, "%s%s %s %.10g", i ? " and " : "", c[i].name,
                 isnan(c[i].max) ? ">=" : "<=",
                 isnan(c[i].max) ? c[i].min : c[i].max);
    buf_addf(b, " with confidence %.10g on %" PRId64 " samples", g->confidence,
             g->samples);
    for (size_t i = 0; i < g->limits.n; i++)
        if (!c[i].samples)
            buf_addf(b, "; a class has none of them");
    if (g->needed != NIL_INT && g->needed > g->samples)
        buf_addf(b,
                 "; about %" PRId64 " would be needed, of a trace of %" PRId64,
                 g->needed, 2 * g->needed - 1);
}
