/* SPDX-License-Identifier: MIT */
#include "libcommon/space/netspace.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"

/* ---- sizes ---- */

/* Check that no size of any design overflows, whatever net_check says of it
 * later, and that heads can stand where they are. */
static int check_sizes(const struct net_space *s, struct err *e)
{
    const struct net_table *t = s->table;
    const struct net_params *p = &s->params;
    int64_t h = p->h, w = p->w;
    double cin = (double)p->channels, macs = 0;

    for (size_t i = 0; i < t->n; i++) {
        const struct block_line *l = &t->lines[i];
        int64_t stride = l->values[KEY_S].v[0];
        double c = (double)block_channels((double)l->values[KEY_C].v[0] *
                                          p->width),
               mid = fmax(cin, c);

        for (int64_t j = 0; j < block_line_depth(l); j++) {
            const struct ints *k = block_line_values(l, KEY_K, j);
            const struct ints *ratio = block_line_values(l, KEY_E, j);
            double side = (double)k->v[k->n - 1];
            double own = (j ? c : cin) * (double)ratio->v[ratio->n - 1] + 8;

            mid = fmax(mid, own);
            macs += (double)(h * w) * side * side * (j ? c : cin) *
                    fmax(own, c);
        }
        if (mid > NET_MAX_CHANNELS)
            return err_set(e, ERR_ARG,
                           "%s has up to %.0f channels with width=%g, more "
                           "than %d",
                           l->name, mid, p->width, NET_MAX_CHANNELS);
        if (mid * (double)(h * w) > 0x1p36 || macs > 0x1p58)
            return err_set(e, ERR_ARG, "%s is too large with width=%g", l->name,
                           p->width);
        h = (h - 1) / stride + 1;
        w = (w - 1) / stride + 1;
        cin = c;
        for (int64_t x = 0; x < p->exits; x++)
            for (size_t k = 0; k < t->n_heads && s->exits[x].after == i; k++)
                if (!head_stands(t->heads[k], h, w))
                    return err_set(e, ERR_ARG,
                                   "head %s cannot stand behind %s, where the "
                                   "map has %" PRId64 "x%" PRId64 " pixels",
                                   t->heads[k]->name, l->name, h, w);
    }
    return 0;
}

int net_space_open(struct net_table *t, const char *params,
                   struct net_space **out, struct genes *genes,
                   struct buf *canonical, struct err *e)
{
    struct net_space *s = xcalloc(1, sizeof *s);
    int rc;

    *out = s;
    s->table = t;
    if ((rc = net_params_parse(params, (int64_t)t->places, &s->params, e)) < 0)
        return rc;
    net_params_print(&s->params, canonical);
    net_space_genes(s, genes);
    if (!genes->n)
        return err_set(e, ERR_ARG,
                       "there is nothing to choose: no key has "
                       "several values");
    return check_sizes(s, e);
}

void net_space_free(struct net_space *s)
{
    if (!s)
        return;
    net_table_free(s->table);
    arena_free(&s->arena);
    free(s);
}

/* ---- networks ---- */

static int64_t scaled(const struct net_space *s, int64_t channels)
{
    return block_channels((double)channels * s->params.width);
}

/* Add block j of a line.  Returns its last layer. */
static int64_t add_block(struct net_builder *b, const struct net_space *s,
                         const int64_t *genome, size_t line, int64_t j,
                         int64_t from)
{
    const struct block_line *l = &s->table->lines[line];
    const struct ints *k = block_line_values(l, KEY_K, j);
    struct block_site at = {.from = from, .widest_k = k->v[k->n - 1]};
    char name[NET_MAX_NAME];

    snprintf(name, sizeof name, block_line_depth(l) > 1 ? "%s.b%" PRId64 : "%s",
             l->name, j);
    at.name = name;
    for (int key = 0; key < BLOCK_KEYS; key++)
        at.value[key] = net_space_value(s, genome, line, key,
                                        block_keys[key].layers ? j : 0);
    at.value[KEY_C] = scaled(s, at.value[KEY_C]);
    if (j)
        at.value[KEY_S] = 1;
    return l->kind->build(b, &at);
}

void net_space_net(const struct net_space *s, const int64_t *genome,
                   const struct head_window *pools, struct net *n,
                   struct arena *a)
{
    const struct net_params *p = &s->params;
    const struct net_table *t = s->table;
    struct net_builder b = build_net(n, a, p->h, p->w, p->channels, p->classes);
    struct block_site final = {.name = t->final.name, .from = NET_IMAGE};
    size_t exits = 0;

    for (size_t line = 0; line < t->n; line++) {
        int64_t depth = net_space_value(s, genome, line, KEY_DEPTH, 0);

        for (int64_t j = 0; j < depth; j++)
            final.from = add_block(&b, s, genome, line, j, final.from);
        for (int64_t i = 0; i < p->exits; i++) {
            struct head_choice c;
            char prefix[64];

            if (s->exits[i].after != line || !net_space_head(s, genome, i, &c))
                continue;
            snprintf(prefix, sizeof prefix,
                     t->n_heads > 1 ? "exit%" PRId64 ".%s" : "exit%" PRId64,
                     i + 1, c.head->name);
            head_build(
                c.head, &b,
                &(struct head_site){
                    .prefix = prefix,
                    .from = final.from,
                    .stage = t->lines[line].stage - 1,
                    .pool = pools ? pools[exits] : (struct head_window){1, 1},
                    .width = c.width,
                    .widest = c.width && t->widths.n
                                  ? t->widths.v[t->widths.n - 1]
                                  : 0,
                    .shared = t->n_heads > 1 || t->widths.n > 1,
                    .confidence = true,
                });
            exits++;
        }
    }
    for (int key = 0; key < BLOCK_KEYS; key++)
        final.value[key] = t->final.values[key].v[0];
    final.value[KEY_C] = scaled(s, final.value[KEY_C]);
    if (final.value[KEY_MIX])
        final.value[KEY_MIX] = scaled(s, final.value[KEY_MIX]);
    final.stage = (int64_t)t->places;
    t->final.kind->build(&b, &final);
}
