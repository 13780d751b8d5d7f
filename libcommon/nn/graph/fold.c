/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/graph/fold.h"

#include <math.h>

struct folded fold_norm(double gamma, double beta, double mean, double var,
                        double bias)
{
    double scale = gamma / sqrt(var + NORM_EPSILON);

    return (struct folded){scale, beta - scale * (mean - bias)};
}
