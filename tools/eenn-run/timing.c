/* SPDX-License-Identifier: MIT */
#include "tools/eenn-run/timing.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/cli/opt.h"

/* Returns the p-quantile of n ascending numbers: the least that at least a
 * share p of them does not exceed. */
static double quantile(const double *v, size_t n, double p)
{
    double at = ceil(p * (double)n);
    return v[at < 1 ? 0 : at > (double)n ? n - 1 : (size_t)at - 1];
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report_latency(const struct inference *x)
{
    size_t n = x->samples;
    double *v = xmemdup(x->latency, n * sizeof *v), sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += v[k];
    qsort(v, n, sizeof *v, ascending);
    tool_report("latency ms: mean %.4f, p50 %.4f, p90 %.4f, p99 %.4f, "
                "max %.4f",
                1e3 * sum / (double)n, 1e3 * quantile(v, n, 0.5),
                1e3 * quantile(v, n, 0.9), 1e3 * quantile(v, n, 0.99),
                1e3 * v[n - 1]);
    free(v);
}

void timing_report(const struct inference_job *job, const struct inference *x,
                   const struct summary *s, const struct policy *policy)
{
    struct halt_costs c;
    double all = 0, until = 0, cost[NET_MAX_EXITS];
    halt_costs_of(&c, s, x->exits);
    for (size_t i = 0; i < x->exits; i++)
        all += x->seconds[i];
    tool_report("net %s: %zu samples, batch %zu: %.4f s, %.1f samples/s",
                job->net->id, x->samples, job->batch, all,
                (double)x->samples / fmax(all, 1e-9));
    if (!job->rule)
        return;
    halt_cost_leaving(&c.v[COST_SEQUENTIAL], x->exits, job->thresholds, cost);
    tool_report("exit       came    runs       left  us/sample us to leave "
                "MACs to leave");
    for (size_t i = 0; i < x->exits; i++) {
        double each = x->came[i] ? 1e6 * x->seconds[i] / (double)x->came[i] : 0;
        until += each;
        tool_report("%4zu %10" PRIu64 " %7" PRIu64 " %10" PRIu64 " %10.2f "
                    "%11.2f %13.0f",
                    i + 1, x->came[i], x->runs[i], x->left[i], each, until,
                    cost[i]);
    }
    if (x->latency)
        report_latency(x);
    if (policy->seconds.n) {
        double joules = halt_mean_cost(x->left, policy->joules.v, x->exits);

        if (isnan(joules))
            tool_report("on the platform of the plan: mean latency %.6g s",
                        halt_mean_cost(x->left, policy->seconds.v, x->exits));
        else
            tool_report("on the platform of the plan: mean latency %.6g s, "
                        "mean energy %.6g J",
                        halt_mean_cost(x->left, policy->seconds.v, x->exits),
                        joules);
    }
    if (!(x->baseline_seconds > 0))
        return;
    /* The ratio says how much of the saved MACs became saved time. */
    double time = 1 - all / x->baseline_seconds,
           share = 1 - halt_mean_cost(x->left, cost, x->exits) /
                           halt_costs_final(&c, COST_SEQUENTIAL);
    tool_report("without early exits: %.4f s, %.1f samples/s",
                x->baseline_seconds, (double)x->samples / x->baseline_seconds);
    if (share != 0 && !isnan(share))
        tool_report("saved: time %.1f %%, MACs %.1f %%, ratio %.3f", 100 * time,
                    100 * share, time / share);
}
