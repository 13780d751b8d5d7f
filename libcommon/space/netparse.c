/* SPDX-License-Identifier: MIT
 * Reads network tables: man page nachos-space(5). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/nettable.h"
#include "libcommon/space/words.h"

#define MAX_NAME 32
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* ---- a line's words ---- */

/* Returns the next word of *text, cut off and NUL-terminated, or NULL. */
static char *next_word(char **text)
{
    char *word = *text + strspn(*text, " \t");
    size_t n = strcspn(word, " \t");

    *text = word + n + (word[n] != '\0');
    word[n] = '\0';
    return n ? word : NULL;
}

/* Cut "key=value" in two.  Returns the value. */
static char *cut_pair(char *word, struct err *e)
{
    char *value = strchr(word, '=');

    if (!value || value == word || !value[1]) {
        err_set(e, ERR_FORMAT, "'%.60s' is not KEY=VALUE", word);
        return NULL;
    }
    *value = '\0';
    return value + 1;
}

/* Cut a value at its commas.  Returns the number of pieces or ERR_FORMAT. */
static int cut_values(const char *key, char *text, char **piece, struct err *e)
{
    size_t n = words_split(text, ',', piece, NET_TABLE_CHOICES);

    if (n > NET_TABLE_CHOICES)
        return err_set(e, ERR_FORMAT, "%s has more than %d values", key,
                       NET_TABLE_CHOICES);
    return (int)n;
}

/* ---- blocks ---- */

/* Read the values of a key, as `shown` in the file. */
static int parse_values(struct net_table *t, const struct block_key_row *row,
                        const char *shown, char *text, struct ints *out,
                        struct err *e)
{
    char *piece[NET_TABLE_CHOICES];
    int n = cut_values(shown, text, piece, e);

    if (n < 0)
        return n;
    out->v = arena_alloc(&t->arena, (size_t)n, sizeof *out->v);
    for (int i = 0; i < n; i++) {
        int64_t v = row->names ? 0 : word_number(piece[i]);

        while (row->names && row->names[v] &&
               strcmp(row->names[v], piece[i]) != 0)
            v++;
        if (v < row->min || v > row->max || (row->odd && v % 2 == 0))
            v = -1;
        if (v < 0 && row->names)
            return err_set(e, ERR_FORMAT, "%s=%.40s: there is no such %s",
                           shown, piece[i], shown);
        if (v < 0)
            return err_set(
                e, ERR_FORMAT,
                "%s=%.40s: not %s number from %" PRId64 " to %" PRId64, shown,
                piece[i], row->odd ? "an odd" : "a whole", row->min, row->max);
        if (i && v <= out->v[i - 1])
            return err_set(e, ERR_FORMAT,
                           "%s: %s behind %s: values are in ascending order",
                           shown, piece[i], piece[i - 1]);
        out->v[out->n++] = v;
    }
    return 0;
}

/* Returns the key of that name that the kind takes, or -1; *layer is the number
 * behind it, 0 for none. */
static int find_key(const struct block_kind *kind, const char *name, int *layer)
{
    for (int key = 0; key < BLOCK_KEYS; key++) {
        const struct block_key_row *row = &block_keys[key];
        size_t n = strlen(row->name);

        if (!(kind->takes >> key & 1) || strncmp(name, row->name, n) != 0)
            continue;
        *layer = name[n] ? word_number(name + n) : 0;
        if (!name[n] || (row->layers && *layer > 0 && name[n] != '0'))
            return key;
    }
    return -1;
}

static int parse_pair(struct net_table *t, struct block_line *l, char *word,
                      struct err *e)
{
    char *value = cut_pair(word, e);
    int layer, key = value ? find_key(l->kind, word, &layer) : -1;
    struct ints *to;
    int rc;

    if (!value)
        return e->code;
    if (key < 0)
        return err_set(e, ERR_FORMAT, "%s takes no key '%.40s'", l->kind->name,
                       word);
    if (layer > block_keys[KEY_DEPTH].max)
        return err_set(e, ERR_FORMAT,
                       "%s: there are at most %" PRId64 " blocks", word,
                       block_keys[KEY_DEPTH].max);
    to = layer ? &l->own[key][layer - 1] : &l->values[key];
    if (to->n)
        return err_set(e, ERR_FORMAT, "%s stands twice", word);
    if ((rc = parse_values(t, &block_keys[key], word, value, to, e)) < 0)
        return rc;
    if (to->n > 1 && !(l->kind->genes >> key & 1))
        return err_set(e, ERR_FORMAT, "%s takes one value", word);
    if (to->v[to->n - 1] - to->v[0] > 2 * NET_MAX_TRANSFORMS && key == KEY_K)
        return err_set(e, ERR_FORMAT, "%s: sizes are at most %d apart", word,
                       2 * NET_MAX_TRANSFORMS);
    return 0;
}

/* Check a block's line once all its keys are read, and fill in defaults. */
static int complete(struct net_table *t, struct block_line *l, struct err *e)
{
    for (int key = 0; key < BLOCK_KEYS; key++) {
        const struct block_key_row *row = &block_keys[key];
        bool takes = l->kind->takes >> key & 1;
        int64_t standard = takes || key == KEY_DEPTH ? row->standard : 0;

        if (l->values[key].n)
            continue;
        if (standard == BLOCK_KEY_NEEDED)
            return err_set(e, ERR_FORMAT, "%s is missing", row->name);
        l->values[key] = (struct ints){
            arena_memdup(&t->arena, &standard, 1, sizeof standard), 1};
    }
    for (int key = 0; key < BLOCK_KEYS; key++)
        for (int64_t j = block_line_depth(l);
             l->own[key] && j < block_keys[KEY_DEPTH].max; j++)
            if (l->own[key][j].n)
                return err_set(e, ERR_FORMAT,
                               "%s%" PRId64 ": the largest depth is %" PRId64,
                               block_keys[key].name, j + 1,
                               block_line_depth(l));
    return 0;
}

static int parse_block(struct net_table *t, const char *name, char *rest,
                       struct err *e)
{
    bool final = strcmp(name, "final") == 0;
    struct block_line *l = final ? &t->final : &t->lines[t->n];
    char *word = next_word(&rest);
    struct buf kinds = {0};
    int rc = 0;

    if (!strspn(name, LETTERS) || name[strspn(name, LETTERS "0123456789-_")] ||
        strlen(name) > MAX_NAME || strncmp(name, "exit", 4) == 0)
        return err_set(e, ERR_FORMAT,
                       "'%.60s' is no name: a letter and up to %d letters, "
                       "digits, - and _, not exit..",
                       name, MAX_NAME - 1);
    if (t->final.name)
        return err_set(e, ERR_FORMAT, "%s stands behind final", name);
    if (!final && t->n == NET_TABLE_LINES)
        return err_set(e, ERR_FORMAT, "more than %d lines of blocks",
                       NET_TABLE_LINES);
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(t->lines[i].name, name) == 0)
            return err_set(e, ERR_FORMAT, "a second line named %s", name);
    *l = (struct block_line){
        .name = arena_strdup(&t->arena, name),
        .kind = word ? block_find(word, final) : NULL,
        .values = arena_alloc(&t->arena, BLOCK_KEYS, sizeof *l->values),
    };
    if (!l->kind) {
        block_names(final, &kinds);
        rc = err_set(e, ERR_FORMAT, "%s: '%.40s' is no kind of %s (%s)", name,
                     word ? word : "", final ? "final exit" : "block",
                     kinds.data);
        buf_free(&kinds);
        return rc;
    }
    for (int key = 0; key < BLOCK_KEYS; key++)
        if (block_keys[key].layers && l->kind->takes >> key & 1 && !final)
            l->own[key] = arena_alloc(&t->arena,
                                      (size_t)block_keys[KEY_DEPTH].max,
                                      sizeof *l->own[key]);
    while (rc == 0 && (word = next_word(&rest)))
        rc = parse_pair(t, l, word, e);
    if (rc < 0 || (rc = complete(t, l, e)) < 0)
        return err_prefix(e, "%s", name), rc;
    t->n += !final;
    return 0;
}

/* ---- exits ---- */

/* The line of exits as it stands in the file, with its number, until all blocks
 * are known. */
struct exits_text {
    int number;
    char *after, *head, *width;
};

static int take_exits(struct exits_text *x, char *rest, struct err *e)
{
    char *word, *value;

    while ((word = next_word(&rest))) {
        char **to;

        if (!(value = cut_pair(word, e)))
            return e->code;
        to = strcmp(word, "after") == 0   ? &x->after
             : strcmp(word, "head") == 0  ? &x->head
             : strcmp(word, "width") == 0 ? &x->width
                                          : NULL;
        if (!to)
            return err_set(e, ERR_FORMAT,
                           "exits takes after, head and width, not '%.40s'",
                           word);
        if (*to)
            return err_set(e, ERR_FORMAT, "%s stands twice", word);
        *to = value;
    }
    if (!x->after || !x->head)
        return err_set(e, ERR_FORMAT, "%s is missing",
                       x->after ? "head" : "after");
    return 0;
}

static int parse_after(struct net_table *t, char *text, struct err *e)
{
    char *piece[NET_TABLE_LINES];
    size_t n = words_split(text, ',', piece, NET_TABLE_LINES), line = 0;

    if (n > NET_TABLE_LINES)
        return err_set(e, ERR_FORMAT, "after: more than %d names",
                       NET_TABLE_LINES);
    t->after = arena_alloc(&t->arena, n, sizeof *t->after);
    for (size_t i = 0; i < n; i++) {
        for (line = 0; line < t->n; line++)
            if (strcmp(t->lines[line].name, piece[i]) == 0)
                break;
        if (line == t->n)
            return err_set(e, ERR_FORMAT, "after=%.40s: there is no such block",
                           piece[i]);
        if (line == t->n - 1)
            return err_set(e, ERR_FORMAT,
                           "after=%s: the last block has the final exit",
                           piece[i]);
        if (i && line <= t->after[i - 1])
            return err_set(e, ERR_FORMAT,
                           "after: %s behind %s: names are in the order of "
                           "their lines",
                           piece[i], piece[i - 1]);
        t->after[t->places++] = line;
    }
    return 0;
}

static int parse_heads(struct net_table *t, char *text, struct err *e)
{
    char *piece[NET_TABLE_CHOICES];
    int n = cut_values("head", text, piece, e);

    if (n < 0)
        return n;
    t->heads = arena_alloc(&t->arena, (size_t)n, sizeof *t->heads);
    for (int i = 0; i < n; i++) {
        const struct exit_head *head = head_find(piece[i]);

        if (i == 0 && strcmp(piece[i], "off") == 0) {
            t->off = true;
            continue;
        }
        if (!head)
            return err_set(e, ERR_FORMAT, "head=%.40s: %s", piece[i],
                           strcmp(piece[i], "off") ? "there is no such head"
                                                   : "off comes first");
        for (size_t k = 0; k < t->n_heads; k++)
            if (t->heads[k] == head)
                return err_set(e, ERR_FORMAT, "head %s stands twice", piece[i]);
        t->heads[t->n_heads++] = head;
    }
    return t->n_heads ? 0 : err_set(e, ERR_FORMAT, "head=off alone");
}

/* Read the widths, which every head that has a width must be able to have. */
static int parse_widths(struct net_table *t, char *text, struct err *e)
{
    static const struct block_key_row row = {.min = 1, .max = 8192};
    bool wide = false;
    int rc;

    if (text && (rc = parse_values(t, &row, "width", text, &t->widths, e)) < 0)
        return rc;
    for (size_t k = 0; k < t->n_heads; k++) {
        const struct exit_head *h = t->heads[k];

        for (size_t i = 0; h->width && i < t->widths.n; i++)
            if (t->widths.v[i] % h->multiple)
                return err_set(e, ERR_FORMAT,
                               "width=%" PRId64 ": head %s takes multiples of "
                               "%" PRId64,
                               t->widths.v[i], h->name, h->multiple);
        /* The gene of the width is in use from the first of these on. */
        if (wide && !h->width && t->widths.n > 1)
            return err_set(e, ERR_FORMAT,
                           "head %s has no width: it stands in front of those "
                           "that have one",
                           h->name);
        wide |= h->width > 0;
    }
    if (t->widths.n && !wide)
        return err_set(e, ERR_FORMAT, "width: no head has one");
    return 0;
}

/* ---- a table ---- */

static int parse_text(struct net_table *t, char *text, struct err *e)
{
    struct exits_text exits = {0};
    int64_t blocks = 0;
    int rc;

    for (int number = 1; text; number++) {
        char *line = words_line(&text), *name;

        if (number == 1 && strcmp(line, NET_TABLE_MAGIC) != 0)
            return err_set(e, ERR_FORMAT,
                           "line 1 is not '" NET_TABLE_MAGIC "'");
        if (*line == '#' || !(name = next_word(&line)))
            continue;
        if (strcmp(name, "exits") != 0)
            rc = parse_block(t, name, line, e);
        else if (exits.number)
            rc = err_set(e, ERR_FORMAT, "a second line of exits");
        else
            exits.number = number, rc = take_exits(&exits, line, e);
        if (rc == 0 && t->n) {
            blocks = 0;
            for (size_t i = 0; i < t->n; i++)
                blocks += block_line_depth(&t->lines[i]);
            if (blocks > NET_TABLE_BLOCKS)
                rc = err_set(e, ERR_FORMAT, "more than %d blocks in all",
                             NET_TABLE_BLOCKS);
        }
        if (rc < 0)
            return err_prefix(e, "line %d", number), rc;
    }
    if (!t->n)
        return err_set(e, ERR_FORMAT, "no blocks");
    if (!t->final.name)
        return err_set(e, ERR_FORMAT, "no line 'final'");
    if (exits.number && ((rc = parse_after(t, exits.after, e)) < 0 ||
                         (rc = parse_heads(t, exits.head, e)) < 0 ||
                         (rc = parse_widths(t, exits.width, e)) < 0))
        return err_prefix(e, "line %d", exits.number), rc;
    for (size_t i = 0, k = 0; i < t->n; i++) {
        t->lines[i].stage = 1 + (int64_t)k;
        k += k < t->places && t->after[k] == i;
    }
    return 0;
}

int net_table_parse(const char *text, size_t n, struct net_table **out,
                    struct err *e)
{
    struct net_table *t = xcalloc(1, sizeof *t);
    struct arena scratch = {0};
    int rc;

    t->lines = arena_alloc(&t->arena, NET_TABLE_LINES, sizeof *t->lines);
    rc = memchr(text, '\0', n)
             ? err_set(e, ERR_FORMAT, "a NUL byte in a network table")
             : parse_text(t, arena_strndup(&scratch, text, n), e);
    arena_free(&scratch);
    if (rc < 0) {
        net_table_free(t);
        t = NULL;
    }
    *out = t;
    return rc;
}
