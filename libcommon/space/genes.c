/* SPDX-License-Identifier: MIT */
#include "libcommon/space/genes.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"

void genes_free(struct genes *g)
{
    for (size_t i = 0; i < g->n; i++) {
        struct gene *gene = &g->v[i];

        for (int k = 0; k < gene->n_choices; k++)
            free(gene->choices[k]);
        free(gene->choices);
        free(gene->name);
    }
    free(g->v);
    *g = (struct genes){0};
}

struct gene *genes_add(struct genes *g, const char *name, int stage,
                       const char *const *choices, int n_choices)
{
    struct gene *gene;

    BUG_IF(g->n >= GENES_MAX || n_choices < 1 || n_choices > GENE_CHOICES_MAX);
    if (g->n % 64 == 0)
        g->v = xreallocarray(g->v, g->n + 64, sizeof *g->v);
    gene = &g->v[g->n++];
    *gene = (struct gene){
        .name = xstrdup(name),
        .stage = stage,
        .n_choices = n_choices,
        .choices = xcalloc((size_t)n_choices, sizeof *gene->choices),
        .when = -1,
    };
    for (int k = 0; k < n_choices; k++)
        gene->choices[k] = xstrdup(choices[k]);
    return gene;
}

/* ---- genomes ---- */

bool genes_used(const struct genes *g, const int64_t *genome, size_t i)
{
    for (int at = (int)i; g->v[at].when >= 0; at = g->v[at].when)
        if (genome[g->v[at].when] < g->v[at].when_min)
            return false;
    return true;
}

bool genes_conditions(const struct genes *g, size_t i)
{
    for (size_t k = 0; k < g->n; k++)
        if (g->v[k].when == (int)i)
            return true;
    return false;
}

static bool group_empty(const struct genes *g, const int64_t *genome, int group)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->v[i].group == group && genome[i] > 0)
            return false;
    return true;
}

int genes_check(const struct genes *g, const struct ints *genome, struct err *e)
{
    if (genome->n != g->n)
        return err_set(e, ERR_FORMAT, "genome of %zu genes in a space of %zu",
                       genome->n, g->n);
    for (size_t i = 0; i < g->n; i++)
        if (genome->v[i] < 0 || genome->v[i] >= g->v[i].n_choices)
            return err_set(e, ERR_FORMAT, "gene %s: choice %" PRId64 " of %d",
                           g->v[i].name, genome->v[i], g->v[i].n_choices);
    for (size_t i = 0; i < g->n; i++) {
        const struct gene *gene = &g->v[i];

        if (genome->v[i] && !genes_used(g, genome->v, i))
            return err_set(e, ERR_FORMAT, "gene %s is not in use and not 0",
                           gene->name);
        if (gene->group && group_empty(g, genome->v, gene->group))
            return err_set(e, ERR_FORMAT, "gene %s and its group are all 0",
                           gene->name);
    }
    return 0;
}

void genes_canonical(const struct genes *g, int64_t *genome, struct rng *r)
{
    size_t members[GENES_MAX];

    for (size_t i = 0; i < g->n; i++)
        if (!genes_used(g, genome, i))
            genome[i] = 0;
    for (size_t i = 0; i < g->n; i++) {
        int group = g->v[i].group;
        size_t n = 0; /* members of the group that can be other than 0 */

        if (!group || !group_empty(g, genome, group))
            continue;
        BUG_IF(!r);
        for (size_t k = 0; k < g->n; k++)
            if (g->v[k].group == group && g->v[k].n_choices > 1)
                members[n++] = k;
        genome[members[rng_below(r, n)]] = 1;
    }
}

void genes_random(const struct genes *g, struct rng *r, int64_t *genome)
{
    for (size_t i = 0; i < g->n; i++)
        genome[i] = -1;
    for (size_t i = 0; i < g->n; i++) {
        if (genome[i] >= 0)
            continue;
        /* All members of a group are drawn again until one of them is not 0, at the
         * first member: members are always in use, and later genes may depend
         * on any of them. */
        if (g->v[i].group)
            do
                for (size_t k = 0; k < g->n; k++)
                    if (g->v[k].group == g->v[i].group)
                        genome[k] = (int64_t)rng_below(
                            r, (uint64_t)g->v[k].n_choices);
            while (group_empty(g, genome, g->v[i].group));
        else if (genes_used(g, genome, i))
            genome[i] = (int64_t)rng_below(r, (uint64_t)g->v[i].n_choices);
        else
            genome[i] = 0;
    }
}

bool genes_whole(const struct genes *g, const int64_t *genome)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->v[i].group && group_empty(g, genome, g->v[i].group))
            return false;
    return true;
}

bool genes_next(const struct genes *g, int64_t *genome)
{
    for (size_t i = g->n; i-- > 0;) {
        if (genome[i] + 1 < g->v[i].n_choices && genes_used(g, genome, i)) {
            genome[i]++;
            return true;
        }
        genome[i] = 0;
    }
    return false;
}

/* ---- size ---- */

/* A count: its logarithm and, while it fits 64 bits, its value. */
struct amount {
    double log;
    uint64_t exact;
    bool fits;
};

static struct amount amount_of(uint64_t n)
{
    return (struct amount){log((double)n), n, true};
}

static struct amount times(struct amount a, struct amount b)
{
    struct amount out = {a.log + b.log, a.exact * b.exact, a.fits && b.fits};

    if (a.fits && b.fits && b.exact && a.exact > UINT64_MAX / b.exact)
        out.fits = false;
    return out;
}

static struct amount plus(struct amount a, struct amount b)
{
    double high = fmax(a.log, b.log), low = fmin(a.log, b.log);
    struct amount out = {high + log1p(exp(low - high)), a.exact + b.exact,
                         a.fits && b.fits};

    if (a.exact > UINT64_MAX - b.exact)
        out.fits = false;
    return out;
}

/* Genes form trees, a gene being the parent of those that depend on it.
 * below[i][c] is the number of combinations of gene i's descendants while it
 * holds c.  Returns the sum over its choices. */
static struct amount subtree(const struct genes *g, struct amount **below,
                             size_t i)
{
    struct amount sum = below[i][0];

    for (int c = 1; c < g->v[i].n_choices; c++)
        sum = plus(sum, below[i][c]);
    return sum;
}

/* Returns the number of combinations of a group's trees, without those where
 * every member is 0. */
static struct amount group_amount(const struct genes *g, struct amount **below,
                                  int group)
{
    struct amount all = amount_of(1), zero = amount_of(1);

    for (size_t i = 0; i < g->n; i++)
        if (g->v[i].group == group) {
            all = times(all, subtree(g, below, i));
            zero = times(zero, below[i][0]);
        }
    return (struct amount){all.log + log1p(-exp(zero.log - all.log)),
                           all.exact - zero.exact, all.fits && zero.fits};
}

double genes_log10_size(const struct genes *g, uint64_t *exact)
{
    struct amount **below = xcalloc(g->n, sizeof *below);
    struct amount total = amount_of(1);

    for (size_t i = 0; i < g->n; i++) {
        below[i] = xcalloc((size_t)g->v[i].n_choices, sizeof **below);
        for (int c = 0; c < g->v[i].n_choices; c++)
            below[i][c] = amount_of(1);
    }
    /* Children stand later than their parents and come first here. */
    for (size_t i = g->n; i-- > 0;) {
        int when = g->v[i].when;
        struct amount own;

        if (when < 0)
            continue;
        own = subtree(g, below, i);
        for (int c = g->v[i].when_min; c < g->v[when].n_choices; c++)
            below[when][c] = times(below[when][c], own);
    }

    for (size_t i = 0; i < g->n; i++) {
        bool first = true; /* of its group */

        for (size_t k = 0; k < i; k++)
            first &= g->v[k].group != g->v[i].group;
        if (g->v[i].group && first)
            total = times(total, group_amount(g, below, g->v[i].group));
        else if (!g->v[i].group && g->v[i].when < 0)
            total = times(total, subtree(g, below, i));
    }
    for (size_t i = 0; i < g->n; i++)
        free(below[i]);
    free(below);
    if (exact)
        *exact = total.fits ? total.exact : 0;
    return total.fits ? log10((double)total.exact) : total.log / log(10);
}

/* ---- genomes as text ---- */

void genome_print(const struct ints *genome, struct buf *out)
{
    bool digits = true;

    for (size_t i = 0; i < genome->n; i++)
        if (genome->v[i] < 0 || genome->v[i] > 9)
            digits = false;
    for (size_t i = 0; i < genome->n; i++)
        buf_addf(out, "%s%" PRId64, i && !digits ? "," : "", genome->v[i]);
}

int genome_parse(const char *text, int64_t *genome, size_t n, struct err *e)
{
    bool list = strchr(text, ',') || n == 1;
    const char *at = text;
    size_t have = 0;

    while (*at) {
        const char *start = at;
        int64_t v = 0;
        bool none, more;

        while (isdigit((unsigned char)*at) && at - start < (list ? 9 : 1))
            v = 10 * v + (*at++ - '0');
        none = at == start;
        more = list && *at == ',';
        at += more;
        if (none || (list && more == !*at))
            return err_set(e, ERR_FORMAT, "'%.60s' is not a genome", text);
        if (have < n)
            genome[have] = v;
        have++;
    }
    if (have != n)
        return err_set(e, ERR_FORMAT, "genome of %zu genes in a space of %zu",
                       have, n);
    return 0;
}
