/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define VALUES 255 /* pairs of more would not be a table any more */

/* Sums over samples that leave at one place, by costs where i and j are off. */
struct sums {
    uint32_t n, right;
    double cost[1 + BOUNDS_ALSO];
};

/* Samples of one bin at exit j: right there, and where they leave behind it. */
struct reach {
    uint32_t n, right, right_behind;
    double cost_behind[1 + BOUNDS_ALSO];
};

struct pairs {
    struct tunespace *s;
    size_t i, j, bins;
    uint16_t at[NET_MAX_EXITS]; /* the choice at hand */
    uint16_t *answer;
    struct outcome *best;
    double cost[1 + BOUNDS_ALSO][NET_MAX_EXITS]; /* with i and j off */
    struct sums before;                          /* leaving before i */
    struct sums *here; /* (bins) by bin at i: right there; no costs */
    struct sums
        *between;        /* (bins) by bin at i: leaving before j if they pass */
    struct reach *reach; /* (bins, bins) by bin at i and at j */
    /* Sums over the bins at i that leave there and over those that pass: */
    struct sums leaving, passing;
    struct reach *stay; /* (bins) by bin at j */
};

bool pairs_fit(const struct tunespace *s)
{
    return s->values <= VALUES;
}

/* Set mark (padded) to where samples leave among the exits from .. to - 1, or -1
 * where they do not. */
static void leave_among(struct pairs *p, size_t from, size_t to, int16_t *mark)
{
    struct tunespace *s = p->s;

    memset(mark, 0xff, s->padded * sizeof *mark);
    for (size_t e = to; e-- > from;)
        if (p->at[e] != s->off)
            tunespace_leave_at(s, e, p->at[e], tunespace_codes(s, e, p->at),
                               mark);
}

static void add(const struct pairs *p, struct sums *to, int16_t mark)
{
    to->n++;
    to->right += mark & 1;
    for (size_t k = 0; k < p->s->costs; k++)
        to->cost[k] += p->cost[k][mark >> 1];
}

static void merge_sums(struct sums *to, const struct sums *from)
{
    to->n += from->n;
    to->right += from->right;
    for (size_t k = 0; k < ARRAY_LEN(to->cost); k++)
        to->cost[k] += from->cost[k];
}

static void merge_reach(const struct pairs *p, struct reach *to,
                        const struct reach *from)
{
    to->n += from->n;
    to->right += from->right;
    to->right_behind += from->right_behind;
    for (size_t k = 0; k < p->s->costs; k++)
        to->cost_behind[k] += from->cost_behind[k];
}

/* Count the samples: where i is off, or is j, all of them in row 0.  All leave at
 * i. */
static void count(struct pairs *p)
{
    struct tunespace *s = p->s;
    size_t rows = p->i == p->j || p->at[p->i] == s->off ? 1 : p->bins;
    int16_t *before = xcalloc(3 * s->padded, sizeof *before),
            *between = before + s->padded, *behind = between + s->padded;

    tunespace_room(s, s->early);
    const int16_t *first = rows > 1 ? tunespace_codes(s, p->i, p->at) : NULL,
                  *code = tunespace_codes(s, p->j, p->at);
    leave_among(p, 0, p->i, before);
    leave_among(p, p->i + 1, p->j, between);
    tunespace_leave(s, p->j + 1, p->at, behind);
    p->before = p->leaving = p->passing = (struct sums){0};
    memset(p->stay, 0, p->bins * sizeof *p->stay);
    memset(p->here, 0, rows * sizeof *p->here);
    memset(p->between, 0, rows * sizeof *p->between);
    memset(p->reach, 0, rows * p->bins * sizeof *p->reach);
    for (size_t k = 0; k < s->samples; k++) {
        size_t row = first ? (size_t)first[k] >> 1 : 0;

        if (before[k] >= 0) {
            add(p, &p->before, before[k]);
            continue;
        }
        p->here[row].n++;
        p->here[row].right += first ? first[k] & 1 : 0;
        if (between[k] >= 0) {
            add(p, &p->between[row], between[k]);
            continue;
        }
        struct reach *r = &p->reach[row * p->bins + (size_t)(code[k] >> 1)];

        r->n++;
        r->right += code[k] & 1;
        r->right_behind += behind[k] & 1;
        for (size_t c = 0; c < s->costs; c++)
            r->cost_behind[c] += p->cost[c][behind[k] >> 1];
    }
    for (size_t row = 0; row < rows; row++)
        merge_sums(&p->leaving, &p->here[row]);
    free(before);
}

/* Let the samples of one bin at i pass. */
static void pass_row(struct pairs *p, size_t row)
{
    p->leaving.n -= p->here[row].n;
    p->leaving.right -= p->here[row].right;
    merge_sums(&p->passing, &p->between[row]);
    for (size_t b = 0; b < p->bins; b++)
        merge_reach(p, &p->stay[b], &p->reach[row * p->bins + b]);
}

/* Try every choice at j. */
static void try_last(struct pairs *p)
{
    struct tunespace *s = p->s;
    const struct reach *stay = p->stay;
    struct reach leave = {0}, pass = {0};
    double gone[1 + BOUNDS_ALSO], paid[1 + BOUNDS_ALSO];

    for (size_t k = 0; k < s->costs; k++) {
        paid[k] = p->i != p->j && p->at[p->i] != s->off ? s->cost[k]->fee[p->i]
                                                        : 0;
        gone[k] = p->before.cost[k] + p->leaving.n * p->cost[k][p->i] +
                  p->passing.cost[k] + p->passing.n * paid[k];
    }
    for (size_t b = 0; b < p->bins; b++) {
        leave.n += stay[b].n;
        leave.right += stay[b].right;
    }
    for (uint16_t c = 0; c <= s->off; c++) {
        struct totals x = {.right = (double)p->before.right + p->leaving.right +
                                    p->passing.right};

        merge_reach(p, &pass, &stay[c]); /* off: those of the last bin, too */
        leave.n -= stay[c].n;
        leave.right -= stay[c].right;
        p->at[p->j] = c;
        x.right += (double)leave.right + pass.right_behind;
        for (size_t k = 0; k < s->costs; k++)
            x.cost[k] = gone[k] + leave.n * (p->cost[k][p->j] + paid[k]) +
                        pass.cost_behind[k] +
                        pass.n * (paid[k] +
                                  (c < s->off ? s->cost[k]->fee[p->j] : 0));
        if (tunespace_beats(s, p->at, &x, p->best))
            memcpy(p->answer, p->at, s->early * sizeof *p->answer);
    }
}

bool pairs_improve(struct tunespace *s, size_t i, size_t j, uint16_t *choice,
                   struct outcome *best)
{
    struct pairs p = {.s = s, .i = i, .j = j, .answer = choice, .best = best};
    struct outcome was = *best;

    BUG_IF(!pairs_fit(s) || (s->rule->chained && s->early > 2));
    p.bins = (size_t)s->values + 1;
    p.here = xcalloc(p.bins, sizeof *p.here);
    p.between = xcalloc(p.bins, sizeof *p.between);
    p.reach = xcalloc(i == j ? 1 : p.bins, p.bins * sizeof *p.reach);
    p.stay = xcalloc(p.bins, sizeof *p.stay);
    memcpy(p.at, choice, s->early * sizeof *choice);
    p.at[i] = p.at[j] = s->off;
    for (size_t k = 0; k < s->costs; k++)
        tunespace_costs(s, k, p.at, p.cost[k]);
    p.at[i] = p.at[j] = 0;
    count(&p);
    for (uint16_t c = 0; i != j && c < s->off; c++) {
        p.at[i] = c;
        pass_row(&p, c);
        try_last(&p);
    }
    p.at[i] = i == j ? 0 : s->off;
    p.at[j] = 0;
    if (s->rule->chained && i != j)
        count(&p); /* anew, since later scores know that i is off */
    pass_row(&p, s->rule->chained || i == j ? 0 : s->off);
    try_last(&p);
    free(p.here);
    free(p.between);
    free(p.reach);
    free(p.stay);
    return outcome_compare(best, &was) < 0;
}
