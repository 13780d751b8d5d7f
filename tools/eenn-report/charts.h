/* SPDX-License-Identifier: MIT
 * The drawings, as gnuplot scripts with their data inside. */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "libcommon/base/buf.h"
#include "libcommon/nn/graph/net.h"
#include "tools/eenn-report/iterations.h"

/* Append a text in quotes.  Texts can come from streams: they are masked
 * (base/utf8.h), so that none ends its line. */
void chart_text(struct buf *script, const char *text);

/* Begin a drawing: of any size in pixels; its title and the labels of its axes;
 * or both at once, with one pair of axes. */
void chart_paper(struct buf *script, int width, int height);
void chart_labels(struct buf *script, const char *title, const char *xlabel,
                  const char *ylabel);
void chart_frame(struct buf *script, const char *title, const char *xlabel,
                 const char *ylabel);

/* Labels of axes end in one of these, which say where better is: to the right of
 * an axis across and up on an upright one, whose label is turned; or the other
 * way. */
#define CHART_MORE " (better \u2192)"
#define CHART_LESS " (\u2190 better)"

/* Draw a confusion matrix (n, n) of counts: a row per label, a column per
 * predicted class, shaded by the share of the label's samples.  names (n), NULL = numbers. */
#define CHART_CLASSES 200
void chart_confusion(const char *title, char *const *names, const uint64_t *m,
                     size_t n, struct buf *script);

/* Draw the first of x->drawn over the second: infeasible and feasible results,
 * the front as steps, or as points where there are further objectives, and the
 * limits on these two as dashed lines; the winner in a ring.  ERR_FORMAT when no
 * result has metrics, when one lacks an objective, or when the winner that was named
 * is not among them; ERR_ARG when there is only one objective. */
int chart_front(const struct results *x, const struct report_opts *o,
                struct buf *script, struct err *e) MUST_CHECK;

/* Of each network, who leaves where: a bar cut into the shares of its exits;
 * and what leaving costs: a bar per exit. */
struct chart_bar {
    const char *label; /* by report_label */
    size_t exits;
    double share[NET_MAX_EXITS]; /* 0..1 */
    double cost[NET_MAX_EXITS];  /* MACs, NAN = unknown */
};
void chart_exits(const char *title, const struct chart_bar *bars, size_t n,
                 struct buf *script);

/* Hypervolume over the iterations. */
void chart_iterations(const char *title, const struct iteration *its, size_t n,
                      struct buf *script);

/* Line k joins the points (x[i], y[i]) of its own. */
struct chart_line {
    const char *label; /* owned by whoever made the line */
    double *x, *y;     /* NAN = no point */
    size_t n;
};
void chart_lines(const char *title, const char *xlabel, const char *ylabel,
                 const struct chart_line *lines, size_t n, struct buf *script);
/* The same with an x that counts: its tics are whole numbers. */
void chart_steps(const char *title, const char *xlabel, const char *ylabel,
                 const struct chart_line *lines, size_t n, struct buf *script);
/* The same as chart_lines without the lines. */
void chart_points(const char *title, const char *xlabel, const char *ylabel,
                  const struct chart_line *lines, size_t n, struct buf *script);
/* What lines are made of: label, x and y, each from malloc. */
void chart_lines_free(struct chart_line *lines, size_t n);

/* Points beside the diagonal, a picture per panel. */
struct chart_panel {
    const char *title;
    const double *measured, *predicted; /* (n) */
    size_t n;
};
void chart_pairs(const struct chart_panel *panels, size_t n,
                 struct buf *script);

#endif
