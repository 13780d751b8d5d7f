/* SPDX-License-Identifier: MIT
 * The genes of a network space, and what a genome chooses. */
#include <inttypes.h>
#include <stdio.h>

#include "libcommon/space/netspace.h"

/* Returns the gene that chooses among these values, -1 where there is one. */
static int add_gene(struct genes *g, const char *name, int64_t stage,
                    const struct ints *values)
{
    char text[NET_TABLE_CHOICES][24];
    const char *labels[NET_TABLE_CHOICES];

    if (values->n < 2)
        return -1;
    for (size_t i = 0; i < values->n; i++) {
        snprintf(text[i], sizeof text[i], "%" PRId64, values->v[i]);
        labels[i] = text[i];
    }
    genes_add(g, name, (int)stage, labels, (int)values->n);
    return (int)g->n - 1;
}

/* Add the genes of a line, with a slot for each value that its blocks have. */
static void add_line(struct net_space *s, size_t line, struct genes *g)
{
    const struct block_line *l = &s->table->lines[line];
    const struct ints *depth = &l->values[KEY_DEPTH];
    char name[64];

    for (int key = 0; key < BLOCK_KEYS; key++) {
        bool layers = block_keys[key].layers;
        int64_t n = layers ? block_line_depth(l) : 1;
        struct net_slot *slot = arena_alloc(&s->arena, (size_t)n, sizeof *slot);
        size_t when = 0; /* the first depth that has the block */

        s->slots[line][key] = slot;
        for (int64_t j = 0; j < n; j++) {
            snprintf(name, sizeof name, layers ? "%s.%s%" PRId64 : "%s.%s",
                     l->name, block_keys[key].name, j + 1);
            slot[j].values = block_line_values(l, key, j);
            slot[j].gene = add_gene(g, name, l->stage, slot[j].values);
            while (depth->v[when] <= j)
                when++;
            if (slot[j].gene >= 0 && when) {
                g->v[slot[j].gene].when = s->slots[line][KEY_DEPTH]->gene;
                g->v[slot[j].gene].when_min = (int)when;
            }
        }
    }
}

/* Add the genes of the places of exits, E of the table's N: the i-th place is
 * the table's i (N + 1) / (E + 1), rounded down. */
static void add_exits(struct net_space *s, struct genes *g)
{
    static const char *const mask[] = {"0", "1"};
    const struct net_table *t = s->table;
    const char *labels[NET_TABLE_CHOICES + 1];
    int n = 0, wide = -1;
    char name[32];

    if (t->off)
        labels[n++] = "off";
    for (size_t i = 0; i < t->n_heads; i++) {
        wide = wide < 0 && t->heads[i]->width ? n : wide;
        labels[n++] = t->heads[i]->name;
    }
    for (int64_t i = 1; i <= s->params.exits; i++) {
        int64_t at = i * ((int64_t)t->places + 1) / (s->params.exits + 1);
        struct net_place *x = &s->exits[i - 1];
        int64_t stage;

        *x = (struct net_place){t->after[at - 1], -1, -1};
        stage = t->lines[x->after].stage;
        if (n > 1) {
            snprintf(name, sizeof name, "exit%" PRId64, i);
            genes_add(g, name, (int)stage, t->n_heads > 1 ? labels : mask, n)
                ->group = t->off;
            x->gene = (int)g->n - 1;
        }
        if (t->widths.n < 2)
            continue;
        snprintf(name, sizeof name, "exit%" PRId64 ".width", i);
        x->width = add_gene(g, name, stage, &t->widths);
        if (wide > 0) {
            g->v[x->width].when = x->gene;
            g->v[x->width].when_min = wide;
        }
    }
}

void net_space_genes(struct net_space *s, struct genes *g)
{
    s->slots = arena_alloc(&s->arena, s->table->n, sizeof *s->slots);
    for (size_t i = 0; i < s->table->n; i++)
        add_line(s, i, g);
    s->exits = arena_alloc(&s->arena, (size_t)s->params.exits + 1,
                           sizeof *s->exits);
    add_exits(s, g);
}

/* ---- genomes ---- */

int64_t net_space_value(const struct net_space *s, const int64_t *genome,
                        size_t line, int key, int64_t j)
{
    const struct net_slot *slot = s->slots[line][key] + j;

    return slot->values->v[slot->gene < 0 ? 0 : genome[slot->gene]];
}

bool net_space_head(const struct net_space *s, const int64_t *genome, int64_t i,
                    struct head_choice *out)
{
    const struct net_table *t = s->table;
    const struct net_place *x = &s->exits[i];
    int64_t choice = (x->gene < 0 ? 0 : genome[x->gene]) - t->off;

    if (x->gene >= 0 && choice < 0)
        return false;
    out->head = t->heads[x->gene < 0 ? 0 : choice];
    out->width = !out->head->width ? 0
                 : !t->widths.n
                     ? out->head->width
                     : t->widths.v[x->width < 0 ? 0 : genome[x->width]];
    return true;
}
