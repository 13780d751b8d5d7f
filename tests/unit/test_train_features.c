/* SPDX-License-Identifier: MIT
 * Features of a split: the same from memory and from a file. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "tests/unit/engines.h"
#include "tests/unit/tapnets.h"
#include "tools/eenn-train/features.h"

#define SAMPLES 50
#define BATCH 16
#define IMAGE ((size_t)TAPNETS_SIDE * TAPNETS_SIDE * 3)

static struct arena arena;
static struct net net;
static struct dataset data;

static struct engine *engine_of(int threads)
{
    struct engine *g = engines_new(
        &net, (struct engine_opts){.batch = BATCH,
                                   .threads = threads,
                                   .training = true,
                                   .frozen_backbone = true});

    engine_init(g, 3);
    return g;
}

static size_t row_bytes(struct engine *g)
{
    size_t n = 0;

    for (int t = 0; t < engine_taps(g); t++)
        n += engine_tap_size(g, t) * sizeof(float);
    return n;
}

static struct features *features_of(struct engine *g, size_t memory)
{
    struct feature_store s = {.batch = BATCH, .memory = memory, .dir = "/tmp"};
    struct features *f;
    struct err e;
    size_t inside, outside;

    if (features_new(g, &data.input, &data.split[SPLIT_TRAIN], &s, &f, &e) < 0)
        fail_msg("%s", e.text);
    features_size(f, &inside, &outside);
    assert_int_equal(s.memory, memory - inside);
    assert_int_equal(inside + outside, SAMPLES * row_bytes(g));
    assert_true(inside <= memory);
    return f;
}

static void get(struct features *f, const uint32_t *index, size_t n,
                const float *const **taps)
{
    struct err e;

    if (features_get(f, index, n, taps, &e) < 0)
        fail_msg("%s", e.text);
}

/* All in memory, a part, nothing; one thread, two. */
static void memory_changes_nothing(void **state)
{
    static const uint32_t index[] = {0, 49, 20, 20, 3, 17, 48, 25, 11};
    struct engine *g = engine_of(1), *h = engine_of(2);
    size_t row = row_bytes(g), n = ARRAY_LEN(index);
    const size_t budget[] = {20 * row + 5, 0, 100 * row};
    struct features *all = features_of(g, SAMPLES * row);
    const float *const *want, *const *got;

    (void)state;
    get(all, index, n, &want);
    for (int k = 0; k < 3; k++) {
        struct features *f = features_of(k % 2 ? g : h, budget[k]);
        get(f, index, n, &got);
        for (int t = 0; t < engine_taps(g); t++)
            assert_memory_equal(want[t], got[t],
                                n * engine_tap_size(g, t) * sizeof(float));
        features_free(f);
    }
    features_free(all);
    engine_free(g);
    engine_free(h);
}

struct outputs {
    float out[SAMPLES * 8];
    size_t n;
};

static void collect(void *ctx, const struct engine_outputs *o,
                    const int32_t *labels, size_t at)
{
    struct outputs *x = ctx;

    for (int i = 0; i < o->n; i++)
        assert_int_equal(labels[i],
                         data.split[SPLIT_TRAIN].labels[at + (size_t)i]);
    size_t n = (size_t)(o->n * o->units[1]);
    memcpy(x->out + x->n, o->out[1], n * sizeof(float));
    x->n += n;
}

static void evaluation_equals_that_of_images(void **state)
{
    struct engine *g = engine_of(2);
    struct features *f = features_of(g, 1000);
    struct outputs a = {.n = 0}, b = {.n = 0};
    struct err e;

    (void)state;
    evaluate_split(g, &data.input, &data.split[SPLIT_TRAIN], BATCH, collect,
                   &a);
    assert_int_equal(features_evaluate(f, g, collect, &b, &e), 0);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.out, b.out, a.n * sizeof(float));
    features_free(f);
    engine_free(g);
}

static void failures_say_where(void **state)
{
    struct engine *g = engine_of(1);
    struct feature_store s = {.batch = BATCH, .dir = "/nonexistent"};
    struct rlimit limit, was;
    struct features *f;
    struct err e;

    (void)state;
    assert_int_equal(
        features_new(g, &data.input, &data.split[SPLIT_TRAIN], &s, &f, &e),
        ERR_SYS);
    assert_non_null(strstr(e.text, "/nonexistent"));
    s.dir = "/tmp";
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &was);
    limit = was;
    limit.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(
        features_new(g, &data.input, &data.split[SPLIT_TRAIN], &s, &f, &e),
        ERR_SYS);
    setrlimit(RLIMIT_FSIZE, &was);
    assert_non_null(strstr(e.text, "/tmp"));
    assert_null(f);
    features_free(f);
    engine_free(g);
}

/* Its file has the first free number. */
static void a_file_cut_short(void **state)
{
    const uint32_t index[] = {0, 30, 49};
    struct engine *g = engine_of(3);
    int fd = dup(STDIN_FILENO);
    struct features *f;
    const float *const *taps;
    struct err e;

    (void)state;
    close(fd);
    f = features_of(g, 10 * row_bytes(g));
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(features_get(f, index, 1, &taps, &e), 0);
    assert_int_equal(features_get(f, index, 3, &taps, &e), ERR_SYS);
    assert_non_null(strstr(e.text, "/tmp"));
    features_free(f);
    engine_free(g);
}

static void make_data(void)
{
    static double mean[] = {0.5, 0.5, 0.5}, std[] = {0.25, 0.25, 0.25};
    struct split *s = &data.split[SPLIT_TRAIN];
    struct rng r = rng_make(9, "images", 0, 0);

    data.input.h = data.input.w = TAPNETS_SIDE;
    data.input.c = 3;
    data.input.mean = mean;
    data.input.std = std;
    split_alloc(s, SAMPLES, IMAGE);
    for (size_t i = 0; i < SAMPLES * IMAGE; i++)
        s->items[i] = (uint8_t)rng_below(&r, 256);
    for (size_t i = 0; i < SAMPLES; i++)
        s->labels[i] = (int32_t)rng_below(&r, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_changes_nothing),
        cmocka_unit_test(evaluation_equals_that_of_images),
        cmocka_unit_test(failures_say_where),
        cmocka_unit_test(a_file_cut_short),
    };

    make_data();
    tapnets_tiny(&net, &arena);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    split_fini(&data.split[SPLIT_TRAIN]);
    arena_free(&arena);
    return rc;
}
