/* SPDX-License-Identifier: MIT
 * Each loss term against PyTorch's values and against finite differences. */
#define REAL_DOUBLE
#include "libcommon/nn/real/losses.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/rng.h"
#include "tests/unit/losses_ref.h"

#define MAX_N 8
#define MAX_B 5
#define MAX_K 6

/* Outputs and gradients of one batch, laid out as the engine does. */
struct fake {
    struct engine_outputs o;
    int units[MAX_B];
    double out[MAX_B][MAX_N * (MAX_K + 1)], grad[MAX_B][MAX_N * (MAX_K + 1)];
    double *outs[MAX_B], *grads[MAX_B];
    int32_t labels[MAX_N];
    struct net_exit exits[MAX_B];
    struct net net;
    struct losses l;
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
    }
    f->o = (struct engine_outputs){
        .n = n, .exits = b, .classes = k, .units = f->units,
        .out = f->outs, .grad = f->grads,
    };
    f->net.exits = (struct list){f->exits, (size_t)b};
    losses_init(&f->l, &f->net);
    f->l.labels = f->labels;
    f->l.support = f->support;
    f->l.noise = f->noise;
}

static void fake_random(struct fake *f, uint64_t seed)
{
    struct rng r = rng_make(seed, "test", 0, 0);

    for (int i = 0; i < f->o.exits; i++)
        for (int j = 0; j < f->o.n * f->units[i]; j++)
            f->out[i][j] = 2 * rng_normal(&r);
    for (int s = 0; s < f->o.n; s++)
        f->labels[s] = (int32_t)rng_below(&r, (uint64_t)f->o.classes);
    for (size_t i = 0; i < MAX_K * MAX_B; i++)
        f->support[i] = rng_uniform(&r);
    for (size_t i = 0; i < MAX_N * MAX_B; i++)
        f->noise[i] = rng_uniform(&r);
}

static void fake_ref(struct fake *f)
{
    fake_init(f, REF_N, REF_B, REF_K, (1u << (REF_B - 1)) - 1);
    for (int i = 0; i < REF_B; i++) {
        f->l.gamma[i] = ref_gamma[i];
        for (int s = 0; s < REF_N; s++) {
            memcpy(f->out[i] + s * f->units[i],
                   ref_logits + (i * REF_N + s) * REF_K,
                   REF_K * sizeof(double));
            if (i < REF_B - 1)
                f->out[i][s * f->units[i] + REF_K] =
                    ref_raw[s * (REF_B - 1) + i];
            f->labels[s] = ref_labels[s];
        }
    }
    f->l.max_macs = ref_limit;
    f->l.support = ref_support;
    f->l.noise = ref_noise;
    f->l.distil_temperature = ref_temperature;
}

/* One term as it is computed for the reference. */
struct variant {
    enum loss_id id;
    int form;
    double smoothing, temperature;
};

static void check_ref(struct variant v, double value, const double *logits,
                      const double *raw)
{
    enum loss_id id = v.id;
    struct fake f;
    double total;
    /* PyTorch's samples are off that much where c is almost 1. */
    double near = v.temperature > 0 ? 3e-12 : 1e-13;

    fake_ref(&f);
    f.l.weight[id] = 2;
    f.l.acc_form = v.form;
    f.l.smoothing = v.smoothing;
    f.l.temperature = v.temperature;
    total = losses_batch(&f.l, &f.o);
    assert_true(fabs(f.l.value[id] - value) < near);
    assert_true(fabs(total - 2 * value) < near);
    for (int i = 0; i < REF_B; i++)
        for (int s = 0; s < REF_N; s++) {
            const double *g = f.grad[i] + s * f.units[i];
            const double *want = logits + (i * REF_N + s) * REF_K;

            for (int k = 0; k < REF_K; k++)
                assert_true(fabs(g[k] - 2 * want[k]) < near);
            if (i < REF_B - 1)
                assert_true(fabs(g[REF_K] - 2 * raw[s * (REF_B - 1) + i])
                            < near);
        }
    losses_fini(&f.l);
}

/* A reference function's value and gradients, by its name. */
#define CHECK(name, ...) \
    check_ref((struct variant){__VA_ARGS__}, ref_##name, ref_##name##_logits, \
              ref_##name##_raw)

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

/* LOSS_DISTIL takes the final logits as they are: no gradient to compare. */
static bool is_target(const struct fake *f, int exit)
{
    return f->l.weight[LOSS_DISTIL] != 0 && exit == f->o.exits - 1;
}

/* d losses / d every output by central differences. */
static void check_differences(struct fake *f)
{
    double want[MAX_B][MAX_N * (MAX_K + 1)], h = 1e-6;

    losses_batch(&f->l, &f->o);
    memcpy(want, f->grad, sizeof want);
    for (int i = 0; i < f->o.exits; i++)
        for (int j = 0; j < f->o.n * f->units[i] && !is_target(f, i); j++) {
            double keep = f->out[i][j], up, down;

            f->out[i][j] = keep + h;
            up = losses_eval(&f->l, &f->o);
            f->out[i][j] = keep - h;
            down = losses_eval(&f->l, &f->o);
            f->out[i][j] = keep;
            assert_true(fabs((up - down) / (2 * h) - want[i][j])
                        < 1e-8 + 3e-10 * fabs(up));
        }
}

/* Shapes: all heads with a unit, some, none, the final exit alone. */
static void finite_differences(void **state)
{
    static const struct { int n, b, k; unsigned units; } shapes[] = {
        {7, 4, 5, 7}, {8, 5, 6, 5}, {3, 3, 2, 0}, {5, 1, 4, 0}, {1, 2, 3, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int t = 0; t < 2 * (LOSS_COUNT + 3); t++) {
            struct fake f;
            bool sampled = t >= LOSS_COUNT + 3;
            int term = t % (LOSS_COUNT + 3);

            fake_init(&f, shapes[i].n, shapes[i].b, shapes[i].k,
                      shapes[i].units);
            fake_random(&f, 10 * i);
            f.l.max_macs = 2500;
            f.l.smoothing = 0.05;
            f.l.temperature = sampled ? 0.7 : 0;
            f.l.distil_temperature = 2;
            for (int u = 0; u < LOSS_COUNT; u++)    /* one, or all of them */
                f.l.weight[u] = term >= LOSS_COUNT ? 0.3 + u : term == u;
            f.l.acc_form = term >= LOSS_COUNT ? term - LOSS_COUNT : ACC_MIXTURE;
            check_differences(&f);
            losses_fini(&f.l);
        }
}

/* Without units every form becomes joint training, without exits plain CE. */
static void without_units(void **state)
{
    struct fake f;
    double joint, alone = 0;

    (void)state;
    fake_init(&f, 4, 3, 5, 0);
    fake_random(&f, 3);
    f.l.weight[LOSS_ACC] = 1;
    joint = losses_batch(&f.l, &f.o);
    for (int i = 0; i < 3; i++) {
        struct engine_outputs one = f.o;

        one.exits = 1;
        one.units = f.units + i;
        one.out = f.outs + i;
        alone += losses_eval(&f.l, &one);
    }
    assert_true(fabs(joint - alone) < 1e-12);
    f.l.acc_form = ACC_WEIGHTED;
    assert_true(fabs(losses_batch(&f.l, &f.o) - joint) < 1e-12);
    losses_fini(&f.l);
}

static void cost_within_limit(void **state)
{
    struct fake f;

    (void)state;
    fake_init(&f, 4, 3, 5, 3);
    fake_random(&f, 4);
    f.l.weight[LOSS_COST] = 1;
    assert_true(losses_batch(&f.l, &f.o) == 0);     /* no limit */
    f.l.max_macs = 12000;                           /* gamma_B itself */
    assert_true(losses_batch(&f.l, &f.o) == 0);
    f.l.max_macs = 11999.5;     /* room below the least denominator, mean below */
    assert_true(losses_batch(&f.l, &f.o) == 0);
    for (int i = 0; i < 2; i++)
        for (int s = 0; s < 4; s++)
            f.out[i][s * 6 + 5] = -60;              /* nobody leaves early */
    assert_true(fabs(losses_batch(&f.l, &f.o) - 0.5) < 1e-9);
    losses_fini(&f.l);
}

/* Sure units (c = 0 or 1 exactly) must not divide by zero; values left out are
 * NAN; a logit that is not finite shows in the sum. */
static void extremes(void **state)
{
    struct fake f;
    double total;

    (void)state;
    fake_init(&f, 4, 3, 5, 3);
    fake_random(&f, 5);
    f.l.weight[LOSS_ACC] = f.l.weight[LOSS_CONF] = 1;
    for (int s = 0; s < 4; s++) {
        f.out[0][s * 6 + 5] = 800;
        f.out[1][s * 6 + 5] = -800;
    }
    total = losses_batch(&f.l, &f.o);
    assert_true(isfinite(total) && isnan(f.l.value[LOSS_COST]));
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4 * f.units[i]; j++)
            assert_true(isfinite(f.grad[i][j]));
    f.l.temperature = 5;
    f.noise[0] = 0;     /* u of 0 counts as the least above it */
    assert_true(isfinite(losses_batch(&f.l, &f.o)));
    f.out[2][0] = INFINITY;
    assert_false(isfinite(losses_batch(&f.l, &f.o)));
    losses_fini(&f.l);
}

/* Classes without support images and a missing matrix add nothing; c that is
 * what the matrix says costs nothing. */
static void peak_edges(void **state)
{
    struct fake f;

    (void)state;
    fake_init(&f, 2, 3, 2, 3);
    f.l.weight[LOSS_PEAK] = 1;
    f.labels[1] = 1;
    for (int i = 0; i < 4; i++)     /* all c are 0.5 */
        f.support[i] = i < 2 ? 0.5 : NAN;
    assert_true(losses_batch(&f.l, &f.o) == 0);
    f.support[1] = 1;
    assert_true(fabs(losses_batch(&f.l, &f.o) - 0.25 / 4) < 1e-15);
    assert_true(fabs(f.grad[1][2] - 2 * -0.5 / 4 * 0.25) < 1e-15);
    f.l.support = NULL;
    assert_true(losses_batch(&f.l, &f.o) == 0);
    losses_fini(&f.l);
}

/* However hot, a sure teacher that the student agrees with has nothing to
 * teach; the target takes no gradient. */
static void distil_target(void **state)
{
    struct fake f;

    (void)state;
    fake_init(&f, 1, 2, 3, 0);
    f.l.weight[LOSS_DISTIL] = 1;
    f.l.distil_temperature = 4;
    for (int k = 0; k < 3; k++)
        f.out[0][k] = f.out[1][k] = 100 * k;
    assert_true(losses_batch(&f.l, &f.o) < 1e-8);
    f.out[0][2] = -100;
    assert_true(losses_batch(&f.l, &f.o) > 1);
    for (int k = 0; k < 3; k++)
        assert_true(f.grad[1][k] == 0);
    losses_fini(&f.l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pytorch_values),
        cmocka_unit_test(pytorch_smoothing),
        cmocka_unit_test(pytorch_samples),
        cmocka_unit_test(finite_differences),
        cmocka_unit_test(without_units),
        cmocka_unit_test(cost_within_limit),
        cmocka_unit_test(extremes),
        cmocka_unit_test(peak_edges),
        cmocka_unit_test(distil_target),
    };

    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
