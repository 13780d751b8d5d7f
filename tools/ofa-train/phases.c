/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/phases.h"

#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/train/weights.h"
#include "libcommon/space/netspace.h"
#include "tools/ofa-train/superheads.h"

#define COLUMNS_MAX 64
#define EPOCHS_MAX 100000.

enum {
    COL_PHASE,
    COL_EPOCHS,
    COL_WARMUP,
    COL_LR,
    COL_SUBNETS,
    COL_LARGEST,
    COL_DISTIL,
    COL_HEADS, /* the only one that may be left out */
    COL_FIXED
};
static const char *const fixed[COL_FIXED] = {
    "phase", "epochs", "warmup", "lr", "subnets", "largest", "distil", "heads",
};
static const struct {
    double min, max;
} range[COL_FIXED] = {
    [COL_EPOCHS] = {1, EPOCHS_MAX},
    [COL_WARMUP] = {0, EPOCHS_MAX},
    [COL_LR] = {0, 1e6},
    [COL_SUBNETS] = {1, 256},
    [COL_LARGEST] = {0, 1},
    [COL_DISTIL] = {0, 1e6},
    [COL_HEADS] = {0, 1e6},
};

/* Holds the phases read so far, and the present line as words. */
struct parsing {
    struct phases *p;
    double scale;
    char *column[COLUMNS_MAX]; /* (n_columns) titles; none before the first
                                 * line */
    size_t n_columns;
    char *word[COLUMNS_MAX];
    size_t n_words;
};

/* ---- titles ---- */

static int column_of(const struct parsing *a, const char *title)
{
    for (size_t i = 0; i < a->n_columns; i++)
        if (strcmp(a->column[i], title) == 0)
            return (int)i;
    return -1;
}

static int is_fixed(const char *title)
{
    for (int i = 0; i < COL_FIXED; i++)
        if (strcmp(fixed[i], title) == 0)
            return i;
    return -1;
}

static int titles(struct parsing *a, struct err *e)
{
    for (size_t i = 0; i < a->n_words; i++) {
        const struct genes *g = &a->p->space->genes;
        const char *w = a->word[i];
        size_t gene = 0;

        if (column_of(a, w) >= 0)
            return err_set(e, ERR_FORMAT, "column %.60s twice", w);
        while (gene < g->n && fnmatch(w, g->v[gene].name, 0) != 0)
            gene++;
        if (is_fixed(w) < 0 && gene == g->n)
            return err_set(e, ERR_FORMAT,
                           "column %.60s is neither one of "
                           "phase epochs warmup lr subnets largest distil "
                           "heads nor a pattern that names a gene of %.80s",
                           w, a->p->space->spec);
        a->column[a->n_columns++] = arena_strdup(&a->p->arena, w);
    }
    for (int i = 0; i < COL_HEADS; i++)
        if (column_of(a, fixed[i]) < 0)
            return err_set(e, ERR_FORMAT, "no column %s", fixed[i]);
    return 0;
}

/* ---- cells ---- */

static int number(const char *text, int col, double *to, struct err *e)
{
    bool whole = col == COL_SUBNETS;
    char *end;

    *to = strtod(text, &end);
    if (end == text || *end || strspn(text, "0123456789.e-+") != strlen(text) ||
        !(*to >= range[col].min && *to <= range[col].max) ||
        (whole && *to != floor(*to)))
        return err_set(e, ERR_FORMAT, "%s %.40s is not %s from %g to %g",
                       fixed[col], text, whole ? "a whole number" : "a number",
                       range[col].min, range[col].max);
    return 0;
}

/* Read the choices of one gene, such as "3,5,7". */
static int choices(struct parsing *a, const struct gene *g, const char *text,
                   struct ints *to, struct err *e)
{
    bool wanted[GENE_CHOICES_MAX] = {false};

    for (const char *at = text;; at++) {
        size_t n = strcspn(at, ",");
        int i = 0;

        while (i < g->n_choices && (strlen(g->choices[i]) != n ||
                                    memcmp(g->choices[i], at, n) != 0))
            i++;
        if (i == g->n_choices || wanted[i])
            return err_set(e, ERR_FORMAT, "gene %s: '%.*s' is %s", g->name,
                           (int)(n < 40 ? n : 40), at,
                           i == g->n_choices ? "none of its choices"
                                             : "there twice");
        wanted[i] = true;
        at += n;
        if (!*at)
            break;
    }
    *to = (struct ints){
        arena_alloc(&a->p->arena, (size_t)g->n_choices, sizeof *to->v),
        0,
    };
    for (int i = 0; i < g->n_choices; i++)
        if (wanted[i])
            to->v[to->n++] = i;
    return 0;
}

/* Returns true when the gene is an exit's: its head or the head's width. */
static bool is_exits(const struct space *s, size_t gene)
{
    for (size_t i = 0; i < superheads_exits(s); i++)
        if (s->net->exits[i].gene == (int)gene ||
            s->net->exits[i].width == (int)gene)
            return true;
    return false;
}

/* Let a phase with heads draw from all choices of an exit's gene but off. */
static void allow_heads(struct parsing *a, const struct gene *g,
                        struct ints *to)
{
    *to = (struct ints){
        arena_alloc(&a->p->arena, (size_t)g->n_choices, sizeof *to->v), 0};
    for (int64_t k = g->group ? 1 : 0; k < g->n_choices; k++)
        to->v[to->n++] = k;
}

/* Check that every exit of a phase with heads has one. */
static int check_heads(const struct space *s, const struct shrink_phase *phase,
                       struct err *e)
{
    if (!superheads_exits(s))
        return err_set(e, ERR_FORMAT, "heads: space %s has no early exits",
                       s->spec);
    for (size_t i = 0; i < s->genes.n; i++)
        if (s->genes.v[i].group && phase->allowed[i].v[0] == 0)
            return err_set(e, ERR_FORMAT,
                           "gene %s: in a phase with heads no exit is %s",
                           s->genes.v[i].name, s->genes.v[i].choices[0]);
    return 0;
}

/* List the choices that the phase allows for each gene: those under a pattern
 * that names the gene, else a single one, but of an exit's gene in a phase with
 * heads all.  Without heads the columns say nothing about exits. */
static int allow(struct parsing *a, struct shrink_phase *s, struct err *e)
{
    const struct space *space = a->p->space;
    const struct genes *g = &space->genes;
    int64_t *small = xcalloc(g->n, sizeof *small);
    int rc = 0;

    space_min_corner(space, small);
    s->allowed = arena_alloc(&a->p->arena, g->n, sizeof *s->allowed);
    for (size_t i = 0; i < g->n && rc == 0; i++) {
        struct ints *to = &s->allowed[i], ignored;
        bool exits = is_exits(space, i);

        *to = (struct ints){arena_alloc(&a->p->arena, 1, sizeof *to->v), 1};
        to->v[0] = g->v[i].group ? small[i] : g->v[i].n_choices - 1;
        if (exits && s->heads > 0)
            allow_heads(a, &g->v[i], to);
        else if (exits)
            to = &ignored;
        for (size_t c = 0; c < a->n_columns && rc == 0; c++)
            if (is_fixed(a->column[c]) < 0 &&
                fnmatch(a->column[c], g->v[i].name, 0) == 0)
                rc = choices(a, &g->v[i], a->word[c], to, e);
    }
    free(small);
    return rc == 0 && s->heads > 0 ? check_heads(space, s, e) : rc;
}

/* ---- lines ---- */

static int one_phase(struct parsing *a, struct err *e)
{
    struct phases *p = a->p;
    struct shrink_phase *s = &p->v[p->n];
    double v[COL_FIXED] = {0};
    const char *name;
    int rc;

    if (a->n_words != a->n_columns)
        return err_set(e, ERR_FORMAT,
                       "%zu columns where the first line has %zu", a->n_words,
                       a->n_columns);
    if (p->n == PHASES_MAX)
        return err_set(e, ERR_FORMAT, "more than %d phases", PHASES_MAX);
    *s = (struct shrink_phase){.first = phases_epochs(p)};
    name = a->word[column_of(a, "phase")];
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->v[i].name, name) == 0)
            return err_set(e, ERR_FORMAT, "phase %s twice", name);
    if (strlen(name) > PHASE_NAME_MAX)
        return err_set(e, ERR_FORMAT,
                       "phase %.40s: a name has at most %d bytes", name,
                       PHASE_NAME_MAX);
    memcpy(s->name, name, strlen(name) + 1);
    for (int i = COL_EPOCHS; i < COL_FIXED; i++) {
        int at = column_of(a, fixed[i]);

        if (at >= 0 && (rc = number(a->word[at], i, &v[i], e)) < 0)
            return rc;
    }
    s->epochs = (uint64_t)fmax(1, ceil(v[COL_EPOCHS] * a->scale - 1e-9));
    s->warmup = v[COL_WARMUP] * (double)s->epochs / v[COL_EPOCHS];
    s->lr = v[COL_LR];
    s->subnets = (uint64_t)v[COL_SUBNETS];
    s->largest = v[COL_LARGEST];
    s->distil = v[COL_DISTIL];
    s->heads = v[COL_HEADS];
    if (s->first + s->epochs > SUPERNET_MAX_EPOCHS)
        return err_set(e, ERR_FORMAT, "more than %d epochs in all",
                       SUPERNET_MAX_EPOCHS);
    if ((rc = allow(a, s, e)) == 0)
        p->n++;
    return rc;
}

int phases_parse(struct phases *p, const struct space *s, const char *text,
                 size_t n, double scale, struct err *e)
{
    struct parsing a = {.p = p, .scale = scale};
    char *copy = xcalloc(n + 1, 1), *line = copy;
    int rc = 0;

    *p = (struct phases){.space = s};
    memcpy(copy, text, n);
    for (int number = 1; rc == 0 && line; number++) {
        char *end = strchr(line, '\n'), *save = NULL;

        if (end)
            *end++ = '\0';
        line[strcspn(line, "#\r")] = '\0';
        a.n_words = 0;
        for (char *w = strtok_r(line, " \t", &save); w && rc == 0;
             w = strtok_r(NULL, " \t", &save)) {
            if (a.n_words == COLUMNS_MAX)
                rc = err_set(e, ERR_FORMAT, "more than %d columns",
                             COLUMNS_MAX);
            else
                a.word[a.n_words++] = w;
        }
        if (rc == 0 && a.n_words)
            rc = a.n_columns ? one_phase(&a, e) : titles(&a, e);
        if (rc < 0)
            err_prefix(e, "line %d", number);
        line = end;
    }
    free(copy);
    if (rc == 0 && !p->n)
        rc = err_set(e, ERR_FORMAT, "no phases");
    return rc;
}

void phases_free(struct phases *p)
{
    arena_free(&p->arena);
    p->n = 0;
}

uint64_t phases_epochs(const struct phases *p)
{
    return p->n ? p->v[p->n - 1].first + p->v[p->n - 1].epochs : 0;
}

const struct shrink_phase *phases_at(const struct phases *p, uint64_t epoch)
{
    const struct shrink_phase *s = p->v;

    while (epoch >= s->first + s->epochs)
        s++;
    return s;
}

/* ---- genomes ---- */

void phase_smallest(const struct phases *p, const struct shrink_phase *s,
                    int64_t *genome)
{
    for (size_t i = 0; i < p->space->genes.n; i++)
        genome[i] = s->allowed[i].v[0];
    genes_canonical(&p->space->genes, genome, NULL);
}

void phase_largest(const struct phases *p, const struct shrink_phase *s,
                   int64_t *genome)
{
    for (size_t i = 0; i < p->space->genes.n; i++)
        genome[i] = s->allowed[i].v[s->allowed[i].n - 1];
    genes_canonical(&p->space->genes, genome, NULL);
}

void phase_random(const struct phases *p, const struct shrink_phase *s,
                  struct rng *r, int64_t *genome)
{
    for (size_t i = 0; i < p->space->genes.n; i++)
        genome[i] = s->allowed[i].v[rng_below(r, s->allowed[i].n)];
    genes_canonical(&p->space->genes, genome, NULL);
}

void phase_draw(const struct phases *p, const struct shrink_phase *s,
                struct rng *r, int64_t *genome)
{
    const struct genes *g = &p->space->genes;

    if (rng_uniform(r) >= s->largest) {
        phase_random(p, s, r, genome);
        return;
    }
    phase_largest(p, s, genome);
    for (size_t i = 0; s->heads > 0 && i < g->n; i++)
        if (is_exits(p->space, i))
            genome[i] = s->allowed[i].v[rng_below(r, s->allowed[i].n)];
    genes_canonical(g, genome, NULL);
}

bool phase_size(const struct phases *p, const struct shrink_phase *s, size_t i,
                int64_t *genome)
{
    const struct genes *g = &p->space->genes;
    bool any = false;

    for (size_t k = 0; k < g->n; k++) {
        size_t n = s ? s->allowed[k].n : (size_t)g->v[k].n_choices;
        bool whole = genes_conditions(g, k) || (!s && g->v[k].group);
        size_t choice = whole || i >= n ? n - 1 : i;

        genome[k] = s ? s->allowed[k].v[choice] : (int64_t)choice;
        any |= !whole && i < n;
    }
    genes_canonical(g, genome, NULL);
    return any;
}

bool phase_heads(const struct phases *p, const struct shrink_phase *s, size_t k,
                 size_t i, int64_t *genome)
{
    const struct genes *g = &p->space->genes;
    const struct net_place *x = p->space->net->exits;
    bool any = i == 0;

    space_max_corner(p->space, genome);
    for (size_t j = 0; j < superheads_exits(p->space); j++) {
        const struct ints *a = s && x[j].gene >= 0 ? &s->allowed[x[j].gene]
                                                   : NULL;
        size_t n, at = 0;

        superheads_choose(p->space, genome, j, k);
        while (a && at < a->n && a->v[at] != genome[x[j].gene])
            at++;
        if (a && at == a->n)
            genome[x[j].gene] = a->v[0];
        if (x[j].width < 0)
            continue;
        n = s ? s->allowed[x[j].width].n : (size_t)g->v[x[j].width].n_choices;
        at = i < n ? i : n - 1;
        any |= i < n;
        genome[x[j].width] = s ? s->allowed[x[j].width].v[at] : (int64_t)at;
    }
    genes_canonical(g, genome, NULL);
    return any;
}

void phases_wanted(const struct phases *p, bool *wanted)
{
    size_t exits = superheads_exits(p->space);
    int64_t *genome = xcalloc(p->space->genes.n, sizeof *genome);

    for (size_t i = 0; i < p->n; i++)
        for (size_t x = 0; p->v[i].heads > 0 && x < exits; x++) {
            int gene = p->space->net->exits[x].gene;
            const struct ints one = {(int64_t[]){0}, 1},
                              *a = gene < 0 ? &one : &p->v[i].allowed[gene];

            for (size_t k = 0; k < a->n; k++) {
                if (gene >= 0)
                    genome[gene] = a->v[k];
                wanted[(superheads_kind(p->space, genome, x) - 1) * exits + x] =
                    true;
            }
        }
    free(genome);
}
