/* SPDX-License-Identifier: MIT
 * The drawings, as gnuplot scripts with their data inside. */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "libcommon/base/buf.h"
#include "tools/eenn-report/results.h"
#include "tools/eenn-report/table.h"

/* Accuracy over MACs: infeasible and feasible results, the front as steps,
 * the limits as dashed lines.  ERR_FORMAT when no result has figures. */
int chart_front(const struct results *x, struct buf *script,
                struct err *e) MUST_CHECK;

/* Who leaves where: a bar per result, cut into the shares of its exits.
 * ERR_FORMAT when no result tells. */
int chart_utilisation(const struct results *x, struct buf *script,
                      struct err *e) MUST_CHECK;

/* Hypervolume over the iterations. */
void chart_iterations(const struct iteration *its, size_t n,
                      struct buf *script);

/* Lines over an index: line k joins the points (x[i], y[i]) of its own.  For
 * training logs. */
struct chart_line {
    const char *label;      /* owned by whoever made the line */
    double *x, *y;          /* NAN = no point */
    size_t n;
};
void chart_lines(const char *xlabel, const char *ylabel,
                 const struct chart_line *lines, size_t n,
                 struct buf *script);

#endif
