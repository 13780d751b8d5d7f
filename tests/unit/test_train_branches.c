/* SPDX-License-Identifier: MIT
 * Independent exits: one that diverges does not spoil the others. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/log.h"
#include "libcommon/nn/exits/trained.h"
#include "tests/unit/nets.h"
#include "tests/unit/traindata.h"
#include "tools/eenn-train/train_net.h"

static struct arena arena;
static struct net net;
static struct dataset data;

static const struct recipe plain = {
    .backbone_epochs = 1,
    .exits_epochs = 3,
    .batch = 16,
    .shards = 2,
    .lr_exits = NAN,
    .lr = 0.05,
    .momentum = 0.9,
    .lr_scale_heads = 1,
    .lr_scale_bias = 1,
    .lr_scale_gamma = 1,
    .schedule = SCHEDULE_COSINE,
    .weight = {[LOSS_ACC] = 1},
    .acc_form = ACC_INDEPENDENT,
    .confidence_loss = true,
    .distil_temperature = 1,
    .drop_hopeless = NAN,
    .max_macs = NAN,
    .flip = true,
    .backbone = BACKBONE_FROZEN,
    .cache_features = true,
    .seed = 3,
};

/* Set the last weights of the first head so that its logits are finite, but not
 * after the steps that these cause.  Weights are those of a row but for the sign,
 * so that the gradients of what stands before do not cancel. */
static int spoil(void *ctx, struct engine *g, struct err *e)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    (void)ctx;
    (void)e;
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].binding->tensor, "exit1.classifier.weight") == 0)
            for (size_t k = 0; k < p[i].n; k++)
                p[i].value[k] = k / (size_t)p[i].binding->shape.v[1] % 2
                                    ? 1e34f
                                    : -1e34f;
    return 0;
}

static void train(const struct recipe *r, init_fn *init, struct trained_net *t)
{
    struct progress progress = {0};
    const struct train_job job = {
        .data = &data,
        .recipe = r,
        .threads = 2,
        .cache_memory = 1 << 24,
        .progress = &progress,
        .init = init,
    };
    struct err e;

    assert_int_equal(train_net(&job, &net, t, &e), 0);
    assert_null(t->reason);
    assert_int_equal(t->n_branches, 2);
    assert_true(t->trace.finite);
}

static void one_diverges(void **state)
{
    struct trained_net whole, t;
    struct engine_param *p, *q;
    size_t n;

    (void)state;
    train(&plain, NULL, &whole);
    assert_int_equal(whole.branch[0].status, BRANCH_TRAINED);
    train(&plain, spoil, &t);
    assert_int_equal(t.branch[0].status, BRANCH_DIVERGED);
    assert_int_equal(t.branch[0].epochs, 1);
    assert_int_equal(t.branch[0].best_epoch, NIL_INT);
    assert_true(isnan(t.log[2].val_accuracy.v[0]));
    assert_memory_equal(&t.branch[1], &whole.branch[1], sizeof *t.branch);
    p = engine_params(t.g, &n);
    q = engine_params(whole.g, &n);
    for (size_t i = 0; i < n; i++)
        if (p[i].head != 0)
            assert_memory_equal(p[i].value, q[i].value,
                                p[i].n * sizeof *p[i].value);
        else if (strcmp(p[i].binding->tensor, "exit1.classifier.weight") == 0)
            assert_true(p[i].value[0] == -1e34f); /* as it began */
    trained_net_fini(&t);
    trained_net_fini(&whole);
}

/* There is nothing left to do after an epoch in which all diverge. */
static void all_diverge(void **state)
{
    struct recipe r = plain;
    struct trained_net t;

    (void)state;
    r.backbone_epochs = 0;
    r.lr = 1e38;
    train(&r, NULL, &t);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(t.branch[i].status, BRANCH_DIVERGED);
    assert_int_equal(t.n_log, 1);
    trained_net_fini(&t);
}

static int setup(void **state)
{
    (void)state;
    log_level = 0;
    nets_tiny(&net, &arena, TRAINDATA_SIDE, 3, TRAINDATA_CLASSES);
    traindata_make(&data, 60, 30);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dataset_fini(&data);
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_diverges),
        cmocka_unit_test(all_diverge),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
