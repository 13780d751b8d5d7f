/* SPDX-License-Identifier: MIT
 * What eenn-train's phases rest on: the Support Matrix, parameters as a whole,
 * and which epoch's weights remain. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "tests/unit/engines.h"
#include "tests/unit/nets.h"
#include "tests/unit/traindata.h"
#include "tools/eenn-train/train_net.h"
#include "tools/eenn-train/train_params.h"
#include "tools/eenn-train/train_support.h"

#define CLASSES TRAINDATA_CLASSES
#define EARLY 2 /* exits of nets_tiny before the final one */
#define TRAIN 90
#define VAL 30
#define BATCH 16

static struct arena arena;
static struct net net;
static struct dataset data;
static struct split *const train_split = &data.split[SPLIT_TRAIN];

static int setup(void **state)
{
    (void)state;
    nets_tiny(&net, &arena, TRAINDATA_SIDE, 3, CLASSES);
    traindata_make(&data, TRAIN, VAL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dataset_fini(&data);
    arena_free(&arena);
    return 0;
}

static struct engine *engine_of(uint64_t seed)
{
    struct engine *g = engines_new(
        &net, (struct engine_opts){.batch = BATCH, .training = true});

    engine_init(g, seed);
    return g;
}

/* Make exit i say class k whatever it sees. */
static void force_class(struct engine *g, const char *bias, size_t k)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].binding->tensor, bias) == 0) {
            p[i].value[k] = 1000;
            return;
        }
    fail_msg("no tensor %s", bias);
}

/* An exit that always says 1 is right about all of class 1 and none else. */
static void matrix_is_accuracy_per_class(void **state)
{
    const struct support s = {.share = 0.3, .seed = 1, .epoch = 2};
    struct engine *g = engine_of(1);
    double sm[CLASSES * EARLY];

    (void)state;
    force_class(g, "exit1.classifier.bias", 1);
    force_class(g, "exit2.classifier.bias", 0);
    assert_int_equal(support_matrix(g, &data.input, train_split, &s, BATCH, sm),
                     27);
    for (int k = 0; k < CLASSES; k++) {
        assert_true(sm[k * EARLY] == (k == 1));
        assert_true(sm[k * EARLY + 1] == (k == 0));
    }
    engine_free(g);
}

/* Of each class the same number while it has them, at least one of each; the
 * images depend on seed and epoch and on nothing else. */
static void matrix_set(void **state)
{
    struct support s = {.share = 0.01, .seed = 1, .epoch = 2};
    double sm[CLASSES * EARLY], again[CLASSES * EARLY], other[CLASSES * EARLY];
    struct engine *g = engine_of(1);
    bool differs = false;

    (void)state;
    assert_int_equal(support_matrix(g, &data.input, train_split, &s, BATCH, sm),
                     CLASSES);
    s.share = 1; /* 30 of each, but class 2 has 10 */
    assert_int_equal(support_matrix(g, &data.input, train_split, &s, BATCH, sm),
                     30 + 30 + 10);
    s.share = 0.3;
    support_matrix(g, &data.input, train_split, &s, BATCH, sm);
    support_matrix(g, &data.input, train_split, &s, 7, again);
    assert_memory_equal(sm, again, sizeof sm);
    for (s.epoch = 3; s.epoch < 10; s.epoch++) {
        support_matrix(g, &data.input, train_split, &s, BATCH, other);
        differs = differs || memcmp(sm, other, sizeof sm) != 0;
    }
    assert_true(differs);
    engine_free(g);
}

static void matrix_of_a_missing_class(void **state)
{
    const struct support s = {.share = 0.3};
    struct engine *g = engine_of(1);
    double sm[CLASSES * EARLY];

    (void)state;
    for (size_t i = 0; i < train_split->n; i++)
        train_split->labels[i] += train_split->labels[i] == 1;
    support_matrix(g, &data.input, train_split, &s, BATCH, sm);
    assert_true(isnan(sm[EARLY]) && isnan(sm[EARLY + 1]));
    assert_true(isfinite(sm[0]) && isfinite(sm[2 * EARLY]));
    traindata_fill(train_split, TRAIN, 0);
    engine_free(g);
}

static double grad_length(struct engine *g)
{
    size_t n;
    struct engine_param *p = engine_params(g, &n);
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; p[i].grad && j < p[i].n; j++)
            sum += (double)p[i].grad[j] * (double)p[i].grad[j];
    return sqrt(sum);
}

static void clipping(void **state)
{
    struct engine *g = engine_of(1);
    size_t n;
    struct engine_param *p = engine_params(g, &n);

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; p[i].grad && j < p[i].n; j++)
            p[i].grad[j] = (float)(j % 5) - 2;
    double before = grad_length(g);
    params_clip(g, before + 1);
    assert_true(grad_length(g) == before);
    params_clip(g, before / 4);
    assert_true(fabs(grad_length(g) - before / 4) < 1e-5 * before);
    engine_free(g);
}

static void saved_and_restored(void **state)
{
    struct engine *g = engine_of(1), *other = engine_of(2);
    size_t n = params_total(g);
    float *v = xcalloc(n, sizeof *v), *w = xcalloc(n, sizeof *w);

    (void)state;
    params_save(g, v);
    params_restore(other, v);
    params_save(other, w);
    assert_memory_equal(v, w, n * sizeof *v);
    assert_true(params_finite(other));
    v[n - 1] = INFINITY;
    params_restore(other, v);
    assert_false(params_finite(other));
    free(v);
    free(w);
    engine_free(g);
    engine_free(other);
}

/* ---- all of it ---- */

static const struct recipe plain = {
    .batch = BATCH,
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
    .support_share = 0.2,
    .distil_temperature = 1,
    .max_macs = NAN,
    .seed = 3,
};

static void train(const struct recipe *r, struct trained_net *t)
{
    struct progress progress = {0};
    const struct train_job job = {
        .data = &data,
        .recipe = r,
        .threads = 1,
        .progress = &progress,
    };
    struct err e;

    if (train_net(&job, &net, t, &e) < 0)
        fail_msg("%s", e.text);
    assert_null(t->reason);
}

/* The epoch kept is the last phase's, and the trace is that epoch's. */
static void kept_epochs(void **state)
{
    struct recipe r = plain;

    (void)state;
    r.backbone_epochs = 1;
    r.exits_epochs = 3;
    r.peak_epochs = 3;
    for (int keep = KEEP_BEST_LOSS; keep <= KEEP_LAST; keep++) {
        struct trained_net t;
        const struct epoch_log *log;
        double right = 0, hits[CLASSES] = {0}, there[CLASSES] = {0}, sum = 0;

        r.keep = keep;
        train(&r, &t);
        assert_int_equal(t.n_log, 7);
        assert_true(t.best_epoch >= 4);
        log = &t.log[t.best_epoch];
        for (size_t i = 4; i < 7; i++) {
            const struct epoch_log *other = &t.log[i];

            assert_string_equal(other->phase, "peak");
            assert_true(isfinite(epoch_terms_get(&other->terms, "loss_peak")));
            if (keep == KEEP_BEST_LOSS)
                assert_true(log->val_loss <= other->val_loss);
            if (keep == KEEP_BEST_FINAL)
                assert_true(log->val_accuracy.v[EARLY] >=
                            other->val_accuracy.v[EARLY]);
            assert_int_equal(other->val_balanced.n,
                             keep == KEEP_BEST_BALANCED ? EARLY + 1 : 0);
            if (keep == KEEP_BEST_BALANCED)
                assert_true(log->val_balanced.v[EARLY] >=
                            other->val_balanced.v[EARLY]);
        }
        if (keep == KEEP_LAST)
            assert_int_equal(t.best_epoch, 6);
        assert_int_equal(t.trace.exits, EARLY + 1);
        for (size_t i = 0; i < VAL; i++) {
            const float *f = t.trace.logits[EARLY] + i * CLASSES;
            int32_t y = data.split[SPLIT_VAL].labels[i];

            there[y]++;
            if (f[y] >= fmaxf(f[0], fmaxf(f[1], f[2]))) {
                right++;
                hits[y]++;
            }
        }
        for (int k = 0; k < CLASSES; k++)
            sum += hits[k] / there[k] / CLASSES;
        if (keep == KEEP_BEST_BALANCED)
            assert_true(fabs(sum - log->val_balanced.v[EARLY]) < 1e-12);
        assert_true(fabs(right / VAL - log->val_accuracy.v[EARLY]) < 1e-12);
        trained_net_fini(&t);
    }
}

/* No trace of the backbone alone is taken for one of the whole net. */
static void backbone_alone(void **state)
{
    struct recipe r = plain;
    struct trained_net t;

    (void)state;
    r.backbone_epochs = 2;
    train(&r, &t);
    assert_int_equal(t.n_log, 2);
    assert_int_equal(t.trace.exits, 0);
    assert_true(isnan(t.log[0].val_accuracy.v[0]));
    trained_net_fini(&t);
}

/* Samples are an image's own in an epoch: the same run twice is the same, and
 * they make a difference. */
static void sampled(void **state)
{
    struct recipe r = plain;
    struct trained_net a, b, c;

    (void)state;
    r.exits_epochs = 2;
    train(&r, &c);
    r.sample_exits = true;
    train(&r, &a);
    train(&r, &b);
    assert_true(epoch_terms_get(&a.log[1].terms, "loss") ==
                epoch_terms_get(&b.log[1].terms, "loss"));
    assert_true(epoch_terms_get(&a.log[0].terms, "loss_acc") !=
                epoch_terms_get(&c.log[0].terms, "loss_acc"));
    trained_net_fini(&a);
    trained_net_fini(&b);
    trained_net_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrix_is_accuracy_per_class),
        cmocka_unit_test(matrix_set),
        cmocka_unit_test(matrix_of_a_missing_class),
        cmocka_unit_test(clipping),
        cmocka_unit_test(saved_and_restored),
        cmocka_unit_test(kept_epochs),
        cmocka_unit_test(backbone_alone),
        cmocka_unit_test(sampled),
    };

    return cmocka_run_group_tests_name("train_phase", tests, setup, teardown);
}
