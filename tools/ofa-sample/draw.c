/* SPDX-License-Identifier: MIT */
#include "tools/ofa-sample/draw.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"

/* After MISSES draws in a row of genomes that the set has already, the missing
 * genomes are listed instead; a space of more than LISTED_MOST genomes never
 * has so many misses in a row. */
#define MISSES 2000
#define LISTED_MOST ((uint64_t)1 << 22)

int draw_given(struct genomes *set, const struct space *s, const char *text,
               struct err *e)
{
    const struct genes *g = &s->genes;
    int64_t *genome = xcalloc(g->n, sizeof *genome);
    struct ints v = {genome, g->n};
    int rc = strchr(text, '=') ? space_parse_design(s, text, genome, e)
                               : genome_parse(text, genome, g->n, e);

    for (size_t i = 0; rc == 0 && i < g->n; i++)
        if (genome[i] >= g->v[i].n_choices)
            rc = err_set(e, ERR_FORMAT,
                         "gene %s: choice %" PRId64 " is not one of 0..%d",
                         g->v[i].name, genome[i], g->v[i].n_choices - 1);
    for (size_t i = 0; rc == 0 && i < g->n; i++)
        if (!genes_used(g, genome, i))
            genome[i] = 0;
    if (rc == 0)
        rc = genes_check(g, &v, e);
    if (rc == 0 && !genomes_add(set, genome))
        rc = err_set(e, ERR_FORMAT, "genome %.60s is among the designs already",
                     text);
    free(genome);
    return rc;
}

int draw_lines(struct genomes *set, const struct space *s, const char *text,
               size_t n, struct err *e)
{
    const char *end = text + n;
    struct buf line = {0};
    int number = 1, rc = 0;

    for (; rc == 0 && text < end; number++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);

        buf_clear(&line);
        buf_add(&line, text, length);
        while (line.len && strchr(" \t\r", line.data[line.len - 1]))
            line.data[--line.len] = '\0';
        if (line.len && line.data[0] != '#' &&
            (rc = draw_given(set, s, line.data, e)) < 0)
            err_prefix(e, "line %d", number);
        text += length + 1;
    }
    buf_free(&line);
    return rc;
}

void draw_corners(struct genomes *set, const struct space *s, size_t count)
{
    int64_t *genome = xcalloc(s->genes.n, sizeof *genome);

    space_min_corner(s, genome);
    genomes_add(set, genome);
    space_max_corner(s, genome);
    if (set->n < count)
        genomes_add(set, genome);
    free(genome);
}

int draw_random(struct genomes *set, const struct space *s, size_t count,
                uint64_t seed, struct err *e)
{
    struct rng r = rng_make(seed, "ofa-sample", 0, 0);
    int64_t *genome = xcalloc(s->genes.n, sizeof *genome);
    struct genomes rest;
    uint32_t *order;
    uint64_t size;
    int misses = 0;

    genes_log10_size(&s->genes, &size);
    while (set->n < count && misses < MISSES) {
        genes_random(&s->genes, &r, genome);
        misses = genomes_add(set, genome) ? 0 : misses + 1;
    }
    /* List all genomes that are not in the set, shuffle them, and add them up
     * to `count`. */
    if (set->n < count && size && size <= LISTED_MOST) {
        memset(genome, 0, s->genes.n * sizeof *genome);
        genomes_init(&rest, s->genes.n);
        for (bool more = true; more && genomes_missing(set, &s->genes, genome);
             more = genes_next(&s->genes, genome))
            genomes_add(&rest, genome);
        order = xcalloc(rest.n + 1, sizeof *order);
        for (size_t i = 0; i < rest.n; i++)
            order[i] = (uint32_t)i;
        rng_shuffle(&r, order, rest.n);
        for (size_t i = 0; i < rest.n && set->n < count; i++)
            genomes_add(set, genomes_at(&rest, order[i]));
        free(order);
        genomes_free(&rest);
    }
    free(genome);
    if (set->n < count)
        return err_set(e, ERR_ARG, "-n %zu: the space has %" PRIu64 " designs",
                       count, size);
    return 0;
}
