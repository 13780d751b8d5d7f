/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/ema.h"

#include <math.h>

#include "libcommon/base/mem.h"
#include "tools/eenn-train/train_params.h"

float *ema_new(struct engine *g)
{
    float *average = xcalloc(params_total(g), sizeof *average);

    params_save(g, average);
    return average;
}

void ema_step(float *average, struct engine *g, double decay, uint64_t step)
{
    double t = (double)step;
    float rate = (float)(1 - fmin(decay, (1 + t) / (10 + t)));
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; average += p[i].n, i++)
        for (size_t k = 0; k < p[i].n; k++)
            average[k] += rate * (p[i].value[k] - average[k]);
}

void ema_swap(float *average, struct engine *g)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; average += p[i].n, i++)
        for (size_t k = 0; k < p[i].n; k++) {
            float own = p[i].value[k];

            p[i].value[k] = average[k];
            average[k] = own;
        }
}
