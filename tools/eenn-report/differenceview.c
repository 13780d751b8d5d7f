/* SPDX-License-Identifier: MIT
 * View of the difference between networks that answered the same samples: the
 * accuracy of each beside that of the first. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/stats/stats.h"
#include "tools/eenn-report/traceanswers.h"

static const struct column columns[] = {
    {"net", "net", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the arch or net id"},
    {"accuracy", "acc %", COL_REAL, 100, 2, 0,
     "accuracy (in brackets: 95 % interval)"},
    {"difference", "difference", COL_REAL, 100, 2, 0,
     "accuracy less that of the first, in points, on the same samples (in "
     "brackets: 95 % interval by Tango's score)"},
    {"only_this", "only this", COL_INT, 0, 0, 2,
     "samples that this network gets right and the first does not"},
    {"only_first", "only first", COL_INT, 0, 0, 2,
     "samples that the first gets right and this does not"},
    {"balanced_accuracy", "balanced %", COL_REAL, 100, 2, 3,
     "balanced accuracy: mean recall of the classes"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

struct differences {
    struct table *rows;
    struct buf title;
    size_t networks, n;
    int32_t *label;       /* (n) of the first network */
    unsigned char *right; /* (n) */
};

/* Returns the mean recall of the classes that have samples. */
static double balanced(const struct answers *a)
{
    double *samples = xcalloc(2 * a->classes, sizeof *samples);
    double *right = samples + a->classes, sum = 0, classes = 0;

    for (size_t i = 0; i < a->n; i++) {
        samples[a->label[i]]++;
        right[a->label[i]] += a->label[i] == a->answer[i];
    }
    for (size_t c = 0; c < a->classes; c++)
        if (samples[c] > 0) {
            sum += right[c] / samples[c];
            classes++;
        }
    free(samples);
    return sum / classes;
}

/* An answers_fn. */
static int add(void *ctx, const struct answers *a, struct err *e)
{
    struct differences *d = ctx;
    double only_this = 0, only_first = 0, low, high;

    if (!d->networks++) {
        d->n = a->n;
        d->label = xmemdup(a->label, a->n * sizeof *a->label);
        d->right = xcalloc(a->n, 1);
        for (size_t i = 0; i < a->n; i++)
            d->right[i] = a->label[i] == a->answer[i];
        buf_addf(&d->title, "%s%s%s, %zu samples",
                 a->head.dataset ? a->head.dataset : "",
                 a->head.dataset ? ", " : "", a->head.split, a->n);
    } else if (a->n != d->n ||
               memcmp(a->label, d->label, a->n * sizeof *a->label) != 0) {
        return err_set(e, ERR_FORMAT,
                       "network %zu was not run on the samples of the first "
                       "one: differences are of the same samples",
                       d->networks);
    }
    for (size_t i = 0; i < a->n; i++) {
        bool right = a->label[i] == a->answer[i];

        only_this += right && !d->right[i];
        only_first += !right && d->right[i];
    }
    report_design(d->rows, a->head.summary.arch, a->head.summary.net,
                  &a->head.summary.origin);
    table_share(d->rows, answers_accuracy(a), (double)a->n);
    stats_paired(only_this, only_first, (double)a->n, &low, &high);
    table_between(d->rows,
                  d->networks > 1 ? (only_this - only_first) / (double)a->n
                                  : NAN,
                  low, high);
    table_int(d->rows, d->networks > 1 ? (int64_t)only_this : NIL_INT);
    table_int(d->rows, d->networks > 1 ? (int64_t)only_first : NIL_INT);
    table_real(d->rows, balanced(a));
    return 0;
}

int report_differences(struct reader *r, struct record *rec,
                       const struct report_opts *o, struct report *rep,
                       struct err *e)
{
    struct differences d = {.rows = report_table(rep, "differences", columns)};
    int rc = answers_read(r, rec, o, add, &d, e);

    if (rc == 0 && d.networks < 2)
        rc = err_set(e, ERR_FORMAT,
                     "a difference is between networks, and here is one: "
                     "join the streams by cat");
    if (rc == 0)
        table_title(d.rows, d.title.data);
    buf_free(&d.title);
    free(d.label);
    free(d.right);
    return rc;
}
