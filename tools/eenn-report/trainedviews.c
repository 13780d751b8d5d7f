/* SPDX-License-Identifier: MIT
 * Views of trained networks: their training logs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/report.h"
#include "tools/eenn-report/traceanswers.h"

static const struct column table_columns[] = {
    {"net", "net", COL_ID, 0, 0, 0, "first digits of the net id"},
    {"iteration", "it", COL_INT, 0, 0, 3, "iteration of the search"},
    {"slot", "slot", COL_INT, 0, 0, 3,
     "place of the design within the iteration"},
    {"status", "status", COL_TEXT, 0, 0, 2, NULL},
    {"dataset", "dataset", COL_TEXT, 0, 0, 4, NULL},
    {"seed", "seed", COL_INT, 0, 0, 9, NULL},
    {"params", "params", COL_INT, 0, 0, 5, "trainable parameters"},
    {"epochs", "epochs", COL_INT, 0, 0, 1, "epochs that were trained"},
    {"best_epoch", "best", COL_INT, 0, 0, 0,
     "epoch, from 0, whose weights these are"},
    {"val_loss", "val loss", COL_REAL, 0, 4, 3,
     "loss on the validation split in that epoch"},
    {"val_accuracy", "val acc by exit %", COL_REALS, 100, 2, 0,
     "validation accuracy of each exit in that epoch, or in its own best epoch"},
    {"reason", "reason", COL_TEXT, 0, 0, 0, "why the training failed"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column log_columns[] = {
    {"net", "design", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the arch or net id"},
    {"epoch", "epoch", COL_INT, 0, 0, 0, NULL},
    {"phase", "phase", COL_TEXT, 0, 0, 0, NULL},
    {"best", "best", COL_BOOL, 0, 0, 2,
     "yes: the epoch whose weights these are"},
    {"lr", "lr", COL_REAL, 0, 5, 6, "learning rate of the first step"},
    {"images", "images", COL_REAL, 0, 0, 8, "training samples seen"},
    {"loss", "loss", COL_REAL, 0, 4, 1, "weighted sum of the terms behind it"},
    {"loss_acc", "acc", COL_REAL, 0, 4, 3,
     "L_acc, Eq. 7, or cross-entropy of the final exit"},
    {"loss_conf", "conf", COL_REAL, 0, 4, 4, "R, Eq. 9"},
    {"loss_cost", "cost", COL_REAL, 0, 4, 4, "L_cost, Eq. 17"},
    {"loss_peak", "peak", COL_REAL, 0, 4, 4, "L_peak, Eq. 18"},
    {"loss_distil", "distil", COL_REAL, 0, 4, 4, "distillation"},
    {"terms", "further terms", COL_TEXT, 0, 0, 5, NULL},
    {"val_loss", "val loss", COL_REAL, 0, 4, 1,
     "L_acc on the validation split"},
    {"val_accuracy", "val acc by exit %", COL_REALS, 100, 2, 0,
     "validation accuracy of each exit; - is a head that is not attached yet "
     "or has stopped learning"},
    {"val_balanced", "balanced %", COL_REALS, 100, 2, 0,
     "validation balanced accuracy of each exit: the mean of its recalls"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

/* Exits that were trained independently have an accuracy each of its own best
 * epoch, and the final exit has stayed as it was. */
static void branch_accuracies(struct table *t, const struct trained *x)
{
    const struct trained_epoch *log = x->log.v;
    const struct trained_branch *b = x->branches.v;
    double v[NET_MAX_EXITS];
    size_t n = x->branches.n;

    for (size_t i = 0; i <= n; i++) {
        int64_t at = i < n ? b[i].best_epoch : (int64_t)x->log.n - 1;
        bool known = at >= 0 && log[at].val_accuracy.n == n + 1;

        v[i] = known ? log[at].val_accuracy.v[i] : NAN;
    }
    table_reals(t, v, n + 1);
}

static void net_row(struct table *t, const struct trained *x)
{
    const struct trained_epoch *log = x->log.v, *best = NULL;
    for (size_t i = 0; i < x->log.n; i++)
        if (log[i].epoch == x->best_epoch)
            best = &log[i];
    table_text(t, x->summary.net);
    table_int(t, x->summary.origin.iteration);
    table_int(t, x->summary.origin.slot);
    table_text(t, trained_status_names[x->status]);
    table_text(t, x->dataset);
    table_int(t, x->seed);
    table_int(t, x->summary.params);
    table_int(t, (int64_t)x->log.n);
    table_int(t, x->best_epoch);
    table_real(t, best ? best->val_loss : NAN);
    if (x->branches.n && x->branches.n < NET_MAX_EXITS)
        branch_accuracies(t, x);
    else
        table_reals(t, best ? best->val_accuracy.v : NULL,
                    best ? best->val_accuracy.n : 0);
    table_text(t, x->reason);
}

static void log_rows(struct table *t, const struct trained *x)
{
    const struct trained_epoch *log = x->log.v;
    struct buf terms = {0};

    for (size_t i = 0; i < x->log.n; i++) {
        const struct named_real *further = log[i].terms.v;

        report_design(t, x->summary.arch, x->summary.net, &x->summary.origin);
        table_int(t, log[i].epoch);
        table_text(t, log[i].phase);
        table_bool(t, log[i].epoch == x->best_epoch);
        table_real(t, log[i].lr);
        table_real(t, log[i].images);
        table_real(t, log[i].loss);
        table_real(t, log[i].loss_acc);
        table_real(t, log[i].loss_conf);
        table_real(t, log[i].loss_cost);
        table_real(t, log[i].loss_peak);
        table_real(t, log[i].loss_distil);
        /* Terms without a column share one: "loss_a 0.25, loss_b 1.5". */
        buf_clear(&terms);
        for (size_t k = 0; k < log[i].terms.n; k++)
            buf_addf(&terms, "%s%s %.6g", k ? ", " : "", further[k].name,
                     further[k].value);
        table_text(t, log[i].terms.n ? terms.data : NULL);
        table_real(t, log[i].val_loss);
        table_reals(t, log[i].val_accuracy.v, log[i].val_accuracy.n);
        table_reals(t, log[i].val_balanced.v, log[i].val_balanced.n);
    }
    buf_free(&terms);
}

/* ---- drawing: validation accuracy of each exit, epoch by epoch ---- */

struct line_list {
    struct chart_line *v;
    size_t n, cap;
};

static void add_lines(struct line_list *l, const struct trained *x)
{
    const struct trained_epoch *log = x->log.v;
    char *design = report_label(x->summary.arch, x->summary.net,
                                &x->summary.origin);
    size_t exits = 0;

    for (size_t i = 0; i < x->log.n; i++)
        if (log[i].val_accuracy.n > exits)
            exits = log[i].val_accuracy.n;
    for (size_t k = 0; k < exits; k++) {
        GROW(l->v, l->n, l->cap);
        struct chart_line *c = &l->v[l->n++];
        c->n = x->log.n;
        c->label = xasprintf("%s exit %zu", design, k + 1);
        c->x = xcalloc(c->n, sizeof *c->x);
        c->y = xcalloc(c->n, sizeof *c->y);
        for (size_t i = 0; i < c->n; i++) {
            c->x[i] = (double)log[i].epoch;
            c->y[i] = k < log[i].val_accuracy.n ? 100 * log[i].val_accuracy.v[k]
                                                : NAN;
        }
    }
    free(design);
}

/* ---- */

int report_trained(struct reader *r, struct record *rec,
                   const struct report_opts *o, struct report *rep,
                   struct err *e)
{
    struct table *nets = NULL, *epochs = NULL; /* NULL: not wanted */
    struct line_list lines = {0};
    struct buf title = {0};
    bool log = o->view == VIEW_DEFAULT || o->view == VIEW_LOG;
    int rc;

    if (view_of_answers(o))
        return report_answers(r, rec, o, rep, e);
    if (o->view == VIEW_NET)
        return report_nets(r, rec, o, rep, e);
    if (!log && (o->draw || o->view != VIEW_TABLE))
        return report_no_view(o, "trained", e);
    if (!o->draw && (!log || o->view == VIEW_DEFAULT))
        nets = report_table(rep, "networks", table_columns);
    if (!o->draw && log)
        epochs = report_table(rep, "log", log_columns);
    do {
        if (rec->schema != &schema_tensor &&
            (rc = reader_decode(r, rec, e)) < 0)
            break;
        if (rec->schema != &schema_trained)
            continue;
        if (o->draw && !title.len)
            buf_addf(&title, "training on %s",
                     ((const struct trained *)rec->data)->dataset);
        if (o->draw)
            add_lines(&lines, rec->data);
        if (nets)
            net_row(nets, rec->data);
        if (epochs)
            log_rows(epochs, rec->data);
    } while ((rc = report_next(r, rec, o, e)) > 0);

    if (rc == 0 && o->draw && lines.n == 0)
        rc = err_set(e, ERR_FORMAT, "no training log has metrics to draw");
    if (rc == 0 && o->draw)
        chart_steps(title.data, "epoch", "validation accuracy, %" CHART_MORE,
                    lines.v, lines.n, &rep->script);
    chart_lines_free(lines.v, lines.n);
    buf_free(&title);
    return rc;
}
