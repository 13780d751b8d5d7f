/* SPDX-License-Identifier: MIT
 * Views of trained networks: their training logs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/report.h"

static const struct column table_columns[] = {
    { "net", "net", COL_ID, 0, 0 },
    { "iteration", "it", COL_INT, 0, 0 },
    { "slot", "slot", COL_INT, 0, 0 },
    { "status", "status", COL_TEXT, 0, 0 },
    { "dataset", "dataset", COL_TEXT, 0, 0 },
    { "seed", "seed", COL_INT, 0, 0 },
    { "params", "params", COL_INT, 0, 0 },
    { "epochs", "epochs", COL_INT, 0, 0 },
    { "best_epoch", "best", COL_INT, 0, 0 },
    { "val_loss", "val loss", COL_REAL, 0, 4 },
    { "val_accuracy", "val acc by exit %", COL_REALS, 100, 2 },
    { "reason", "reason", COL_TEXT, 0, 0 },
    { NULL, NULL, 0, 0, 0 }
};

static const struct column log_columns[] = {
    { "net", "net", COL_ID, 0, 0 },
    { "epoch", "epoch", COL_INT, 0, 0 },
    { "phase", "phase", COL_TEXT, 0, 0 },
    { "best", "best", COL_BOOL, 0, 0 },
    { "lr", "lr", COL_REAL, 0, 5 },
    { "images", "images", COL_REAL, 0, 0 },
    { "loss", "loss", COL_REAL, 0, 4 },
    { "loss_acc", "acc", COL_REAL, 0, 4 },
    { "loss_conf", "conf", COL_REAL, 0, 4 },
    { "loss_cost", "cost", COL_REAL, 0, 4 },
    { "loss_peak", "peak", COL_REAL, 0, 4 },
    { "loss_distil", "distil", COL_REAL, 0, 4 },
    { "terms", "further terms", COL_TEXT, 0, 0 },
    { "val_loss", "val loss", COL_REAL, 0, 4 },
    { "val_accuracy", "val acc by exit %", COL_REALS, 100, 2 },
    { NULL, NULL, 0, 0, 0 }
};

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
    table_reals(t, best ? best->val_accuracy.v : NULL,
                best ? best->val_accuracy.n : 0);
    table_text(t, x->reason);
}

/* Terms without a column of their own, "loss_a 0.25, loss_b 1.5". */
static void terms_cell(struct table *t, const struct list *terms)
{
    const struct named_real *v = terms->v;
    struct buf text = {0};

    for (size_t i = 0; i < terms->n; i++)
        buf_addf(&text, "%s%s %.6g", i ? ", " : "", v[i].name, v[i].value);
    table_text(t, text.data);
    buf_free(&text);
}

static void log_rows(struct table *t, const struct trained *x)
{
    const struct trained_epoch *log = x->log.v;
    for (size_t i = 0; i < x->log.n; i++) {
        table_text(t, x->summary.net);
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
        terms_cell(t, &log[i].terms);
        table_real(t, log[i].val_loss);
        table_reals(t, log[i].val_accuracy.v, log[i].val_accuracy.n);
    }
}

/* ---- drawing: validation accuracy of each exit, epoch by epoch ---- */

struct line_list {
    struct chart_line *v;
    size_t n, cap;
};

static void add_lines(struct line_list *l, const struct trained *x)
{
    const struct trained_epoch *log = x->log.v;
    size_t exits = 0;

    for (size_t i = 0; i < x->log.n; i++)
        if (log[i].val_accuracy.n > exits)
            exits = log[i].val_accuracy.n;
    for (size_t k = 0; k < exits; k++) {
        GROW(l->v, l->n, l->cap);
        struct chart_line *c = &l->v[l->n++];
        c->n = x->log.n;
        c->label = xasprintf("%.8s exit %zu", x->summary.net ?
                             x->summary.net : "", k + 1);
        c->x = xcalloc(c->n, sizeof *c->x);
        c->y = xcalloc(c->n, sizeof *c->y);
        for (size_t i = 0; i < c->n; i++) {
            c->x[i] = (double)log[i].epoch;
            c->y[i] = k < log[i].val_accuracy.n ?
                      100 * log[i].val_accuracy.v[k] : NAN;
        }
    }
}

/* ---- */

struct trained_view {
    struct table *nets, *log;   /* NULL: not wanted */
    bool draw;
    struct line_list lines;
    struct trained_seq seq;
};

static int one_record(struct trained_view *v, struct reader *r,
                      struct record *rec, struct err *e)
{
    int rc;
    if (rec->schema != &schema_tensor && (rc = reader_decode(r, rec, e)) < 0)
        return rc;
    if (trained_seq_add(&v->seq, rec->schema, rec->data, e) < 0)
        return reader_locate(r, e);
    if (rec->schema != &schema_trained)
        return 0;
    if (v->draw)
        add_lines(&v->lines, rec->data);
    if (v->nets)
        net_row(v->nets, rec->data);
    if (v->log)
        log_rows(v->log, rec->data);
    return 0;
}

int report_trained(struct reader *r, struct record *rec,
                   const struct report_opts *o, struct report *rep,
                   struct err *e)
{
    struct trained_view v = {.draw = o->draw};
    bool log = o->view == VIEW_DEFAULT || o->view == VIEW_LOG;
    int rc;

    if (!log && (o->draw || o->view != VIEW_TABLE))
        return report_no_view(o, "trained", e);
    if (!o->draw && (!log || o->view == VIEW_DEFAULT))
        v.nets = report_table(rep, "networks", table_columns);
    if (!o->draw && log)
        v.log = report_table(rep, "log", log_columns);
    do
        if ((rc = one_record(&v, r, rec, e)) < 0)
            break;
    while ((rc = reader_next_raw(r, rec, e)) > 0);

    if (rc == 0)
        rc = trained_seq_end(&v.seq, e);
    if (rc == 0 && v.draw && v.lines.n == 0)
        rc = err_set(e, ERR_FORMAT, "no training log has figures to draw");
    if (rc == 0 && v.draw)
        chart_lines("epoch", "validation accuracy, %", v.lines.v, v.lines.n,
                    &rep->script);
    chart_lines_free(v.lines.v, v.lines.n);
    return rc;
}
