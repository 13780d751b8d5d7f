/* SPDX-License-Identifier: MIT
 * The loop that trainers share, with steps that only note what they are given:
 * batches and their order, learning rates, sums by name, what ends an epoch. */
#include "libcommon/nn/train/epochs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/nn/data/batch.h"

#define IMAGES 23
#define BATCH 5 /* four batches; the rest of three is one more */
#define STEPS 5
#define SIDE 4
#define IMAGE ((size_t)SIDE * SIDE)
#define SEED 11

static double mean[] = {0.5}, deviation[] = {0.25};
static struct dataset data = {
    .input = {SIDE, SIDE, 1, mean, deviation, 0},
};
static const struct schedule schedule = {
    .kind = SCHEDULE_COSINE,
    .lr = 0.5,
    .steps = 3 * STEPS,
    .warmup = 2,
};

/* What the steps were given. */
struct notes {
    uint32_t index[IMAGES];
    size_t images, steps, updates;
    size_t bad;    /* step whose loss is no number; STEPS = none */
    size_t broken; /* step that fails; STEPS = none */
    uint64_t epoch;
    double lr[STEPS];
    float pixels[IMAGES * IMAGE]; /* zero without images */
    bool has_images, mixed;
};

static double loss_of(const struct epoch_batch *b)
{
    return 0.1 * (double)(b->index[0] + 1);
}

static int note_batch(void *ctx, const struct epoch_batch *b,
                      struct epoch_terms *terms, struct err *e)
{
    struct notes *x = ctx;

    assert_true(x->steps < STEPS && x->images + b->n <= IMAGES);
    assert_int_equal(b->step, x->steps);
    assert_int_equal(x->updates, x->steps);
    assert_int_equal(terms->n, 0);
    for (size_t i = 0; i < b->n; i++)
        assert_int_equal(b->labels[i],
                         data.split[SPLIT_TRAIN].labels[b->index[i]]);
    memcpy(x->index + x->images, b->index, b->n * sizeof *b->index);
    if ((x->has_images = b->images != NULL))
        memcpy(x->pixels + x->images * IMAGE, b->images,
               b->n * IMAGE * sizeof *b->images);
    x->images += b->n;
    x->mixed |= b->others != NULL;
    x->epoch = b->epoch;
    x->lr[x->steps] = b->lr;
    if (x->steps == x->broken)
        return err_set(e, ERR_SYS, "a broken step");
    epoch_terms_add(terms, "loss", x->steps == x->bad ? NAN : loss_of(b));
    epoch_terms_add(terms, "loss_acc", 2);
    if (x->steps % 2)
        epoch_terms_add(terms, "loss_new", 3);
    x->steps++;
    return 0;
}

static void note_update(void *ctx, const struct epoch_batch *b)
{
    struct notes *x = ctx;

    (void)b;
    x->updates++;
}

static struct epochs_opts options(struct notes *x)
{
    return (struct epochs_opts){
        .input = &data.input,
        .train = &data.split[SPLIT_TRAIN],
        .batch = BATCH,
        .images = true,
        .augment = {.flip = true, .crop_pad = 1, .seed = SEED},
        .ops = {note_batch, note_update, x},
    };
}

static int run(const struct epochs_opts *o, uint64_t number, uint64_t past,
               struct epoch_sums *sums, struct err *e)
{
    const struct epoch at = {
        .phase = "test",
        .number = number,
        .schedule = &schedule,
        .past = past,
    };
    struct epochs ep;
    int rc;

    epochs_init(&ep, o);
    assert_int_equal(epochs_steps(&ep), STEPS);
    rc = epochs_run(&ep, &at, sums, e);
    epochs_fini(&ep);
    return rc;
}

/* Batches are those of batch.h for the epoch's number; rates are those of the
 * schedule from the epochs before. */
static void batches_and_rates(void **state)
{
    struct notes x = {.bad = STEPS, .broken = STEPS};
    const struct epochs_opts o = options(&x);
    const struct split *train = &data.split[SPLIT_TRAIN];
    struct batch_maker maker;
    uint32_t order[IMAGES];
    float pixels[IMAGES * IMAGE];
    int32_t labels[IMAGES];
    struct epoch_sums sums;
    struct err e;

    (void)state;
    assert_int_equal(run(&o, 7, 2, &sums, &e), EPOCH_DONE);
    for (uint32_t i = 0; i < IMAGES; i++)
        order[i] = i;
    batch_shuffle(order, IMAGES, SEED, 7);
    batch_init(&maker, &data.input, train, &o.augment);
    batch_fill(&maker, NULL, order, IMAGES, 7, pixels, labels);
    batch_fini(&maker);
    assert_int_equal(x.images, IMAGES);
    assert_memory_equal(x.index, order, sizeof order);
    assert_memory_equal(x.pixels, pixels, sizeof pixels);
    assert_int_equal(x.epoch, 7);
    for (uint64_t i = 0; i < STEPS; i++)
        assert_true(x.lr[i] == schedule_lr(&schedule, 2 * STEPS + i));
    assert_true(sums.lr == x.lr[0]);
    assert_int_equal(x.updates, STEPS);
}

/* Image i of a batch of n is mixed with image n - 1 - i, with the share that seed,
 * epoch and step give; labels are those of each. */
static int check_mixed(void *ctx, const struct epoch_batch *b,
                       struct epoch_terms *terms, struct err *e)
{
    const struct epochs_opts *o = ctx;
    const struct split *train = &data.split[SPLIT_TRAIN];
    struct rng r = rng_make(SEED, "mixup", b->epoch, b->step);
    double share = rng_beta(&r, o->mixup, o->mixup);
    struct batch_maker maker;
    float pixels[BATCH * IMAGE];
    int32_t labels[BATCH];

    (void)e;
    assert_true(b->share == share && share > 0 && share < 1);
    batch_init(&maker, &data.input, train, &o->augment);
    batch_fill(&maker, NULL, b->index, b->n, b->epoch, pixels, labels);
    batch_fini(&maker);
    for (size_t i = 0; i < b->n; i++) {
        size_t other = b->n - 1 - i;

        assert_int_equal(b->labels[i], labels[i]);
        assert_int_equal(b->others[i], labels[other]);
        for (size_t k = 0; k < IMAGE; k++) {
            double x = (double)pixels[i * IMAGE + k];
            double y = (double)pixels[other * IMAGE + k];

            assert_float_equal(b->images[i * IMAGE + k],
                               share * x + (1 - share) * y, 1e-6);
        }
    }
    epoch_terms_add(terms, "loss", share);
    return 0;
}

static void leave_weights(void *ctx, const struct epoch_batch *b)
{
    (void)ctx;
    (void)b;
}

/* Threads change nothing, other epochs have other shares, and where there are no
 * images nothing is mixed. */
static void images_are_mixed(void **state)
{
    struct notes x = {.bad = STEPS, .broken = STEPS};
    struct epochs_opts o = options(&x);
    struct epoch_sums sums[3];
    struct err e;

    (void)state;
    o.mixup = 0.8;
    o.ops = (struct epoch_ops){check_mixed, leave_weights, &o};
    for (uint64_t i = 0; i < 3; i++) {
        o.pool = i == 1 ? pool_new(3) : NULL;
        assert_int_equal(run(&o, 5 + i / 2, 0, &sums[i], &e), EPOCH_DONE);
        pool_free(o.pool);
    }
    assert_true(epoch_terms_get(&sums[0].terms, "loss") ==
                epoch_terms_get(&sums[1].terms, "loss"));
    assert_true(epoch_terms_get(&sums[0].terms, "loss") !=
                epoch_terms_get(&sums[2].terms, "loss"));
    o = options(&x);
    o.mixup = 0.8;
    o.images = false;
    assert_int_equal(run(&o, 5, 0, &sums[0], &e), EPOCH_DONE);
    assert_false(x.mixed);
}

/* An epoch is the same after others and by itself, with images and without. */
static void epochs_stand_alone(void **state)
{
    struct notes alone = {.bad = STEPS, .broken = STEPS}, after = alone;
    struct epochs_opts o = options(&after);
    struct epoch_sums a, b;
    struct epochs ep;
    struct err e;

    (void)state;
    o.images = false;
    epochs_init(&ep, &o);
    for (uint64_t i = 0; i < 3; i++) {
        const struct epoch at = {"test", i, &schedule, i};

        after.images = after.steps = after.updates = 0;
        assert_int_equal(epochs_run(&ep, &at, &a, &e), EPOCH_DONE);
    }
    epochs_fini(&ep);
    assert_false(after.has_images);
    o = options(&alone);
    assert_int_equal(run(&o, 2, 2, &b, &e), EPOCH_DONE);
    assert_true(alone.has_images);
    assert_memory_equal(alone.index, after.index, sizeof alone.index);
    assert_memory_equal(alone.lr, after.lr, sizeof alone.lr);
    assert_int_equal(a.terms.n, b.terms.n);
    assert_true(a.terms.v[0].value == b.terms.v[0].value);
}

/* A step weighs its images, or 1; a term counts in the steps that have it. */
static void sums_by_name(void **state)
{
    struct notes x = {.bad = STEPS, .broken = STEPS};
    struct epochs_opts o = options(&x);
    struct epoch_terms means;
    struct epoch_sums sums;
    double sum = 0, plain = 0;
    struct err e;

    (void)state;
    assert_int_equal(run(&o, 0, 0, &sums, &e), EPOCH_DONE);
    for (size_t i = 0; i < STEPS; i++) {
        size_t n = i < 4 ? BATCH : IMAGES - 4 * BATCH;
        double loss = 0.1 * (double)(x.index[i * BATCH] + 1);

        sum += (double)n * loss;
        plain += loss;
    }
    assert_true(sums.weight == IMAGES);
    assert_string_equal(sums.terms.v[0].name, "loss");
    assert_true(epoch_terms_get(&sums.terms, "loss") == sum);
    assert_true(epoch_terms_get(&sums.terms, "loss_new") == 2 * 3 * BATCH);
    epoch_means(&sums, &means);
    assert_true(epoch_terms_get(&means, "loss") == sum / IMAGES);
    assert_true(epoch_terms_get(&means, "loss_acc") == 2);
    assert_true(isnan(epoch_terms_get(&means, "loss_peak")));

    x = (struct notes){.bad = STEPS, .broken = STEPS};
    o.by_step = true;
    assert_int_equal(run(&o, 0, 0, &sums, &e), EPOCH_DONE);
    assert_true(sums.weight == STEPS);
    assert_true(epoch_terms_get(&sums.terms, "loss") == plain);
}

/* The step whose loss is not finite changes no weight and no sum. */
static void diverges(void **state)
{
    struct notes x = {.bad = 2, .broken = STEPS};
    const struct epochs_opts o = options(&x);
    struct epoch_sums sums;
    struct err e;

    (void)state;
    assert_int_equal(run(&o, 0, 0, &sums, &e), EPOCH_DIVERGED);
    assert_int_equal(x.steps, 3);
    assert_int_equal(x.updates, 2);
    assert_true(sums.weight == 2 * BATCH);
    assert_true(epoch_terms_get(&sums.terms, "loss_acc") == 2 * 2 * BATCH);
    x = (struct notes){.bad = 0, .broken = STEPS};
    assert_int_equal(run(&o, 0, 1, &sums, &e), EPOCH_DIVERGED);
    assert_true(sums.weight == 0 && sums.terms.n == 0);
    assert_true(sums.lr == schedule_lr(&schedule, STEPS));
}

static void step_fails(void **state)
{
    struct notes x = {.bad = STEPS, .broken = 1};
    const struct epochs_opts o = options(&x);
    struct epoch_sums sums;
    struct err e;

    (void)state;
    assert_int_equal(run(&o, 0, 0, &sums, &e), ERR_SYS);
    assert_string_equal(e.text, "a broken step");
    assert_int_equal(x.updates, 1);
}

static void progress_counts_images(void **state)
{
    struct progress progress = {.label = "images", .total = 2 * IMAGES};
    struct notes x = {.bad = STEPS, .broken = STEPS};
    struct epochs_opts o = options(&x);
    struct epoch_sums sums;
    struct err e;

    (void)state;
    o.progress = &progress;
    assert_int_equal(run(&o, 3, 0, &sums, &e), EPOCH_DONE);
    assert_int_equal(progress.done, IMAGES);
    assert_memory_equal(progress.note, "test 3, loss ", 13);
    x = (struct notes){.bad = 1, .broken = STEPS};
    assert_int_equal(run(&o, 4, 1, &sums, &e), EPOCH_DIVERGED);
    assert_int_equal(progress.done, IMAGES + BATCH);
}

static int setup(void **state)
{
    struct split *s = &data.split[SPLIT_TRAIN];

    (void)state;
    split_alloc(s, IMAGES, IMAGE);
    for (size_t i = 0; i < IMAGES * IMAGE; i++)
        s->items[i] = (uint8_t)(i * 37 % 251);
    for (size_t i = 0; i < IMAGES; i++)
        s->labels[i] = (int32_t)(i % 3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    split_fini(&data.split[SPLIT_TRAIN]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_and_rates),
        cmocka_unit_test(images_are_mixed),
        cmocka_unit_test(epochs_stand_alone),
        cmocka_unit_test(sums_by_name),
        cmocka_unit_test(diverges),
        cmocka_unit_test(step_fails),
        cmocka_unit_test(progress_counts_images),
    };

    return cmocka_run_group_tests_name("epochs", tests, setup, teardown);
}
