/* SPDX-License-Identifier: MIT */
#include "tools/data-synth/shapes.h"

#include <math.h>
#include <stddef.h>

#include "libcommon/base/log.h"

const char *const shape_names[SHAPES] = {
    "disc",  "ring", "square", "frame",   "triangle",
    "cross", "bars", "star",   "checker", "crescent",
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

static double length(double x, double y)
{
    return sqrt(x * x + y * y);
}

/* Returns the signed distance to a rectangle of half sides a and b. */
static double box(double x, double y, double a, double b)
{
    return larger(fabs(x) - a, fabs(y) - b);
}

/* Returns the signed distance to a pentagram: it has the points that at most
 * one of five half-planes leaves out. */
static double star(double x, double y)
{
    static const double normal[5][2] = {
        /* at 90 + 72 k degrees */
        {0, 1},
        {-0.95105651629515357, 0.30901699437494742},
        {-0.58778525229247313, -0.80901699437494742},
        {0.58778525229247313, -0.80901699437494742},
        {0.95105651629515357, 0.30901699437494742},
    };
    double first = -9, second = -9;

    for (int i = 0; i < 5; i++) {
        double d = normal[i][0] * x + normal[i][1] * y;

        if (d > first) {
            second = first;
            first = d;
        } else if (d > second) {
            second = d;
        }
    }
    return second - 0.30901699437494742;
}

double shape_distance(int shape, double x, double y)
{
    const double c = 0.86602540378443865; /* cos 30 degrees */

    switch (shape) {
    case 0:
        return length(x, y) - 0.85;
    case 1:
        return fabs(length(x, y) - 0.68) - 0.2;
    case 2:
        return box(x, y, 0.72, 0.72);
    case 3:
        return larger(box(x, y, 0.72, 0.72), -box(x, y, 0.38, 0.38));
    case 4:
        /* The triangle is bounded by lines at distance 1/2. */
        return larger(-y, larger(c * x + 0.5 * y, -c * x + 0.5 * y)) - 0.5;
    case 5:
        return smaller(box(x, y, 0.95, 0.27), box(x, y, 0.27, 0.95));
    case 6:
        return box(x, fabs(fabs(y) - 0.32) - 0.32, 0.62, 0.16);
    case 7:
        return star(x, y);
    case 8:
        /* The checker has five squares of a 3 x 3 board: corners and middle. */
        return smaller(box(x, y, 0.24, 0.24),
                       box(fabs(x) - 0.48, fabs(y) - 0.48, 0.24, 0.24));
    case 9:
        return larger(length(x, y) - 0.9, 0.72 - length(x - 0.42, y));
    default:
        BUG("no such shape");
    }
}
