/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/exitsloss.h"

double exits_loss_batch(void *ctx, const struct engine_outputs *o)
{
    struct exits_loss *l = ctx;
    double sum = 0;

    /* The losses see each exit as if it were the only one. */
    for (int i = o->exits - 1; i >= 0; i--) {
        struct engine_outputs one = *o;

        one.exits = 1;
        one.units += i;
        one.out += i;
        one.grad += i;
        sum += losses_batch(i + 1 == o->exits ? &l->final : &l->early, &one);
    }
    return sum;
}
