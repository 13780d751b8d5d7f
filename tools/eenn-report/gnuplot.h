/* SPDX-License-Identifier: MIT
 * Drawing by gnuplot, a program of its own: a script goes in, SVG comes out. */
#ifndef REPORT_GNUPLOT_H
#define REPORT_GNUPLOT_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

/* Run `gnuplot -d` with the script as its input and append what it prints to
 * *svg.  Nothing but the script and gnuplot's version shapes the picture.
 * ERR_SYS when gnuplot cannot be started, fails, is killed or draws nothing. */
int gnuplot_run(const struct buf *script, struct buf *svg,
                struct err *e) MUST_CHECK;

#endif
