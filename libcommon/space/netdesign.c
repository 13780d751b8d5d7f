/* SPDX-License-Identifier: MIT
 * Genomes of a network space as readable text, and back: one walk over the
 * genes either writes the text or follows it.
 *
 *     d=2,1 k=35,7 e=13,4 exits=off,mix:64
 *
 * A word has a part for each line that has genes of its key: the values of the
 * blocks there are, side by side, or with points between them where any may
 * have two digits.  The exits are 0s and 1s where there is one head to choose,
 * of one width. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/space/netspace.h"

struct walk {
    const struct net_space *s;
    int64_t *genome; /* read with out, else set */
    struct buf *out; /* NULL = `at' is followed */
    const char *at;
    bool begun;
};

static bool put(struct walk *w, const char *text)
{
    size_t n = strlen(text);

    if (w->out) {
        buf_add(w->out, text, n);
        return true;
    }
    if (strncmp(w->at, text, n) != 0)
        return false;
    w->at += n;
    return true;
}

/* Put "NAME=", with a blank in front unless it is the first. */
static bool put_name(struct walk *w, const char *name)
{
    bool fine = (!w->begun || put(w, " ")) && put(w, name) && put(w, "=");

    w->begun = true;
    return fine;
}

static bool put_value(struct walk *w, const struct net_slot *slot,
                      bool one_digit)
{
    const struct ints *v = slot->values;
    size_t n = w->out ? 0 : strspn(w->at, "0123456789");
    char text[24];

    n = one_digit && n > 1 ? 1 : n;
    for (size_t i = 0; i < v->n; i++) {
        snprintf(text, sizeof text, "%" PRId64, v->v[i]);
        if (w->out ? slot->gene >= 0 && w->genome[slot->gene] != (int64_t)i
                   : strlen(text) != n || strncmp(text, w->at, n) != 0)
            continue;
        if (!w->out && slot->gene >= 0)
            w->genome[slot->gene] = (int64_t)i;
        return put(w, text);
    }
    return false;
}

/* Returns true when a key of the line is a gene for some block; *high becomes
 * true when one of its values has two digits. */
static bool line_shown(const struct net_space *s, size_t line, int key,
                       bool *high)
{
    const struct block_line *l = &s->table->lines[line];
    int64_t n = block_keys[key].layers ? block_line_depth(l) : 1;
    bool shown = false;

    for (int64_t j = 0; j < n; j++)
        shown |= s->slots[line][key][j].gene >= 0;
    for (int64_t j = 0; j < n && shown; j++) {
        const struct ints *v = s->slots[line][key][j].values;

        *high |= v->v[v->n - 1] > 9;
    }
    return shown;
}

static bool put_key(struct walk *w, int key, const char *name)
{
    size_t lines = w->s->table->n, shown = 0;
    bool high = false, fine = true;

    for (size_t i = 0; i < lines; i++)
        shown += line_shown(w->s, i, key, &high);
    if (shown)
        fine = put_name(w, name);
    for (size_t i = 0, part = 0; i < lines && fine && shown; i++) {
        bool layers = block_keys[key].layers;
        int64_t n = layers ? net_space_value(w->s, w->genome, i, KEY_DEPTH, 0)
                           : 1;

        if (!line_shown(w->s, i, key, &high))
            continue;
        fine = !part++ || put(w, ",");
        for (int64_t j = 0; j < n && fine; j++)
            fine = (!j || !high || put(w, ".")) &&
                   put_value(w, &w->s->slots[i][key][j], !high);
    }
    return fine;
}

/* Put the head at one place, "off" or its name, and its width where there are
 * several. */
static bool put_head(struct walk *w, const struct net_place *x)
{
    const struct net_table *t = w->s->table;
    size_t n = w->out ? 0 : strcspn(w->at, ",:");

    for (size_t i = 0; i < t->n_heads + t->off; i++) {
        const struct exit_head *head = i < t->off ? NULL : t->heads[i - t->off];
        const char *name = head ? head->name : "off";

        if (w->out ? x->gene >= 0 && w->genome[x->gene] != (int64_t)i
                   : strlen(name) != n || strncmp(name, w->at, n) != 0)
            continue;
        if (!w->out && x->gene >= 0)
            w->genome[x->gene] = (int64_t)i;
        if (!put(w, name))
            return false;
        return !head || !head->width || x->width < 0 ||
               (put(w, ":") &&
                put_value(w, &(struct net_slot){&t->widths, x->width}, false));
    }
    return false;
}

static bool put_exits(struct walk *w)
{
    const struct net_space *s = w->s;
    const struct net_table *t = s->table;
    static int64_t mask_values[] = {0, 1};
    static const struct ints mask = {mask_values, 2};
    bool fine;

    if (!s->params.exits || (s->exits->gene < 0 && s->exits->width < 0))
        return true;
    fine = put_name(w, "exits");
    for (int64_t i = 0; i < s->params.exits && fine; i++)
        fine = t->n_heads == 1 && t->widths.n < 2
                   ? put_value(w, &(struct net_slot){&mask, s->exits[i].gene},
                               true)
                   : (!i || put(w, ",")) && put_head(w, &s->exits[i]);
    return fine;
}

static bool put_design(struct walk *w)
{
    return put_key(w, KEY_DEPTH, "d") && put_key(w, KEY_K, "k") &&
           put_key(w, KEY_E, "e") && put_exits(w);
}

void net_space_describe(const struct net_space *s, const int64_t *genome,
                        struct buf *out)
{
    struct walk w = {.s = s, .genome = (int64_t *)genome, .out = out};

    put_design(&w);
}

int net_space_parse(const struct net_space *s, const char *text,
                    int64_t *genome, size_t n, struct err *e)
{
    struct walk w = {.s = s, .genome = genome, .at = text};

    memset(genome, 0, n * sizeof *genome);
    if (put_design(&w) && *w.at == '\0')
        return 0;
    return err_set(e, ERR_FORMAT,
                   "'%.120s' is no design of this space, from '%.40s' on", text,
                   w.at);
}
