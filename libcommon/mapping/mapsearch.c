/* SPDX-License-Identifier: MIT */
#include "libcommon/mapping/mapsearch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/mapping/mapdescent.h"
#include "libcommon/mapping/mapexact.h"
#include "libcommon/mapping/mappaper.h"
#include "libcommon/mapping/mapprogramme.h"

#define REFERENCES 1e6 /* mappings without exits that are all looked at */
#define WEIGHTS 24
#define PART 0.05  /* of the work: plans with few exits, to begin with */
#define POLISHED 6 /* plans that are descended from at the end */
/* The latency's part beside MACs, which are the same on every processor. */
#define TIE 1e-6

const char *const map_method_names[] = {[MAP_AUTO] = "auto",
                                        [MAP_EXACT] = "exact",
                                        [MAP_PROGRAMME] = "programme",
                                        [MAP_PAPER] = "paper",
                                        NULL};

/* ---- without exits ---- */

struct referring {
    const struct map_case *c;
    struct map_references *r;
    bool any;
};

static void keep_if_better(const struct map_kept *x, bool *is,
                           struct map_kept *best)
{
    if (*is && map_outcome_compare(&x->outcome, &best->outcome) >= 0)
        return;
    *is = true;
    best->outcome = x->outcome;
    best->samples = x->samples;
    map_plan_copy(&best->plan, &x->plan);
}

static void refer_one(void *ctx, const struct map_plan *plan)
{
    struct referring *f = ctx;
    const struct map_samples *s = f->c->samples;
    struct map_tally left = {(uint32_t)s->samples, (uint32_t)s->final_right, 0,
                             0};
    double metric[MAP_METRICS];
    struct map_takes t;
    struct map_kept x;

    if (!map_price(f->c, plan, &t))
        return;
    map_evaluate(f->c, &t, &left, metric, &x.outcome);
    x.samples = s;
    map_plan_copy(&x.plan, plan);
    keep_if_better(&x, &f->any, &f->r->base);
    if (plan->segments == 1)
        keep_if_better(&x, &f->r->single_is[plan->s[0].processor],
                       &f->r->single[plan->s[0].processor]);
    else
        keep_if_better(&x, &f->r->partition_is, &f->r->partition);
}

/* Find the best division by the programme, for platforms with so many that not
 * all are looked at. */
static void refer_programme(struct referring *f)
{
    struct map_case none = *f->c;
    struct map_shares shares;
    struct map_prices prices = {.latency = f->c->goal->minimise != MAP_ENERGY,
                                .energy = f->c->goal->minimise == MAP_ENERGY};
    struct map_plan plan;

    memset(none.allowed, 0, sizeof none.allowed);
    map_shares_init(&shares, none.samples, NULL);
    if (map_programme(&none, &shares, &prices, &plan))
        refer_one(f, &plan);
    map_shares_fini(&shares);
}

int map_refer(const struct map_case *c, struct map_goal *goal,
              struct map_references *r, struct err *e)
{
    struct map_goal costs = *goal;
    struct map_case none = *c;
    struct referring f = {.c = &none, .r = r};
    double metric[MAP_METRICS];
    struct map_outcome o;
    struct map_takes t;
    struct map_tally left = {(uint32_t)c->samples->samples,
                             (uint32_t)c->samples->final_right, 0, 0};
    size_t segments = 0;

    costs.weight = NAN; /* answers are the same for all of them */
    none.goal = &costs;
    none.fixed = NULL;
    none.per_processor = 1;
    memset(r, 0, sizeof *r);
    if (map_count(&none, 0, 0) > REFERENCES)
        segments = map_count(&none, 0, 3) > REFERENCES ? 2 : 3;
    map_each(&none, NULL, 0, segments, refer_one, &f);
    if (segments)
        refer_programme(&f);
    if (!f.any)
        return err_set(e, ERR_FORMAT,
                       "the platform %s has no link that leads to where the "
                       "answer is needed, from any processor",
                       c->model->platform->name);
    map_price(&none, &r->base.plan, &t);
    map_evaluate(&none, &t, &left, metric, &o);
    if (map_goal_needs(goal, MAP_ENERGY) && isnan(t.energy[0]))
        return err_set(e, ERR_FORMAT,
                       "the energy is unknown: a processor of the platform %s "
                       "has no active_w or no idle_w",
                       c->model->platform->name);
    goal->unit = metric[goal->minimise];
    goal->final_accuracy = metric[MAP_ACCURACY];
    return 0;
}

/* ---- the programme and descents ---- */

struct ladder {
    const struct map_case *c;
    struct map_keep *keep;
    struct map_shares shares;
    struct map_walk walk;
    struct map_plan seen[WEIGHTS + 2]; /* plans that were descended from */
    size_t n;
};

/* Descend from a plan at prices, then divide anew for the exits that it has. */
static void descend_at(struct ladder *l, const struct map_prices *prices,
                       struct map_plan *plan)
{
    struct map_shares shares;
    struct map_plan other;

    l->walk.prices = prices;
    if (!map_descend(&l->walk, false, plan) || l->c->fixed)
        return;
    map_shares_init(&shares, l->c->samples, plan);
    map_plan_copy(&other, plan);
    if (map_programme(l->c, &shares, prices, &other) &&
        !map_plan_alike(&other, plan))
        map_descend(&l->walk, false, &other);
    map_shares_fini(&shares);
}

/* Try one weight of the costs `priced` (latency, energy, macs), each in units of
 * what the base takes. */
static void try_weight(struct ladder *l, double weight,
                       const struct map_prices *priced)
{
    struct map_prices prices = {.latency = weight * priced->latency,
                                .energy = weight * priced->energy,
                                .macs = weight * priced->macs,
                                .error = 1 - weight};
    struct map_plan plan;

    if (!map_programme(l->c, &l->shares, &prices, &plan))
        return;
    for (size_t i = 0; i < l->n; i++)
        if (map_plan_alike(&l->seen[i], &plan) &&
            !memcmp(l->seen[i].s, plan.s, plan.segments * sizeof *plan.s))
            return;
    if (l->n < WEIGHTS + 2)
        map_plan_copy(&l->seen[l->n++], &plan);
    descend_at(l, &prices, &plan);
}

/* Try a series of weights for what is minimised, and where other mean costs are
 * limited, for that together with them. */
static void try_weights(struct ladder *l, const struct map_references *r)
{
    const struct map_goal *g = l->c->goal;
    struct map_prices priced[2] = {{.latency = 0}, {.latency = 0}};
    struct map_takes t;

    map_price(l->c, &r->base.plan, &t);
    for (size_t i = 0; i <= g->limits; i++) {
        int m = i < g->limits ? g->limit[i].metric : g->minimise;
        double energy = m == MAP_ENERGY && t.energy[0] > 0,
               macs = m == MAP_MACS;

        for (size_t k = i == g->limits ? 0 : 1; k < 2; k++) {
            if (m >= MAP_MACS && m <= MAP_P99) {
                if (energy > 0) {
                    priced[k].energy = 1 / t.energy[0];
                } else if (macs > 0) {
                    priced[k].macs = 1 / t.macs[0];
                    priced[k].latency = fmax(priced[k].latency,
                                             TIE / t.latency[0]);
                } else {
                    priced[k].latency = 1 / t.latency[0];
                }
            } else if (i == g->limits) {
                priced[k].latency = 1 / t.latency[0];
            }
        }
    }
    for (size_t k = 0; k < 2; k++) {
        if (k && !memcmp(&priced[0], &priced[1], sizeof *priced))
            break;
        l->n = 0;
        if (!isnan(g->weight))
            try_weight(l, g->weight, &priced[k]);
        for (size_t i = 0; i < WEIGHTS; i++) {
            double x = 16 * ((double)i + 0.5) / WEIGHTS - 8;

            try_weight(l, 1 / (1 + exp(-x)), &priced[k]);
        }
    }
}

static void search_programme(const struct map_case *c,
                             const struct map_references *r, double work,
                             struct map_keep *k)
{
    struct ladder l = {.c = c, .keep = k};
    struct map_plan from[POLISHED];
    size_t n, few = 0, most = map_most_on(c);

    while (few <= most && map_exact_work(c, few) <= PART * fmin(work, MAP_WORK))
        few++;
    if (few > 0)
        map_exact(c, few - 1, k);
    map_shares_init(&l.shares, c->samples, NULL);
    map_walk_init(&l.walk, c, k);
    try_weights(&l, r);
    l.walk.prices = NULL;
    n = k->n < POLISHED ? k->n : POLISHED;
    for (size_t i = 0; i < n; i++)
        map_plan_copy(&from[i], &k->best[i].plan);
    for (size_t i = 0; i < n; i++)
        map_descend(&l.walk, true, &from[i]);
    map_walk_fini(&l.walk);
    map_shares_fini(&l.shares);
}

/* ---- all methods ---- */

int map_paper_takes(const struct map_goal *g, size_t per_processor,
                    bool settled, struct err *e)
{
    if (isnan(g->weight))
        return err_set(e, ERR_ARG, "--method=paper needs --weight");
    if (g->minimise < MAP_MACS || g->minimise > MAP_ENERGY)
        return err_set(e, ERR_ARG,
                       "--method=paper minimises macs, latency or energy, not "
                       "%s",
                       map_metric_names[g->minimise]);
    if (settled || per_processor != 1)
        return err_set(e, ERR_ARG,
                       "--method=paper has one exit on each processor: it "
                       "takes --exits-per-processor=1, and no --plan");
    return 0;
}

int map_search(const struct map_case *c, const struct map_references *r,
               enum map_method method, double work, struct map_keep *k,
               bool *exact, struct err *e)
{
    size_t most = map_most_on(c);
    double all = map_exact_work(c, most);
    struct map_plan none;
    struct map_outcome o;

    if (method == MAP_PAPER && map_paper_work(c) > work)
        return err_set(e, ERR_FORMAT,
                       "the paper's graphs are too much work, as of %.2g "
                       "plans; try --method=programme or more --max-work",
                       map_paper_work(c));
    if (method == MAP_EXACT && all > work)
        return err_set(e, ERR_FORMAT,
                       "exact search is too much work, as of %.2g plans; try "
                       "--method=programme, a smaller --exits-per-processor, "
                       "a coarser --grid-step or more --max-work",
                       all);
    *exact = method == MAP_EXACT || (method == MAP_AUTO && all <= work);
    /* There is a plan, whatever memory and limits allow. */
    map_plan_copy(&none, c->fixed ? c->fixed : &r->base.plan);
    for (size_t s = 0; s < none.segments; s++)
        none.s[s].value = MAP_OFF;
    map_plan_join(&none);
    keep_judge(k, &none, &o);
    if (method == MAP_PAPER)
        map_paper(c, k);
    else if (*exact)
        map_exact(c, most, k);
    else
        search_programme(c, r, work, k);
    if (!*exact)
        keep_tidy(k);
    return 0;
}
