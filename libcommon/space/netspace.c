/* SPDX-License-Identifier: MIT */
#include "libcommon/space/netspace.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/number.h"

/* ---- parameters ---- */

enum { WIDTH, RES, CLASSES, EXITS, CHANNELS, PARAMS };

static const struct param {
    const char *name;
    double min, max;
} params_all[PARAMS] = {
    {"width", 0.05, 10}, {"res", 8, NET_MAX_SIDE}, {"classes", 1, 10000},
    {"exits", 1, 0},     {"channels", 1, 64},
};

/* Read a number of n characters as it may stand in a spec.  Returns NAN for
 * other text. */
static double param_number(const char *text, size_t n)
{
    char copy[32] = "", *end;
    double v;

    if (n < sizeof copy)
        memcpy(copy, text, n);
    v = strtod(copy, &end);
    return !*copy || *end || strspn(copy, "0123456789.e-") != n ? (double)NAN
                                                                : v;
}

/* Read HEIGHTxWIDTH of n characters; sides are at least 1, and the longer one
 * as long as that of a square. */
static bool parse_oblong(const char *text, size_t n, struct net_params *p)
{
    size_t h = strcspn(text, "x");
    double height, width;

    if (h >= n)
        return false;
    height = param_number(text, h);
    width = param_number(text + h + 1, n - h - 1);
    if (!(height >= 1 && height <= NET_MAX_SIDE && height == floor(height)) ||
        !(width >= 1 && width <= NET_MAX_SIDE && width == floor(width)) ||
        fmax(height, width) < params_all[RES].min)
        return false;
    p->h = (int64_t)height;
    p->w = (int64_t)width;
    return true;
}

/* Read one key=value of n characters. */
static int parse_param(const char *text, size_t n, int64_t places,
                       struct net_params *p, bool given[PARAMS], struct err *e)
{
    size_t name = strcspn(text, "="), digits = n - name - 1;
    const char *value = text + name + 1;
    double v, most;
    int k = 0;

    while (k < PARAMS && (strlen(params_all[k].name) != name ||
                          memcmp(params_all[k].name, text, name) != 0))
        k++;
    if (k == PARAMS || name >= n)
        return err_set(e, ERR_ARG, "'%.*s' is not one of %s=VALUE",
                       (int)(n < 60 ? n : 60), text, NET_PARAMS);
    if (given[k])
        return err_set(e, ERR_ARG, "%s twice", params_all[k].name);
    given[k] = true;
    if (k == RES && parse_oblong(value, digits, p))
        return 0;

    v = param_number(value, digits);
    most = k == EXITS ? (double)places : params_all[k].max;
    if (k == EXITS && !places)
        return err_set(e, ERR_ARG, "exits: the table has no exits");
    if (!(v >= params_all[k].min && v <= most) || (k != WIDTH && v != floor(v)))
        return err_set(e, ERR_ARG, "%s=%.*s: not %s from %g to %g%s",
                       params_all[k].name, (int)(digits < 40 ? digits : 40),
                       value, k == WIDTH ? "a number" : "a whole number",
                       params_all[k].min, most,
                       k == RES ? ", nor HEIGHTxWIDTH" : "");
    if (k == WIDTH)
        p->width = v;
    else if (k == RES)
        p->h = p->w = (int64_t)v;
    else
        *(k == CLASSES ? &p->classes
          : k == EXITS ? &p->exits
                       : &p->channels) = (int64_t)v;
    return 0;
}

static int parse_params(const char *text, int64_t places, struct net_params *p,
                        struct err *e)
{
    bool given[PARAMS] = {false};

    *p = (struct net_params){
        .width = 1,
        .h = 32,
        .w = 32,
        .channels = 3,
        .classes = 10,
        .exits = places,
    };
    while (*text) {
        size_t n = strcspn(text, ",");
        int rc = parse_param(text, n, places, p, given, e);

        if (rc < 0)
            return rc;
        text += n + (text[n] == ',');
        if (text[-1] == ',' && !*text)
            return err_set(e, ERR_ARG, "a spec that ends with a comma");
    }
    return 0;
}

static void print_params(const struct net_params *p, struct buf *out)
{
    buf_adds(out, "width=");
    number_digits(p->width, false, out);
    buf_addf(out, ",res=%" PRId64, p->h);
    if (p->w != p->h)
        buf_addf(out, "x%" PRId64, p->w);
    buf_addf(out, ",classes=%" PRId64, p->classes);
    if (p->exits)
        buf_addf(out, ",exits=%" PRId64, p->exits);
    if (p->channels != 3)
        buf_addf(out, ",channels=%" PRId64, p->channels);
}

/* ---- genes ---- */

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
        struct exit_place *x = &s->exits[i - 1];
        int64_t stage;

        *x = (struct exit_place){t->after[at - 1], -1, -1};
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
    if ((rc = parse_params(params, (int64_t)t->places, &s->params, e)) < 0)
        return rc;
    print_params(&s->params, canonical);
    s->slots = arena_alloc(&s->arena, t->n, sizeof *s->slots);
    for (size_t i = 0; i < t->n; i++)
        add_line(s, i, genes);
    s->exits = arena_alloc(&s->arena, (size_t)s->params.exits + 1,
                           sizeof *s->exits);
    add_exits(s, genes);
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
    const struct exit_place *x = &s->exits[i];
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
