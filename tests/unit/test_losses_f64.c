/* SPDX-License-Identifier: MIT
 * Each loss term against PyTorch's values and against finite differences. */
#define REF_TOLERANCE 1e-13
#include "tests/unit/losses_check.h"

#include "libcommon/base/rng.h"
#include "tests/unit/mixup_ref.h"

#define FORMS (ACC_INDEPENDENT + 1)

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
    for (size_t i = 0; i < MAX_N * MAX_K; i++)
        f->teacher[i] = 2 * rng_normal(&r);
}

/* LOSS_DISTIL without a teacher, and independent exits, take the final logits as
 * they are: no gradient to compare. */
static bool is_target(const struct fake *f, int exit)
{
    return f->l.weight[LOSS_DISTIL] != 0 && exit == f->o.exits - 1 &&
           (!f->l.teacher || f->l.acc_form == ACC_INDEPENDENT);
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
            assert_true(fabs((up - down) / (2 * h) - want[i][j]) <
                        1e-8 + 3e-10 * fabs(up));
        }
}

/* Shapes: all heads with a unit, some, none, the final exit alone. */
static void finite_differences(void **state)
{
    static const struct {
        int n, b, k;
        unsigned units;
    } shapes[] = {
        {7, 4, 5, 7}, {8, 5, 6, 5}, {3, 3, 2, 0}, {5, 1, 4, 0}, {1, 2, 3, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int t = 0; t < 6 * (LOSS_COUNT + FORMS); t++) {
            static const double weights[MAX_K] = {3, 0.2, 1, 8, 0.5, 2};
            static const double exits[MAX_B] = {2, 0.3, 1, 0, 1.7};
            static const int32_t others[MAX_N] = {1, 0, 1, 1, 0, 0, 1, 0};
            bool by_exit = t >= 3 * (LOSS_COUNT + FORMS);
            struct fake f;
            bool sampled = t >= LOSS_COUNT + FORMS;
            int term = t % (LOSS_COUNT + FORMS);

            fake_init(&f, shapes[i].n, shapes[i].b, shapes[i].k,
                      shapes[i].units);
            fake_random(&f, 10 * i);
            f.l.max_macs = 2500;
            f.l.smoothing = 0.05;
            f.l.temperature = sampled ? 0.7 : 0;
            f.l.class_weight = t >= 2 * (LOSS_COUNT + FORMS) ? weights : NULL;
            f.l.distil_temperature = 2;
            f.l.exit_weight = by_exit ? exits : NULL;
            f.l.others = t >= 4 * (LOSS_COUNT + FORMS) ? others : NULL;
            f.l.share = t >= 5 * (LOSS_COUNT + FORMS) ? 0.3 : 0.8;
            f.l.teacher = by_exit ? f.teacher : NULL;
            for (int u = 0; u < LOSS_COUNT; u++) /* one, or all of them */
                f.l.weight[u] = term >= LOSS_COUNT ? 0.3 + u : term == u;
            f.l.acc_form = term >= LOSS_COUNT ? term - LOSS_COUNT : ACC_MIXTURE;
            check_differences(&f);
            losses_fini(&f.l);
        }
}

/* Mixed images against PyTorch's cross-entropy with shares of classes as targets,
 * and of the terms that need one label, whose it is. */
static void pytorch_mixup(void **state)
{
    static const struct {
        enum loss_id id;
        int form;
        bool weighed;
        double smoothing, value;
        const double *logits, *raw;
    } known[] = {MIX_CASES};

    (void)state;
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        struct fake f;
        int n = MIX_N, b = MIX_B, c = MIX_K;

        fake_init(&f, n, b, c, (1u << (b - 1)) - 1);
        for (int i = 0; i < b; i++)
            for (int j = 0; j < n * f.units[i]; j++) {
                int s = j / f.units[i], u = j % f.units[i];

                f.out[i][j] = u < c ? mix_logits[(i * n + s) * c + u]
                                    : mix_raw[s * (b - 1) + i];
            }
        memcpy(f.labels, mix_labels, sizeof mix_labels);
        f.l.others = mix_others;
        f.l.share = mix_share;
        f.l.support = mix_support;
        f.l.class_weight = known[k].weighed ? mix_weights : NULL;
        f.l.acc_form = known[k].form;
        f.l.smoothing = known[k].smoothing;
        f.l.weight[known[k].id] = 1;
        assert_true(fabs(losses_batch(&f.l, &f.o) - known[k].value) < 1e-13);
        for (int i = 0; i < b; i++)
            for (int j = 0; j < n * f.units[i]; j++) {
                int s = j / f.units[i], u = j % f.units[i];

                assert_true(fabs(f.grad[i][j] -
                                 (u < c ? known[k].logits[(i * n + s) * c + u]
                                        : known[k].raw[s * (b - 1) + i])) <
                            1e-13);
            }
        losses_fini(&f.l);
    }
}

/* With a share of 1 nothing is mixed, and which label leads changes at a half. */
static void mixup_edges(void **state)
{
    static const int32_t others[] = {1, 0, 3, 2};
    struct fake f;
    double plain, right;

    (void)state;
    fake_init(&f, 4, 3, 5, 3);
    fake_random(&f, 6);
    f.l.weight[LOSS_ACC] = 1;
    plain = losses_batch(&f.l, &f.o);
    f.l.others = others;
    f.l.share = 1;
    assert_true(fabs(losses_batch(&f.l, &f.o) - plain) < 1e-14);
    f.l.share = 0;
    right = losses_batch(&f.l, &f.o);
    memcpy(f.labels, others, sizeof others);
    f.l.others = NULL;
    assert_true(fabs(losses_batch(&f.l, &f.o) - right) < 1e-14);
    f.l.weight[LOSS_ACC] = 0;
    f.l.weight[LOSS_CONF] = f.l.weight[LOSS_PEAK] = 1;
    right = losses_batch(&f.l, &f.o);
    f.labels[0] = f.labels[1] = f.labels[2] = f.labels[3] = 4;
    f.l.others = others;
    f.l.share = 0.49;
    assert_true(losses_batch(&f.l, &f.o) == right);
    f.l.share = 0.5;
    assert_true(losses_batch(&f.l, &f.o) != right);
    losses_fini(&f.l);
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

/* Independent exits have the loss and the gradients, to the bit, that each has
 * beside the final exit alone; one without outputs, and one whose outputs are not
 * finite, are as if they were not there. */
static void independent_exits(void **state)
{
    struct fake f;
    double total, sum = 0;

    (void)state;
    fake_init(&f, 6, 5, 4, 5); /* units of the first and the third */
    fake_random(&f, 8);
    f.l.acc_form = ACC_INDEPENDENT;
    f.l.weight[LOSS_ACC] = 0.7;
    f.l.weight[LOSS_CONF] = f.l.weight[LOSS_DISTIL] = 1.5;
    f.l.distil_temperature = 3;
    f.outs[1] = NULL;
    f.out[3][2] = NAN;
    f.grad[3][0] = f.grad[4][0] = 77; /* nothing is written there */
    total = losses_batch(&f.l, &f.o);
    assert_true(isnan(f.l.own[1]) && isnan(f.l.own[3]) && isnan(f.l.own[4]));
    assert_true(f.grad[3][0] == 77 && f.grad[4][0] == 77);
    for (int i = 0; i < 3; i += 2) {
        real grad[MAX_N * (MAX_K + 1)] = {0}, *grads[] = {grad, f.grad[4]};
        real *outs[] = {f.outs[i], f.outs[4]};
        int units[] = {f.units[i], f.units[4]};
        struct engine_outputs pair = f.o;
        double own = f.l.own[i];

        pair.exits = 2;
        pair.units = units;
        pair.out = outs;
        pair.grad = grads;
        sum += own;
        assert_true(fabs(losses_batch(&f.l, &pair) - own) < 1e-13);
        assert_true(f.l.own[0] == own);
        assert_memory_equal(grad, f.grad[i], sizeof *grad * 6 * f.units[i]);
        losses_batch(&f.l, &f.o);
    }
    assert_true(fabs(total - sum) < 1e-13);
    f.outs[0] = f.outs[2] = NULL;
    assert_true(losses_batch(&f.l, &f.o) == 0);
    losses_fini(&f.l);
}

static void cost_within_limit(void **state)
{
    struct fake f;

    (void)state;
    fake_init(&f, 4, 3, 5, 3);
    fake_random(&f, 4);
    f.l.weight[LOSS_COST] = 1;
    assert_true(losses_batch(&f.l, &f.o) == 0); /* no limit */
    f.l.max_macs = 12000;                       /* gamma_B itself */
    assert_true(losses_batch(&f.l, &f.o) == 0);
    f.l.max_macs = 11999.5; /* room below the least denominator, mean below */
    assert_true(losses_batch(&f.l, &f.o) == 0);
    for (int i = 0; i < 2; i++)
        for (int s = 0; s < 4; s++)
            f.out[i][s * 6 + 5] = -60; /* nobody leaves early */
    assert_true(fabs(losses_batch(&f.l, &f.o) - 0.5) < 1e-9);
    losses_cost_paper(&f.l, &f.net); /* 3000 for those who stay */
    assert_true(losses_batch(&f.l, &f.o) == 0);
    f.l.max_macs = 2000;
    assert_true(fabs(losses_batch(&f.l, &f.o) - 1) < 1e-9);
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
    f.noise[0] = 0; /* u of 0 counts as the least above it */
    assert_true(isfinite(losses_batch(&f.l, &f.o)));
    f.out[2][0] = INFINITY;
    assert_false(isfinite(losses_batch(&f.l, &f.o)));
    losses_fini(&f.l);
}

/* Classes without support samples and a missing matrix add nothing; c that is
 * what the matrix says costs nothing. */
static void peak_edges(void **state)
{
    struct fake f;

    (void)state;
    fake_init(&f, 2, 3, 2, 3);
    f.l.weight[LOSS_PEAK] = 1;
    f.labels[1] = 1;
    for (int i = 0; i < 4; i++) /* all c are 0.5 */
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

/* Weights that are all the same change nothing, whatever they are; a batch of one
 * class has its plain mean; the sum of the weights is told. */
static void class_weights(void **state)
{
    double same[5] = {7, 7, 7, 7, 7}, w[5] = {0.1, 2, 3, 4, 5}, plain;
    struct fake f;

    (void)state;
    fake_init(&f, 4, 3, 5, 3);
    fake_random(&f, 6);
    f.l.weight[LOSS_ACC] = 1;
    plain = losses_batch(&f.l, &f.o);
    assert_true(f.l.batch_weight == 4);
    f.l.class_weight = same;
    assert_true(fabs(losses_batch(&f.l, &f.o) - plain) < 1e-14);
    assert_true(f.l.batch_weight == 28);
    f.l.class_weight = w;
    assert_true(fabs(losses_batch(&f.l, &f.o) - plain) > 1e-3);
    for (int s = 0; s < 4; s++)
        f.labels[s] = 2;
    plain = losses_batch(&f.l, &f.o);
    assert_true(f.l.batch_weight == 12);
    f.l.class_weight = NULL;
    assert_true(fabs(losses_batch(&f.l, &f.o) - plain) < 1e-14);
    losses_fini(&f.l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pytorch_values),
        cmocka_unit_test(pytorch_smoothing),
        cmocka_unit_test(pytorch_samples),
        cmocka_unit_test(finite_differences),
        cmocka_unit_test(pytorch_mixup),
        cmocka_unit_test(mixup_edges),
        cmocka_unit_test(without_units),
        cmocka_unit_test(independent_exits),
        cmocka_unit_test(cost_within_limit),
        cmocka_unit_test(extremes),
        cmocka_unit_test(peak_edges),
        cmocka_unit_test(distil_target),
        cmocka_unit_test(pytorch_class_weights),
        cmocka_unit_test(pytorch_exits),
        cmocka_unit_test(class_weights),
    };

    return cmocka_run_group_tests_name("losses", tests, NULL, NULL);
}
