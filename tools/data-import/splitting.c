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

#define NAMED_MAX 20

/* ---- cutting ---- */

/* Cut off one split; each class keeps `keep` images at least. */
static void cut(const struct splitting *o, struct dataset *d, int split,
                size_t keep)
{
    static const char *const purpose[SPLIT_COUNT] = {
        [SPLIT_VAL] = "validation split", [SPLIT_TEST] = "test split"};
    struct split *train = &d->split[SPLIT_TRAIN];
    uint32_t *chosen = xcalloc(train->n, sizeof *chosen);
    size_t want = (size_t)((double)train->n * o->share[split] + 0.5);
    size_t n = stratified_cut(train->labels, train->n, d->input.classes, want,
                              keep, o->seed, purpose[split], 0, chosen);

    if (n)
        split_move(train, &d->split[split], input_item_bytes(&d->input), chosen,
                   n);
    free(chosen);
}

/* Warn of the classes without an image of a split that has others, or return
 * ERR_FORMAT where the split was to be cut and its share was given. */
static int check_small(const struct splitting *o, const struct dataset *d,
                       const bool is_cut[SPLIT_COUNT], struct err *e)
{
    struct class_counts c;
    struct buf text = {0};
    size_t small = 0;
    int rc = 0;

    class_counts_init(&c, d->input.classes);
    for (int s = 0; s < SPLIT_COUNT; s++)
        class_counts_add(&c, s, d->split[s].labels, d->split[s].n);
    for (size_t k = 0; k < c.classes && rc == 0; k++) {
        const uint64_t *n = c.n + k * SPLIT_COUNT;
        const char *lacks = "";

        for (int s = SPLIT_VAL; s < SPLIT_COUNT && n[SPLIT_TRAIN]; s++) {
            if (n[s] || (!is_cut[s] && !d->split[s].n))
                continue;
            if (is_cut[s] && o->given[s])
                rc = err_set(e, ERR_FORMAT,
                             "--%s-share: class '%s' has %" PRIu64
                             " image%s, too few to give one (without the "
                             "option it gives none)",
                             split_names[s], d->class_names.v[k],
                             class_counts_of(&c, k),
                             class_counts_of(&c, k) == 1 ? "" : "s");
            lacks = *lacks ? "val and test" : split_names[s];
        }
        if (*lacks && ++small <= NAMED_MAX)
            buf_addf(&text, "%s'%s' has none in %s", small > 1 ? ", " : "",
                     d->class_names.v[k], lacks);
    }
    if (small > NAMED_MAX)
        buf_addf(&text, " and %zu more classes lack some", small - NAMED_MAX);
    if (rc == 0 && small)
        log_warn("not every split has all classes: class %s", text.data);
    buf_free(&text);
    class_counts_fini(&c);
    return rc;
}

int splitting_cut(const struct splitting *o, struct dataset *d, struct err *e)
{
    bool is_cut[SPLIT_COUNT] = {false};

    for (int s = SPLIT_VAL; s < SPLIT_COUNT; s++)
        is_cut[s] = d->split[s].n == 0 && o->share[s] > 0;
    if (is_cut[SPLIT_TEST])
        cut(o, d, SPLIT_TEST, is_cut[SPLIT_VAL] ? 2 : 1);
    if (is_cut[SPLIT_VAL])
        cut(o, d, SPLIT_VAL, 1);
    return check_small(o, d, is_cut, e);
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
        buf_addf(out, "image %zu", at.i);
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
            log_warn("equal images%s: %s",
                     contrary ? " of different classes" : "", text.data);
            buf_free(&text);
        }
    if (equal)
        log_warn("%zu image%s in two splits%s: accuracies measured on such are "
                 "too high",
                 equal, equal == 1 ? " is" : "s are",
                 named > NAMED_MAX ? ", of which 20 are named" : "");
    if (mixed)
        log_warn("%zu image%s equal to one of another class%s: no network can "
                 "be right for both",
                 mixed, mixed == 1 ? " is" : "s are",
                 named > NAMED_MAX ? ", of which 20 are named" : "");
    free(first);
    set_free(&seen);
}
