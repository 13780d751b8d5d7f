/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/guarantee.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/binomial.h"

#define LIMITS 32 /* on the cost, of the policies proposed */

const char *const risk_metrics[] = {
    [RISK_WRONG] = "accuracy",
    [RISK_LOST] = "lost_answers",
    [RISK_DIFFERENT] = "disagreement",
    [RISK_CLASS] = "min_class_accuracy",
};

bool risk_is_rest(enum risk_kind kind)
{
    return kind == RISK_WRONG || kind == RISK_CLASS;
}

/* Returns how often a risk came true, of all samples. */
static uint64_t times(const struct agreement *a, enum risk_kind kind)
{
    return kind == RISK_LOST        ? a->lost
           : kind == RISK_DIFFERENT ? a->different
                                    : a->wrong;
}

void risk_see(const struct agreement *a, enum risk_kind kind, double limit,
              bool off, struct risk_seen *seen)
{
    *seen = (struct risk_seen){0, a->samples, -INFINITY};
    if (off && !risk_is_rest(kind))
        return;
    if (kind != RISK_CLASS) {
        seen->bad = times(a, kind);
        seen->log_tail = binomial_log_tail(seen->bad, a->samples, limit);
        return;
    }
    for (size_t c = 0; c < a->classes; c++) {
        struct risk_seen x = {a->wrong_of[c], a->of_class[c], 0};

        x.log_tail = binomial_log_tail(x.bad, x.samples, limit);
        if (c == 0 || x.log_tail > seen->log_tail)
            *seen = x;
    }
}

void risk_bound(const struct agreement *a, enum risk_kind kind,
                double confidence, bool off, struct risk_bound *b)
{
    *b = (struct risk_bound){0, a->samples};
    if (off && !risk_is_rest(kind))
        return;
    if (kind != RISK_CLASS) {
        b->upper = binomial_upper(times(a, kind), a->samples, confidence);
        return;
    }
    for (size_t c = 0; c < a->classes; c++) {
        struct risk_bound x = {
            binomial_upper(a->wrong_of[c], a->of_class[c], confidence),
            a->of_class[c]};

        if (c == 0 || x.upper > b->upper || !x.samples)
            *b = x;
    }
}

void risk_view(struct halt_table *view, const struct halt_table *t,
               enum risk_kind kind)
{
    size_t n = t->samples, last = (t->exits - 1) * n;

    *view = *t;
    view->right = xmemdup(t->right, t->exits * n);
    if (risk_is_rest(kind))
        return;
    for (size_t i = 0; i < t->exits; i++) {
        size_t good = 0;

        for (size_t k = 0; k < n; k++) {
            bool fine = kind == RISK_LOST
                            ? t->right[i * n + k] || !t->right[last + k]
                            : t->answer[i * n + k] == t->answer[last + k];

            view->right[i * n + k] = fine;
            good += fine;
        }
        view->accuracy[i] = (double)good / (double)n;
    }
}

void risk_view_fini(struct halt_table *view)
{
    free(view->right);
    *view = (struct halt_table){0};
}

/* ---- the first half ---- */

void trials_fini(struct trials *p)
{
    free(p->v);
    *p = (struct trials){0};
}

static bool is_off(const struct trial *x, size_t exits)
{
    for (size_t i = 0; i + 1 < exits; i++)
        if (!isnan(x->thresholds[i]))
            return false;
    return true;
}

/* Returns the largest tail of a policy on a table; seen (g->n). */
static double worst_tail(const struct trial *x, const struct halt_table *t,
                         const struct guarantee_opts *g, struct agreement *a,
                         struct risk_seen *seen)
{
    bool off = is_off(x, t->exits);
    double worst = -INFINITY;

    agreement_count(a, t, x->rule, x->thresholds);
    for (size_t i = 0; i < g->n; i++) {
        risk_see(a, g->risk[i].kind, g->risk[i].limit, off, &seen[i]);
        worst = fmax(worst, seen[i].log_tail);
    }
    return worst;
}

struct proposer {
    struct trials *p;
    const struct halt_table *first;
    const struct tune_opts *o;
    const struct guarantee_opts *g;
    struct agreement answers;
};

static void propose(struct proposer *q, const struct halt_rule *rule,
                    const double *thresholds)
{
    struct trials *p = q->p;
    size_t exits = q->first->exits;
    double cost[NET_MAX_EXITS];
    struct risk_seen seen[RISKS];
    struct halt_metrics f;
    struct trial *x;

    GROW(p->v, p->n, p->cap);
    x = &p->v[p->n];
    x->place = p->n++;
    x->rule = rule;
    for (size_t i = 0; i + 1 < exits; i++)
        x->thresholds[i] = thresholds[i];
    halt_judge(q->first, rule, thresholds, &f);
    halt_cost_leaving(tune_cost(q->first, q->o, q->o->cost), exits, thresholds,
                      cost);
    x->cost = halt_mean_cost(f.left, cost, exits);
    x->log_tail = worst_tail(x, q->first, q->g, &q->answers, seen);
}

/* Propose a policy, and what is safer: every exit that is on gets a threshold
 * 1, 2, 4 .. values of the grid higher, or is off where there is none, until all
 * are off. */
static void propose_raised(struct proposer *q, const struct tuned *x)
{
    const struct tune_opts *o = q->o;
    size_t early = q->first->exits - 1;

    propose(q, x->rule, x->thresholds);
    for (size_t by = 1; by < o->values; by *= 2) {
        double raised[NET_MAX_EXITS];
        bool on = false;

        for (size_t i = 0; i < early; i++) {
            size_t at = 0;

            while (at < o->values && o->value[at] < x->thresholds[i])
                at++;
            raised[i] = isnan(x->thresholds[i]) || at + by >= o->values
                            ? NAN
                            : o->value[at + by];
            on |= !isnan(raised[i]);
        }
        if (!on)
            return;
        propose(q, x->rule, raised);
    }
}

/* The safest first, of equal ones the dearest, then the first proposed. */
static int by_risk(const void *a, const void *b)
{
    const struct trial *x = a, *y = b;

    if (x->log_tail != y->log_tail)
        return x->log_tail < y->log_tail ? -1 : 1;
    if (x->cost != y->cost)
        return x->cost > y->cost ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

void trials_propose(struct trials *p, const struct halt_table *first,
                    const struct tune_opts *o, const struct guarantee_opts *g)
{
    struct tune_opts search = *o;
    struct proposer q = {.p = p, .first = first, .o = o, .g = g};
    const struct halt_cost *cost = tune_cost(first, o, o->cost);
    double off[NET_MAX_EXITS], low = INFINITY,
                               high = cost->base[first->exits - 1];
    size_t kept = 0;

    for (size_t i = 0; i < first->exits; i++) {
        off[i] = NAN;
        low = fmin(low, cost->base[i]);
    }
    if (o->method != TUNE_GRID)
        search.method = TUNE_DESCENT;
    agreement_init(&q.answers, first->classes);
    for (size_t r = 0; r < HALT_RULES; r++) {
        if (!(first->rules & 1u << r) || !tune_takes(first, &halt_rules[r]))
            continue;
        propose(&q, &halt_rules[r], off);
        for (size_t k = 0; k < g->n && first->exits > 1; k++) {
            struct halt_table view;

            risk_view(&view, first, g->risk[k].kind);
            for (size_t i = 0; i < LIMITS; i++) {
                struct tuned x;

                search.bounds = (struct bounds){
                    .min_accuracy = NAN,
                    .max_macs = high - (high - low) * (double)i / (LIMITS - 1),
                    .min_class = g->risk[k].kind == RISK_CLASS,
                };
                tune_rule(&view, &search, &halt_rules[r], &x);
                propose_raised(&q, &x);
            }
            risk_view_fini(&view);
        }
    }
    agreement_fini(&q.answers);
    qsort(p->v, p->n, sizeof *p->v, by_risk);
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].cost <= high &&
            (!kept || p->v[i].cost < p->v[kept - 1].cost))
            p->v[kept++] = p->v[i];
    p->n = kept;
}

/* ---- the second half ---- */

/* Returns how many of `all` samples it takes for a risk that came true `bad`
 * times among `of` of them; 0 = unknown, or no number would do. */
static uint64_t enough(uint64_t bad, uint64_t of, uint64_t all, double limit,
                       double confidence)
{
    uint64_t n = of ? binomial_samples((double)bad / (double)of, limit,
                                       confidence)
                    : 0;

    return (uint64_t)ceil((double)n * (double)all / (double)(of ? of : 1));
}

/* Returns how many samples of the second half would let x pass if they were like
 * those of both halves. */
static uint64_t needed(const struct trial *x, const struct halt_table *first,
                       const struct halt_table *second,
                       const struct guarantee_opts *g)
{
    struct agreement a, b;
    uint64_t most = 0, all = first->samples + second->samples;
    bool possible = true;

    agreement_init(&a, first->classes);
    agreement_init(&b, first->classes);
    agreement_count(&a, first, x->rule, x->thresholds);
    agreement_count(&b, second, x->rule, x->thresholds);
    for (size_t i = 0; i < g->n; i++) {
        enum risk_kind kind = g->risk[i].kind;
        bool of_class = kind == RISK_CLASS;

        for (size_t c = 0; c < (of_class ? a.classes : 1); c++) {
            uint64_t bad = of_class ? a.wrong_of[c] + b.wrong_of[c]
                                    : times(&a, kind) + times(&b, kind),
                     of = of_class ? a.of_class[c] + b.of_class[c] : all,
                     n = enough(bad, of, all, g->risk[i].limit, g->confidence);

            possible &= n > 0;
            most = n > most ? n : most;
        }
    }
    agreement_fini(&a);
    agreement_fini(&b);
    return possible ? most : 0;
}

void trials_test(const struct trials *p, const struct halt_table *first,
                 const struct halt_table *second,
                 const struct guarantee_opts *g, struct proof *proof)
{
    double rare = log1p(-g->confidence);
    size_t i = 0;
    struct risk_seen seen[RISKS];
    struct agreement a;

    agreement_init(&a, second->classes);
    *proof = (struct proof){.policy = p->v[0]};
    do {
        proof->tested++;
        if (worst_tail(&p->v[i], second, g, &a, seen) > rare)
            break;
        proof->policy = p->v[i];
        proof->passed++;
    } while (++i < p->n);
    proof->certified = proof->passed > 0;
    for (i = 0; !proof->certified && i + 1 < second->exits; i++)
        proof->policy.thresholds[i] = NAN;
    proof->off = is_off(&proof->policy, second->exits);
    agreement_count(&a, second, proof->policy.rule, proof->policy.thresholds);
    for (i = 0; i < g->n; i++) {
        struct risk_bound *b = &proof->bound[i];

        risk_bound(&a, g->risk[i].kind, g->confidence, proof->off, b);
        if (proof->certified) /* but for the last bit, it is so already */
            b->upper = fmin(b->upper, g->risk[i].limit);
    }
    i = is_off(&p->v[0], second->exits);
    if (proof->off && i < p->n)
        proof->needed = needed(&p->v[i], first, second, g);
    agreement_fini(&a);
}
