/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/charts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/halting.h"

static void paper(struct buf *s, int width, int height)
{
    buf_addf(s,
             "set terminal svg size %d,%d noenhanced font 'sans,13' "
             "background '#ffffff'\n"
             "set encoding utf8\n"
             "set border 3 lc rgb '#555555'\n"
             "set tics nomirror out\n"
             "set grid lc rgb '#dddddd' lw 0.5\n",
             width, height);
    /* Colour-blind people can tell these apart too (P. Tol, "bright"). */
    static const char *const colours[] = {
        "#4477aa", "#ee6677", "#228833", "#ccbb44",
        "#66ccee", "#aa3377", "#bbbbbb",
    };
    for (size_t i = 0; i < ARRAY_LEN(colours); i++)
        buf_addf(s, "set linetype %zu lc rgb '%s'\n", i + 1, colours[i]);
    buf_adds(s, "set linetype cycle 7\n");
}

static void labels(struct buf *s, const char *xlabel, const char *ylabel)
{
    buf_addf(s, "set xlabel '%s'\nset ylabel '%s'\n", xlabel, ylabel);
}

static void frame(struct buf *s, const char *xlabel, const char *ylabel)
{
    paper(s, 760, 520);
    labels(s, xlabel, ylabel);
}

/* ---- the front ---- */

struct axis_range {
    double lo, hi;
};

static void widen(struct axis_range *r, double v)
{
    r->lo = fmin(r->lo, v); /* NAN stays out */
    r->hi = fmax(r->hi, v);
}

/* Set the range of an axis with a margin on both sides, so that it is never
 * empty. */
static void add_range(struct buf *s, const char *axis, struct axis_range r,
                      double floor, double ceiling)
{
    double air = 0.06 * (r.hi - r.lo);
    if (!(air > 0))
        air = r.hi > 0 ? 0.1 * r.hi : 1;
    buf_addf(s, "set %srange [%.6g:%.6g]\n", axis, fmax(floor, r.lo - air),
             fmin(ceiling, r.hi + air));
}

static void add_limits(struct buf *s, const struct limits *l)
{
    if (!isnan(l->max_macs))
        buf_addf(s,
                 "set arrow from %.9g, graph 0 to %.9g, graph 1 nohead "
                 "lc rgb '#444444' dt 2\n"
                 "set label 'MACs <= %.6g M' at %.9g, graph 0.03 "
                 "rotate by 90 offset -1.2,0 tc rgb '#444444'\n",
                 l->max_macs / 1e6, l->max_macs / 1e6, l->max_macs / 1e6,
                 l->max_macs / 1e6);
    if (!isnan(l->min_accuracy))
        buf_addf(s,
                 "set arrow from graph 0, first %.9g to graph 1, first "
                 "%.9g nohead lc rgb '#444444' dt 2\n"
                 "set label 'accuracy >= %.6g %%' at graph 0.98, first "
                 "%.9g right offset 0,0.6 tc rgb '#444444'\n",
                 100 * l->min_accuracy, 100 * l->min_accuracy,
                 100 * l->min_accuracy, 100 * l->min_accuracy);
}

static void add_point(struct buf *s, const struct results *x,
                      const struct result *r)
{
    buf_addf(s, "%.9g %.9g\n", results_macs(x, r) / 1e6, 100 * r->accuracy);
}

static size_t add_points(const struct results *x, bool feasible,
                         const char *name, struct buf *s)
{
    size_t n = 0;
    buf_addf(s, "$%s << END\n", name);
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].status == RESULT_OK &&
            results_feasible(x, &x->v[i]) == feasible) {
            add_point(s, x, &x->v[i]);
            n++;
        }
    buf_adds(s, "END\n");
    return n;
}

int chart_front(const struct results *x, struct buf *s, struct err *e)
{
    frame(s,
          x->cost == COST_PAPER ? "average cost of a sample by Eq. 13, M "
                                  "MACs"
                                : "average cost of a sample, M MACs",
          "accuracy, %");
    size_t bad = add_points(x, false, "bad", s),
           good = add_points(x, true, "good", s);
    if (bad + good == 0)
        return err_set(e, ERR_FORMAT, "no result has metrics to draw");
    uint32_t *index = xcalloc(x->n ? x->n : 1, sizeof *index);
    size_t n = results_front(x, index);
    buf_adds(s, "$front << END\n");
    for (size_t i = 0; i < n; i++)
        add_point(s, x, &x->v[index[i]]);
    buf_adds(s, "END\n");
    free(index);
    struct axis_range macs = {INFINITY, -INFINITY}, acc = macs;
    for (size_t i = 0; i < x->n; i++) {
        widen(&macs, results_macs(x, &x->v[i]) / 1e6);
        widen(&acc, 100 * x->v[i].accuracy);
    }
    widen(&macs, x->limits.max_macs / 1e6);
    widen(&acc, 100 * x->limits.min_accuracy);
    add_range(s, "x", macs, 0, INFINITY);
    add_range(s, "y", acc, 0, 100);
    add_limits(s, &x->limits);
    buf_adds(s, "set key outside top center horizontal samplen 2\nplot ");
    if (bad)
        buf_adds(s, "$bad using 1:2 with points pt 6 ps 0.7 lc rgb '#b0b0b0' "
                    "title 'outside the limits', ");
    if (good)
        buf_adds(s, "$good using 1:2 with points pt 7 ps 0.7 lc rgb "
                    "'#4477aa' title 'within the limits', ");
    buf_adds(s, "$front using 1:2 with steps lw 1.5 lc rgb '#cc3311' "
                "notitle, $front using 1:2 with points pt 7 ps 0.9 "
                "lc rgb '#cc3311' title 'front'\n");
    return 0;
}

/* ---- exits ---- */

/* Write a data block with a line per network: its label, then for each of
 * `exits` exits its cost or the share of samples that leave there. */
static void add_bars(struct buf *s, const char *name,
                     const struct chart_bar *bars, size_t n, size_t exits,
                     bool cost)
{
    buf_addf(s, "$%s << END\n", name);
    for (size_t i = 0; i < n; i++) {
        const struct chart_bar *b = &bars[i];
        buf_addf(s, "\"%.8s\"", b->label);
        for (size_t k = 0; k < exits; k++)
            buf_addf(s, " %.9g",
                     k >= b->exits || (cost && isnan(b->cost[k])) ? 0
                     : cost ? b->cost[k] / 1e6
                            : 100 * b->share[k]);
        buf_adds(s, "\n");
    }
    buf_adds(s, "END\n");
}

static void plot_bars(struct buf *s, const char *name, size_t exits)
{
    for (size_t k = 0; k < exits; k++)
        buf_addf(s, "%s$%s using %zu%s title 'exit %zu'", k ? ", " : "plot ",
                 name, k + 2, k ? "" : ":xtic(1)", k + 1);
    buf_adds(s, "\n");
}

void chart_exits(const struct chart_bar *bars, size_t n, struct buf *s)
{
    size_t exits = 0;
    for (size_t i = 0; i < n; i++)
        if (bars[i].exits > exits)
            exits = bars[i].exits;
    paper(s, 760, 760);
    add_bars(s, "shares", bars, n, exits, false);
    add_bars(s, "costs", bars, n, exits, true);
    buf_adds(s, "set style data histograms\n"
                "set style fill solid 0.9 border rgb '#ffffff'\n"
                "set xtics rotate by 45 right\n"
                "set key outside right reverse Left\n"
                "set multiplot layout 2,1\n"
                "set style histogram rowstacked\n"
                "set boxwidth 0.8\nset yrange [0:100]\n");
    labels(s, "", "samples leaving, %");
    plot_bars(s, "shares", exits);
    buf_adds(s, "set style histogram clustered gap 1\n"
                "set boxwidth 0.9 relative\nset yrange [0:*]\n");
    labels(s, "", "cost of leaving there, M MACs");
    plot_bars(s, "costs", exits);
    buf_adds(s, "unset multiplot\n");
}

/* ---- lines ---- */

static void series(const char *style, const struct chart_line *lines, size_t n,
                   struct buf *s)
{
    buf_adds(s, "set xtics auto\nset mxtics 1\n");
    for (size_t k = 0; k < n; k++) {
        buf_addf(s, "$line%zu << END\n", k);
        for (size_t i = 0; i < lines[k].n; i++)
            if (!isnan(lines[k].y[i]))
                buf_addf(s, "%.9g %.9g\n", lines[k].x[i], lines[k].y[i]);
        buf_adds(s, "END\n");
    }
    buf_adds(s, n > 1 ? "set key outside right\n" : "unset key\n");
    for (size_t k = 0; k < n; k++)
        buf_addf(s, "%s$line%zu using 1:2 with %s pt 7 ps 0.6 title '%s'",
                 k ? ", " : "plot ", k, style, lines[k].label);
    buf_adds(s, "\n");
}

void chart_lines(const char *xlabel, const char *ylabel,
                 const struct chart_line *lines, size_t n, struct buf *s)
{
    frame(s, xlabel, ylabel);
    series("linespoints lw 1.5", lines, n, s);
}

void chart_points(const char *xlabel, const char *ylabel,
                  const struct chart_line *lines, size_t n, struct buf *s)
{
    frame(s, xlabel, ylabel);
    buf_adds(s, "set offsets graph 0.03, 0.03, 0.03, 0.03\n");
    series("points", lines, n, s);
}

void chart_lines_free(struct chart_line *lines, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        free((char *)lines[k].label);
        free(lines[k].x);
        free(lines[k].y);
    }
    free(lines);
}

void chart_iterations(const struct iteration *its, size_t n, struct buf *s)
{
    double *x = xcalloc(n ? n : 1, 2 * sizeof *x), *y = x + n;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)its[i].number;
        y[i] = its[i].hypervolume;
    }
    struct chart_line line = {"hypervolume", x, y, n};
    chart_lines("iteration", "hypervolume", &line, 1, s);
    free(x);
}

/* ---- measured and predicted ---- */

void chart_pairs(const struct chart_panel *panels, size_t n, struct buf *s)
{
    paper(s, 460 * (int)n, 470);
    for (size_t k = 0; k < n; k++) {
        buf_addf(s, "$pairs%zu << END\n", k);
        for (size_t i = 0; i < panels[k].n; i++)
            buf_addf(s, "%.9g %.9g\n", panels[k].measured[i],
                     panels[k].predicted[i]);
        buf_adds(s, "END\n");
    }
    labels(s, "measured", "predicted out of fold");
    buf_addf(s,
             "unset key\nset xtics rotate by 45 right\n"
             "set offsets graph 0.03, 0.03, 0.03, 0.03\n"
             "set multiplot layout 1,%zu\n",
             n);
    for (size_t k = 0; k < n; k++)
        buf_addf(s,
                 "set title '%s'\n"
                 "plot x with lines dt 2 lc rgb '#888888', $pairs%zu "
                 "using 1:2 with points pt 7 ps 0.6 lc rgb '#4477aa'\n",
                 panels[k].title, k);
    buf_adds(s, "unset multiplot\n");
}
