/* SPDX-License-Identifier: MIT
 * Views of traces.  Of a whole trace they show what each exit would say of
 * every sample, of a run with a policy what happened. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "formats/trace.h"
#include "libcommon/base/argmax.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/nn/exits/halting.h"
#include "tools/eenn-report/charts.h"
#include "tools/eenn-report/report.h"
#include "tools/eenn-report/traceanswers.h"

static const struct column table_columns[] = {
    {"net", "design", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the arch or net id"},
    {"split", "split", COL_TEXT, 0, 0, 0, NULL},
    {"samples", "samples", COL_INT, 0, 0, 0, NULL},
    {"exits", "exits", COL_INT, 0, 0, 6,
     "exits of the network, the final one included"},
    {"rule", "rule", COL_TEXT, 0, 0, 5, "halting rule"},
    {"thresholds", "thresholds", COL_REALS, 0, 2, 3,
     "score from which on a sample leaves at an exit; - is an exit that is off, or the final one"},
    {"temperatures", "temperatures", COL_REALS, 0, 3, 8,
     "temperatures that logits are divided by before the softmax"},
    {"accuracy", "acc %", COL_REAL, 100, 2, 0,
     "accuracy with early exits (in brackets: 95 % interval)"},
    {"macs", "cost M", COL_REAL, 1e-6, 3, 0,
     "mean cost of a sample in millions of MACs, all heads that ran counted"},
    {"macs_paper", "Eq.13 M", COL_REAL, 1e-6, 3, 7,
     "the same by Eq. 13, the head of the exit taken alone"},
    {"final_accuracy", "final %", COL_REAL, 100, 2, 0,
     "accuracy of the final exit on all samples (in brackets: 95 % interval)"},
    {"final_macs", "final M", COL_REAL, 1e-6, 3, 4,
     "cost of the final exit alone"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column exit_columns[] = {
    {"net", "design", COL_ID, 0, 0, 0,
     "iteration/slot of the search, or first digits of the arch or net id"},
    {"exit", "exit", COL_INT, 0, 0, 0, NULL},
    {"threshold", "threshold", COL_REAL, 0, 2, 0,
     "score from which on a sample leaves; - is an exit that is off, or the final one"},
    {"cost", "cost M", COL_REAL, 1e-6, 3, 0,
     "cost of leaving here, in millions of MACs"},
    {"cost_paper", "Eq.13 M", COL_REAL, 1e-6, 3, 7,
     "the same by Eq. 13, the head of this exit taken alone"},
    {"left", "samples", COL_INT, 0, 0, 4, "samples that left here"},
    {"utilisation", "leaving %", COL_REAL, 100, 2, 0,
     "share of the samples that left here"},
    {"accuracy", "acc of these %", COL_REAL, 100, 2, 0,
     "accuracy on the samples that left here (in brackets: 95 % interval)"},
    {"accuracy_all", "acc of all %", COL_REAL, 100, 2, 0,
     "accuracy of this exit on all samples (in brackets: 95 % interval)"},
    {"ece", "ECE %", COL_REAL, 100, 2, 5, "expected calibration error"},
    {"confidence", "confidence", COL_REAL, 0, 3, 5,
     "mean of the confidence unit"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

/* What will be drawn: for runs with a policy the share of samples that left at
 * each exit, for whole traces accuracy over cost. */
struct drawing {
    struct chart_bar *bars;
    size_t n_bars, cap_bars;
    struct chart_line *lines;
    size_t n_lines, cap_lines;
};

/* One network's metrics, as its records come in. */
struct trace_view {
    struct reader *r;
    struct table *nets, *exits; /* exits NULL: not wanted */
    struct table spare;         /* nets when it is not wanted */
    bool draw;
    struct drawing drawing;
    struct buf title; /* of the drawing */
    size_t samples, classes, n_exits;
    bool policy;
    struct arena arena;
    struct summary summary;
    char *split, *rule;
    struct reals thresholds, temperatures;
    int32_t *labels;
    unsigned char *taken; /* policy only */
    uint64_t left[NET_MAX_EXITS], right[NET_MAX_EXITS];
    double accuracy_all[NET_MAX_EXITS], ece[NET_MAX_EXITS],
        confidence[NET_MAX_EXITS];
};

static void begin(struct trace_view *v, const struct trace_head *h)
{
    arena_reset(&v->arena);
    v->samples = (size_t)h->samples;
    v->classes = (size_t)h->classes;
    v->n_exits = (size_t)h->exits;
    v->policy = h->policy;
    summary_copy(&v->summary, &h->summary, &v->arena);
    v->split = arena_strdup(&v->arena, h->split);
    v->rule = arena_strdup(&v->arena, h->rule);
    v->thresholds = reals_copy(&v->arena, &h->thresholds);
    v->temperatures = reals_copy(&v->arena, &h->temperatures);
    v->labels = arena_alloc(&v->arena, (size_t)h->samples, sizeof(int32_t));
    memcpy(v->labels, h->labels.data, tensor_bytes(&h->labels));
    v->taken = arena_alloc(&v->arena, (size_t)h->samples, 1);
    if (h->policy)
        memcpy(v->taken, h->taken.data, tensor_bytes(&h->taken));
    if (!v->title.len)
        buf_addf(&v->title, "%s%s%s, %zu samples", h->dataset ? h->dataset : "",
                 h->dataset ? ", " : "", h->split, v->samples);
    memset(v->left, 0, sizeof v->left);
    memset(v->right, 0, sizeof v->right);
    for (size_t i = 0; i < NET_MAX_EXITS; i++)
        v->accuracy_all[i] = v->ece[i] = v->confidence[i] = NAN;
}

/* ---- rows ---- */

/* Add the network to the drawing.  cost[i] is that of leaving at exit i. */
static void add_drawing(struct trace_view *v, const double *cost)
{
    struct drawing *d = &v->drawing;
    size_t n = v->n_exits;

    if (v->policy) {
        struct chart_bar *b;

        GROW(d->bars, d->n_bars, d->cap_bars);
        b = &d->bars[d->n_bars++];
        b->label = report_label(v->summary.arch, v->summary.net,
                                &v->summary.origin);
        b->exits = n;
        for (size_t i = 0; i < n; i++) {
            b->share[i] = (double)v->left[i] / (double)v->samples;
            b->cost[i] = cost[i];
        }
    } else if (!isnan(cost[0])) {
        struct chart_line *l;

        GROW(d->lines, d->n_lines, d->cap_lines);
        l = &d->lines[d->n_lines++];
        *l = (struct chart_line){
            report_label(v->summary.arch, v->summary.net, &v->summary.origin),
            xcalloc(n, sizeof *l->x),
            xcalloc(n, sizeof *l->y),
            n,
        };
        for (size_t i = 0; i < n; i++) {
            l->x[i] = cost[i] / 1e6;
            l->y[i] = 100 * v->accuracy_all[i];
        }
    }
}

/* End a network, whose trace is whole: write its rows and, if wanted, draw
 * it. */
static void end(struct trace_view *v)
{
    struct halt_costs costs;
    double all_on[NET_MAX_EXITS] = {0}, cost[HALT_COSTS][NET_MAX_EXITS];
    double samples = (double)v->samples;
    size_t exits = v->n_exits;
    bool policy = v->policy;
    uint64_t right = 0;
    struct table *t = v->nets;

    for (size_t i = 0; i < exits; i++)
        right += v->right[i];
    halt_costs_of(&costs, &v->summary, exits);
    for (size_t c = 0; c < HALT_COSTS; c++)
        halt_cost_leaving(&costs.v[c], exits,
                          v->thresholds.n ? v->thresholds.v : all_on, cost[c]);
    report_design(t, v->summary.arch, v->summary.net, &v->summary.origin);
    table_text(t, v->split);
    table_int(t, v->samples);
    table_int(t, v->n_exits);
    table_text(t, v->rule);
    table_reals(t, v->thresholds.v, v->thresholds.n);
    table_reals(t, v->temperatures.v, v->temperatures.n);
    table_share(t, policy ? (double)right / samples : NAN, samples);
    for (size_t c = 0; c < HALT_COSTS; c++)
        table_real(t, policy ? halt_mean_cost(v->left, cost[c], exits) : NAN);
    table_share(t, v->accuracy_all[exits - 1], samples);
    table_real(t, halt_costs_final(&costs, COST_SEQUENTIAL));
    if (v->draw)
        add_drawing(v, cost[COST_SEQUENTIAL]);
    t = v->exits;
    for (size_t i = 0; t && i < exits; i++) {
        double left = (double)v->left[i];

        report_design(t, v->summary.arch, v->summary.net, &v->summary.origin);
        table_int(t, (int64_t)i + 1);
        table_real(t, i < v->thresholds.n ? v->thresholds.v[i] : NAN);
        for (size_t c = 0; c < HALT_COSTS; c++)
            table_real(t, cost[c][i]);
        table_int(t, policy ? (int64_t)v->left[i] : NIL_INT);
        table_real(t, policy ? left / samples : NAN);
        table_share(t, left > 0 ? (double)v->right[i] / left : NAN, left);
        table_share(t, v->accuracy_all[i], samples);
        table_real(t, v->ece[i]);
        table_real(t, v->confidence[i]);
    }
}

/* ---- counting ---- */

static void add_exit(struct trace_view *v, const struct exit_trace *x)
{
    size_t classes = v->classes, n = v->samples;
    float *logits, *confidence = NULL;
    double right = 0, sum = 0;

    logits = xmemdup(x->logits.data, tensor_bytes(&x->logits));
    if (tensor_count(&x->confidence))
        confidence = xmemdup(x->confidence.data, tensor_bytes(&x->confidence));
    for (size_t k = 0; k < n; k++) {
        bool hit = argmax(logits + k * classes, classes) ==
                   (size_t)v->labels[k];

        if (v->policy) { /* each sample where it left */
            v->left[v->taken[k]]++;
            v->right[v->taken[k]] += hit;
        }
        right += hit;
        sum += confidence ? (double)confidence[k] : 0;
    }
    if (!v->policy) { /* all samples at this exit */
        v->accuracy_all[x->exit] = right / (double)n;
        v->ece[x->exit] = ece_of_logits(logits, v->labels, n, classes, ECE_BINS,
                                        1);
        if (confidence)
            v->confidence[x->exit] = sum / (double)n;
    }
    free(logits);
    free(confidence);
    if (v->policy || (size_t)x->exit + 1 == v->n_exits)
        end(v);
}

int report_traces(struct reader *r, struct record *rec,
                  const struct report_opts *o, struct report *rep,
                  struct err *e)
{
    struct trace_view v = {.r = r, .draw = o->draw};
    struct drawing *d = &v.drawing;
    int rc;

    if (view_of_answers(o))
        return report_answers(r, rec, o, rep, e);
    if (o->view != VIEW_DEFAULT && o->view != VIEW_EXITS &&
        (o->draw || o->view != VIEW_TABLE))
        return report_no_view(o, "trace", e);
    if (o->draw || o->view == VIEW_EXITS) {
        table_init(&v.spare, "networks", table_columns);
        v.nets = &v.spare;
    } else {
        v.nets = report_table(rep, "networks", table_columns);
    }
    if (!o->draw && o->view != VIEW_TABLE)
        v.exits = report_table(rep, "exits", exit_columns);
    do {
        if ((rc = reader_decode(r, rec, e)) < 0)
            break;
        if (rec->schema == &schema_trace)
            begin(&v, rec->data);
        else
            add_exit(&v, rec->data);
    } while ((rc = report_next(r, rec, o, e)) > 0);

    if (rc == 0 && o->draw && d->n_bars)
        chart_exits(v.title.data, d->bars, d->n_bars, &rep->script);
    else if (rc == 0 && o->draw && d->n_lines)
        chart_lines(v.title.data,
                    "cost of leaving at an exit, M MACs" CHART_LESS,
                    "accuracy of all samples there, %" CHART_MORE, d->lines,
                    d->n_lines, &rep->script);
    else if (rc == 0 && o->draw)
        rc = err_set(e, ERR_FORMAT, "no trace tells what its exits cost");
    if (v.spare.columns)
        table_fini(&v.spare);
    for (size_t i = 0; i < d->n_bars; i++)
        free((char *)d->bars[i].label);
    free(d->bars);
    chart_lines_free(d->lines, d->n_lines);
    buf_free(&v.title);
    arena_free(&v.arena);
    return rc;
}
