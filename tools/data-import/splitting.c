/* SPDX-License-Identifier: MIT */
#include "tools/data-import/splitting.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/set.h"
#include "libcommon/nn/data/class_counts.h"
#include "libcommon/nn/data/sampling.h"
#include "tools/data-import/groupsplit.h"

#define NAMED_MAX 20

/* ---- cutting ---- */

/* Cut off one split; each class keeps `keep` images at least.  Returns false when
 * there are not enough groups. */
static bool cut(const struct splitting *o, struct dataset *d, int split,
                bool grouped, size_t keep)
{
    static const char *const purpose[SPLIT_COUNT] = {
        [SPLIT_VAL] = "validation split",
        [SPLIT_TEST] = "test split",
        [SPLIT_CAL] = "cal split"};
    struct split *train = &d->split[SPLIT_TRAIN];
    size_t want = (size_t)((double)train->n * o->share[split] + 0.5), n;
    uint32_t *chosen;

    if (grouped)
        return group_split_cut(d, split, o->share[split], o->seed,
                               purpose[split]);
    chosen = xcalloc(train->n, sizeof *chosen);
    n = stratified_cut(train->labels, train->n, d->input.classes, want, keep,
                       o->seed, purpose[split], 0, chosen);
    if (n)
        split_move(train, &d->split[split], input_item_bytes(&d->input), chosen,
                   n);
    free(chosen);
    return true;
}

/* Append the splits that class k lacks and others have, as "val and test".
 * Returns one whose share was given and that has too few images of the class, or
 * -1. */
static int put_lacks(const struct splitting *o, const struct dataset *d,
                     const bool is_cut[SPLIT_COUNT], bool grouped,
                     const uint64_t *n, struct buf *out)
{
    int fails = -1;

    for (int s = grouped ? SPLIT_TRAIN : SPLIT_VAL; s < SPLIT_COUNT; s++) {
        if (n[s] || (!is_cut[s] && !d->split[s].n))
            continue;
        if (is_cut[s] && o->given[s] && !grouped)
            fails = s;
        buf_addf(out, "%s%s", out->len ? " and " : "", split_names[s]);
    }
    return fails;
}

/* Warn of the classes without an image of a split that has others, or return
 * ERR_FORMAT where the split was to be cut and its share was given. */
static int check_small(const struct splitting *o, const struct dataset *d,
                       const bool is_cut[SPLIT_COUNT], bool grouped,
                       struct err *e)
{
    struct class_counts c;
    struct buf text = {0}, lacks = {0};
    size_t small = 0;
    int rc = 0;

    class_counts_init(&c, d->input.classes);
    for (int s = 0; s < SPLIT_COUNT; s++)
        class_counts_add(&c, s, d->split[s].labels, d->split[s].n);
    for (size_t k = 0; k < c.classes && rc == 0; k++) {
        const uint64_t *n = c.n + k * SPLIT_COUNT;
        const char *name = d->class_names.v[k];
        int fails = -1;

        buf_clear(&lacks);
        if (n[SPLIT_TRAIN] || grouped)
            fails = put_lacks(o, d, is_cut, grouped, n, &lacks);
        if (fails >= 0)
            rc = err_set(e, ERR_FORMAT,
                         "--%s-share: class '%s' has %" PRIu64
                         " image%s, too few to give one (without the option it "
                         "gives none)",
                         split_names[fails], name, class_counts_of(&c, k),
                         class_counts_of(&c, k) == 1 ? "" : "s");
        if (lacks.len && ++small <= NAMED_MAX)
            buf_addf(&text, "%s'%s' has none in %s", small > 1 ? ", " : "",
                     name, lacks.data);
    }
    if (small > NAMED_MAX)
        buf_addf(&text, " and %zu more classes lack some", small - NAMED_MAX);
    if (rc == 0 && small)
        log_warn("not every split has all classes: class %s", text.data);
    buf_free(&text);
    buf_free(&lacks);
    class_counts_fini(&c);
    return rc;
}

int splitting_cut(const struct splitting *o, struct dataset *d, struct err *e)
{
    static const int order[] = {SPLIT_TEST, SPLIT_VAL, SPLIT_CAL};
    const struct split *train = &d->split[SPLIT_TRAIN];
    bool is_cut[SPLIT_COUNT] = {false};
    bool grouped = train->groups.n && !o->by_sample;
    struct buf lacking = {0}; /* splits that get no group */
    size_t later = 0;         /* splits that are still to be cut */

    if (o->list && !grouped)
        return err_set(e, ERR_ARG,
                       "--split-list: the samples have no groups (--group-by "
                       "makes some)");
    if (o->list && group_split_list(o->list, d, e) < 0)
        return e->code;
    for (int s = SPLIT_VAL; s < SPLIT_COUNT; s++)
        later += is_cut[s] = d->split[s].n == 0 && o->share[s] > 0;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        int s = order[i];

        if (!is_cut[s] || cut(o, d, s, grouped, later--))
            continue;
        if (o->given[s]) {
            buf_free(&lacking);
            return err_set(e, ERR_FORMAT,
                           "--%s-share: there are not enough groups to give it "
                           "one (--group-by=none splits sample by sample)",
                           split_names[s]);
        }
        buf_addf(&lacking, "%s%s", lacking.len ? " or " : "", split_names[s]);
        is_cut[s] = false;
    }
    if (lacking.len)
        log_warn("the training samples are of one group: there is no %s split "
                 "(--group-by=none splits sample by sample)",
                 lacking.data);
    buf_free(&lacking);
    return check_small(o, d, is_cut, grouped, e);
}

/* ---- equal images ---- */

struct image_place {
    int split;
    size_t i;
};

/* Append "a/1.png of train" or, without names, "image 17 of train". */
static void put_place(const struct dataset *d, struct image_place at,
                      struct buf *out)
{
    const struct filenames *names = &d->split[at.split].names;
    const char *name = filenames_first(names);

    for (size_t i = 0; name && i < at.i; i++)
        name = filenames_next(names, name);
    if (name)
        buf_adds(out, name);
    else
        buf_addf(out, "%s %zu", input_floats(&d->input) ? "sample" : "image",
                 at.i);
    buf_addf(out, " of %s", split_names[at.split]);
}

static const uint8_t *item_at(const struct dataset *d, struct image_place at)
{
    return d->split[at.split].items + at.i * input_item_bytes(&d->input);
}

static int32_t label_at(const struct dataset *d, struct image_place at)
{
    return d->split[at.split].labels[at.i];
}

void splitting_check(const struct dataset *d)
{
    size_t bytes = input_item_bytes(&d->input), n = 0;
    size_t equal = 0, mixed = 0, named = 0;
    const char *noun = input_floats(&d->input) ? "sample" : "image";
    struct image_place *first; /* of each hash, in the order of the set */
    struct set seen = {0};

    for (int s = 0; s < SPLIT_COUNT; s++)
        n += d->split[s].n;
    first = xcalloc(n, sizeof *first);
    for (int s = 0; s < SPLIT_COUNT; s++)
        for (size_t i = 0; i < d->split[s].n; i++) {
            const struct image_place at = {s, i};
            uint64_t hash = hash64(item_at(d, at), bytes);
            size_t known = seen.n, k = set_add(&seen, &hash, sizeof hash);
            bool across, contrary;
            struct buf text = {0};

            if (k == known) {
                first[k] = at;
                continue;
            }
            across = first[k].split != s;
            contrary = label_at(d, first[k]) != label_at(d, at);
            if ((!across && !contrary) ||
                memcmp(item_at(d, at), item_at(d, first[k]), bytes) != 0)
                continue;
            equal += across;
            mixed += contrary;
            if (++named > NAMED_MAX)
                continue;
            put_place(d, at, &text);
            buf_adds(&text, " and ");
            put_place(d, first[k], &text);
            log_warn("equal %ss%s: %s", noun,
                     contrary ? " of different classes" : "", text.data);
            buf_free(&text);
        }
    if (equal)
        log_warn("%zu %s%s in two splits%s: accuracies measured on such are "
                 "too high",
                 equal, noun, equal == 1 ? " is" : "s are",
                 named > NAMED_MAX ? ", of which 20 are named" : "");
    if (mixed)
        log_warn("%zu %s%s equal to one of another class%s: no network can "
                 "be right for both",
                 mixed, noun, mixed == 1 ? " is" : "s are",
                 named > NAMED_MAX ? ", of which 20 are named" : "");
    free(first);
    set_free(&seen);
}
