/* SPDX-License-Identifier: MIT */
#include "tools/eenn-report/charts.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "libcommon/base/mem.h"

void chart_paper(struct buf *s, int width, int height)
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

void chart_text(struct buf *s, const char *text)
{
    struct buf masked = {0};

    buf_adds(&masked, text);
    buf_mask(&masked, 0);
    buf_adds(s, "'");
    for (size_t i = 0; i < masked.len; i++)
        buf_adds(s,
                 masked.data[i] == '\'' ? "''" : (char[]){masked.data[i], 0});
    buf_adds(s, "'");
    buf_free(&masked);
}

static void labels(struct buf *s, const char *xlabel, const char *ylabel)
{
    buf_adds(s, "set xlabel ");
    chart_text(s, xlabel);
    buf_adds(s, "\nset ylabel ");
    chart_text(s, ylabel);
    buf_adds(s, "\n");
}

static void add_title(struct buf *s, const char *title)
{
    buf_adds(s, "set title ");
    chart_text(s, title);
    buf_adds(s, "\n");
}

void chart_labels(struct buf *s, const char *title, const char *xlabel,
                  const char *ylabel)
{
    add_title(s, title);
    labels(s, xlabel, ylabel);
}

void chart_frame(struct buf *s, const char *title, const char *xlabel,
                 const char *ylabel)
{
    chart_paper(s, 760, 520);
    chart_labels(s, title, xlabel, ylabel);
}

/* ---- confusion ---- */

#define COUNTED_CLASSES 20 /* squares of so many classes have room for counts */

/* Write the tics of an axis: the names of the classes. */
static void class_tics(struct buf *s, const char *axis, char *const *names,
                       size_t n)
{
    buf_addf(s, "set %stics (", axis);
    for (size_t i = 0; i < n; i++) {
        buf_adds(s, i ? ", " : "");
        if (names)
            chart_text(s, names[i]);
        else
            buf_addf(s, "'%zu'", i);
        buf_addf(s, " %zu", i);
    }
    buf_adds(s, ")\n");
}

void chart_confusion(const char *title, char *const *names, const uint64_t *m,
                     size_t n, struct buf *s)
{
    int side = n <= 10 ? 520 : 760;

    chart_paper(s, side + 240, side + 120);
    labels(s, "predicted", "label");
    add_title(s, title);
    buf_addf(s,
             "set size square\nunset grid\nunset key\nset border 15\n"
             "set xrange [-0.5:%zu.5]\nset yrange [%zu.5:-0.5]\n"
             "set palette defined (0 '#ffffff', 1 '#4477aa')\n"
             "set cbrange [0:100]\nset cblabel 'share of the label, %%'\n"
             "set tics font ',%d'\nset xtics rotate by 45 right\n",
             n - 1, n - 1,
             n <= 40    ? 11
             : n <= 100 ? 6
                        : 4);
    class_tics(s, "x", names, n);
    class_tics(s, "y", names, n);
    buf_adds(s, "$matrix << END\n");
    for (size_t i = 0; i < n; i++) {
        uint64_t samples = 0;

        for (size_t k = 0; k < n; k++)
            samples += m[i * n + k];
        for (size_t k = 0; k < n; k++) {
            uint64_t count = m[i * n + k];
            double percent = count ? 100. * (double)count / (double)samples : 0;

            buf_addf(s, "%zu %zu %.6g %" PRIu64 " %d\n", k, i, percent, count,
                     percent > 60 ? 0xffffff : 0x333333);
        }
    }
    buf_adds(s, "END\nplot $matrix using 1:2:3 with image pixels");
    if (n <= COUNTED_CLASSES)
        buf_adds(s, ", $matrix using 1:2:4:5 with labels tc rgb variable");
    buf_adds(s, "\n");
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
        buf_addf(s, "\"%s\"", b->label);
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

void chart_exits(const char *title, const struct chart_bar *bars, size_t n,
                 struct buf *s)
{
    size_t exits = 0;
    for (size_t i = 0; i < n; i++)
        if (bars[i].exits > exits)
            exits = bars[i].exits;
    chart_paper(s, 760, 760);
    add_bars(s, "shares", bars, n, exits, false);
    add_bars(s, "costs", bars, n, exits, true);
    buf_adds(s, "set style data histograms\n"
                "set style fill solid 0.9 border rgb '#ffffff'\n"
                "set xtics rotate by 45 right\n"
                "set key outside right reverse Left\n"
                "set multiplot layout 2,1\n"
                "set style histogram rowstacked\n"
                "set boxwidth 0.8\nset yrange [0:100]\n");
    add_title(s, title);
    labels(s, "", "samples leaving, %");
    plot_bars(s, "shares", exits);
    buf_adds(s, "set style histogram clustered gap 1\n"
                "set boxwidth 0.9 relative\nset yrange [0:*]\n");
    buf_adds(s, "unset title\n");
    labels(s, "", "cost of leaving there, M MACs" CHART_LESS);
    plot_bars(s, "costs", exits);
    buf_adds(s, "unset multiplot\n");
}

/* ---- lines ---- */

static void series(const char *style, const struct chart_line *lines, size_t n,
                   struct buf *s)
{
    for (size_t k = 0; k < n; k++) {
        buf_addf(s, "$line%zu << END\n", k);
        for (size_t i = 0; i < lines[k].n; i++)
            if (!isnan(lines[k].y[i]))
                buf_addf(s, "%.9g %.9g\n", lines[k].x[i], lines[k].y[i]);
        buf_adds(s, "END\n");
    }
    buf_adds(s, n > 1 ? "set key outside right\n" : "unset key\n");
    for (size_t k = 0; k < n; k++) {
        buf_addf(s, "%s$line%zu using 1:2 with %s pt 7 ps 0.6 title ",
                 k ? ", " : "plot ", k, style);
        chart_text(s, lines[k].label);
    }
    buf_adds(s, "\n");
}

void chart_lines(const char *title, const char *xlabel, const char *ylabel,
                 const struct chart_line *lines, size_t n, struct buf *s)
{
    chart_frame(s, title, xlabel, ylabel);
    series("linespoints lw 1.5", lines, n, s);
}

void chart_steps(const char *title, const char *xlabel, const char *ylabel,
                 const struct chart_line *lines, size_t n, struct buf *s)
{
    static const double factors[] = {2, 2.5, 2}; /* 1, 2, 5, 10, 20, ... */
    double low = INFINITY, high = -INFINITY, step = 1;

    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < lines[k].n; i++) {
            low = fmin(low, lines[k].x[i]);
            high = fmax(high, lines[k].x[i]);
        }
    for (size_t i = 0; high - low > 12 * step; i++)
        step *= factors[i % ARRAY_LEN(factors)];
    chart_frame(s, title, xlabel, ylabel);
    buf_addf(s, "set xtics %.0f\n", step);
    if (high - low < 1)
        buf_adds(s, "set offsets 1, 1, 0, 0\n");
    series("linespoints lw 1.5", lines, n, s);
}

void chart_points(const char *title, const char *xlabel, const char *ylabel,
                  const struct chart_line *lines, size_t n, struct buf *s)
{
    chart_frame(s, title, xlabel, ylabel);
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

void chart_iterations(const char *title, const struct iteration *its, size_t n,
                      struct buf *s)
{
    double *x = xcalloc(n ? n : 1, 2 * sizeof *x), *y = x + n;
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)its[i].number;
        y[i] = its[i].hypervolume;
    }
    struct chart_line line = {"hypervolume", x, y, n};
    chart_steps(title, "iteration of the search", "hypervolume" CHART_MORE,
                &line, 1, s);
    free(x);
}

/* ---- measured and predicted ---- */

void chart_pairs(const struct chart_panel *panels, size_t n, struct buf *s)
{
    chart_paper(s, 460 * (int)n, 470);
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
    for (size_t k = 0; k < n; k++) {
        add_title(s, panels[k].title);
        buf_addf(s,
                 "plot x with lines dt 2 lc rgb '#888888', $pairs%zu "
                 "using 1:2 with points pt 7 ps 0.6 lc rgb '#4477aa'\n",
                 k);
    }
    buf_adds(s, "unset multiplot\n");
}
