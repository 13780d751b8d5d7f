/* SPDX-License-Identifier: MIT
 * Each loss term against PyTorch's values, in the precision that losses.h was
 * asked for: `struct fake` is a batch without an engine, pytorch_values and its
 * like are tests.  REF_TOLERANCE is how near they have to be. */
#ifndef TESTS_LOSSES_CHECK_H
#define TESTS_LOSSES_CHECK_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/train/losses.h"
#include "tests/unit/losses_ref.h"

#define MAX_N 8
#define MAX_B 5
#define MAX_K 6

/* Outputs and gradients of one batch, laid out as the engine does. */
struct fake {
    struct engine_outputs o;
    int units[MAX_B];
    real out[MAX_B][MAX_N * (MAX_K + 1)], grad[MAX_B][MAX_N * (MAX_K + 1)];
    real *outs[MAX_B], *grads[MAX_B];
    int32_t labels[MAX_N];
    struct net_exit exits[MAX_B];
    struct net net;
    struct losses l;
    real teacher[MAX_N * MAX_K];
    double support[MAX_K * MAX_B], noise[MAX_N * MAX_B];
};

static void fake_init(struct fake *f, int n, int b, int k, unsigned units)
{
    memset(f, 0, sizeof *f);
    for (int i = 0; i < b; i++) {
        f->units[i] = k + (int)(units >> i & 1);
        f->outs[i] = f->out[i];
        f->grads[i] = f->grad[i];
        f->exits[i].gamma = 1000 * (i + 1) * (i + 2);
        f->exits[i].gamma_paper = 1000 * (i + 1);
    }
    f->o = (struct engine_outputs){
        .n = n,
        .exits = b,
        .classes = k,
        .units = f->units,
        .out = f->outs,
        .grad = f->grads,
    };
    f->net.exits = (struct list){f->exits, (size_t)b};
    losses_init(&f->l, &f->net);
    f->l.labels = f->labels;
    f->l.support = f->support;
    f->l.noise = f->noise;
}

static void fake_ref(struct fake *f)
{
    fake_init(f, REF_N, REF_B, REF_K, (1u << (REF_B - 1)) - 1);
    for (int i = 0; i < REF_B; i++) {
        f->l.gamma[i] = ref_gamma[i];
        for (int s = 0; s < REF_N; s++) {
            real *out = f->out[i] + s * f->units[i];

            for (int k = 0; k < REF_K; k++)
                out[k] = (real)ref_logits[(i * REF_N + s) * REF_K + k];
            if (i < REF_B - 1)
                out[REF_K] = (real)ref_raw[s * (REF_B - 1) + i];
            f->labels[s] = ref_labels[s];
        }
    }
    f->l.max_macs = ref_limit;
    f->l.support = ref_support;
    f->l.noise = ref_noise;
    f->l.distil_temperature = ref_temperature;
}

/* One term as it is computed for the reference, and what else is set. */
struct variant {
    enum loss_id id;
    int form;
    double smoothing, temperature;
};
struct extras {
    const double *class_weight, *exit_weight;
    bool taught;
};

static void check_ref(struct variant v, struct extras x, double value,
                      const double *logits, const double *raw)
{
    enum loss_id id = v.id;
    struct fake f;
    double total;
    /* PyTorch's samples are off that much where c is almost 1. */
    double near = v.temperature > 0 && REF_TOLERANCE < 3e-12 ? 3e-12
                                                             : REF_TOLERANCE;

    fake_ref(&f);
    f.l.weight[id] = 2;
    f.l.acc_form = v.form;
    f.l.smoothing = v.smoothing;
    f.l.temperature = v.temperature;
    f.l.class_weight = x.class_weight;
    f.l.exit_weight = x.exit_weight;
    for (int i = 0; i < REF_N * REF_K; i++)
        f.teacher[i] = (real)ref_teacher[i];
    f.l.teacher = x.taught ? f.teacher : NULL;
    total = losses_batch(&f.l, &f.o);
    assert_true(fabs(f.l.value[id] - value) < near * fmax(1, value));
    assert_true(fabs(total - 2 * value) < near * fmax(1, value));
    for (int i = 0; i < REF_B; i++)
        for (int s = 0; s < REF_N; s++) {
            const real *g = f.grad[i] + s * f.units[i];
            const double *want = logits + (i * REF_N + s) * REF_K;

            for (int k = 0; k < REF_K; k++)
                assert_true(fabs((double)g[k] - 2 * want[k]) < near);
            if (i < REF_B - 1)
                assert_true(fabs((double)g[REF_K] -
                                 2 * raw[s * (REF_B - 1) + i]) < near);
        }
    losses_fini(&f.l);
}

/* A reference function's value and gradients, by its name. */
#define CHECK_WITH(name, extras, ...)                            \
    check_ref((struct variant){__VA_ARGS__}, extras, ref_##name, \
              ref_##name##_logits, ref_##name##_raw)
#define CHECK(name, ...) \
    CHECK_WITH(name, ((struct extras){.taught = false}), __VA_ARGS__)

static void pytorch_values(void **state)
{
    (void)state;
    CHECK(final, LOSS_FINAL, 0, 0.1, 0);
    CHECK(acc, LOSS_ACC, ACC_MIXTURE, 0, 0);
    CHECK(weighted, LOSS_ACC, ACC_WEIGHTED, 0, 0);
    CHECK(joint, LOSS_ACC, ACC_JOINT, 0, 0);
    CHECK(conf, LOSS_CONF, 0, 0.1, 0);
    CHECK(cost, LOSS_COST, 0, 0, 0);
    CHECK(peak, LOSS_PEAK, 0, 0, 0);
    CHECK(distil, LOSS_DISTIL, 0, 0.1, 0);
}

static void pytorch_smoothing(void **state)
{
    (void)state;
    CHECK(smooth, LOSS_ACC, ACC_MIXTURE, 0.1, 0);
    CHECK(smooth_weighted, LOSS_ACC, ACC_WEIGHTED, 0.1, 0);
    CHECK(smooth_joint, LOSS_ACC, ACC_JOINT, 0.1, 0);
}

/* Samples take the place of c in L_acc and L_cost alone. */
static void pytorch_samples(void **state)
{
    double t = ref_sample_temperature;

    (void)state;
    CHECK(sampled, LOSS_ACC, ACC_MIXTURE, 0, t);
    CHECK(sampled_weighted, LOSS_ACC, ACC_WEIGHTED, 0, t);
    CHECK(sampled_cost, LOSS_COST, 0, 0, t);
    CHECK(conf, LOSS_CONF, 0, 0, t);
    CHECK(peak, LOSS_PEAK, 0, 0, t);
}

/* Class weights are in the cross-entropies against labels alone. */
static void pytorch_class_weights(void **state)
{
    const struct extras w = {.class_weight = ref_class_weights};

    (void)state;
    CHECK_WITH(class_final, w, LOSS_FINAL, 0, 0, 0);
    CHECK_WITH(class_acc, w, LOSS_ACC, ACC_MIXTURE, 0, 0);
    CHECK_WITH(class_joint, w, LOSS_ACC, ACC_JOINT, 0, 0);
    CHECK_WITH(class_smooth, w, LOSS_FINAL, 0, 0.1, 0);
    CHECK_WITH(class_weighted, w, LOSS_ACC, ACC_WEIGHTED, 0, 0);
    CHECK_WITH(conf, w, LOSS_CONF, 0, 0, 0);
    CHECK_WITH(cost, w, LOSS_COST, 0, 0, 0);
    CHECK_WITH(peak, w, LOSS_PEAK, 0, 0, 0);
    CHECK_WITH(distil, w, LOSS_DISTIL, 0, 0, 0);
}

/* Exit weights are where an exit learns its classes, and nowhere else.  With a
 * teacher the final exit learns, too. */
static void pytorch_exits(void **state)
{
    const struct extras v = {.exit_weight = ref_exit_weights};
    const struct extras taught = {NULL, ref_exit_weights, true};
    const struct extras both = {ref_class_weights, ref_exit_weights, false};

    (void)state;
    CHECK_WITH(exits_weighted, v, LOSS_ACC, ACC_WEIGHTED, 0, 0);
    CHECK_WITH(exits_class, both, LOSS_ACC, ACC_JOINT, 0, 0);
    CHECK_WITH(exits_taught, taught, LOSS_DISTIL, 0, 0, 0);
    CHECK_WITH(final, v, LOSS_FINAL, 0, 0.1, 0);
    CHECK_WITH(conf, v, LOSS_CONF, 0, 0, 0);
    CHECK_WITH(cost, v, LOSS_COST, 0, 0, 0);
    CHECK_WITH(peak, v, LOSS_PEAK, 0, 0, 0);
}

#endif
