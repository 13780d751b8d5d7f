/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/policy/pairs.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* Samples of a bin at the second exit: how many, and how many of them this exit
 * and the final one get right. */
struct cell {
    uint32_t n, right, right_final;
};

struct pairs {
    struct tunespace *s;
    struct outcome best;
    uint16_t at[NET_MAX_EXITS]; /* the choice at hand */
    uint16_t *answer;
    struct cell *cell; /* (bins, bins): by bin at the first and at the second
                         * exit; with one exit a single row */
    struct cell *stay; /* (bins) sums over the rows that pass the first exit */
    uint32_t *right;   /* (bins) right at the first exit, by bin there */
    size_t bins;
};

bool pairs_fit(const struct tunespace *s)
{
    return s->early <= 2 && s->values <= PAIRS_VALUES;
}

/* Count the samples in p->cell and p->right; a first exit that is off has all of
 * them in bin 0. */
static void count(struct pairs *p)
{
    struct tunespace *s = p->s;
    size_t last = s->early - 1;
    bool two = s->early == 2 && p->at[0] != s->off;

    tunespace_room(s, 2);
    const int16_t *code = tunespace_codes(s, last, p->at),
                  *first = two ? tunespace_codes(s, 0, p->at) : NULL;
    memset(p->cell, 0, (two ? p->bins : 1) * p->bins * sizeof *p->cell);
    memset(p->right, 0, p->bins * sizeof *p->right);
    for (size_t k = 0; k < s->samples; k++) {
        size_t row = first ? (size_t)first[k] >> 1 : 0;
        struct cell *c = &p->cell[row * p->bins + (size_t)(code[k] >> 1)];

        c->n++;
        c->right += code[k] & 1;
        c->right_final += s->final[k] & 1;
        p->right[row] += first ? first[k] & 1 : 0;
    }
}

/* Try every choice of the last early exit for the samples in p->stay, `gone' being
 * the sums of those that have left before. */
static void try_last(struct pairs *p, const struct totals *gone)
{
    struct tunespace *s = p->s;
    size_t last = s->early - 1;
    struct cell leave = {0}, pass = {0};

    for (size_t b = 0; b < p->bins; b++) {
        leave.n += p->stay[b].n;
        leave.right += p->stay[b].right;
        pass.right_final += p->stay[b].right_final;
    }
    struct cell off = {leave.n, 0, pass.right_final};
    pass.right_final = 0;
    for (uint16_t c = 0; c <= s->off; c++) {
        struct totals x = *gone;

        if (c < s->off) {
            leave.n -= p->stay[c].n;
            leave.right -= p->stay[c].right;
            pass.n += p->stay[c].n;
            pass.right_final += p->stay[c].right_final;
        } else {
            leave = (struct cell){0};
            pass = off;
        }
        p->at[last] = c;
        x.right += (double)leave.right + pass.right_final;
        for (size_t k = 0; k < s->costs; k++) {
            const struct halt_cost *cost = s->cost[k];
            double fees = last > 0 && p->at[0] != s->off ? cost->fee[0] : 0;

            x.cost[k] += leave.n * (cost->base[last] + fees) +
                         pass.n * (cost->base[last + 1] + fees +
                                   (c < s->off ? cost->fee[last] : 0));
        }
        if (tunespace_beats(s, p->at, &x, &p->best))
            memcpy(p->answer, p->at, s->early * sizeof *p->answer);
    }
}

bool pairs_search(struct tunespace *s, const struct outcome *than,
                  uint16_t *choice)
{
    struct pairs p = {
        .s = s, .best = *than, .answer = choice, .bins = (size_t)s->values + 1};
    struct totals gone = {0};
    size_t row = p.bins * sizeof *p.stay;

    if (s->samples + s->values > s->o->work)
        return false;
    p.cell = xcalloc(s->early == 2 ? p.bins : 1, row);
    p.stay = xcalloc(1, row);
    p.right = xcalloc(p.bins, sizeof *p.right);
    count(&p);
    if (s->early == 2) {
        uint32_t n = 0;

        gone.right = 0;
        for (size_t b = 0; b < p.bins; b++)
            gone.right += p.right[b];
        for (uint16_t c = 0; c < s->off; c++) {
            for (size_t b = 0; b < p.bins; b++) {
                const struct cell *more = &p.cell[c * p.bins + b];

                p.stay[b].n += more->n;
                p.stay[b].right += more->right;
                p.stay[b].right_final += more->right_final;
                n += more->n;
            }
            gone.right -= p.right[c];
            for (size_t k = 0; k < s->costs; k++)
                gone.cost[k] = (double)(s->samples - n) * s->cost[k]->base[0];
            p.at[0] = c;
            try_last(&p, &gone);
        }
        p.at[0] = s->off;
        gone = (struct totals){0};
        count(&p);
    }
    memcpy(p.stay, p.cell, row);
    try_last(&p, &gone);
    free(p.cell);
    free(p.stay);
    free(p.right);
    return true;
}
