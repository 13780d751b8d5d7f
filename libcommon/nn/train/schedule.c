/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/schedule.h"

#include <math.h>
#include <stddef.h>

#define PI 3.14159265358979323846

const char *const schedule_names[] = {"constant", "cosine", "step", NULL};

uint64_t schedule_warmup(double epochs, uint64_t steps_per_epoch)
{
    return (uint64_t)(epochs * (double)steps_per_epoch + 0.5);
}

double schedule_lr(const struct schedule *s, uint64_t step)
{
    uint64_t all = s->steps > s->warmup ? s->steps - s->warmup : 1;

    if (step < s->warmup)
        return s->warmup_lr +
               (s->lr - s->warmup_lr) * (double)step / (double)s->warmup;
    step -= s->warmup;
    switch (s->kind) {
    case SCHEDULE_COSINE:
        if (step > all)
            step = all;
        return s->lr / 2 * (1 + cos(PI * (double)step / (double)all));
    case SCHEDULE_STEP:
        return s->every ? s->lr * pow(s->gamma, (double)(step / s->every))
                        : s->lr;
    default:
        return s->lr;
    }
}
