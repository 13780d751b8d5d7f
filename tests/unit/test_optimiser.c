/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/train/bank.h"
#include "libcommon/nn/train/optimiser.h"

static void near(double have, double want)
{
    if (!(fabs(have - want) <= 1e-6 * (1 + fabs(want))))
        fail_msg("%.12g, not %.12g", have, want);
}

static void schedules(void **state)
{
    struct schedule s = {.kind = SCHEDULE_COSINE,
                         .lr = 0.2,
                         .steps = 110,
                         .warmup = 10,
                         .warmup_lr = 0.1};

    (void)state;
    near(schedule_lr(&s, 0), 0.1);
    near(schedule_lr(&s, 5), 0.15);
    near(schedule_lr(&s, 10), 0.2);
    near(schedule_lr(&s, 60), 0.1);
    near(schedule_lr(&s, 10 + 25), 0.1 * (1 + sqrt(0.5)));
    near(schedule_lr(&s, 110), 0);
    near(schedule_lr(&s, 1000), 0);
    s = (struct schedule){
        .kind = SCHEDULE_STEP, .lr = 1, .every = 30, .gamma = 0.1};
    near(schedule_lr(&s, 29), 1);
    near(schedule_lr(&s, 30), 0.1);
    near(schedule_lr(&s, 89), 0.01);
    s = (struct schedule){.lr = 0.5};
    near(schedule_lr(&s, 12345), 0.5);
    assert_int_equal(schedule_warmup(0, 100), 0);
    assert_int_equal(schedule_warmup(0.124, 4), 0);
    assert_int_equal(schedule_warmup(1.5, 3), 5);
}

/* One weight by hand, a bias beside it that does not decay. */
static void by_hand(const struct sgd_opts *o)
{
    const int64_t one = 1;
    struct bank *b = bank_new();
    struct bank_tensor *w = bank_add(b, "w", 1, &one, false, true);
    struct bank_tensor *c = bank_add(b, "c", 1, &one, false, false);
    struct sgd *s = sgd_new(o);
    double x[2] = {1, 2}, v[2] = {0, 0};
    size_t n;

    bank_add(b, "mean", 1, &one, true, false);
    sgd_add_bank(s, b);
    assert_string_equal(sgd_slots(s, &n)[1].name, "c");
    assert_int_equal(n, 2);
    w->value[0] = 1;
    c->value[0] = 2;
    for (int i = 0; i < 4; i++) {
        double lr = 0.1 + i;
        for (int k = 0; k < 2; k++) {
            double g = 0.5 * i - 0.2;
            if (k == 0 || o->decay_all)
                g += o->weight_decay * x[k];
            v[k] = o->momentum * v[k] + g;
            x[k] -= lr * (o->nesterov ? g + o->momentum * v[k] : v[k]);
        }
        w->grad[0] = c->grad[0] = (float)(0.5 * i - 0.2);
        sgd_step(s, NULL, lr);
        near((double)w->value[0], x[0]);
        near((double)c->value[0], x[1]);
        near((double)sgd_slots(s, &n)[0].momentum[0], v[0]);
    }
    bank_zero_grad(b);
    assert_true(w->grad[0] == 0);
    sgd_free(s);
    bank_free(b);
}

static void rules(void **state)
{
    (void)state;
    by_hand(&(struct sgd_opts){.momentum = 0});
    by_hand(&(struct sgd_opts){.momentum = 0.9, .weight_decay = 0.25});
    by_hand(&(struct sgd_opts){.momentum = 0.5,
                               .weight_decay = 0.25,
                               .nesterov = true,
                               .decay_all = true});
    sgd_free(NULL);
}

static void threads_change_nothing(void **state)
{
    const int64_t shape[2] = {37, 53};
    float want[37 * 53];
    struct sgd_opts o = {.momentum = 0.9, .weight_decay = 0.1};

    (void)state;
    for (int threads = 0; threads < 4; threads++) {
        struct pool *p = threads ? pool_new(threads) : NULL;
        struct bank *b = bank_new();
        struct sgd *s = sgd_new(&o);
        struct bank_tensor *t = bank_add(b, "t", 2, shape, false, true);
        sgd_add_bank(s, b);
        for (size_t i = 0; i < t->n; i++) {
            t->value[i] = 0.01f * (float)(i % 91);
            t->grad[i] = 0.3f - 0.1f * (float)(i % 17);
        }
        sgd_step(s, p, 0.1);
        sgd_step(s, p, 0.1);
        if (threads == 0)
            memcpy(want, t->value, sizeof want);
        assert_memory_equal(want, t->value, sizeof want);
        sgd_free(s);
        bank_free(b);
        pool_free(p);
    }
}

/* A slot with a rate of its own steps that much further. */
static void rates(void **state)
{
    const struct sgd_opts o = {.momentum = 0.5};
    const real grad[2] = {1, 1};
    real value[2] = {0, 0};
    struct sgd *s = sgd_new(&o);
    size_t n;

    (void)state;
    sgd_add(s, "a", 1, &value[0], &grad[0], true);
    sgd_add(s, "b", 1, &value[1], &grad[1], true);
    sgd_slots(s, &n)[1].rate = 3;
    sgd_step(s, NULL, 0.25);
    near(value[0], -0.25);
    near(value[1], -0.75);
    sgd_step(s, NULL, 0.5);
    near(value[0], -0.25 - 0.75);
    near(value[1], -0.75 - 2.25);
    sgd_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules),
        cmocka_unit_test(rates),
        cmocka_unit_test(rules),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
