/* SPDX-License-Identifier: MIT
 * The loss of a sub-network with early exits, against PyTorch and against the
 * losses of a net without early exits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/kern/real.h"
#include "tests/unit/exitsloss_ref.h"
#include "tools/ofa-train/exitsloss.h"

#define N 5
#define CLASSES 4
#define EXITS 3

static const real *const ref_out[EXITS] = {ref_out_0, ref_out_1, ref_out_2};
static const double *const ref_grad[EXITS] = {ref_grad_0, ref_grad_1,
                                              ref_grad_2};

/* A batch without an engine. */
struct batch {
    struct engine_outputs o;
    int units[EXITS];
    real out[EXITS][N * (CLASSES + 1)], grad[EXITS][N * (CLASSES + 1)];
    real *outs[EXITS], *grads[EXITS];
};

static void batch_init(struct batch *b)
{
    memset(b, 0, sizeof *b);
    for (int i = 0; i < EXITS; i++) {
        b->units[i] = i == 0 ? CLASSES + 1 : CLASSES;
        b->outs[i] = b->out[i];
        b->grads[i] = b->grad[i];
        memcpy(b->out[i], ref_out[i],
               (size_t)(N * b->units[i]) * sizeof **b->out);
    }
    b->o = (struct engine_outputs){
        .n = N,
        .exits = EXITS,
        .classes = CLASSES,
        .units = b->units,
        .out = b->outs,
        .grad = b->grads,
    };
}

static void loss_init(struct exits_loss *l)
{
    struct net_exit last = {.gamma = 1};
    struct net net = {.exits = {&last, 1}};

    losses_init(&l->final, &net);
    losses_init(&l->early, &net);
    l->final.weight[LOSS_FINAL] = 1;
    l->final.weight[LOSS_DISTIL] = 0.7;
    l->early.weight[LOSS_FINAL] = 0.3;
    l->final.smoothing = l->early.smoothing = 0.1;
    l->final.labels = l->early.labels = ref_labels;
    l->final.teacher = ref_teacher;
}

static void loss_fini(struct exits_loss *l)
{
    losses_fini(&l->final);
    losses_fini(&l->early);
}

static void pytorch_values(void **state)
{
    struct exits_loss l;
    struct batch b;

    (void)state;
    batch_init(&b);
    loss_init(&l);
    assert_true(fabs(exits_loss_batch(&l, &b.o) - REF_LOSS) < 1e-10);
    for (int i = 0; i < EXITS; i++)
        for (int k = 0; k < N * b.units[i]; k++)
            assert_true(fabs((double)b.grad[i][k] - ref_grad[i][k]) < 1e-7);
    loss_fini(&l);
}

/* The final exit's part is what it is without early exits, to the bit. */
static void final_alone(void **state)
{
    struct exits_loss l;
    struct batch all, one;
    double loss;

    (void)state;
    batch_init(&all);
    batch_init(&one);
    loss_init(&l);
    exits_loss_batch(&l, &all.o);
    one.o.exits = 1;
    one.o.units += EXITS - 1;
    one.o.out += EXITS - 1;
    one.o.grad += EXITS - 1;
    loss = exits_loss_batch(&l, &one.o);
    assert_memory_equal(all.grad[EXITS - 1], one.grad[EXITS - 1],
                        sizeof *all.grad);
    memset(one.grad, 0, sizeof one.grad);
    assert_true(losses_batch(&l.final, &one.o) == loss);
    assert_memory_equal(all.grad[EXITS - 1], one.grad[EXITS - 1],
                        sizeof *all.grad);
    loss_fini(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pytorch_values),
        cmocka_unit_test(final_alone),
    };

    return cmocka_run_group_tests_name("exitsloss", tests, NULL, NULL);
}
