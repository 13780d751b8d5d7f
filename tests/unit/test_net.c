/* SPDX-License-Identifier: MIT
 * Networks: what net_check refuses, ids, copies, costs, the builder. */
#include "libcommon/nn/graph/net.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/nn/exits/summary.h"
#include "tests/unit/nets.h"

static struct arena arena;
static struct net net;

static int setup(void **state)
{
    (void)state;
    nets_tiny(&net, &arena, 16, 3, 10);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* ---- corruption ---- */

/* Is the net refused, or at least another one by its id? */
static bool noticed(void)
{
    char id[HASH_HEX];
    struct err e;

    if (net_check(&net, &e) < 0) {
        assert_int_equal(e.code, ERR_FORMAT);
        return true;
    }
    net_id(&net, id);
    return strcmp(id, net.id) != 0;
}

/* Every integer of the net whose change must be noticed. */
static int64_t *numbers[8192];
static size_t n_numbers;

static void collect(struct ints *v)
{
    for (size_t i = 0; i < v->n; i++)
        numbers[n_numbers++] = &v->v[i];
}

static void collect_layer(struct layer *l)
{
    int64_t *own[] = {&l->groups,     &l->mid,    &l->macs,
                      &l->macs_paper, &l->params, &l->act_bytes};
    struct ints *arrays[] = {&l->inputs, &l->in,     &l->out,
                             &l->kernel, &l->stride, &l->pad};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        numbers[n_numbers++] = own[i];
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        collect(arrays[i]);
    for (size_t i = 0; i < l->bindings.n; i++)
        collect(&((struct binding *)l->bindings.v)[i].shape);
}

static void collect_all(void)
{
    int64_t *own[] = {&net.classes, &net.params, &net.peak_bytes,
                      &net.size_bytes};

    n_numbers = 0;
    collect(&net.input);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        numbers[n_numbers++] = own[i];
    for (size_t i = 0; i < net.layers.n; i++)
        collect_layer(net_layer(&net, i));
    for (size_t i = 0; i < net.exits.n; i++) {
        struct net_exit *x = net_exit_at(&net, i);
        int64_t *exit[] = {&x->tap,       &x->first, &x->last,
                           &x->head_macs, &x->gamma, &x->gamma_paper};

        for (size_t k = 0; k < sizeof exit / sizeof *exit; k++)
            numbers[n_numbers++] = exit[k];
    }
}

static int64_t hostile(int64_t old, size_t i)
{
    static const int64_t values[] = {
        INT64_MIN,
        INT64_MIN + 1,
        -4096,
        -2,
        -1,
        0,
        1,
        2,
        3,
        7,
        64,
        255,
        65535,
        65536,
        65537,
        INT32_MAX,
        (int64_t)1 << 31,
        (int64_t)1 << 32,
        (int64_t)1 << 53,
        INT64_MAX / 2,
        INT64_MAX - 1,
        INT64_MAX,
    };

    if (i < sizeof values / sizeof *values)
        return values[i];
    i -= sizeof values / sizeof *values;
    return i == 0   ? (int64_t)((uint64_t)old + 1)
           : i == 1 ? (int64_t)((uint64_t)old - 1)
                    : (int64_t)(2 * (uint64_t)old);
}
#define HOSTILE 25

static void one_number(void **state)
{
    (void)state;
    collect_all();
    assert_true(n_numbers > 300);
    for (size_t i = 0; i < n_numbers; i++) {
        int64_t old = *numbers[i];

        for (size_t k = 0; k < HOSTILE; k++) {
            *numbers[i] = hostile(old, k);
            if (*numbers[i] != old && !noticed())
                fail_msg("number %zu: %lld is taken for %lld", i,
                         (long long)*numbers[i], (long long)old);
        }
        *numbers[i] = old;
    }
    assert_false(noticed());
}

/* Several at once: nothing crashes or overflows (sanitizers), and what passes
 * is consistent enough for every cost to be what it says. */
static void many_numbers(void **state)
{
    struct rng r = rng_make(3, "test", 0, 0);
    int64_t old[4], *at[4];

    (void)state;
    collect_all();
    for (int round = 0; round < 20000; round++) {
        for (int k = 0; k < 4; k++) {
            at[k] = numbers[rng_below(&r, n_numbers)];
            old[k] = *at[k];
            *at[k] = hostile(old[k], (size_t)rng_below(&r, HOSTILE));
        }
        noticed();
        for (int k = 4; k-- > 0;)
            *at[k] = old[k];
    }
    assert_false(noticed());
}

#define REFUSED(change)                                     \
    do {                                                    \
        struct net kept;                                    \
        struct err e_;                                      \
        net_copy(&kept, &net, &arena);                      \
        change;                                             \
        assert_int_equal(net_check(&net, &e_), ERR_FORMAT); \
        assert_true(strlen(e_.text) > 5);                   \
        net = kept;                                         \
        assert_int_equal(net_check(&net, &e_), 0);          \
    } while (0)

static struct binding *first_binding(size_t layer)
{
    return net_layer(&net, layer)->bindings.v;
}

static void structure(void **state)
{
    char longest[300];

    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    REFUSED(net.layers.n = 0);
    REFUSED(net.layers.n--);
    REFUSED(net.layers.n = NET_MAX_LAYERS + 1);
    REFUSED(net.exits.n = 0);
    REFUSED(net.exits.n--);
    REFUSED(net.exits.n = NET_MAX_EXITS + 1);
    REFUSED(net.input.n = 2);
    REFUSED(net.input.n = 0);
    REFUSED(net_layer(&net, 0)->op = OP_COUNT);
    REFUSED(net_layer(&net, 0)->op = -1);
    REFUSED(net_layer(&net, 0)->act = -1);
    REFUSED(net_layer(&net, 0)->act = ACT_COUNT);
    REFUSED(net_layer(&net, 0)->name = NULL);
    REFUSED(net_layer(&net, 0)->name = (char[]){""});
    REFUSED(net_layer(&net, 0)->name = (char[]){"two words"});
    REFUSED(net_layer(&net, 0)->name = longest);
    REFUSED(net_layer(&net, 0)->name = net_layer(&net, 1)->name);
    REFUSED(net_layer(&net, 0)->inputs.n = 0);
    REFUSED(net_layer(&net, 0)->in.n = 0);
    REFUSED(net_layer(&net, 0)->out.n = 2);
    REFUSED(net_layer(&net, 0)->kernel.n = 0);
    REFUSED(net_layer(&net, 0)->stride.n = 1);
    REFUSED(net_layer(&net, 0)->pad.n = 0);
    REFUSED(net_layer(&net, 0)->norm = false);
    REFUSED(net_layer(&net, 0)->bindings.n = 0);
    REFUSED(net_layer(&net, 0)->bindings.n--);
    REFUSED(first_binding(0)->slot = (char[]){"bias"});
    REFUSED(first_binding(0)->slot = NULL);
    REFUSED(first_binding(0)->tensor = NULL);
    REFUSED(first_binding(0)->tensor = first_binding(1)->tensor);
    REFUSED(first_binding(0)->shape.n = 3);
    REFUSED(first_binding(0)->shape.n = 0);
    REFUSED(first_binding(0)->offset = net.input);
    REFUSED((first_binding(1)->offset = net.input,
             first_binding(1)->offset.v[1] = -1));
    REFUSED((first_binding(1)->offset = net.input,
             first_binding(1)->offset.v[1] = INT64_MAX));
    REFUSED(first_binding(0)->transforms = ((struct strs){&net.id, 1}));
    REFUSED(first_binding(1)->transforms = ((struct strs){&net.id, 5}));
    REFUSED(first_binding(1)->transforms = ((struct strs){&net.arch, 1}));
}

static void exits(void **state)
{
    struct net_exit *x = net_exit_at(&net, 0);

    (void)state;
    REFUSED(net_exit_at(&net, 2)->confidence = true);
    REFUSED(net_exit_at(&net, 0)->confidence = false);
    REFUSED(net_exit_at(&net, 0)->pool = 1 + net_exit_at(&net, 0)->pool);
    REFUSED(net_exit_at(&net, 1)->pool = 3);
    REFUSED(net_exit_at(&net, 0)->pool = 0);
    REFUSED(net_exit_at(&net, 0)->stage = 2);
    REFUSED(net_exit_at(&net, 2)->stage = 0);
    REFUSED(net_exit_at(&net, 0)->stage = -1);
    REFUSED(*net_exit_at(&net, 1) = *net_exit_at(&net, 0));
    /* the backbone reads a head, a head the backbone elsewhere */
    REFUSED(net_layer(&net, (size_t)x->last + 1)->inputs.v[0] = x->first);
    REFUSED(net_layer(&net, (size_t)x->first)->inputs.v[0] = x->tap - 1);
    REFUSED(net_layer(&net, 2)->inputs.v[0] = 0); /* 1 is read by nobody */
}

/* Whatever the paper's rule says of a layer, the exits must agree with it, and
 * gamma with one of the two rules. */
static void rules(void **state)
{
    struct err e;

    (void)state;
    net_cost(&net, MACS_PAPER);
    assert_int_equal(net_check(&net, &e), 0);
    net_exit_at(&net, 0)->gamma--;
    assert_int_equal(net_check(&net, &e), ERR_FORMAT);
    net_cost(&net, MACS_TRUE);
    assert_int_equal(net_check(&net, &e), 0);
}

/* ---- ids, copies, summaries ---- */

static void ids(void **state)
{
    char id[HASH_HEX];
    struct net other;

    (void)state;
    assert_string_equal(net.id, "4bfc431e9b213db9bf6ec10cf7e79c32");
    net_copy(&other, &net, &arena);
    net_layer(&other, 0)->name = (char[]){"another"};
    ((struct binding *)net_layer(&other, 0)->bindings.v)->tensor = (char[]){
        "another"};
    other.origin.slot = 5;
    net_cost(&other, MACS_PAPER);
    net_id(&other, id);
    assert_string_equal(id, net.id);
    net_layer(&other, 0)->act = ACT_RELU;
    net_id(&other, id);
    assert_string_not_equal(id, net.id);
}

static void copies(void **state)
{
    struct arena own = {0};
    struct net copy, source;
    struct err e;

    (void)state;
    nets_ofa(&source, &own, "ofa-mbv3:width=0.5", NULL);
    net_copy(&copy, &source, &arena);
    arena_free(&own);
    assert_int_equal(net_check(&copy, &e), 0);
    assert_int_equal(copy.genome.n, 49);
    assert_string_equal(copy.space,
                        "ofa-mbv3:width=0.5,res=32,classes=10,exits=4");
}

static void summaries(void **state)
{
    struct arena own = {0};
    struct summary first, s;

    (void)state;
    net.arch = NULL;
    net.origin = (struct origin){3, 1};
    summary_of_net(&first, &net, "recipe", &own);
    summary_copy(&s, &first, &arena);
    arena_free(&own);
    assert_null(s.arch);
    assert_string_equal(s.net, net.id);
    assert_string_equal(s.recipe, "recipe");
    assert_int_equal(s.origin.slot, 1);
    assert_int_equal(s.gamma.n, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(s.gamma.v[i], net_exit_at(&net, i)->gamma);
        assert_int_equal(s.gamma_paper.v[i], net_exit_at(&net, i)->gamma_paper);
        assert_int_equal(s.prefix.v[i], net_prefix(&net, i, MACS_TRUE));
        assert_int_equal(s.head.v[i], net_exit_at(&net, i)->head_macs);
    }
    assert_int_equal(s.params, net.params);
    assert_int_equal(s.peak_bytes, net.peak_bytes);
}

/* ---- costs ---- */

/* By hand, all in one place: image 4x4x2, a residual pair, a head beside it. */
static void by_hand(void **state)
{
    struct arena own = {0};
    struct net n;
    struct net_builder b = build_net(&n, &own, 4, 4, 2, 3);
    struct err e;
    int64_t x, y, first;

    (void)state;
    x = build_conv(&b, "a", NET_IMAGE, 4, 3, 1, BUILD_NORM, ACT_HSWISH);
    first = build_pool(&b, "exit1.pool", OP_MAXPOOL, x, 4, 4, ACT_NONE);
    y = build_simple(&b, "exit1.flatten", OP_FLATTEN, first, ACT_NONE);
    build_linear(&b, "exit1.classifier", y, 4, BUILD_BIAS, ACT_NONE);
    build_exit(
        &b, (struct net_exit){.first = first, .confidence = true, .pool = 4});
    y = build_conv(&b, "b", x, 0, 3, 1, BUILD_DEPTHWISE | BUILD_BIAS, ACT_NONE);
    y = build_se(&b, "c", y, 1);
    y = build_add(&b, "d", x, y, ACT_RELU);
    first = build_simple(&b, "e", OP_GLOBALPOOL, y, ACT_NONE);
    build_linear(&b, "f", first, 3, 0, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    assert_int_equal(build_done(&b, MACS_TRUE, &e), 0);

    /* conv 16*4*18, head 16, depthwise 16*4*9, se 8, linear 12 */
    assert_int_equal(net_exit_at(&n, 0)->gamma, 1152 + 16);
    assert_int_equal(net_exit_at(&n, 1)->gamma, 1152 + 16 + 576 + 8 + 12);
    /* norm 64, h-swish 64, pool 64; se: mean 16 + 4, scaling 64 */
    assert_int_equal(net_exit_at(&n, 0)->gamma_paper, 1280 + 64 + 16);
    assert_int_equal(net_exit_at(&n, 1)->gamma_paper,
                     1280 + 576 + 8 + 20 + 64 + 12);
    assert_int_equal(n.params, 72 + 8 + 20 + 40 + 4 + 1 + 4 + 4 + 12);
    assert_int_equal(n.size_bytes, 4 * (n.params + 8));
    /* three maps of 64 floats while the squeeze or the sum is at work */
    assert_int_equal(n.peak_bytes, 4 * 3 * 64);
    arena_free(&own);
}

/* net_check of a net that ends in a concat of these n: of the image, of layer
 * 0 (4, 4, 3), and of layer 1, which is half as large and there if it is the
 * last of them. */
/* An operator's row says what windows it takes. */
static void row_of_window(void **state)
{
    struct arena own = {0};
    struct net n;
    struct net_builder b = build_net(&n, &own, 4, 4, 2, 3);
    struct build_op pool = {
        .name = "pool",
        .op = OP_MAXPOOL,
        .from = &(int64_t){NET_IMAGE},
        .n_from = 1,
        .kernel = {3, 3},
        .stride = {1, 1},
        .pad = {1, 1},
    };
    struct err e;
    int64_t first;

    (void)state;
    build_layer(&b, &pool);
    first = build_simple(&b, "mean", OP_GLOBALPOOL, 0, ACT_NONE);
    build_linear(&b, "last", first, 3, 0, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    assert_int_equal(build_done(&b, MACS_TRUE, &e), 0);
    net_layer(&n, 1)->kernel = net_layer(&n, 0)->kernel;
    assert_int_equal(net_check(&n, &e), ERR_FORMAT);
    assert_string_equal(e.text, "layer mean: operator globalpool takes no "
                                "window");
    net_layer(&n, 1)->kernel = (struct ints){0};
    net_layer(&n, 0)->pad.v[0] = 3;
    assert_int_equal(net_check(&n, &e), ERR_FORMAT);
    assert_string_equal(e.text, "layer pool: impossible window");
    net_layer(&n, 0)->pad.v[0] = 1;
    net_layer(&n, 0)->op = OP_AVGPOOL;
    assert_int_equal(net_check(&n, &e), ERR_FORMAT);
    assert_string_equal(e.text, "layer pool: padding 1, operator avgpool takes "
                                "at most 0");
    arena_free(&own);
}

/* A convolution of an image (4, 4, 2) with these sides; NULL: with pad. */
static int sides_check(const int64_t *sides, struct net *n, struct arena *a,
                       struct err *e)
{
    struct net_builder b = build_net(n, a, 4, 4, 2, 3);
    struct build_op op = {
        .name = "conv",
        .op = OP_CONV,
        .from = &(int64_t){NET_IMAGE},
        .n_from = 1,
        .cout = 3,
        .kernel = {3, 3},
        .stride = {2, 2},
        .pad = {1, 1},
        .act = ACT_RELU6,
        .sides = sides,
    };
    int64_t x = build_layer(&b, &op);
    int64_t first = build_simple(&b, "mean", OP_GLOBALPOOL, x, ACT_NONE);

    build_linear(&b, "last", first, 3, 0, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    return build_done(&b, MACS_TRUE, e);
}

/* Four numbers say what two cannot: a graph has one spelling and one id. */
static void sides(void **state)
{
    struct arena own = {0};
    struct net two, same, four, copy;
    struct layer *l;
    struct err e;

    (void)state;
    assert_int_equal(sides_check(NULL, &two, &own, &e), 0);
    assert_int_equal(sides_check((int64_t[]){1, 1, 1, 1}, &same, &own, &e), 0);
    assert_int_equal(net_layer(&same, 0)->pad.n, 2);
    assert_string_equal(same.id, two.id);
    assert_int_equal(sides_check((int64_t[]){0, 1, 0, 1}, &four, &own, &e), 0);
    l = net_layer(&four, 0);
    assert_int_equal(l->pad.n, 4);
    assert_int_equal(l->out.v[0], 2);
    assert_int_equal(layer_pad_before(l, 0), 0);
    assert_int_equal(layer_pad_after(l, 0), 1);
    assert_int_equal(layer_pad_before(l, 1), 0);
    assert_int_equal(layer_pad_after(l, 1), 1);
    assert_string_not_equal(four.id, two.id);
    net_copy(&copy, &four, &own);
    assert_int_equal(net_layer(&copy, 0)->pad.n, 4);
    assert_memory_equal(net_layer(&copy, 0)->pad.v, l->pad.v,
                        4 * sizeof *l->pad.v);

    l->pad.v[0] = l->pad.v[2] = 1;
    assert_int_equal(net_check(&four, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "pad needs two numbers, not four"));
    l->pad.v[0] = 3;
    assert_int_equal(net_check(&four, &e), ERR_FORMAT);
    assert_string_equal(e.text, "layer conv: impossible window");
    l->pad.v[0] = 0, l->pad.v[3] = -1;
    assert_int_equal(net_check(&four, &e), ERR_FORMAT);
    l->pad.n = 3;
    assert_int_equal(net_check(&four, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "need two numbers each, pad two or four"));
    arena_free(&own);
}

/* The image (4, 4, 2) or its convolution, times what is asked for. */
static int mul_check(bool swapped, int64_t cout, int64_t side, struct net *to,
                     struct arena *a, struct err *e)
{
    struct net_builder b = build_net(to, a, 4, 4, 2, 3);
    int64_t x = NET_IMAGE, by, first;

    by = build_pool(&b, "smaller", OP_AVGPOOL, x, 5 - side, 1, ACT_NONE);
    by = build_conv(&b, "by", by, cout, 1, 1, BUILD_BIAS, ACT_SIGMOID);
    x = build_mul(&b, "mul", swapped ? by : x, swapped ? x : by, ACT_NONE);
    first = build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "last", first, 3, 0, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    return build_done(&b, MACS_TRUE, e);
}

static void muls(void **state)
{
    struct arena own = {0};
    const struct layer *l;
    struct net n;
    struct err e;

    (void)state;
    assert_int_equal(mul_check(false, 2, 1, &n, &own, &e), 0);
    l = net_layer(&n, 2);
    assert_int_equal(l->macs, 0);
    assert_int_equal(l->macs_paper, 4 * 4 * 2);
    assert_int_equal(l->params, 0);
    assert_int_equal(mul_check(false, 2, 4, &n, &own, &e), 0);
    assert_int_equal(mul_check(true, 2, 4, &n, &own, &e), 0);
    assert_int_equal(mul_check(true, 2, 1, &n, &own, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "do not fit operator mul"));
    assert_int_equal(mul_check(false, 2, 2, &n, &own, &e), ERR_FORMAT);
    assert_int_equal(mul_check(false, 1, 1, &n, &own, &e), ERR_FORMAT);
    arena_free(&own);
}

static int concat_check(const int64_t *from, size_t n, struct net *to,
                        struct arena *a, struct err *e)
{
    struct net_builder b = build_net(to, a, 4, 4, 2, 3);
    int64_t x, first;

    x = build_conv(&b, "same", NET_IMAGE, 3, 3, 1, BUILD_BIAS, ACT_RELU);
    if (from[n - 1] == 1)
        build_pool(&b, "half", OP_AVGPOOL, x, 2, 2, ACT_NONE);
    x = build_concat(&b, "concat", from, n, ACT_HSWISH);
    first = build_simple(&b, "pool", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "last", first, 3, 0, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = first});
    return build_done(&b, MACS_TRUE, e);
}

static void concats(void **state)
{
    struct arena own = {0};
    int64_t many[NET_MAX_INPUTS + 1] = {0};
    const struct layer *l;
    struct net n;
    struct err e;

    (void)state;
    many[0] = NET_IMAGE;
    assert_int_equal(concat_check((int64_t[]){0, 1}, 2, &n, &own, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "do not fit operator concat"));
    assert_int_equal(concat_check(many, 1, &n, &own, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "1 inputs, operator concat takes 2 to 64"));
    assert_int_equal(concat_check(many, NET_MAX_INPUTS + 1, &n, &own, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "65 inputs, operator concat takes 2 to 64"));
    assert_int_equal(concat_check(many, NET_MAX_INPUTS, &n, &own, &e), 0);
    l = net_layer(&n, 1);
    assert_int_equal(l->out.v[2], 2 + 63 * 3);
    assert_int_equal(l->macs, 0);
    assert_int_equal(l->macs_paper, 4 * 4 * (2 + 63 * 3)); /* h-swish */
    assert_int_equal(l->params, 0);
    arena_free(&own);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, forget)
    const struct CMUnitTest tests[] = {
        TEST(one_number), TEST(many_numbers),  TEST(structure), TEST(exits),
        TEST(rules),      TEST(ids),           TEST(copies),    TEST(summaries),
        TEST(by_hand),    TEST(row_of_window), TEST(concats),   TEST(sides),
        TEST(muls),
    };

    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
