/* SPDX-License-Identifier: MIT
 * The OFA MobileNetV3 space against figures recomputed from the authors' code
 * and against tests/reference/ofa_macs.py. */
#include "libcommon/space/place.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/nets.h"
#include "tests/unit/ofa_ref.h"

static struct arena arena;

static int forget(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

/* Every layer alike: index 0..2 of kernel, ratio and depth, and the mask. */
static struct ints alike(int choice, const char *mask)
{
    size_t exits = strlen(mask);
    struct ints g = {arena_alloc(&arena, 45 + exits, sizeof(int64_t)),
                     45 + exits};

    for (size_t i = 0; i < 45; i++) {
        size_t in_stage = i % 9, layer = (in_stage - 1) % 4;

        g.v[i] = in_stage == 0 || layer < (size_t)choice + 2 ? choice : 0;
    }
    for (size_t i = 0; i < exits; i++)
        g.v[45 + i] = mask[i] - '0';
    return g;
}

static struct net net_of(const char *spec, struct ints genome)
{
    struct space *s;
    struct net n;
    struct err e;

    nets_must(space_open(spec, &s, &e), &e);
    nets_must(space_net(s, &genome, NULL, &arena, &n, &e), &e);
    space_free(s);
    return n;
}

static struct net placed(const char *spec, struct ints genome,
                         enum mac_rule macs, enum pool_rule pools)
{
    struct place_opts o = {macs, pools};
    struct space *s;
    struct net n;
    struct err e;

    nets_must(space_open(spec, &s, &e), &e);
    nets_must(place_net(s, &genome, &o, &arena, &n, &e), &e);
    space_free(s);
    return n;
}

/* ---- golden numbers ---- */

static const struct {
    int res, choice;
    enum mac_rule rule;
    int64_t stage[5], head;
} golden[] = {
    {32, 0, MACS_PAPER, {817664, 1181632, 1472672, 2082784, 2630400}, 1395200},
    {32, 0, MACS_TRUE, {773632, 1122688, 1404448, 2000416, 2539984}, 1395200},
    {32, 1, MACS_PAPER, {1638912, 2482592, 3143392, 4594784, 5845184}, 1395200},
    {32, 1, MACS_TRUE, {1572864, 2387968, 3031168, 4453248, 5688384}, 1395200},
    {32,
     2,
     MACS_PAPER,
     {3845120, 5916384, 7431584, 10947552, 14089504},
     1395200},
    {32,
     2,
     MACS_TRUE,
     {3736576, 5752576, 7233856, 10690624, 13803040},
     1395200},
    {160,
     0,
     MACS_PAPER,
     {20441600, 29253568, 36529568, 49588960, 59059392},
     5081600},
};

static void golden_macs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char spec[64];
        struct net n;

        snprintf(spec, sizeof spec, "ofa-mbv3:res=%d", golden[i].res);
        n = net_of(spec, alike(golden[i].choice, "1111"));
        net_cost(&n, golden[i].rule);
        for (size_t x = 0; x < 5; x++)
            assert_int_equal(net_prefix(&n, x, golden[i].rule),
                             golden[i].stage[x]);
        assert_int_equal(net_exit_at(&n, 4)->head_macs, golden[i].head);
        assert_int_equal(net_exit_at(&n, 4)->gamma_paper,
                         net_prefix(&n, 4, MACS_PAPER) + golden[i].head);
    }
}

/* EEC cost, code rule, n = 10; 0 = not given. */
static void golden_heads(void **state)
{
    static const struct {
        int64_t side, c, cost[3];
    } head[] = {
        {8, 24, {6430720, 1609216, 403456}},
        {4, 40, {1681408, 420992, 105728}},
        {2, 80, {466432, 116928, 0}},
        {2, 112, {503296, 126272, 0}},
        {40, 24, {160768000, 40230400, 10086400}},
        {20, 40, {42035200, 10524800, 2643200}},
        {10, 80, {11660800, 2923200, 474432}},
        {10, 112, {12582400, 3156800, 514496}},
    };
    const struct head_choice conv = {&exit_heads[HEAD_CONV], 128};

    (void)state;
    for (size_t i = 0; i < sizeof head / sizeof *head; i++)
        for (int p = 0; p < 3; p++)
            if (head[i].cost[p])
                assert_int_equal(head_macs(&conv,
                                           (int64_t[]){head[i].side,
                                                       head[i].side, head[i].c},
                                           (struct head_window){1 << p, 1 << p},
                                           10, MACS_PAPER),
                                 head[i].cost[p]);
    assert_int_equal(head_macs(&conv, (int64_t[]){8, 8, 24},
                               (struct head_window){2, 2}, 10, MACS_TRUE),
                     1609216 - 8 * 8 * 24);
}

/* Rounded to 0.001 M, as printed. */
static void golden_gamma(void **state)
{
    static const struct {
        int choice;
        const char *mask;
        double gamma[5];
        int64_t pools[4];
    } example[] = {
        {0, "1111", {1.221, 1.603, 1.939, 2.586, 4.026}, {4, 2, 1, 1}},
        {1, "1111", {2.042, 2.904, 3.610, 5.098, 7.240}, {4, 2, 1, 1}},
        {0, "0101", {1.603, 2.586, 4.026}, {2, 1}},
        {1, "0101", {4.164, 5.098, 7.240}, {1, 1}},
        {2, "1111", {0}, {2, 1, 1, 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof example / sizeof *example; i++)
        for (int rule = POOL_DIVISORS; rule <= POOL_LEGACY; rule++) {
            struct net n = placed("ofa-mbv3",
                                  alike(example[i].choice, example[i].mask),
                                  MACS_PAPER, (enum pool_rule)rule);

            for (size_t x = 0; x < n.exits.n; x++) {
                double g = (double)net_exit_at(&n, x)->gamma_paper / 1e6;

                if (example[i].gamma[0] > 0)
                    assert_true(fabs(g - example[i].gamma[x]) <= 0.00051);
                if (x + 1 < n.exits.n)
                    assert_int_equal(net_exit_at(&n, x)->pool,
                                     example[i].pools[x]);
                assert_false(net_exit_at(&n, x)->violation);
            }
        }
}

/* The figures below count the network without early exits. */
static int64_t backbone_params(const struct net *n)
{
    int64_t params = n->params;

    for (size_t i = 0; i < n->layers.n; i++)
        if (strncmp(net_layer(n, i)->name, "exit", 4) == 0)
            params -= net_layer(n, i)->params;
    return params;
}

static void golden_params(void **state)
{
    static const int64_t params[] = {2142602, 3283602, 6396570};
    static const int64_t c[] = {24, 40, 80, 112}, side[] = {8, 4, 2, 2};
    struct net n;

    (void)state;
    for (int i = 0; i < 3; i++) {
        n = net_of("ofa-mbv3", alike(i, "1111"));
        assert_int_equal(backbone_params(&n), params[i]);
    }
    for (size_t x = 0; x < 4; x++) {
        int64_t head = 0;

        for (int64_t i = net_exit_at(&n, x)->first;
             i <= net_exit_at(&n, x)->last; i++)
            head += net_layer(&n, (size_t)i)->params;
        assert_int_equal(head, 9 * (32 * c[x] + 32 * 64 + 64 * 128) + 224 +
                                   (128 * side[x] * side[x] + 1) * 11);
    }
}

static const struct layer *find(const struct net *n, const char *name)
{
    for (size_t i = 0; i < n->layers.n; i++)
        if (strcmp(net_layer(n, i)->name, name) == 0)
            return net_layer(n, i);
    fail_msg("no layer %s", name);
    return NULL;
}

/* The table of 1.1: channels, sides, widths of the squeeze. */
static void topology(void **state)
{
    static const int64_t width10[] = {16, 24, 40, 80, 112, 160, 960, 1280};
    static const int64_t width12[] = {24, 32, 48, 96, 136, 192, 1152, 1536};
    static const int64_t side[3][6] = {
        {16, 8, 4, 2, 2, 1}, {80, 40, 20, 10, 10, 5}, {112, 56, 28, 14, 14, 7}};
    static const char *const last[] = {"block0.add",   "s1.b3.add", "s2.b3.add",
                                       "s3.b3.add",    "s4.b3.add", "s5.b3.add",
                                       "final.expand", "final.mix"};
    static const int res[] = {32, 160, 224};

    (void)state;
    for (int r = 0; r < 6; r++) {
        const int64_t *width = r < 3 ? width10 : width12;
        char spec[64];
        struct net n;

        snprintf(spec, sizeof spec, "ofa-mbv3:width=%s,res=%d",
                 r < 3 ? "1.0" : "1.2", res[r % 3]);
        n = net_of(spec, alike(2, "0001"));
        for (int i = 0; i < 8; i++) {
            const struct layer *l = find(&n, last[i]);

            assert_int_equal(l->out.v[2], width[i]);
            if (i < 6)
                assert_int_equal(l->out.v[0], side[r % 3][i]);
        }
        assert_int_equal(find(&n, "final.classifier")->in.v[2], width[7]);
        arena_reset(&arena);
    }
}

static void squeeze_widths(void **state)
{
    static const struct {
        const char *name;
        int64_t mid[3];
    } se[] = {
        {"s2.b0.se", {24, 24, 40}},   {"s4.b0.se", {64, 80, 120}},
        {"s5.b0.se", {88, 112, 168}}, {"s2.b1.se", {32, 40, 64}},
        {"s4.b1.se", {88, 112, 168}}, {"s5.b1.se", {120, 160, 240}},
    };

    (void)state;
    for (int e = 0; e < 3; e++) {
        struct net n = net_of("ofa-mbv3", alike(e, "1000"));

        for (size_t i = 0; i < sizeof se / sizeof *se; i++)
            assert_int_equal(find(&n, se[i].name)->mid, se[i].mid[e]);
        assert_int_equal(find(&n, "s1.b0.expand")->out.v[2],
                         16 * (3 + e + (e == 2)));
        assert_int_equal(find(&n, "s1.b0.depthwise")->act, ACT_RELU);
        assert_int_equal(find(&n, "s3.b0.depthwise")->act, ACT_HSWISH);
    }
}

/* ---- an independent count ---- */

static void reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ofa_ref / sizeof *ofa_ref; i++) {
        const struct ofa_ref *r = &ofa_ref[i];
        struct ints g = {
            arena_alloc(&arena, strlen(r->genome), sizeof(int64_t)),
            strlen(r->genome)};
        struct net n;
        struct err e;

        nets_must(genome_parse(r->genome, g.v, g.n, &e), &e);
        n = placed(r->spec, g, r->paper ? MACS_PAPER : MACS_TRUE,
                   r->legacy ? POOL_LEGACY : POOL_DIVISORS);
        assert_int_equal(n.exits.n, r->exits);
        for (size_t x = 0; x < n.exits.n; x++) {
            const struct net_exit *exit = net_exit_at(&n, x);

            assert_int_equal(exit->head_macs, r->head[x]);
            assert_int_equal(exit->gamma, r->gamma[x]);
            assert_int_equal(exit->gamma_paper, r->gamma_paper[x]);
            if (x + 1 < n.exits.n) {
                assert_int_equal(exit->pool, r->pools[x]);
                assert_int_equal(exit->violation, r->violation[x]);
            }
        }
        assert_int_equal(n.params, r->params);
        assert_int_equal(n.size_bytes, r->size_bytes);
        assert_int_equal(n.peak_bytes, r->peak_bytes);
        assert_string_equal(n.space, r->spec);
        arena_reset(&arena);
    }
}

/* ---- properties ---- */

static void random_nets(void **state)
{
    static const char *const specs[] = {
        "ofa-mbv3",
        "ofa-mbv3:width=0.05,res=8,classes=2,exits=2",
        "ofa-mbv3:width=3,res=70,classes=1000,channels=1,exits=3",
    };
    struct rng r = rng_make(5, "test", 0, 0);
    struct err e;

    (void)state;
    for (int i = 0; i < 150; i++) {
        struct space *s;
        struct ints g;
        struct net n, again;

        nets_must(space_open(specs[i % 3], &s, &e), &e);
        g = (struct ints){arena_alloc(&arena, s->genes.n, sizeof(int64_t)),
                          s->genes.n};
        genes_random(&s->genes, &r, g.v);
        n = placed(specs[i % 3], g, i % 2 ? MACS_PAPER : MACS_TRUE,
                   POOL_DIVISORS);
        assert_int_equal(net_check(&n, &e), 0);
        for (size_t x = 1; x < n.exits.n; x++)
            assert_true(net_exit_at(&n, x)->gamma >
                        net_exit_at(&n, x - 1)->gamma);
        assert_memory_equal(n.genome.v, g.v, g.n * sizeof *g.v);
        net_copy(&again, &n, &arena);
        assert_int_equal(net_check(&again, &e), 0);
        space_free(s);
        arena_reset(&arena);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* gamma_B of random designs at 32 pixels, M: 5 %, median, 95 % of a sample of
 * 4000 drawn elsewhere, within what two such samples may differ. */
static void random_costs(void **state)
{
    enum { N = 4000 };
    static double gamma[N];
    struct rng r = rng_make(1, "test", 0, 0);
    int64_t v[49];
    struct ints genome = {v, 49};
    struct space *s;
    struct err e;

    (void)state;
    nets_must(space_open("ofa-mbv3", &s, &e), &e);
    for (int i = 0; i < N; i++) {
        struct net n;

        genes_random(&s->genes, &r, v);
        nets_must(space_net_draft(s, &genome, NULL, &arena, &n, &e), &e);
        gamma[i] = (double)net_exit_at(&n, n.exits.n - 1)->gamma_paper / 1e6;
        arena_reset(&arena);
    }
    space_free(s);
    qsort(gamma, N, sizeof *gamma, by_value);
    assert_true(fabs(gamma[N / 20] - 6.21) < 0.1);
    assert_true(fabs(gamma[N / 2] - 7.93) < 0.08);
    assert_true(fabs(gamma[N - N / 20] - 9.74) < 0.12);
    assert_true(gamma[0] > 4.0256 && gamma[N - 1] < 15.4848);
}

/* Elastic kernels are the centre of the largest, through the matrices. */
static void kernel_bindings(void **state)
{
    static const char *const chain[] = {"s3.b1.depthwise.7to5",
                                        "s3.b1.depthwise.5to3"};

    (void)state;
    for (int choice = 0; choice < 3; choice++) {
        struct net n = net_of("ofa-mbv3", alike(choice, "1000"));
        const struct binding *b = layer_binding(find(&n, "s3.b1.depthwise"),
                                                "weight");
        size_t steps = (size_t)(2 - choice);

        assert_string_equal(b->tensor, "s3.b1.depthwise.weight");
        assert_int_equal(b->shape.v[0], 3 + 2 * choice);
        assert_int_equal(b->transforms.n, steps);
        assert_int_equal(b->offset.n, steps ? 3 : 0);
        for (size_t i = 0; i < steps; i++) {
            assert_int_equal(b->offset.v[0], steps);
            assert_string_equal(b->transforms.v[i], chain[i]);
        }
    }
}

/* D28: point i sits after stage floor(i S / (E + 1)). */
static void exit_points(void **state)
{
    static const int64_t stage[4][4] = {{2}, {1, 3}, {1, 2, 3}, {1, 2, 3, 4}};

    (void)state;
    for (int exits = 1; exits <= 4; exits++) {
        char spec[64], mask[5] = "1111";
        struct net n;

        mask[exits] = '\0';
        snprintf(spec, sizeof spec, "ofa-mbv3:exits=%d", exits);
        n = net_of(spec, alike(0, mask));
        assert_int_equal(n.exits.n, exits + 1);
        for (int i = 0; i < exits; i++) {
            const struct net_exit *x = net_exit_at(&n, (size_t)i);
            char name[32];

            assert_int_equal(x->stage, stage[exits - 1][i] - 1);
            snprintf(name, sizeof name, "s%d.b1.", (int)x->stage + 1);
            assert_memory_equal(net_layer(&n, (size_t)x->tap)->name, name, 6);
        }
        assert_int_equal(net_exit_at(&n, (size_t)exits)->stage, 4);
    }
}

/* The same bytes for ever: results of old searches are joined by these. */
static void frozen_ids(void **state)
{
    struct net n = net_of("ofa-mbv3", alike(0, "1000"));

    (void)state;
    assert_string_equal(n.arch, "a3d46192b4e832544de4b96221313455");
    assert_string_equal(n.id, "92010387dc8e94d2d7aca8eb2aa0ef86");
    n = placed("ofa-mbv3:res=32", alike(2, "1111"), MACS_TRUE, POOL_DIVISORS);
    assert_string_equal(n.id, "5a65ce9f6fcfa2dbdc4c5763a34c7e7b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(golden_macs, forget),
        cmocka_unit_test_teardown(golden_heads, forget),
        cmocka_unit_test_teardown(golden_gamma, forget),
        cmocka_unit_test_teardown(golden_params, forget),
        cmocka_unit_test_teardown(topology, forget),
        cmocka_unit_test_teardown(squeeze_widths, forget),
        cmocka_unit_test_teardown(reference, forget),
        cmocka_unit_test_teardown(random_nets, forget),
        cmocka_unit_test_teardown(random_costs, forget),
        cmocka_unit_test_teardown(kernel_bindings, forget),
        cmocka_unit_test_teardown(exit_points, forget),
        cmocka_unit_test_teardown(frozen_ids, forget),
    };

    return cmocka_run_group_tests_name("ofa", tests, NULL, NULL);
}
