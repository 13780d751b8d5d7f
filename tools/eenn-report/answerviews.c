/* SPDX-License-Identifier: MIT
 * Views of the answers in a trace: confusion matrix, classes, samples. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"
#include "libcommon/stats/stats.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/traceanswers.h"

#define MATRIX_CLASSES 1024 /* their table takes up to 170 MB */
#define CONFUSIONS 20       /* rows of text */

struct answers_view {
    const struct report_opts *o;
    struct report *rep;
    struct table *rows, *overall; /* of classes, samples */
    size_t networks;
    struct buf title; /* of rows */
};

static const struct column class_columns[] = {
    {"net", "design", COL_ID, 0, 0, 9,
     "iteration/slot of the search, or first digits of the arch or net id"},
    {"class", "class", COL_INT, 0, 0, 0, "number of the class"},
    {"label", "label", COL_TEXT, 0, 0, 0, NULL},
    {"samples", "samples", COL_INT, 0, 0, 0, "samples of this class"},
    {"predicted", "predicted", COL_INT, 0, 0, 6,
     "samples of which this class was predicted"},
    {"right", "right", COL_INT, 0, 0, 6,
     "predictions of this class that are right"},
    {"precision", "precision %", COL_REAL, 100, 2, 4,
     "share of right ones among the predictions of this class"},
    {"recall", "recall %", COL_REAL, 100, 2, 0,
     "share of right predictions for samples of this class (in brackets: 95 % "
     "interval)"},
    {"f1", "F1 %", COL_REAL, 100, 2, 5,
     "harmonic mean of precision and recall"},
    {"utilisation", "leaving %", COL_REALS, 100, 1, 3,
     "share of the samples of this class that left at each exit"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column overall_columns[] = {
    {"net", "design", COL_ID, 0, 0, 9, NULL},
    {"split", "split", COL_TEXT, 0, 0, 5, NULL},
    {"samples", "samples", COL_INT, 0, 0, 5, NULL},
    {"accuracy", "accuracy %", COL_REAL, 100, 2, 0,
     "share of right predictions (in brackets: 95 % interval)"},
    {"balanced_accuracy", "balanced %", COL_REAL, 100, 2, 0,
     "balanced accuracy: mean recall of the classes"},
    {"worst_class", NULL, COL_INT, 0, 0, 0, NULL},
    {"worst_label", "worst class", COL_TEXT, 0, 0, 0,
     "class of the smallest recall"},
    {"worst_recall", "its recall %", COL_REAL, 100, 2, 0, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column sample_columns[] = {
    {"net", "design", COL_ID, 0, 0, 9,
     "iteration/slot of the search, or first digits of the arch or net id"},
    {"sample", "sample", COL_INT, 0, 0, 3, "number in the split, from 0"},
    {"file", "file", COL_TEXT, 0, 0, 0,
     "file, or record and position of the beat in it"},
    {"label", "label", COL_TEXT, 0, 0, 0, "right class"},
    {"predicted", "predicted", COL_TEXT, 0, 0, 0, "class that was predicted"},
    {"right", "right", COL_BOOL, 0, 0, 2, NULL},
    {"exit", "exit", COL_INT, 0, 0, 0, "exit of the prediction"},
    {"score", "score", COL_REAL, 0, 4, 0,
     "value of the rule in the title for the prediction, at that exit"},
    {"scored_by", NULL, COL_TEXT, 0, 0, 0, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

/* ---- counting ---- */

struct per_class {
    size_t samples, answered, right;
    size_t left[NET_MAX_EXITS];
};

static struct per_class *count_classes(const struct answers *a)
{
    struct per_class *c = xcalloc(a->classes, sizeof *c);

    for (size_t i = 0; i < a->n; i++) {
        c[a->label[i]].samples++;
        c[a->label[i]].left[a->left[i]]++;
        c[a->answer[i]].answered++;
        c[a->answer[i]].right += a->label[i] == a->answer[i];
    }
    return c;
}

/* Returns NAN for 0 of 0. */
static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static void add_title(struct answers_view *v, const struct answers *a)
{
    buf_adds(&v->title, v->networks++ ? "; " : "");
    answers_about(a, &v->title);
}

/* ---- classes ---- */

/* An answers_fn. */
static int add_classes(void *ctx, const struct answers *a, struct err *e)
{
    struct answers_view *v = ctx;
    struct per_class *c = count_classes(a);
    char number[ANSWERS_NUMBER];
    struct table *t = v->rows;
    double left[NET_MAX_EXITS], sum = 0, least = INFINITY;
    size_t worst = 0, classes = 0;

    (void)e;
    for (size_t i = 0; i < a->classes; i++) {
        double recall = share(c[i].right, c[i].samples);

        report_design(t, a->head.summary.arch, a->head.summary.net,
                      &a->head.summary.origin);
        table_int(t, (int64_t)i);
        table_text(t, a->head.class_names.n ? a->head.class_names.v[i] : NULL);
        table_int(t, (int64_t)c[i].samples);
        table_int(t, (int64_t)c[i].answered);
        table_int(t, (int64_t)c[i].right);
        table_real(t, share(c[i].right, c[i].answered));
        table_share(t, recall, (double)c[i].samples);
        table_real(t, share(2 * c[i].right, c[i].samples + c[i].answered));
        for (size_t k = 0; k < a->exits; k++)
            left[k] = share(c[i].left[k], c[i].samples);
        table_reals(t, left, a->head.policy && c[i].samples ? a->exits : 0);
        if (isnan(recall))
            continue;
        sum += recall;
        classes++;
        if (recall < least) {
            least = recall;
            worst = i;
        }
    }
    t = v->overall;
    report_design(t, a->head.summary.arch, a->head.summary.net,
                  &a->head.summary.origin);
    table_text(t, a->head.split);
    table_int(t, (int64_t)a->n);
    table_share(t, answers_accuracy(a), (double)a->n);
    table_real(t, sum / (double)classes);
    table_int(t, classes ? (int64_t)worst : NIL_INT);
    table_text(t, classes ? answers_class(a, worst, number) : NULL);
    table_real(t, classes ? least : NAN);
    free(c);
    add_title(v, a);
    return 0;
}

/* ---- samples ---- */

/* An answers_fn. */
static int add_samples(void *ctx, const struct answers *a, struct err *e)
{
    struct answers_view *v = ctx;
    char number[ANSWERS_NUMBER];
    struct table *t = v->rows;
    bool any = false;

    (void)e;
    for (size_t i = 0; i < a->n; i++) {
        bool right = a->label[i] == a->answer[i];

        if (right && v->o->wrong)
            continue;
        any = true;
        report_design(t, a->head.summary.arch, a->head.summary.net,
                      &a->head.summary.origin);
        table_int(t, (int64_t)a->sample[i]);
        table_text(t, a->file[i]);
        table_text(t, answers_class(a, (size_t)a->label[i], number));
        table_text(t, answers_class(a, (size_t)a->answer[i], number));
        table_bool(t, right);
        table_int(t, a->left[i] + 1);
        table_real(t, a->score[i]);
        table_text(t, a->scored_by->name);
    }
    add_title(v, a);
    buf_addf(&v->title, "%s; score: %s",
             !v->o->wrong ? ""
             : any        ? ", the wrong ones"
                          : ", none of them wrong",
             a->scored_by->name);
    return 0;
}

/* ---- the confusion matrix ---- */

/* Add the matrix.  The key of a column is the name of its class, with the number in
 * front where another column has that name. */
static void matrix_table(const struct answers *a, const uint64_t *m,
                         struct report *rep)
{
    static const struct column first[] = {
        {"class", "", COL_INT, 0, 0, 0, NULL},
        {"label", "label", COL_TEXT, 0, 0, 0, NULL},
        {NULL, NULL, 0, 0, 0, 0, NULL},
    };
    struct table *t = report_table(rep, "confusion", first);
    char number[ANSWERS_NUMBER], head[ANSWERS_NUMBER];
    struct buf key = {0};

    for (size_t i = 0; i < a->classes; i++) {
        const char *name = answers_class(a, i, number);
        size_t c = 0;

        while (c < t->n_columns && strcmp(t->columns[c].key, name) != 0)
            c++;
        buf_clear(&key);
        if (c < t->n_columns)
            buf_addf(&key, "%zu ", i);
        buf_adds(&key, name);
        snprintf(head, sizeof head, "%zu", i);
        table_column(t,
                     &(struct column){key.data, head, COL_INT, 0, 0, 0, NULL});
    }
    buf_free(&key);
    for (size_t i = 0; i < a->classes; i++) {
        table_int(t, (int64_t)i);
        table_text(t, a->head.class_names.n ? a->head.class_names.v[i] : NULL);
        for (size_t k = 0; k < a->classes; k++)
            table_int(t, (int64_t)m[i * a->classes + k]);
    }
}

struct confusion {
    size_t label, answer;
    uint64_t samples;
};

static int most_first(const void *a, const void *b)
{
    const struct confusion *x = a, *y = b;

    if (x->samples != y->samples)
        return x->samples < y->samples ? 1 : -1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->answer > y->answer) - (x->answer < y->answer);
}

/* Add the most frequent confusions. */
static void confusion_table(const struct answers *a, const uint64_t *m,
                            struct report *rep, bool wide)
{
    static const struct column columns[] = {
        {"label", "label", COL_TEXT, 0, 0, 0, NULL},
        {"predicted", "predicted", COL_TEXT, 0, 0, 0, NULL},
        {"samples", "samples", COL_INT, 0, 0, 0, NULL},
        {"share", "share %", COL_REAL, 100, 1, 0,
         "of the samples of the label"},
        {NULL, NULL, 0, 0, 0, 0, NULL},
    };
    struct table *t = report_table(rep, "confusions", columns);
    struct per_class *c = count_classes(a);
    struct confusion *v = NULL;
    size_t n = 0, cap = 0;
    char number[ANSWERS_NUMBER];

    for (size_t i = 0; i < a->classes; i++)
        for (size_t k = 0; k < a->classes; k++)
            if (i != k && m[i * a->classes + k]) {
                GROW(v, n, cap);
                v[n++] = (struct confusion){i, k, m[i * a->classes + k]};
            }
    if (n)
        qsort(v, n, sizeof *v, most_first);
    for (size_t i = 0; i < n && (wide || i < CONFUSIONS); i++) {
        table_text(t, answers_class(a, v[i].label, number));
        table_text(t, answers_class(a, v[i].answer, number));
        table_int(t, (int64_t)v[i].samples);
        table_real(t, share(v[i].samples, c[v[i].label].samples));
    }
    table_title(t,
                n ? "Most frequent confusions" : "Every prediction is right");
    free(v);
    free(c);
}

/* An answers_fn. */
static int add_confusion(void *ctx, const struct answers *a, struct err *e)
{
    struct answers_view *v = ctx;
    struct buf title = {0};
    uint64_t *m;
    double low, high;
    int rc = 0;

    if (v->networks++)
        return err_set(e, ERR_FORMAT,
                       "a confusion matrix is of one network, and here are "
                       "several: pick one by --id");
    if (a->classes > MATRIX_CLASSES)
        return err_set(e, ERR_FORMAT,
                       "a confusion matrix of %zu classes is too large, %d are "
                       "the most: --view=classes and --view=samples have no "
                       "limit",
                       a->classes, MATRIX_CLASSES);
    m = xcalloc(a->classes * a->classes, sizeof *m);
    for (size_t i = 0; i < a->n; i++)
        m[(size_t)a->label[i] * a->classes + (size_t)a->answer[i]]++;
    stats_wilson(answers_accuracy(a), (double)a->n, &low, &high);
    answers_about(a, &title);
    if (a->n)
        buf_addf(&title, ": %.2f %% right (%.1f-%.1f)",
                 100 * answers_accuracy(a), 100 * low, 100 * high);
    if (v->o->draw) {
        if (a->classes > CHART_CLASSES)
            rc = err_set(e, ERR_FORMAT,
                         "a confusion matrix of %zu classes "
                         "cannot be drawn, %d are the most",
                         a->classes, CHART_CLASSES);
        else
            chart_confusion(title.data,
                            a->head.class_names.n ? a->head.class_names.v
                                                  : NULL,
                            m, a->classes, &v->rep->script);
    } else {
        matrix_table(a, m, v->rep);
        if (!v->o->wide && !table_fits(&v->rep->tables[0])) {
            buf_addf(&title,
                     "; the matrix of %zu classes is wider than %d "
                     "columns: --wide shows it",
                     a->classes, TABLE_WIDTH);
            table_clear(&v->rep->tables[0]);
        } else {
            buf_adds(&title, "; a row per label, a column per predicted class");
        }
        table_title(&v->rep->tables[0], title.data);
        if (v->o->people)
            confusion_table(a, m, v->rep, v->o->wide);
    }
    buf_free(&title);
    free(m);
    return rc;
}

/* ---- */

bool view_of_answers(const struct report_opts *o)
{
    return o->view == VIEW_CONFUSION || o->view == VIEW_CLASSES ||
           o->view == VIEW_SAMPLES || o->view == VIEW_DIFFERENCES;
}

int report_answers(struct reader *r, struct record *rec,
                   const struct report_opts *o, struct report *rep,
                   struct err *e)
{
    struct answers_view v = {.o = o, .rep = rep};
    answers_fn *fn = o->view == VIEW_SAMPLES ? add_samples : add_classes;
    int rc;

    if (o->view == VIEW_CONFUSION)
        return answers_read(r, rec, o, add_confusion, &v, e);
    if (o->draw)
        return report_no_view(o, "trace", e);
    if (o->view == VIEW_DIFFERENCES)
        return report_differences(r, rec, o, rep, e);
    if (o->view == VIEW_SAMPLES) {
        v.rows = report_table(rep, "samples", sample_columns);
    } else {
        v.rows = report_table(rep, "classes", class_columns);
        v.overall = report_table(rep, "overall", overall_columns);
    }
    rc = answers_read(r, rec, o, fn, &v, e);
    if (rc == 0)
        table_title(v.rows, v.title.data);
    buf_free(&v.title);
    return rc;
}
