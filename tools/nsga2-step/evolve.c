/* SPDX-License-Identifier: MIT */
#include "tools/nsga2-step/evolve.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/search/front.h"
#include "libcommon/stats/sort.h"
#include "tools/nsga2-step/fill.h"

/* Individuals 0 .. n_parents-1 are the parents; their children follow. */
struct population {
    const struct genes *g;
    const struct evolve_opts *o;
    struct rng *r;
    struct genomes all; /* parents and children, no two equal */
    size_t n_parents;
    double *f;         /* (2 pop, objectives) */
    double *violation; /* (2 pop) */
    uint32_t *rank;    /* (2 pop) */
    double *crowding;  /* (2 pop) */
    uint32_t *order;   /* (2 pop) scratch */
};

/* Score the individuals from `first` on, and rank all of them. */
static void score_from(struct population *p, size_t first)
{
    if (first < p->all.n)
        p->o->score(p->o->ctx, genomes_at(&p->all, first), p->all.n - first,
                    p->f + first * p->o->objectives, p->violation + first);
    front_sort_limited(p->f, p->violation, p->all.n, p->o->objectives, p->rank);
    front_crowding_all(p->f, p->all.n, p->o->objectives, p->rank, p->crowding);
}

/* Returns the better of two parents drawn at random: the one of lower rank or,
 * in one front, of larger crowding distance. */
static size_t tournament(struct population *p)
{
    size_t a = (size_t)rng_below(p->r, p->n_parents);
    size_t b = (size_t)rng_below(p->r, p->n_parents);

    if (p->rank[a] != p->rank[b])
        return p->rank[a] < p->rank[b] ? a : b;
    return p->crowding[a] >= p->crowding[b] ? a : b;
}

/* Add at most as many children as there are parents.  A child that equals an
 * individual is dropped, and the number of tries is limited, since the space
 * may hold nothing more. */
static void breed(struct population *p)
{
    size_t bytes = p->g->n * sizeof(int64_t), target = 2 * p->n_parents;
    int64_t *scratch = xcalloc(4, bytes);
    int64_t *children[2] = {scratch, scratch + p->g->n};
    int64_t *mother = children[1] + p->g->n, *father = mother + p->g->n;

    for (size_t try = 0; p->all.n < target && try < 20 * target; try++) {
        const int64_t *parents[2] = {mother, father};

        memcpy(mother, genomes_at(&p->all, tournament(p)), bytes);
        memcpy(father, genomes_at(&p->all, tournament(p)), bytes);
        vary_children(&p->o->vary, p->g, p->r, parents, children);
        genomes_add(&p->all, children[0]);
        if (p->all.n < target)
            genomes_add(&p->all, children[1]);
    }
    free(scratch);
}

/* Replace the first n rows of v (.., width) by the rows that the first n
 * entries of p->order name, in that order. */
static void reorder(const struct population *p, size_t n, size_t width,
                    double *v)
{
    double *sorted = xcalloc(n, width * sizeof *sorted);

    for (size_t i = 0; i < n; i++)
        memcpy(sorted + i * width, v + p->order[i] * width, width * sizeof *v);
    memcpy(v, sorted, n * width * sizeof *v);
    free(sorted);
}

/* Keep the best n individuals, by rank and then by falling crowding distance.
 * They are the next parents. */
static void survive(struct population *p, size_t n)
{
    struct genomes kept;
    double *key = xcalloc(p->all.n, 2 * sizeof *key);

    for (size_t i = 0; i < p->all.n; i++) {
        key[2 * i] = p->rank[i];
        key[2 * i + 1] = -p->crowding[i];
    }
    sort_identity(p->order, p->all.n);
    sort_rows(key, 2, 2, p->order, p->all.n);
    free(key);
    genomes_init(&kept, p->g->n);
    for (size_t i = 0; i < n; i++)
        genomes_add(&kept, genomes_at(&p->all, p->order[i]));
    reorder(p, n, p->o->objectives, p->f);
    reorder(p, n, 1, p->violation);
    genomes_free(&p->all);
    p->all = kept;
    p->n_parents = n;
    score_from(p, n); /* scores nobody, ranks the survivors */
}

void evolve(const struct genes *g, const struct evolve_opts *o, struct rng *r,
            struct genomes *start)
{
    struct population p = {.g = g, .o = o, .r = r};
    size_t n = start->n < o->pop ? start->n : o->pop;

    p.f = xcalloc(2 * o->pop, o->objectives * sizeof *p.f);
    p.violation = xcalloc(2 * o->pop, sizeof *p.violation);
    p.rank = xcalloc(2 * o->pop, sizeof *p.rank);
    p.crowding = xcalloc(2 * o->pop, sizeof *p.crowding);
    p.order = xcalloc(2 * o->pop, sizeof *p.order);
    genomes_init(&p.all, g->n);
    for (size_t i = 0; i < n; i++)
        genomes_add(&p.all, genomes_at(start, i));
    fill_random(g, r, &p.all, o->pop - n);
    p.n_parents = p.all.n;
    score_from(&p, 0);
    for (size_t i = 0; i < o->generations; i++) {
        size_t parents = p.n_parents;

        breed(&p);
        memset(p.violation + parents, 0,
               (p.all.n - parents) * sizeof *p.violation);
        score_from(&p, parents);
        survive(&p, p.all.n < o->pop ? p.all.n : o->pop);
    }
    survive(&p, p.n_parents);
    genomes_free(start);
    *start = p.all;
    free(p.f);
    free(p.violation);
    free(p.rank);
    free(p.crowding);
    free(p.order);
}
