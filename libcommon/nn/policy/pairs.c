/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

#define VALUES 255 /* pairs of more would not be a table any more */

/* Sums over samples. */
struct pair_cell {
    uint32_t n;
    uint32_t right_first, right_last, right_else; /* at i, at j, and where they
                                                   * leave if they pass both */
    double cost_else[1 + BOUNDS_ALSO]; /* of leaving there with i and j off */
};

struct pairs {
    struct tunespace *s;
    size_t i, j, bins;
    uint16_t at[NET_MAX_EXITS]; /* the choice at hand */
    uint16_t *answer;
    struct outcome *best;
    double cost[1 + BOUNDS_ALSO][NET_MAX_EXITS]; /* with i and j off */
    /* (bins + 1, bins + 1) by bin at i and at j.  The last column has samples that
     * leave between i and j if they pass i, the last entry of all those that leave
     * before i. */
    struct pair_cell *cell;
    /* Sums over the bins at i that leave there and over those that pass: */
    uint32_t leaving, leaving_right;
    struct pair_cell *stay; /* (bins + 1) by column */
};

bool pairs_fit(const struct tunespace *s)
{
    return s->values <= VALUES;
}

static void merge(const struct pairs *p, struct pair_cell *to,
                  const struct pair_cell *from)
{
    to->n += from->n;
    to->right_first += from->right_first;
    to->right_last += from->right_last;
    to->right_else += from->right_else;
    for (size_t k = 0; k < p->s->costs; k++)
        to->cost_else[k] += from->cost_else[k];
}

/* Count the samples: where i is off, or is j, all of them in row 0.  All leave at
 * i.  No branch depends on a sample, which no processor would foresee. */
static void count(struct pairs *p)
{
    struct tunespace *s = p->s;
    size_t i = p->i, j = p->j, bins = p->bins, width = bins + 1,
           samples = s->samples, costs = s->costs;
    struct pair_cell *cell = p->cell;
    bool rows = i != j && p->at[i] != s->off;
    int16_t *leave = xcalloc(s->padded, 2 * sizeof *leave),
            *zero = leave + s->padded;

    tunespace_room(s, s->early);
    const int16_t *first = rows ? tunespace_codes(s, i, p->at) : zero,
                  *last = tunespace_codes(s, j, p->at);
    memcpy(leave, s->final, s->padded * sizeof *leave);
    for (size_t e = s->early; e-- > 0;)
        if (e != i && e != j && p->at[e] != s->off)
            tunespace_leave_at(s, e, p->at[e], tunespace_codes(s, e, p->at),
                               leave);
    memset(cell, 0, width * width * sizeof *cell);
    memset(p->stay, 0, width * sizeof *p->stay);
    for (size_t k = 0; k < samples; k++) {
        size_t exit = (size_t)leave[k] >> 1, row = (size_t)first[k] >> 1,
               column = (size_t)last[k] >> 1;

        row = exit < i ? bins : row;
        column = exit < j ? bins : column;
        struct pair_cell *to = &cell[row * width + column];
        to->n++;
        to->right_first += first[k] & 1;
        to->right_last += last[k] & 1;
        to->right_else += leave[k] & 1;
        for (size_t c = 0; c < costs; c++)
            to->cost_else[c] += p->cost[c][exit];
    }
    free(leave);
    p->leaving = p->leaving_right = 0;
    for (size_t x = 0; x < bins * width; x++) {
        p->leaving += cell[x].n;
        p->leaving_right += cell[x].right_first;
    }
}

/* Let the samples of one bin at i pass. */
static void pass_row(struct pairs *p, size_t row)
{
    size_t width = p->bins + 1;

    for (size_t b = 0; b < width; b++) {
        const struct pair_cell *from = &p->cell[row * width + b];

        p->leaving -= from->n;
        p->leaving_right -= from->right_first;
        merge(p, &p->stay[b], from);
    }
}

/* Try every choice at j. */
static void try_last(struct pairs *p)
{
    struct tunespace *s = p->s;
    const struct pair_cell *stay = p->stay, *between = stay + p->bins,
                           *before = &p->cell[p->bins * (p->bins + 2)];
    struct pair_cell leave = {0}, pass = {0};
    double gone[1 + BOUNDS_ALSO], paid[1 + BOUNDS_ALSO];

    for (size_t k = 0; k < s->costs; k++) {
        paid[k] = p->i != p->j && p->at[p->i] != s->off ? s->cost[k]->fee[p->i]
                                                        : 0;
        gone[k] = before->cost_else[k] + p->leaving * p->cost[k][p->i] +
                  between->cost_else[k] + between->n * paid[k];
    }
    for (size_t b = 0; b < p->bins; b++) {
        leave.n += stay[b].n;
        leave.right_last += stay[b].right_last;
    }
    for (uint16_t c = 0; c <= s->off; c++) {
        struct totals x = {.right = (double)before->right_else +
                                    p->leaving_right + between->right_else};

        merge(p, &pass, &stay[c]); /* off: those of the last bin, too */
        leave.n -= stay[c].n;
        leave.right_last -= stay[c].right_last;
        p->at[p->j] = c;
        x.right += (double)leave.right_last + pass.right_else;
        for (size_t k = 0; k < s->costs; k++)
            x.cost[k] = gone[k] + leave.n * (p->cost[k][p->j] + paid[k]) +
                        pass.cost_else[k] +
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
    p.cell = xmalloc((p.bins + 1) * (p.bins + 1) * sizeof *p.cell);
    p.stay = xmalloc((p.bins + 1) * sizeof *p.stay);
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
    free(p.cell);
    free(p.stay);
    return outcome_compare(best, &was) < 0;
}
