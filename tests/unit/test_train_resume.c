/* SPDX-License-Identifier: MIT
 * A training that ends after any of its epochs and goes on from the checkpoint of
 * that epoch gives what an undisturbed one gives, to the last bit.  And: what
 * --patience spares. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/exits/trained.h"
#include "tests/unit/nets.h"
#include "tests/unit/traindata.h"
#include "tools/eenn-train/train_net.h"
#include "tools/eenn-train/train_params.h"

#define KEY "00112233445566778899aabbccddeeff"
#define NET "0123456789abcdef0123456789abcdef"

static char path[] = "/tmp/test_resume.XXXXXX";
static struct arena arena;
static struct net net;
static struct dataset data;

static const struct opt rows[] = {OPT_END};
static const struct tool tool = {.name = "test", .rows = rows};

static int setup(void **state)
{
    (void)state;
    if (mkstemp(path) < 0)
        return -1;
    log_level = 0;
    nets_tiny(&net, &arena, TRAINDATA_SIDE, 3, TRAINDATA_CLASSES);
    traindata_make(&data, 60, 30);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    dataset_fini(&data);
    arena_free(&arena);
    return 0;
}

static const struct recipe plain = {
    .backbone_epochs = 2,
    .exits_epochs = 3,
    .peak_epochs = 2,
    .batch = 16,
    .shards = 2,
    .lr = 0.05,
    .momentum = 0.9,
    .lr_exits = NAN,
    .lr_scale_heads = 1,
    .lr_scale_bias = 1,
    .lr_scale_gamma = 1,
    .schedule = SCHEDULE_COSINE,
    .weight = {[LOSS_ACC] = 1, [LOSS_COST] = 1, [LOSS_PEAK] = 1},
    .confidence_loss = true,
    .sample_exits = true,
    .support_share = 0.2,
    .distil_temperature = 1,
    .max_macs = 1000,
    .flip = true,
    .crop_pad = 2,
    .seed = 3,
};

/* Saves the state after each epoch; at the last one of `stop` epochs the run is
 * made to fail. */
struct saving {
    struct checkpoint *c;
    uint64_t stop, epochs;
};

static int save(void *ctx, const struct epoch_log *log, struct train_state *s,
                struct err *e)
{
    struct saving *v = ctx;

    (void)log;
    checkpoint_save(v->c, train_state_put, s);
    return ++v->epochs == v->stop ? err_set(e, ERR_SYS, "killed") : 0;
}

static int train(const struct recipe *r, struct saving *v, int threads,
                 struct trained_net *t)
{
    struct progress progress = {0};
    const struct train_job job = {
        .data = &data,
        .recipe = r,
        .threads = threads,
        .cache_memory = 1 << 24,
        .progress = &progress,
        .epoch_done = v ? save : NULL,
        .ctx = v,
        .net_hash = NET,
        .resume = v ? checkpoint_state(v->c, NET) : NULL,
    };
    struct err e;
    int rc = train_net(&job, &net, t, &e);

    if (rc < 0)
        trained_net_fini(t);
    return rc;
}

static void same_log(const struct epoch_log *a, const struct epoch_log *b)
{
    assert_string_equal(a->phase, b->phase);
    assert_int_equal(a->epoch, b->epoch);
    assert_true(a->lr == b->lr && a->val_loss == b->val_loss);
    assert_int_equal(a->terms.n, b->terms.n);
    for (size_t i = 0; i < a->terms.n; i++) {
        assert_string_equal(a->terms.v[i].name, b->terms.v[i].name);
        assert_true(a->terms.v[i].value == b->terms.v[i].value);
    }
}

static void same_nets(const struct trained_net *a, const struct trained_net *b)
{
    size_t n = params_total(a->g);
    float *v = xcalloc(n, sizeof *v), *w = xcalloc(n, sizeof *w);

    assert_int_equal(params_total(b->g), n);
    params_save(a->g, v);
    params_save(b->g, w);
    assert_memory_equal(v, w, n * sizeof *v);
    assert_int_equal(a->best_epoch, b->best_epoch);
    assert_int_equal(a->n_log, b->n_log);
    assert_int_equal(a->n_branches, b->n_branches);
    for (size_t i = 0; i < a->n_branches; i++)
        assert_memory_equal(&a->branch[i], &b->branch[i], sizeof *a->branch);
    for (size_t i = 0; a->n_branches > 0 && i < net.exits.n; i++)
        assert_memory_equal(a->trace.logits[i], b->trace.logits[i],
                            data.split[SPLIT_VAL].n * TRAINDATA_CLASSES *
                                sizeof(float));
    for (size_t i = 0; i < a->n_log; i++)
        same_log(&a->log[i], &b->log[i]);
    free(v);
    free(w);
}

static struct checkpoint *opened(void)
{
    struct checkpoint *c;
    struct err e;

    if (checkpoint_open(&(struct checkpoint_opts){path, 0, &tool}, &c, &e) < 0)
        fail_msg("%s", e.text);
    checkpoint_load(c, KEY);
    return c;
}

/* End after each epoch in turn and go on with other threads. */
static void resumes_after_each(const struct recipe *r)
{
    struct trained_net whole;

    assert_int_equal(train(r, NULL, 1, &whole), 0);
    for (uint64_t k = 1; k <= whole.n_log; k++) {
        struct saving v = {.c = opened(), .stop = k};
        struct trained_net t;

        assert_int_equal(train(r, &v, 2, &t), ERR_SYS);
        checkpoint_free(v.c);
        v = (struct saving){.c = opened()};
        assert_int_equal(train(r, &v, 1, &t), 0);
        assert_int_equal(v.epochs, whole.n_log - k);
        same_nets(&whole, &t);
        trained_net_fini(&t);
        checkpoint_remove(v.c);
        checkpoint_free(v.c);
    }
    trained_net_fini(&whole);
}

static void every_epoch(void **state)
{
    struct recipe r = plain;

    (void)state;
    resumes_after_each(&r);
    r.clip_norm = 0.5;
    r.nesterov = true;
    r.keep = KEEP_BEST_FINAL;
    r.backbone_epochs = 0;
    resumes_after_each(&r);
    r.keep = KEEP_BEST_BALANCED; /* the log has balanced accuracies */
    resumes_after_each(&r);
    r.keep = KEEP_LAST;
    r.exits_epochs = 0;
    resumes_after_each(&r);
}

static void frozen_backbone(void **state)
{
    struct recipe r = plain;

    (void)state;
    r.backbone = BACKBONE_FROZEN;
    resumes_after_each(&r);
    r.cache_features = true;
    resumes_after_each(&r);
}

/* Branches that stop at different times, for whatever reason, are at rest again
 * after a resumption, and the trace is that of each one's best epoch. */
static void independent_exits(void **state)
{
    struct recipe r = plain;
    struct trained_net t;

    (void)state;
    r.backbone = BACKBONE_FROZEN;
    r.acc_form = ACC_INDEPENDENT;
    r.sample_exits = false;
    r.max_macs = r.drop_hopeless = NAN;
    r.peak_epochs = 0;
    r.cache_features = true;
    resumes_after_each(&r);
    r.exits_epochs = 5;
    r.patience = 1;
    r.lr = 0.4;
    r.clip_norm = 0.2;
    resumes_after_each(&r);
    assert_int_equal(train(&r, NULL, 1, &t), 0);
    assert_int_equal(t.branch[0].status, BRANCH_TRAINED);
    assert_int_equal(t.branch[1].status, BRANCH_STOPPED);
    assert_in_range(t.branch[1].epochs, 2, 4);
    trained_net_fini(&t);
    r.cache_features = false;
    r.drop_hopeless = 0;
    r.lr = 1e-30;
    resumes_after_each(&r);
    assert_int_equal(train(&r, NULL, 1, &t), 0);
    assert_int_equal(t.branch[0].status, BRANCH_HOPELESS);
    trained_net_fini(&t);
}

/* A checkpoint of another network is an error, which the caller answers by
 * beginning anew. */
static void another_network(void **state)
{
    struct saving v = {.c = opened(), .stop = 3};
    struct net wide, was = net;
    struct arena a = {0};
    struct trained_net t;

    (void)state;
    assert_int_equal(train(&plain, &v, 1, &t), ERR_SYS);
    checkpoint_free(v.c);
    nets_tiny(&wide, &a, TRAINDATA_SIDE, 3, TRAINDATA_CLASSES + 1);
    net = wide;
    v = (struct saving){.c = opened()};
    assert_int_equal(train(&plain, &v, 1, &t), ERR_FORMAT);
    net = was;
    checkpoint_remove(v.c);
    checkpoint_free(v.c);
    arena_free(&a);
}

/* The peak phase begins where the schedule has it, however long the exits phase
 * was. */
static void patience_keeps_the_schedule(void **state)
{
    struct recipe r = plain;
    struct trained_net whole, t;
    size_t peak = 0;

    (void)state;
    r.backbone_epochs = 0;
    r.exits_epochs = r.peak_epochs = 6;
    r.lr = 1e-30; /* nothing is learnt */
    r.keep = KEEP_BEST_FINAL;
    assert_int_equal(train(&r, NULL, 1, &whole), 0);
    r.patience = 2;
    assert_int_equal(train(&r, NULL, 1, &t), 0);
    while (strcmp(t.log[peak].phase, "peak") != 0)
        peak++;
    assert_in_range(peak, 3, 5);
    for (size_t i = 0; i < t.n_log; i++)
        assert_true(t.log[i].lr == whole.log[i < peak ? i : i - peak + 6].lr);
    trained_net_fini(&t);
    trained_net_fini(&whole);
}

/* A phase ends as soon as so many epochs in a row were no better, and not
 * before. */
static void patience_counts_epochs(void **state)
{
    struct recipe r = plain;
    struct trained_net t;

    (void)state;
    r.exits_epochs = 8;
    for (r.patience = 1; r.patience <= 3; r.patience++) {
        uint64_t waited = 0, done = 0;
        double best = INFINITY;

        assert_int_equal(train(&r, NULL, 1, &t), 0);
        for (size_t i = 0; i < t.n_log; i++) {
            const struct epoch_log *log = &t.log[i];

            if (i && strcmp(log->phase, log[-1].phase) != 0) {
                assert_true(waited == r.patience || done == 2 || done == 8);
                waited = done = 0;
                best = INFINITY;
            }
            assert_true(waited < r.patience);
            waited = log->val_loss < best ? 0 : waited + 1;
            best = fmin(best, log->val_loss);
            done++;
        }
        assert_true(waited == r.patience || done == 2);
        trained_net_fini(&t);
    }
    r.patience = 1;
    r.lr = 0.5;
    resumes_after_each(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_epoch),
        cmocka_unit_test(frozen_backbone),
        cmocka_unit_test(independent_exits),
        cmocka_unit_test(another_network),
        cmocka_unit_test(patience_keeps_the_schedule),
        cmocka_unit_test(patience_counts_epochs),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
