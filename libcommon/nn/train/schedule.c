/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/schedule.h"

#include <math.h>
#include <stddef.h>

#define PI 3.14159265358979323846

const char *const schedule_names[] = { "constant", "cosine", "step", NULL };

static double cosine(const struct schedule *s, uint64_t t)
{
    uint64_t all = s->steps > s->warmup ? s->steps - s->warmup : 1;

    if (t > all)
        t = all;
    return s->lr / 2 * (1 + cos(PI * (double)t / (double)all));
}

double schedule_lr(const struct schedule *s, uint64_t step)
{
    if (step < s->warmup)
        return s->warmup_lr + (s->lr - s->warmup_lr) * (double)step /
                              (double)s->warmup;
    step -= s->warmup;
    switch (s->kind) {
    case SCHEDULE_COSINE:
        return cosine(s, step);
    case SCHEDULE_STEP:
        return s->every ? s->lr * pow(s->gamma, (double)(step / s->every))
                        : s->lr;
    default:
        return s->lr;
    }
}
