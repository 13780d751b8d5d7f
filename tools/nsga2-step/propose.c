/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/propose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/stats/sort.h"
#include "tools/nsga2-step/evolve.h"
#include "tools/nsga2-step/fill.h"

/* ---- what was measured ---- */

struct measured {
    struct genomes seen; /* every genome of the archive */
    double *rows;        /* (n, figures) of those that are ok */
    double *f;           /* (n, objectives) minimised */
    uint32_t *entry;     /* (n) their places in the archive */
    double *violation;   /* (n) of the limits, where they come first */
    uint32_t *rank;      /* (n) */
    size_t n;
};

static int measure(const struct space *space, const struct archive *a,
                   const struct problem *p, const struct propose_opts *o,
                   struct measured *m, struct err *e)
{
    size_t objectives = p->objectives.n;

    genomes_init(&m->seen, space->genes.n);
    m->rows = xcalloc(a->n, p->figures * sizeof *m->rows);
    m->f = xcalloc(a->n, objectives * sizeof *m->f);
    m->violation = xcalloc(a->n, sizeof *m->violation);
    m->entry = xcalloc(a->n, sizeof *m->entry);
    m->rank = xcalloc(a->n, sizeof *m->rank);
    for (size_t i = 0; i < a->n; i++) {
        const struct result *r = &a->v[i];
        double *row = m->rows + m->n * p->figures;

        if (genes_check(&space->genes, &r->summary.genome, e) < 0)
            return err_prefix(e, "result %s", result_key(r));
        genomes_add(&m->seen, r->summary.genome.v);
        if (r->status == RESULT_FAILED)
            continue;
        if (problem_measured(p, r, row, e) < 0)
            return e->code;
        problem_objectives(p, row, m->f + m->n * objectives);
        if (o->limits == LIMITS_FIRST)
            m->violation[m->n] = problem_violation(p, row);
        m->entry[m->n++] = (uint32_t)i;
    }
    front_sort_limited(m->f, m->violation, m->n, objectives, m->rank);
    return 0;
}

/* Set member to the members of the measured front, by their last objective.
 * Returns how many there are. */
static size_t front_members(const struct measured *m, size_t objectives,
                            uint32_t *member)
{
    size_t n = 0;

    for (size_t i = 0; i < m->n; i++)
        if (m->rank[i] == 0)
            member[n++] = (uint32_t)i;
    sort_rows(m->f + objectives - 1, objectives, 1, member, n);
    return n;
}

/* Set *start to the measured front or, where that is larger than a population,
 * to its least crowded members. */
static void seed(const struct archive *a, const struct measured *m,
                 size_t objectives, size_t pop, struct genomes *start)
{
    uint32_t *member = xcalloc(m->n, sizeof *member);
    size_t n = front_members(m, objectives, member);
    uint32_t *order = xcalloc(n, sizeof *order);
    double *distance = xcalloc(n, sizeof *distance);

    front_crowding(m->f, objectives, member, n, distance);
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
    const struct problem *problem;
    const struct propose_opts *o;
    struct reference scale;
    double phi[OBJECTIVES_MAX]; /* D11; 1 without a limit */
};

/* Set phi, one value per objective for the whole iteration: the share of the
 * measured results that keep its limit. */
static void set_phi(struct scorer *s, const struct measured *m)
{
    const struct problem *p = s->problem;

    for (size_t j = 0; j < p->objectives.n; j++) {
        double bound = problem_bound(p, j), keep = 0;

        for (size_t i = 0; i < m->n; i++) {
            double v = m->rows[i * p->figures + p->figure_of_objective[j]];

            keep += bound_violation(v, bound, !p->objectives.v[j].maximise) <=
                    0;
        }
        s->phi[j] = m->n ? keep / (double)m->n : 1;
    }
}

/* Score genomes by their objectives in units of the scale, with Eq. 19's penalty
 * where that is asked for, and by how much they break limits that come first. */
static void score(void *ctx, const int64_t *genomes, size_t n, double *f,
                  double *broken)
{
    const struct scorer *s = ctx;
    const struct problem *p = s->problem;
    double *rows = xcalloc(n, p->figures * sizeof *rows);

    problem_predict(p, genomes, n, rows);
    for (size_t i = 0; i < n; i++) {
        const double *row = rows + i * p->figures;

        for (size_t j = 0; j < p->objectives.n; j++, f++) {
            double best = s->scale.best[j], range = s->scale.worst[j] - best;
            double limit = (problem_bound(p, j) - best) / range;

            *f = (row[p->figure_of_objective[j]] - best) / range;
            /* Eq. 19 as D12 reads it, for f in units of its limit. */
            if (s->o->limits == LIMITS_PENALTY && limit > 0) {
                double v = *f / limit, phi = s->phi[j];

                *f = phi * v + (1 - phi) * s->o->penalty * fmax(0, v - 1);
            }
        }
        broken[i] = s->o->limits == LIMITS_FIRST ? problem_violation(p, row)
                                                 : 0;
    }
    free(rows);
}

/* ---- what is proposed ---- */

/* Pick k of the first n fresh genomes beside the measured front. */
static void pick(const struct scorer *s, const struct measured *m,
                 const struct genomes *fresh, size_t n, size_t k,
                 struct proposal *out)
{
    const struct problem *p = s->problem;
    size_t objectives = p->objectives.n;
    const struct pick_opts po = {s->o->pick, objectives, s->o->spread};
    uint32_t *member = xcalloc(m->n, sizeof *member);
    size_t n_front = front_members(m, objectives, member);
    double *front = xcalloc(n_front, objectives * sizeof *front);
    double *rows = xcalloc(n, p->figures * sizeof *rows);
    double *f = xcalloc(n, objectives * sizeof *f);
    uint32_t *chosen = xcalloc(k, sizeof *chosen);

    for (size_t i = 0; i < n_front; i++)
        memcpy(front + i * objectives, m->f + member[i] * objectives,
               objectives * sizeof *front);
    problem_predict(p, genomes_at(fresh, 0), n, rows);
    for (size_t i = 0; i < n; i++)
        problem_objectives(p, rows + i * p->figures, f + i * objectives);
    if (k)
        pick_choose(&po, front, n_front, f, n, k, chosen);
    for (size_t i = 0; i < k; i++)
        genomes_add(&out->genomes, genomes_at(fresh, chosen[i]));
    out->chosen = k;
    free(member);
    free(front);
    free(rows);
    free(f);
    free(chosen);
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
    size_t objectives = s->problem->objectives.n;
    uint64_t it = o->iteration == NIL_INT ? 0 : (uint64_t)o->iteration;
    struct rng r = rng_make(o->seed, "nsga2", it, 0);
    struct evolve_opts eo = {
        .pop = (size_t)o->pop,
        .generations = (size_t)o->generations,
        .objectives = objectives,
        .vary = o->vary,
        .score = score,
        .ctx = s,
    };
    struct genomes pop, fresh;
    size_t k = (size_t)o->k, n = 0;
    double *f, *broken;

    genomes_init(&pop, space->genes.n);
    genomes_init(&out->genomes, space->genes.n);
    seed(a, m, objectives, eo.pop, &pop);
    evolve(&space->genes, &eo, &r, &pop);
    genomes_init(&fresh, pop.genes); /* those not measured, best first */
    for (size_t i = 0; i < pop.n; i++)
        if (!genomes_has(&m->seen, genomes_at(&pop, i)))
            genomes_add(&fresh, genomes_at(&pop, i));
    /* The genomes to choose from are those predicted within the limits, which
     * come first, and the least violating ones where these are fewer than k. */
    f = xcalloc(fresh.n, (objectives + 1) * sizeof *f);
    broken = f + objectives * fresh.n;
    score(s, genomes_at(&fresh, 0), fresh.n, f, broken);
    while (n < fresh.n && (n < k || broken[n] <= 0))
        n++;
    free(f);
    pick(s, m, &fresh, n, fresh.n < k ? fresh.n : k, out);
    fill(space, m, &r, k, out);
    genomes_free(&pop);
    genomes_free(&fresh);
}

/* Eq. 19 has one limit on the cost, and D13 adds one on accuracy.  A limit is a
 * unit only on the worse side of the best value that there could be. */
static int check_penalty(const struct problem *p, struct err *e)
{
    size_t most = 0, least = 0;

    for (size_t i = 0; i < p->limits.n; i++) {
        const struct limit *l = &p->limits.v[i];
        size_t j = objectives_find(&p->objectives, l->name);

        if (j == p->objectives.n ||
            !isnan(p->objectives.v[j].maximise ? l->max : l->min))
            return err_set(e, ERR_ARG,
                           "--limits=penalty takes a maximum of a minimised "
                           "objective and a minimum of a maximised one, not "
                           "the limit on %s",
                           l->name);
        if (p->objectives.v[j].maximise
                ? !metric_is_share(l->name) || l->min >= 1
                : l->max <= 0)
            return err_set(e, ERR_ARG,
                           "--limits=penalty does not take the limit on %s: a "
                           "minimum is below 1 and of a share such as "
                           "accuracy, a maximum is above 0",
                           l->name);
        most += !p->objectives.v[j].maximise;
        least += p->objectives.v[j].maximise;
    }
    if (most > 1 || least > 1)
        return err_set(
            e, ERR_ARG,
            "--limits=penalty takes one maximum, as Eq. 19 does, and "
            "one minimum");
    return 0;
}

int propose(const struct space *space, const struct archive *a,
            const struct problem *p, const struct propose_opts *o,
            struct proposal *out, struct err *e)
{
    struct measured m = {0};
    int rc = o->limits == LIMITS_PENALTY ? check_penalty(p, e) : 0;

    *out = (struct proposal){0};
    if (rc == 0)
        rc = measure(space, a, p, o, &m, e);
    if (rc == 0) {
        struct scorer s = {.problem = p, .o = o};
        int64_t *largest = xcalloc(space->genes.n, sizeof *largest);
        double keep = 0;

        space_max_corner(space, largest);
        problem_scale(p, largest, &s.scale);
        free(largest);
        set_phi(&s, &m);
        for (size_t i = 0; i < m.n; i++)
            keep += problem_violation(p, m.rows + i * p->figures) <= 0;
        out->within = m.n ? keep / (double)m.n : 1;
        search(space, a, &m, &s, out);
        out->rows = xcalloc(out->genomes.n, p->figures * sizeof *out->rows);
        problem_predict(p, genomes_at(&out->genomes, 0), out->genomes.n,
                        out->rows);
    }
    genomes_free(&m.seen);
    free(m.rows);
    free(m.f);
    free(m.violation);
    free(m.entry);
    free(m.rank);
    return rc;
}

void proposal_fini(struct proposal *p)
{
    genomes_free(&p->genomes);
    free(p->rows);
}
