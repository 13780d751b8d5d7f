/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/propose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/search/outcome.h"
#include "libcommon/stats/sort.h"
#include "tools/nsga2-step/evolve.h"
#include "tools/nsga2-step/fill.h"
#include "tools/nsga2-step/spread.h"

/* ---- what was measured ---- */

struct measured {
    struct genomes seen; /* every genome of the archive */
    double *f;           /* (n, 2): -accuracy, macs of those that are ok */
    uint32_t *entry;     /* (n) their places in the archive */
    double *violation;   /* (n) of the limits, where they come first */
    uint32_t *rank;      /* (n) */
    size_t n;
};

/* Returns by how much a design breaks the limits where these come first, else
 * 0. */
static double violation(const struct propose_opts *o, double accuracy,
                        double macs)
{
    const struct limits l = {o->min_accuracy, o->max_macs};

    return o->limits == LIMITS_FIRST ? limits_violation(&l, accuracy, macs) : 0;
}

static int measure(const struct space *space, const struct archive *a,
                   const struct predictor *accuracy,
                   const struct predictor *macs, const struct propose_opts *o,
                   struct measured *m, struct err *e)
{
    genomes_init(&m->seen, space->genes.n);
    m->f = xcalloc(a->n, 2 * sizeof *m->f);
    m->violation = xcalloc(a->n, sizeof *m->violation);
    m->entry = xcalloc(a->n, sizeof *m->entry);
    m->rank = xcalloc(a->n, sizeof *m->rank);
    for (size_t i = 0; i < a->n; i++) {
        const struct result *r = &a->v[i];
        double acc, cost;

        if (genes_check(&space->genes, &r->summary.genome, e) < 0)
            return err_prefix(e, "result %s", result_key(r));
        genomes_add(&m->seen, r->summary.genome.v);
        if (r->status == RESULT_FAILED)
            continue;
        if (result_metric(r, accuracy->target, &acc, e) < 0 ||
            result_metric(r, macs->target, &cost, e) < 0)
            return e->code;
        m->f[2 * m->n] = accuracy->invert ? acc - 1 : -acc;
        m->f[2 * m->n + 1] = cost;
        m->entry[m->n++] = (uint32_t)i;
    }
    for (size_t i = 0; i < m->n; i++)
        m->violation[i] = violation(o, -m->f[2 * i], m->f[2 * i + 1]);
    front_sort_limited(m->f, m->violation, m->n, 2, m->rank);
    return 0;
}

/* Set member to the members of the measured front, least MACs first.  Returns
 * how many there are. */
static size_t front_members(const struct measured *m, uint32_t *member)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++)
        if (m->rank[i] == 0)
            member[n++] = (uint32_t)i;
    sort_rows(m->f + 1, 2, 1, member, n);
    return n;
}

/* Set *start to the measured front or, where that is larger than a population,
 * to its least crowded members. */
static void seed(const struct archive *a, const struct measured *m, size_t pop,
                 struct genomes *start)
{
    uint32_t *member = xcalloc(m->n, sizeof *member);
    size_t n = front_members(m, member);
    uint32_t *order = xcalloc(n, sizeof *order);
    double *distance = xcalloc(n, sizeof *distance);

    front_crowding(m->f, 2, member, n, distance);
    for (size_t i = 0; i < n; i++)
        distance[i] = -distance[i];
    sort_values(distance, n, order);
    for (size_t i = 0; i < n && i < pop; i++)
        genomes_add(start, a->v[m->entry[member[order[i]]]].summary.genome.v);
    free(member);
    free(order);
    free(distance);
}

/* ---- what is predicted ---- */

struct scorer {
    const struct predictor *accuracy, *macs;
    const struct propose_opts *o;
    double phi_accuracy, phi_macs;
    double unit; /* of the MACs */
};

/* Returns phi * v + (1 - phi) * penalty * max(0, v - 1) for v in units of its
 * limit: Eq. 19 as D12 reads it. */
static double hinge(double v, double phi, double penalty)
{
    return phi * v + (1 - phi) * penalty * fmax(0, v - 1);
}

static void score(void *ctx, const int64_t *genomes, size_t n, double *f,
                  double *broken)
{
    const struct scorer *s = ctx;
    double *accuracy = xcalloc(n, 2 * sizeof *accuracy), *macs = accuracy + n;

    predictor_ask(s->accuracy, genomes, n, accuracy);
    predictor_ask(s->macs, genomes, n, macs);
    for (size_t i = 0; i < n; i++) {
        const struct propose_opts *o = s->o;
        double error = 1 - accuracy[i];

        f[2 * i] = error;
        f[2 * i + 1] = macs[i] / s->unit;
        if (o->limits == LIMITS_PENALTY) {
            if (!isnan(o->min_accuracy) && o->min_accuracy < 1)
                f[2 * i] = hinge(error / (1 - o->min_accuracy), s->phi_accuracy,
                                 o->penalty);
            f[2 * i + 1] = hinge(macs[i] / s->unit, s->phi_macs, o->penalty);
        }
        broken[i] = violation(o, accuracy[i], macs[i]);
    }
    free(accuracy);
}

/* Pick k of the first n_fresh fresh genomes, so that their predicted MACs and
 * the MACs of the measured front are evenly spread. */
static void pick(const struct measured *m, const struct predictor *macs,
                 const struct genomes *fresh, size_t n_fresh, size_t k,
                 struct proposal *out)
{
    double *value = xcalloc(n_fresh, sizeof *value);
    uint32_t *chosen = xcalloc(k, sizeof *chosen);
    uint32_t *member = xcalloc(m->n, sizeof *member);
    size_t n = front_members(m, member);
    double *fixed = xcalloc(n, sizeof *fixed);

    for (size_t i = 0; i < n; i++)
        fixed[i] = m->f[2 * member[i] + 1];
    predictor_ask(macs, genomes_at(fresh, 0), n_fresh, value);
    if (k)
        spread_choose(fixed, n, value, n_fresh, k, chosen);
    for (size_t i = 0; i < k; i++)
        genomes_add(&out->genomes, genomes_at(fresh, chosen[i]));
    out->chosen = k;
    free(value);
    free(chosen);
    free(member);
    free(fixed);
}

/* Fill the proposal up to k genomes with random ones that neither it nor the
 * archive has. */
static void fill(const struct space *space, const struct measured *m,
                 struct rng *r, size_t k, struct proposal *out)
{
    struct genomes taken;
    size_t known = m->seen.n + out->genomes.n;

    genomes_init(&taken, space->genes.n);
    for (size_t i = 0; i < m->seen.n; i++)
        genomes_add(&taken, genomes_at(&m->seen, i));
    for (size_t i = 0; i < out->genomes.n; i++)
        genomes_add(&taken, genomes_at(&out->genomes, i));
    fill_random(&space->genes, r, &taken, k - out->genomes.n);
    for (size_t i = known; i < taken.n; i++)
        genomes_add(&out->genomes, genomes_at(&taken, i));
    genomes_free(&taken);
}

static void search(const struct space *space, const struct archive *a,
                   const struct measured *m, struct scorer *s,
                   struct proposal *out)
{
    const struct propose_opts *o = s->o;
    uint64_t it = o->iteration == NIL_INT ? 0 : (uint64_t)o->iteration;
    struct rng r = rng_make(o->seed, "nsga2", it, 0);
    struct evolve_opts eo = {
        .pop = (size_t)o->pop,
        .generations = (size_t)o->generations,
        .objectives = 2,
        .vary = o->vary,
        .score = score,
        .ctx = s,
    };
    struct genomes pop, fresh;
    size_t k = (size_t)o->k, n = 0;
    double *f, *broken;

    genomes_init(&pop, space->genes.n);
    genomes_init(&out->genomes, space->genes.n);
    seed(a, m, eo.pop, &pop);
    evolve(&space->genes, &eo, &r, &pop);
    genomes_init(&fresh, pop.genes); /* those not measured, best first */
    for (size_t i = 0; i < pop.n; i++)
        if (!genomes_has(&m->seen, genomes_at(&pop, i)))
            genomes_add(&fresh, genomes_at(&pop, i));
    /* The genomes to choose from are those predicted within the limits, which
     * come first, and the least violating ones where these are fewer than k. */
    f = xcalloc(fresh.n, 3 * sizeof *f);
    broken = f + 2 * fresh.n;
    score(s, genomes_at(&fresh, 0), fresh.n, f, broken);
    while (n < fresh.n && (n < k || broken[n] <= 0))
        n++;
    free(f);
    pick(m, s->macs, &fresh, n, fresh.n < k ? fresh.n : k, out);
    fill(space, m, &r, k, out);
    genomes_free(&pop);
    genomes_free(&fresh);
}

int propose(const struct space *space, const struct archive *a,
            const struct predictor *accuracy, const struct predictor *macs,
            const struct propose_opts *o, struct proposal *out, struct err *e)
{
    struct measured m = {0};
    int rc = measure(space, a, accuracy, macs, o, &m, e);

    *out = (struct proposal){0};
    if (rc == 0) {
        struct scorer s = {.accuracy = accuracy, .macs = macs, .o = o};
        size_t n;
        double accurate = 0, cheap = 0;

        /* phi (D11) has one value for the whole iteration, 1 without a
         * limit. */
        for (size_t i = 0; i < m.n; i++) {
            accurate += -m.f[2 * i] >= o->min_accuracy;
            cheap += m.f[2 * i + 1] <= o->max_macs;
        }
        s.phi_accuracy = isnan(o->min_accuracy) || !m.n
                             ? 1
                             : accurate / (double)m.n;
        s.phi_macs = isnan(o->max_macs) || !m.n ? 1 : cheap / (double)m.n;
        out->phi = s.phi_macs;
        /* The unit of the MACs (D12) is their limit or, without one, what is
         * predicted for the largest design. */
        s.unit = o->max_macs;
        if (isnan(s.unit)) {
            int64_t *genome = xcalloc(space->genes.n, sizeof *genome);

            space_max_corner(space, genome);
            predictor_ask(macs, genome, 1, &s.unit);
            s.unit = s.unit > 0 ? s.unit : 1;
            free(genome);
        }
        search(space, a, &m, &s, out);

        n = out->genomes.n;
        out->accuracy = xcalloc(n, sizeof *out->accuracy);
        out->macs = xcalloc(n, sizeof *out->macs);
        predictor_ask(accuracy, genomes_at(&out->genomes, 0), n, out->accuracy);
        predictor_ask(macs, genomes_at(&out->genomes, 0), n, out->macs);
    }
    genomes_free(&m.seen);
    free(m.f);
    free(m.violation);
    free(m.entry);
    free(m.rank);
    return rc;
}

void proposal_fini(struct proposal *p)
{
    genomes_free(&p->genomes);
    free(p->accuracy);
    free(p->macs);
}
