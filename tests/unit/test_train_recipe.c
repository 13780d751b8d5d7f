/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_recipe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/graph/netbuild.h"

static void epochs(void **state)
{
    static const char *const wrong[] = {
        "",
        "3",
        "3/",
        "/3",
        "3/4/",
        "3/4/5/6",
        "3/4/5x",
        "3/4x",
        "x/4",
        "-1/4",
        "3/ 4",
        "3/10001",
        "99999999999999999999/1",
    };
    char text[RECIPE_EPOCHS_TEXT];
    struct recipe r;
    struct err e;

    (void)state;
    assert_int_equal(recipe_epochs("10/5", &r, &e), 0);
    assert_int_equal(r.backbone_epochs, 10);
    assert_int_equal(r.exits_epochs, 5);
    assert_int_equal(r.peak_epochs, 0);
    assert_int_equal(recipe_epochs("0/0", &r, &e), 0);
    recipe_epochs_text(&r, text);
    assert_string_equal(text, "0/0/0");
    assert_int_equal(recipe_epochs("7/0/10000", &r, &e), 0);
    assert_int_equal(r.peak_epochs, 10000);
    recipe_epochs_text(&r, text);
    assert_string_equal(text, "7/0/10000");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(recipe_epochs(wrong[i], &r, &e), ERR_ARG);
}

static void schedule(void **state)
{
    struct recipe r = {
        .lr = 2,
        .lr_exits = 0.25,
        .schedule = SCHEDULE_STEP,
        .step_epochs = 3,
        .step_factor = 0.5,
        .warmup = 0.5,
    };
    struct schedule s = recipe_schedule(&r, true, 7, 10);

    (void)state;
    assert_int_equal(s.steps, 70);
    assert_int_equal(s.warmup, 5);
    assert_int_equal(s.every, 30);
    assert_true(schedule_lr(&s, 5) == 2 && schedule_lr(&s, 69) == 0.5);
    assert_true(recipe_schedule(&r, false, 7, 10).lr == 0.25);
    r.lr_exits = NAN;
    assert_true(recipe_schedule(&r, false, 7, 10).lr == 2);
}

/* D3: max(5, 20 / 2^epoch). */
static void temperature(void **state)
{
    (void)state;
    assert_true(recipe_temperature(0) == 20 && recipe_temperature(1) == 10);
    assert_true(recipe_temperature(2) == 5 && recipe_temperature(3) == 5);
}

/* The heads of 32 pixels have 2048 inputs at most and learn at the full rate. */
static void rates_of_heads(void **state)
{
    static const struct {
        int64_t inputs;
        double rate;
    } known[] = {{512, 3}, {2048, 3}, {8192, 0.375}, {32768, 3 / 64.}};
    struct recipe r = {.lr_scale_heads = 3};

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct arena a = {0};
        struct net net;
        struct net_builder b = build_net(&net, &a, 1, 1, known[i].inputs, 2);
        int64_t x = build_simple(&b, "act", OP_ACT, NET_IMAGE, ACT_RELU);

        build_linear(&b, "classifier", x, 3, BUILD_BIAS, ACT_NONE);
        build_exit(&b, (struct net_exit){.first = 0, .confidence = true});
        assert_true(recipe_head_rate(&r, &net, 0) == known[i].rate);
        arena_free(&a);
    }
}

/* The last layer of a head may have no weights. */
static void rate_of_a_head_that_ends_in_a_pool(void **state)
{
    struct recipe r = {.lr_scale_heads = 3};
    struct arena a = {0};
    struct net net;
    struct net_builder b = build_net(&net, &a, 2, 2, 4096, 2);
    int64_t x = build_conv(&b, "classifier", NET_IMAGE, 3, 1, 1, 0, ACT_NONE);

    (void)state;
    build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = 0, .confidence = true});
    assert_true(recipe_head_rate(&r, &net, 0) == 3 * 0.5 * sqrt(0.5));
    arena_free(&a);
}

static void seeds(void **state)
{
    struct net a = {.id = (char *)"n1"}, b = {.id = (char *)"n2"};
    struct net c = {.id = (char *)"n3", .arch = (char *)"n1"};
    const struct recipe one = {.seed = 1}, two = {.seed = 2};
    const struct recipe alone = {.seed = 1, .acc_form = ACC_INDEPENDENT};

    (void)state;
    assert_true(recipe_seed(&alone, &a) == recipe_seed(&alone, &b));
    assert_true(recipe_seed(&one, &a) != recipe_seed(&one, &b));
    assert_true(recipe_seed(&one, &a) != recipe_seed(&two, &a));
    assert_true(recipe_seed(&one, &a) ==
                recipe_seed(&one, &c)); /* arch first */
    assert_true(recipe_seed(&one, &a) < UINT64_C(1) << 53);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs),
        cmocka_unit_test(schedule),
        cmocka_unit_test(temperature),
        cmocka_unit_test(rates_of_heads),
        cmocka_unit_test(rate_of_a_head_that_ends_in_a_pool),
        cmocka_unit_test(seeds),
    };

    return cmocka_run_group_tests_name("train_recipe", tests, NULL, NULL);
}
