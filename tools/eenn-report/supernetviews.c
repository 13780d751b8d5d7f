/* SPDX-License-Identifier: MIT
 * Views of weights: how a supernet was trained and what its sub-networks were
 * worth when each phase ended. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/weights.h"
#include "libcommon/base/arena.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/report.h"

static const struct column log_columns[] = {
    {"epoch", "epoch", COL_INT, 0, 0, 0, NULL},
    {"phase", "phase", COL_TEXT, 0, 0, 0, NULL},
    {"lr", "lr", COL_REAL, 0, 5, 0, "learning rate of the first step"},
    {"loss", "loss", COL_REAL, 0, 4, 0, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column phase_columns[] = {
    {"phase", "phase", COL_TEXT, 0, 0, 0, "phase of the training"},
    {"epoch", "epochs", COL_INT, 0, 0, 0, "epochs when the phase ended"},
    {"smallest", "smallest %", COL_REAL, 100, 2, 0,
     "accuracy of the smallest sub-network, the largest and random ones"},
    {"largest", "largest %", COL_REAL, 100, 2, 0, NULL},
    {"random", "random, mean %", COL_REAL, 100, 2, 0, NULL},
    {"random_low", "least %", COL_REAL, 100, 2, 0, "range of the random ones"},
    {"random_high", "most %", COL_REAL, 100, 2, 0, NULL},
    {"calibration", "calibration %", COL_REAL, 100, 2, 0,
     "gain of accuracy by re-calibrating batch norms, mean of all"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column subnet_columns[] = {
    {"phase", "phase", COL_TEXT, 0, 0, 0, "phase of the training"},
    {"epoch", "epochs", COL_INT, 0, 0, 0, "epochs when the phase ended"},
    {"which", "which", COL_TEXT, 0, 0, 0, NULL},
    {"macs", "cost M", COL_REAL, 1e-6, 3, 0,
     "cost of the sub-network in millions of MACs"},
    {"accuracy", "acc %", COL_REAL, 100, 2, 0,
     "validation accuracy with batch norms re-calibrated"},
    {"accuracy_as_cut", "not re-calibrated %", COL_REAL, 100, 2, 0,
     "the same with the batch norms of the supernet"},
    {"genome", NULL, COL_REALS, 0, 0, 0, NULL},
    {"exits", NULL, COL_REALS, 0, 0, 0, NULL},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

/* ---- tables ---- */

static void view_subnets(const struct supernet_history *h, struct report *rep)
{
    struct table *t = report_table(rep, "subnets", subnet_columns);
    for (size_t i = 0; i < h->rows; i++) {
        const struct subnet *s = &h->table[i];
        double *genome = xcalloc(s->genome.n ? s->genome.n : 1, sizeof *genome);

        for (size_t k = 0; k < s->genome.n; k++)
            genome[k] = (double)s->genome.v[k];
        table_text(t, s->phase);
        table_int(t, s->epoch);
        table_text(t, s->which);
        table_real(t, (double)s->macs);
        table_real(t, s->accuracy);
        table_real(t, s->accuracy_as_cut);
        table_reals(t, genome, s->genome.n);
        table_reals(t, s->exits.v, s->exits.n);
        free(genome);
    }
}

/* Returns how many rows of the table from i on are of one phase and epoch. */
static size_t phase_length(const struct supernet_history *h, size_t i)
{
    size_t n = 1;
    while (i + n < h->rows && h->table[i + n].epoch == h->table[i].epoch &&
           !strcmp(h->table[i + n].phase, h->table[i].phase))
        n++;
    return n;
}

struct worth {
    double sum, low, high;
    size_t n;
};

/* Returns the sum, the range and the number of the accuracies of those of the n
 * sub-networks at v that are called `which`. */
static struct worth worth_of(const struct subnet *v, size_t n,
                             const char *which)
{
    struct worth w = {0, NAN, NAN, 0};
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i].which, which))
            continue;
        w.sum += v[i].accuracy;
        w.low = fmin(w.low, v[i].accuracy);
        w.high = fmax(w.high, v[i].accuracy);
        w.n++;
    }
    return w;
}

static void mean_cell(struct table *t, double sum, size_t n)
{
    table_real(t, n ? sum / (double)n : NAN);
}

static void view_phases(const struct supernet_history *h, struct report *rep)
{
    struct table *t = report_table(rep, "phases", phase_columns);
    for (size_t i = 0, n; i < h->rows; i += n) {
        const struct subnet *v = &h->table[i];
        struct worth small, large, random;
        double gain = 0;

        n = phase_length(h, i);
        small = worth_of(v, n, "smallest");
        large = worth_of(v, n, "largest");
        random = worth_of(v, n, "random");
        for (size_t k = 0; k < n; k++)
            gain += v[k].accuracy - v[k].accuracy_as_cut;
        table_text(t, v->phase);
        table_int(t, v->epoch);
        mean_cell(t, small.sum, small.n);
        mean_cell(t, large.sum, large.n);
        mean_cell(t, random.sum, random.n);
        table_real(t, random.low);
        table_real(t, random.high);
        mean_cell(t, gain, n);
    }
    table_title(t, "Validation accuracy of the final exit when a phase ended");
}

/* ---- drawings ---- */

static struct chart_line line_new(const char *label, size_t n)
{
    struct chart_line l = {xstrdup(label), xcalloc(n, sizeof *l.x),
                           xcalloc(n, sizeof *l.y), n};
    /* A phase may have any name, and a quote would end gnuplot's string. */
    for (char *p = (char *)l.label; *p; p++)
        if (*p == '\'' || *p == '\\' || (unsigned char)*p < ' ')
            *p = ' ';
    return l;
}

/* Draw the loss over the epochs, a line per phase. */
static void draw_log(const struct supernet_history *h, const char *title,
                     struct buf *script)
{
    struct chart_line *lines = xcalloc(h->epochs, sizeof *lines);
    size_t n = 0;
    for (size_t i = 0, k; i < h->epochs; i += k) {
        for (k = 1;
             i + k < h->epochs && !strcmp(h->log[i + k].phase, h->log[i].phase);
             k++)
            ;
        struct chart_line l = line_new(h->log[i].phase, k);
        for (size_t j = 0; j < k; j++) {
            l.x[j] = (double)h->log[i + j].epoch;
            l.y[j] = h->log[i + j].loss;
        }
        lines[n++] = l;
    }
    chart_steps(title, "epoch", "loss" CHART_LESS, lines, n, script);
    chart_lines_free(lines, n);
}

/* Draw the sub-networks, a cloud of points per phase. */
static void draw_subnets(const struct supernet_history *h, const char *title,
                         struct buf *script)
{
    struct chart_line *lines = xcalloc(h->rows, sizeof *lines);
    size_t n = 0;
    for (size_t i = 0, k; i < h->rows; i += k) {
        k = phase_length(h, i);
        struct chart_line l = line_new(h->table[i].phase, k);
        for (size_t j = 0; j < k; j++) {
            l.x[j] = (double)h->table[i + j].macs / 1e6;
            l.y[j] = 100 * h->table[i + j].accuracy;
        }
        lines[n++] = l;
    }
    chart_points(title, "cost of the sub-network, M MACs" CHART_LESS,
                 "validation accuracy, %" CHART_MORE, lines, n, script);
    chart_lines_free(lines, n);
}

/* ---- */

int report_weights(struct reader *r, struct record *rec,
                   const struct report_opts *o, struct report *rep,
                   struct err *e)
{
    struct supernet_history h = {0};
    struct buf title = {0};
    bool log;
    int rc;

    if (o->view != VIEW_DEFAULT && o->view != VIEW_TABLE &&
        o->view != VIEW_SUBNETS && o->view != VIEW_LOG)
        return report_no_view(o, "weights", e);
    do {
        const struct weights_info *w;

        if ((rc = reader_decode(r, rec, e)) < 0)
            break;
        w = rec->data;
        if (rec->schema == &schema_weights && !title.len)
            buf_addf(&title, "supernet %s", w->space ? w->space : "");
        for (size_t i = 0; rec->schema == &schema_weights && i < w->log.n; i++)
            history_epoch(&h, (struct supernet_epoch *)w->log.v + i);
        if (rec->schema == &schema_subnet)
            history_subnet(&h, rec->data);
    } while ((rc = report_next(r, rec, o, e)) > 0);

    log = o->view == VIEW_LOG || (o->view == VIEW_DEFAULT && !h.rows);
    if (rc == 0 && log && !h.epochs)
        rc = err_set(e, ERR_FORMAT,
                     "the weights tell nothing of a supernet's training");
    if (rc == 0 && !log && !h.rows)
        rc = err_set(e, ERR_FORMAT, "the weights tell nothing of sub-networks");
    if (rc == 0 && o->draw)
        (log ? draw_log : draw_subnets)(&h, title.data, &rep->script);
    if (rc == 0 && !o->draw && log) {
        struct table *t = report_table(rep, "log", log_columns);

        for (size_t i = 0; i < h.epochs; i++) {
            table_int(t, h.log[i].epoch);
            table_text(t, h.log[i].phase);
            table_real(t, h.log[i].lr);
            table_real(t, h.log[i].loss);
        }
    }
    if (rc == 0 && !o->draw && !log && o->view != VIEW_SUBNETS)
        view_phases(&h, rep);
    if (rc == 0 && !o->draw && !log && o->view != VIEW_TABLE)
        view_subnets(&h, rep);
    history_free(&h);
    buf_free(&title);
    return rc;
}
