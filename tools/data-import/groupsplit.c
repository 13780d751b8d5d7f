/* SPDX-License-Identifier: MIT */
#include "tools/data-import/groupsplit.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/pathname.h"
#include "libcommon/base/rng.h"
#include "libcommon/base/set.h"
#include "libcommon/io/textfile.h"
#include "tools/data-import/filelist.h"
#include "tools/data-import/knownlists.h"

#define ORDERS 16 /* that are tried */
#define SWEEPS 4  /* through all groups, at most */
#define NAMED_MAX 20
#define LEFT_OUT SPLIT_COUNT /* in place of a split */
#define LIST_BYTES ((uint64_t)1 << 26)

/* ---- names ---- */

int group_by_check(const char *text, struct err *e)
{
    if (!strcmp(text, "auto") || !strcmp(text, "none") ||
        (!strncmp(text, "name:", 5) && text[5]))
        return 0;
    return err_set(e, ERR_ARG,
                   "--group-by is auto, none or name:TEXT, not '%s'", text);
}

int group_by_name(struct dataset *d, const char *text, struct err *e)
{
    struct buf group = {0};

    for (int s = 0; s < SPLIT_COUNT; s++) {
        struct split *split = &d->split[s];
        const char *path = filenames_first(&split->names);

        if (split->n && !path)
            return err_set(e, ERR_ARG,
                           "--group-by=name:%s: the samples have no names",
                           text);
        filenames_free(&split->groups);
        for (; path; path = filenames_next(&split->names, path)) {
            const char *name = pathname_base(path);
            const char *end = strstr(name, text);

            if (!end || end == name)
                end = strrchr(name, '.');
            if (!end || end == name)
                end = name + strlen(name);
            buf_clear(&group);
            buf_add(&group, name, (size_t)(end - name));
            filenames_add(&split->groups, group.data);
        }
    }
    buf_free(&group);
    return 0;
}

/* Number the groups of a split in the order in which they come: of[i] is that of
 * sample i, owned (free). */
static size_t *number_groups(const struct split *s, struct set *groups)
{
    size_t *of = xcalloc(s->n, sizeof *of), i = 0;
    const char *name = filenames_first(&s->groups);

    for (; name; name = filenames_next(&s->groups, name))
        of[i++] = set_add(groups, name, strlen(name));
    BUG_IF(i != s->n);
    return of;
}

/* Move the samples whose groups are to go to `split`, or are left out; of[] is then
 * of those that stay. */
static void move_groups(struct dataset *d, int split, size_t *of, const int *to)
{
    struct split *train = &d->split[SPLIT_TRAIN], none = {0};
    uint32_t *chosen = xcalloc(train->n, sizeof *chosen);
    size_t n = 0;

    for (size_t i = 0; i < train->n; i++)
        if (to[of[i]] == split)
            chosen[n++] = (uint32_t)i;
        else
            of[i - n] = of[i];
    if (n)
        split_move(train, split == LEFT_OUT ? &none : &d->split[split],
                   input_item_bytes(&d->input), chosen, n);
    split_fini(&none);
    free(chosen);
}

/* ---- lists ---- */

/* Read one line "GROUP SPLIT"; to[] has a split or LEFT_OUT for each group of the
 * set, -1 at first.  Counts groups that the set lacks in *others. */
static int read_line(char *line, const struct set *groups, int *to,
                     size_t *others, struct err *e)
{
    char *end = line + strlen(line), *split;
    size_t k;
    int s;

    line += strspn(line, " \t");
    while (end > line && strchr(" \t\r", end[-1]))
        *--end = '\0';
    if (!*line || *line == '#')
        return 0;
    for (split = end; split > line && !strchr(" \t", split[-1]); split--)
        ;
    s = strcmp(split, "none") ? split_find(split) : LEFT_OUT;
    for (end = split; end > line && strchr(" \t", end[-1]);)
        *--end = '\0';
    if (end == line)
        return err_set(e, ERR_FORMAT, "not a group and its split");
    if (s < 0)
        return err_set(e, ERR_FORMAT, "split '%s' is not none, " SPLITS_TEXT,
                       split);
    k = set_find(groups, line, (size_t)(end - line));
    if (k == SET_NONE) {
        ++*others;
        return 0;
    }
    if (to[k] >= 0 && to[k] != s)
        return err_set(e, ERR_FORMAT, "group %s is in split %s already", line,
                       to[k] == LEFT_OUT ? "none" : split_names[to[k]]);
    to[k] = s;
    return 0;
}

static int read_list(const char *path, const struct set *groups, int *to,
                     struct err *e)
{
    struct buf text = {0};
    size_t others = 0, number = 1;
    const char *known = known_list(path);
    int rc = 0;

    if (known)
        buf_adds(&text, known);
    else
        rc = text_read(path, LIST_BYTES, &text, e);
    if (rc == 0)
        buf_add(&text, "", 1);
    for (char *at = text.data, *next; rc == 0 && at; at = next, number++) {
        if ((next = strchr(at, '\n')))
            *next++ = '\0';
        if ((rc = read_line(at, groups, to, &others, e)) < 0)
            err_prefix(e, "%s:%zu", path, number);
    }
    if (rc == 0 && others)
        log_info("%s: %zu groups are not in the set", path, others);
    buf_free(&text);
    return rc;
}

/* Groups that a list does not name stay where they are. */
static void warn_unlisted(const char *path, const struct set *groups,
                          const int *to)
{
    struct buf text = {0};
    size_t n = 0;

    for (size_t k = 0; k < groups->n; k++) {
        size_t from = k ? groups->end[k - 1] : 0;

        if (to[k] >= 0 || ++n > NAMED_MAX)
            continue;
        buf_adds(&text, n > 1 ? ", " : "");
        buf_add(&text, groups->keys + from, groups->end[k] - from);
    }
    if (n > NAMED_MAX)
        buf_addf(&text, " and %zu more", n - NAMED_MAX);
    if (n)
        log_warn("%s does not name all groups: %s %s with train", path,
                 text.data, n == 1 ? "stays" : "stay");
    buf_free(&text);
}

int group_split_list(const char *path, struct dataset *d, struct err *e)
{
    struct set groups = {0};
    size_t *of = number_groups(&d->split[SPLIT_TRAIN], &groups);
    int *to = xcalloc(groups.n, sizeof *to), rc;

    for (size_t k = 0; k < groups.n; k++)
        to[k] = -1;
    rc = read_list(path, &groups, to, e);
    for (size_t k = 0; k < groups.n && rc == 0; k++)
        if (to[k] > SPLIT_TRAIN && to[k] < SPLIT_COUNT && d->split[to[k]].n)
            rc = err_set(e, ERR_FORMAT,
                         "%s: the set has a %s split already, to which no "
                         "groups can be moved",
                         path, split_names[to[k]]);
    if (rc == 0)
        warn_unlisted(path, &groups, to);
    for (int s = SPLIT_TRAIN + 1; s <= LEFT_OUT && rc == 0; s++)
        move_groups(d, s, of, to);
    if (rc == 0 && d->split[SPLIT_TRAIN].n == 0)
        rc = err_set(e, ERR_FORMAT, "%s: leaves no group for training", path);
    free(to);
    free(of);
    set_free(&groups);
    return rc;
}

/* ---- cutting ---- */

/* Holds how many samples of each class each group has: those of group g are
 * count[start[g]..start[g + 1]) of class label[..]. */
struct cutting {
    size_t groups, *start, *count;
    int32_t *label;
    size_t classes;
    double *all;   /* (classes + 1) samples of a class; of all classes */
    double *taken; /* (classes + 1) of them chosen */
    double share;
};

static int order_pairs(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static struct cutting cutting_make(const struct dataset *d, const size_t *of,
                                   size_t groups, double share)
{
    const struct split *train = &d->split[SPLIT_TRAIN];
    size_t classes = d->input.classes, n = 0;
    uint64_t *pair = xcalloc(train->n, sizeof *pair); /* group, class */
    struct cutting c = {
        .groups = groups,
        .start = xcalloc(groups + 1, sizeof *c.start),
        .count = xcalloc(train->n, sizeof *c.count),
        .label = xcalloc(train->n, sizeof *c.label),
        .classes = classes,
        .all = xcalloc(classes + 1, sizeof *c.all),
        .taken = xcalloc(classes + 1, sizeof *c.taken),
        .share = share,
    };

    for (size_t i = 0; i < train->n; i++) {
        pair[i] = (uint64_t)of[i] << 32 | (uint32_t)train->labels[i];
        c.all[train->labels[i]]++;
    }
    c.all[classes] = (double)train->n;
    qsort(pair, train->n, sizeof *pair, order_pairs);
    for (size_t i = 0; i < train->n; i++) {
        if (!i || pair[i] != pair[i - 1])
            c.label[n++] = (int32_t)(uint32_t)pair[i];
        c.count[n - 1]++;
        c.start[(pair[i] >> 32) + 1] = n;
    }
    free(pair);
    return c;
}

/* Returns how much farther class k is from its share with `more` samples. */
static double farther(const struct cutting *c, size_t k, double more)
{
    double is = c->taken[k] / c->all[k] - c->share, step = more / c->all[k];

    return step * (2 * is + step);
}

/* Returns how much farther all classes, and all samples together, are from their
 * shares when group g is taken (sign 1) or given back (-1); with `move` it is. */
static double try_group(struct cutting *c, size_t g, double sign, bool move)
{
    double sum = 0, all = 0;

    for (size_t i = c->start[g]; i < c->start[g + 1]; i++) {
        size_t k = (size_t)c->label[i];
        double more = sign * (double)c->count[i];

        sum += farther(c, k, more);
        all += more;
        if (move)
            c->taken[k] += more;
    }
    sum += farther(c, c->classes, all);
    if (move)
        c->taken[c->classes] += all;
    return sum;
}

/* Choose groups in this order, and return how far off the shares then are, less
 * what they are with none chosen. */
static double choose(struct cutting *c, const uint32_t *order, int *to,
                     int split)
{
    size_t chosen = 0, nearest = order[0];
    double off = 0;
    bool moved = true;

    memset(to, 0, c->groups * sizeof *to);
    memset(c->taken, 0, (c->classes + 1) * sizeof *c->taken);
    for (size_t i = 0; i < c->groups; i++)
        if (try_group(c, order[i], 1, false) < try_group(c, nearest, 1, false))
            nearest = order[i];
    for (int sweep = 0; sweep < SWEEPS && moved; sweep++) {
        moved = false;
        for (size_t i = 0; i < c->groups; i++) {
            size_t g = order[i];
            bool in = to[g] == split;
            double sign = in ? -1 : 1;

            if (in ? chosen == 1 : chosen + 1 == c->groups)
                continue;
            if (try_group(c, g, sign, false) >= -1e-12)
                continue;
            off += try_group(c, g, sign, true);
            to[g] = in ? SPLIT_TRAIN : split;
            chosen += in ? (size_t)-1 : 1;
            moved = true;
        }
    }
    if (!chosen) {
        to[nearest] = split;
        off = try_group(c, nearest, 1, true);
    }
    return off;
}

bool group_split_cut(struct dataset *d, int split, double share, uint64_t seed,
                     const char *purpose)
{
    struct set groups = {0};
    size_t *of = number_groups(&d->split[SPLIT_TRAIN], &groups), n = groups.n;
    int *to = xcalloc(n, sizeof *to), *best = xcalloc(n, sizeof *best);
    uint32_t *order = xcalloc(n, sizeof *order);
    struct cutting c = cutting_make(d, of, n, share);
    double least = INFINITY;

    for (size_t k = 0; k < n; k++)
        order[k] = (uint32_t)k;
    for (uint64_t i = 0; i < ORDERS && n > 1; i++) {
        struct rng r = rng_make(seed, purpose, i, 1);
        double off;

        rng_shuffle(&r, order, n);
        off = choose(&c, order, to, split);
        if (off < least) {
            least = off;
            memcpy(best, to, n * sizeof *best);
        }
    }
    if (n > 1)
        move_groups(d, split, of, best);
    free(c.start);
    free(c.count);
    free(c.label);
    free(c.all);
    free(c.taken);
    free(order);
    free(best);
    free(to);
    free(of);
    set_free(&groups);
    return n > 1;
}

/* ---- checking ---- */

void group_split_check(const struct dataset *d)
{
    struct set seen = {0}, both = {0};
    int *first = NULL; /* split in which a group came first */
    struct buf text = {0};

    for (int s = 0; s < SPLIT_COUNT; s++) {
        const struct filenames *f = &d->split[s].groups;

        for (const char *g = filenames_first(f); g; g = filenames_next(f, g)) {
            size_t n = strlen(g), known = seen.n, k = set_add(&seen, g, n);

            if (k == known) {
                first = xreallocarray(first, seen.n, sizeof *first);
                first[k] = s;
            }
            if (first[k] == s || set_find(&both, g, n) != SET_NONE)
                continue;
            set_add(&both, g, n);
            if (both.n <= NAMED_MAX)
                buf_addf(&text, "%s%s (%s, %s)", both.n > 1 ? ", " : "", g,
                         split_names[first[k]], split_names[s]);
        }
    }
    if (both.n > NAMED_MAX)
        buf_addf(&text, " and %zu more", both.n - NAMED_MAX);
    if (both.n)
        log_warn(
            "groups with samples in two splits, on which accuracies may be "
            "too high: %s",
            text.data);
    buf_free(&text);
    free(first);
    set_free(&seen);
    set_free(&both);
}
