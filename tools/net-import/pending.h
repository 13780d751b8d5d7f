/* SPDX-License-Identifier: MIT
 * A function of single elements that nodes have built up and that no step has
 * carried out yet.  Exporters write one activation as several nodes, in many
 * ways (hardswish: Add, Clip, Mul, Div; or HardSigmoid and Mul; or Add, Relu,
 * Clip, Mul, Mul), so nodes only change the function
 *
 *     y = a x + b                            PENDING_LINE
 *     y = s [x] min(max(a x + b, lo), hi) + t    PENDING_CLAMP
 *     y = s [x] / (1 + exp(-(a x + b))) + t      PENDING_SIGMOID
 *
 * where [x] is x if `times` and else 1.  Which activation that is, with which
 * factors and terms before and behind it, is found out in one place when
 * somebody needs the numbers (pending_plan). */
#ifndef NET_IMPORT_PENDING_H
#define NET_IMPORT_PENDING_H

#include <stdbool.h>

enum pending_form { PENDING_LINE, PENDING_CLAMP, PENDING_SIGMOID };

struct pending {
    enum pending_form form;
    bool times;
    double a, b, lo, hi, s, t;
};

extern const struct pending pending_none; /* y = x */

bool pending_is_none(const struct pending *f);

/* Change y to y * factor + term, or to min(max(y, lo), hi), to 1 / (1 + exp(-y)),
 * to x y.  They return false, and change nothing, when the function would leave
 * the family: it must then be settled first (for x y: also afterwards it cannot
 * be). */
bool pending_affine(struct pending *f, double factor, double term);
bool pending_clamp(struct pending *f, double lo, double hi);
bool pending_sigmoid(struct pending *f);
bool pending_times(struct pending *f);

/* y = (gain act(scale x + shift) + term) [x] + after; act ACT_NONE for a line, and
 * after 0 where not `times`. */
struct pending_plan {
    double scale, shift;
    int act; /* enum net_act */
    double gain, term;
    bool times;
    double after;
};
struct pending_plan pending_plan(const struct pending *f);

#endif
