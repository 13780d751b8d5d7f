/* SPDX-License-Identifier: MIT
 * What segments and mappings take: one network by hand, and costs that were
 * measured.  test_model_random.c has networks of any shape. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/netbuild.h"
#include "libcommon/platform/measured.h"
#include "libcommon/platform/model.h"
#include "tests/unit/nets.h"

static void near(double got, double want)
{
    if (isnan(want)
            ? isnan(got)
            : got == want || fabs(got - want) <= 1e-12 * fabs(want) + 1e-15)
        return;
    fail_msg("%.17g is not %.17g", got, want);
}

/* ---- by hand ---- */

/* image (8, 8, 2) - conv 3x3 to 4 - [exit a] - depthwise 3x3 - conv 1x1 to 8
 * - max pool 2 - [exit b] - conv 3x3 to 8 - global pool, linear to 3 */
static void small_net(struct net *n, struct arena *a)
{
    struct net_builder b = build_net(n, a, 8, 8, 2, 3);
    struct err e;
    int64_t x, h;

    x = build_conv(&b, "c1", NET_IMAGE, 4, 3, 1, BUILD_NORM, ACT_RELU);
    h = build_simple(&b, "a.pool", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "a.fc", h, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.first = h});
    x = build_conv(&b, "dw", x, 0, 3, 1, BUILD_DEPTHWISE, ACT_NONE);
    x = build_conv(&b, "pw", x, 8, 1, 1, BUILD_BIAS, ACT_RELU);
    x = build_pool(&b, "pool", OP_MAXPOOL, x, 2, 2, ACT_NONE);
    h = build_simple(&b, "b.flat", OP_FLATTEN, x, ACT_NONE);
    build_linear(&b, "b.fc", h, 3, 0, ACT_NONE);
    build_exit(&b, (struct net_exit){.stage = 1, .first = h});
    x = build_conv(&b, "c2", x, 8, 3, 1, 0, ACT_NONE);
    h = build_simple(&b, "f.pool", OP_GLOBALPOOL, x, ACT_NONE);
    build_linear(&b, "f.fc", h, 3, BUILD_BIAS, ACT_NONE);
    build_exit(&b, (struct net_exit){.stage = 2, .first = h});
    nets_must(build_done(&b, MACS_TRUE, &e), &e);
}

static struct platform_rate small_rates[] = {
    {RATE_CONV, PRECISION_INT8, 1e6},   {RATE_DEPTHWISE, PRECISION_INT8, 1e5},
    {RATE_OTHER, PRECISION_INT8, 2e6},  {RATE_CONV, PRECISION_FLOAT, 1e6},
    {RATE_OTHER, PRECISION_FLOAT, 1e6},
};
static struct platform_rate big_rates[] = {
    {RATE_OTHER, PRECISION_INT8, 1e7},
    {RATE_OTHER, PRECISION_FLOAT, 5e6},
};

struct small {
    struct processor processors[2];
    struct platform_pool pool;
    struct platform_link links[2];
    struct platform platform;
};

static void small_platform(struct small *s)
{
    *s = (struct small){
        .processors = {{.name = (char *)"little",
                        .rates = {small_rates, ARRAY_LEN(small_rates)},
                        .bytes_per_s = 1e6,
                        .call_s = 0.001,
                        .active_w = 0.01,
                        .idle_w = 0.001,
                        .memory = NIL_INT,
                        .storage = 300,
                        .pool = (char *)"sram"},
                       {.name = (char *)"big",
                        .rates = {big_rates, ARRAY_LEN(big_rates)},
                        .bytes_per_s = NAN,
                        .call_s = 0.002,
                        .active_w = 0.1,
                        .idle_w = 0.003,
                        .memory = NIL_INT,
                        .storage = NIL_INT,
                        .pool = (char *)"sram"}},
        .pool = {(char *)"sram", 700, NIL_INT},
        .links = {{(char *)"little", (char *)"big", 1e5, 0.0005, 1e-8, NULL},
                  {(char *)"big", (char *)"little", 1e5, 0.0001, NAN, NULL}},
    };
    s->platform = (struct platform){
        .name = (char *)"small",
        .processors = {s->processors, 2},
        .pools = {&s->pool, 1},
        .links = {s->links, 2},
    };
}

static void by_hand(void **state)
{
    struct arena a = {0};
    struct net n;
    struct small s;
    struct platform_model m;
    struct mapping_costs c;
    struct mapping_excess x;
    struct err e = {0};
    /* little to exit a, big to exit b, big to the end */
    struct mapping map = {.segments = 3,
                          .processor = {0, 1, 1},
                          .end = {1, 2, 3},
                          .on = {true, true, false}};
    double t_a, t_b, t_c, j;

    (void)state;
    small_net(&n, &a);
    small_platform(&s);
    nets_must(platform_check(&s.platform, &e), &e);
    nets_must(model_init(&m, &s.platform, &n, PRECISION_INT8, NULL, &e), &e);
    assert_int_equal(m.boundaries, 4);

    /* c1: 8 8 4 x 18 = 4608; a.fc: 12; dw: 256 x 9 = 2304; pw: 64 x 8 x 4 =
     * 2048; b.fc: 128 x 3 = 384; c2: 16 x 8 x 72 = 9216; f.fc: 24 */
    assert_int_equal(m.macs[1], 4608);
    assert_int_equal(m.macs[2], 4608 + 2304 + 2048);
    assert_int_equal(m.macs[3], 4608 + 2304 + 2048 + 9216);
    assert_int_equal(m.branch_macs[1], 12);
    assert_int_equal(m.branch_macs[2], 384);
    assert_int_equal(m.branch_macs[3], 24);

    /* Pointwise and linear go by the rate of others. */
    near(model_segment_seconds(&m, 0, 0, 1), 0.001 + 4608 / 1e6);
    near(model_segment_seconds(&m, 0, 1, 2),
         0.001 + 2304 / 1e5 + 2048 / 2e6 + (512 + 128) / 1e6);
    near(model_segment_seconds(&m, 0, 2, 3), 0.001 + 9216 / 1e6);
    near(model_segment_seconds(&m, 0, 0, 3),
         0.001 + 4608 / 1e6 + 2304 / 1e5 + 2048 / 2e6 + 640 / 1e6 + 9216 / 1e6);
    near(m.branch_seconds[1], (256 + 4) / 1e6 + 12 / 2e6);
    near(m.branch_seconds[2], 384 / 2e6); /* a flatten takes no time */
    near(model_segment_seconds(&m, 1, 1, 3),
         0.002 + (2304 + 2048 + 9216) / 1e7);

    /* Values: image 128, c1 256, dw 256, pw 512, pool 128, c2 128. */
    assert_int_equal(m.elements[0], 128);
    assert_int_equal(m.elements[1], 256);
    assert_int_equal(m.elements[2], 128);
    assert_int_equal(m.ram[0 * 4 + 1], 128 + 256);
    assert_int_equal(m.ram[1 * 4 + 2], 256 + 512);
    assert_int_equal(m.ram[0 * 4 + 3], 256 + 512);
    assert_int_equal(m.ram[2 * 4 + 3], 128 + 128);
    assert_int_equal(m.branch_ram[1], 256 + 4 + 3);
    assert_int_equal(m.branch_ram[2], 128 + 3);
    assert_int_equal(m.branch_ram[3], 128 + 8);
    /* Weights: c1 72 and 4 x 4 of its norm, a.fc 12 + 3, dw 36, pw 32 + 8,
     * b.fc 384, c2 576, f.fc 24 + 3 */
    assert_int_equal(m.storage[1], 88);
    assert_int_equal(m.storage[2], 88 + 76);
    assert_int_equal(m.storage[3], 88 + 76 + 576);
    assert_int_equal(m.branch_storage[1], 15);
    assert_int_equal(m.branch_storage[2], 384);
    assert_int_equal(m.branch_storage[3], 27);

    mapping_cost(&m, &map, &c);
    t_a = 0.001 + 4608 / 1e6 + 260 / 1e6 + 12 / 2e6;
    t_b = 0.002 + (2304 + 2048 + 384) / 1e7;
    t_c = 0.002 + (9216 + 24) / 1e7;
    near(c.latency[0], t_a);
    near(c.latency[1], t_a + 0.0005 + 256 / 1e5 + t_b);
    near(c.latency[2], t_a + 0.0005 + 256 / 1e5 + t_b + t_c);
    near(c.worst_latency, c.latency[2]);
    near(c.energy[0], 0.01 * t_a + 0.003 * t_a);
    j = 256e-8 + 0.01 * t_a + 0.1 * t_b;
    near(c.energy[1],
         j + 0.001 * (c.latency[1] - t_a) + 0.003 * (c.latency[1] - t_b));
    j += 0.1 * t_c;
    near(c.energy[2],
         j + 0.001 * (c.latency[2] - t_a) + 0.003 * (c.latency[2] - t_b - t_c));
    near(c.macs[0], 4620);
    near(c.macs[1], 4620 + 4352 + 384);
    near(c.macs[2], 4620 + 4352 + 384 + 9240);
    assert_int_equal(c.memory[0], 384);
    assert_int_equal(c.memory[1], 768);
    assert_int_equal(c.storage[0], 103);
    assert_int_equal(c.storage[1], 76 + 384 + 576 + 27);

    /* 768 bytes in the pool of 700; the little one's own limit is kept. */
    assert_int_equal(mapping_overflow(&m, &c, &x), 68);
    assert_string_equal(x.name, "sram");
    assert_false(x.storage);
    assert_int_equal(x.needed, 768);
    assert_int_equal(x.limit, 700);

    /* Exits that are off: nothing is run or stored of them. */
    map.on[0] = map.on[1] = false;
    mapping_cost(&m, &map, &c);
    assert_true(isnan(c.latency[0]) && isnan(c.energy[1]) && isnan(c.macs[1]));
    near(c.macs[2], 4608 + 4352 + 9240);
    assert_int_equal(c.storage[1], 76 + 576 + 27);

    /* All on the little one: one segment, one call; its storage is too small. */
    map = (struct mapping){.segments = 1, .processor = {0}, .end = {3}};
    mapping_cost(&m, &map, &c);
    near(c.latency[0],
         model_segment_seconds(&m, 0, 0, 3) + m.branch_seconds[0 * 4 + 3]);
    near(c.worst_latency, c.latency[0]);
    assert_int_equal(c.memory[1], 0);
    assert_int_equal(mapping_overflow(&m, &c, &x), 740 + 27 - 300);
    assert_string_equal(x.name, "little");
    assert_true(x.storage);
    assert_int_equal(mapping_overflow(&m, &c, NULL), 467);
    model_fini(&m);
    arena_free(&a);
}

/* The input comes from the source, the answer goes to the sink. */
static void ways(void **state)
{
    struct arena a = {0};
    struct net n;
    struct small s;
    struct platform_model m;
    struct mapping_costs c;
    struct err e = {0};
    struct mapping map = {.segments = 1, .processor = {1}, .end = {3}};
    double busy;

    (void)state;
    small_net(&n, &a);
    small_platform(&s);
    s.platform.source = s.platform.sink = (char *)"little";
    nets_must(platform_check(&s.platform, &e), &e);
    nets_must(model_init(&m, &s.platform, &n, PRECISION_FLOAT, NULL, &e), &e);
    mapping_cost(&m, &map, &c);
    busy = 0.002 + (4608 + 2304 + 2048 + 9216 + 24) / 5e6;
    near(c.latency[0], 0.0005 + 4 * 128 / 1e5 + busy + 0.0001 + 4 * 3 / 1e5);
    /* The link back has no energy of its own. */
    near(c.energy[0], 4 * 128e-8 + 0.1 * busy + 0.001 * c.latency[0] +
                          0.003 * (c.latency[0] - busy));
    assert_int_equal(c.storage[1], 4 * (740 + 27));
    assert_int_equal(model_transfer_bytes(&m, 0), 512);
    assert_int_equal(model_transfer_bytes(&m, 4), 12);
    map.processor[0] = 0;
    mapping_cost(&m, &map, &c);
    near(c.latency[0],
         model_segment_seconds(&m, 0, 0, 3) + m.branch_seconds[3]);
    model_fini(&m);

    /* Without the power of one processor no energy is known; latency is. */
    s.processors[0].idle_w = NAN;
    nets_must(model_init(&m, &s.platform, &n, PRECISION_FLOAT, NULL, &e), &e);
    mapping_cost(&m, &map, &c);
    assert_true(isnan(c.energy[0]) && !isnan(c.latency[0]));
    model_fini(&m);
    arena_free(&a);
}

static void missing_rate(void **state)
{
    struct arena a = {0};
    struct net n;
    struct small s;
    struct platform_model m;
    struct err e = {0};

    (void)state;
    small_net(&n, &a);
    small_platform(&s);
    s.processors[0].rates.n = 2; /* conv and depthwise, in int8 */
    assert_int_equal(model_init(&m, &s.platform, &n, PRECISION_INT8, NULL, &e),
                     ERR_FORMAT);
    assert_string_equal(e.text,
                        "processor little has no rate of linear or other in "
                        "int8, which layer a.fc needs: give the platform one, "
                        "or --costs");
    model_fini(&m);
    assert_int_equal(model_init(&m, &s.platform, &n, PRECISION_FLOAT, NULL, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "no rate of conv or other in float"));
    model_fini(&m);
    arena_free(&a);
}

static void held_by_none(void **state)
{
    struct arena a = {0};
    struct net n;
    struct small s;
    struct platform_model m;
    struct err e = {0};

    (void)state;
    small_net(&n, &a);
    small_platform(&s);
    /* The part to b needs 768 bytes, the others fewer; the end 603 of weights,
     * which only the big one has room for. */
    s.pool.bytes = 768;
    nets_must(model_init(&m, &s.platform, &n, PRECISION_INT8, NULL, &e), &e);
    nets_must(model_check(&m, &e), &e);
    s.pool.bytes = 767;
    assert_int_equal(model_check(&m, &e), ERR_FORMAT);
    assert_string_equal(e.text,
                        "no processor of platform small can hold the part of "
                        "the network behind c1 up to pool: it needs 768 bytes "
                        "of memory, and the nearest one, sram, has 767");
    s.pool.bytes = 768;
    s.processors[0].memory = 100; /* the little one holds nothing */
    nets_must(model_check(&m, &e), &e);
    s.processors[1].storage = 602;
    assert_int_equal(model_check(&m, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "behind pool up to c2: it needs 603 bytes "
                                   "of storage, and the nearest one, big, has "
                                   "602"));
    s.processors[1].storage = 603;
    s.processors[1].memory = 383; /* below the input and the first tap */
    assert_int_equal(model_check(&m, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "behind the input up to c1: it needs 384 "
                                   "bytes of memory, and the nearest one, big, "
                                   "has 383"));
    model_fini(&m);
    arena_free(&a);
}

/* ---- measured costs ---- */

static int measure(struct measured_costs *c, const char *text, struct err *e)
{
    return measured_parse(c, "costs.tsv", text, strlen(text), e);
}

static void measured(void **state)
{
    static const char text[] = "# what\tprocessor\tseconds\tjoules\n"
                               "\n"
                               "dw\tlittle\t0.5\t0.25\r\n"
                               "a.fc\tbig\t0.125\n"
                               "- pool\tbig\t0.75\t0.5\n"
                               "c1 pool\tbig\t0.0625\n"
                               "c2\tlittle\t0\t0";
    struct arena a = {0};
    struct net n;
    struct small s;
    struct platform_model m;
    struct measured_costs k = {0};
    struct err e = {0};

    (void)state;
    small_net(&n, &a);
    small_platform(&s);
    nets_must(measure(&k, text, &e), &e);
    assert_int_equal(k.n, 5);
    nets_must(model_init(&m, &s.platform, &n, PRECISION_INT8, &k, &e), &e);
    near(model_segment_seconds(&m, 0, 1, 2),
         0.001 + 0.5 + 2048 / 2e6 + 640 / 1e6);
    near(model_segment_joules(&m, 0, 1, 2),
         0.25 + 0.01 * (0.001 + 2048 / 2e6 + 640 / 1e6));
    near(model_segment_seconds(&m, 0, 2, 3), 0.001);
    near(model_segment_joules(&m, 0, 2, 3), 1e-5);
    near(m.branch_seconds[4 + 1], 0.125);
    near(m.branch_joules[4 + 1], 0.0125);
    /* A measured segment has its call in it; others on the way do not change. */
    near(model_segment_seconds(&m, 1, 0, 2), 0.75);
    near(model_segment_joules(&m, 1, 0, 2), 0.5);
    near(model_segment_seconds(&m, 1, 1, 2), 0.0625);
    near(model_segment_joules(&m, 1, 1, 2), 0.00625);
    near(model_segment_seconds(&m, 1, 0, 3),
         0.002 + (4608 + 2304 + 2048 + 9216) / 1e7);
    model_fini(&m);

    /* Costs of branches and segments that this network does not have say
     * nothing. */
    measured_free(&k);
    nets_must(measure(&k, "exit.x.pool\tbig\t9\n- dw\tbig\t9\n", &e), &e);
    nets_must(model_init(&m, &s.platform, &n, PRECISION_INT8, &k, &e), &e);
    assert_null(m.measured_seconds);
    model_fini(&m);

    /* Where all was measured, no rate is needed, nor power. */
    measured_free(&k);
    s.processors[0].rates.n = 0;
    s.processors[0].active_w = NAN;
    s.processors[0].call_s = 0;
    nets_must(measure(&k,
                      "c1\tlittle\t1\t1\na.fc\tlittle\t1\t1\ndw\tlittle\t1\t1\n"
                      "pw\tlittle\t1\t1\nb.fc\tlittle\t1\t1\nc2\tlittle\t1\t1\n"
                      "f.fc\tlittle\t1\t1\npool\tlittle\t1\t1\n",
                      &e),
              &e);
    nets_must(model_init(&m, &s.platform, &n, PRECISION_INT8, &k, &e), &e);
    near(model_segment_seconds(&m, 0, 0, 3), 5);
    near(model_segment_joules(&m, 0, 0, 3), 5);
    assert_true(isnan(m.branch_joules[1])); /* a.pool was not measured */
    near(m.branch_joules[2], 1);
    model_fini(&m);
    measured_free(&k);
    arena_free(&a);
}

static void wrong_measures(void **state)
{
    static const struct {
        const char *text, *want;
    } parse[] =
        {
            {"c1\tbig", "costs.tsv:1: a line needs"},
            {"#\nc1\tbig\t1\t2\t3", "costs.tsv:2: a line needs"},
            {"c1 big 1", "costs.tsv:1: a line needs"},
            {"\tbig\t1", "costs.tsv:1: the first column"},
            {"a b c\tbig\t1", "costs.tsv:1: the first column"},
            {"c1 \tbig\t1", "costs.tsv:1: the first column"},
            {"c1\t\t1", "costs.tsv:1: the processor has no name"},
            {"c1\tbig\t-1", "costs.tsv:1: seconds is \"-1\""},
            {"c1\tbig\t1e999", "costs.tsv:1: seconds is"},
            {"c1\tbig\t1e19", "costs.tsv:1: seconds is \"1e19\""},
            {"c1\tbig\tfast", "costs.tsv:1: seconds is \"fast\""},
            {"c1\tbig\t1\t1J", "costs.tsv:1: joules is \"1J\""},
            {"c1\tbig\t1\n\nc1\tbig\t1",
             "costs.tsv:3: the cost of c1 on big stands "
             "in line 1 already"},
            {"- c1\tbig\t1\n- c1\tbig\t2", "the cost of - c1 on big stands in "
                                           "line 1"},
        },
      match[] = {
          {"c1\tbig\t1\nc9\tbig\t1",
           "costs.tsv:2: the network has no layer c9"},
          {"c1\thuge\t1", "costs.tsv:1: platform small has no processor huge"},
          {"- c9\tbig\t1", "costs.tsv:1: the network has no layer c9"},
          {"c9 c1\tbig\t1", "costs.tsv:1: the network has no layer c9"},
          {"pool c1\tbig\t1", "costs.tsv:1: pool does not stand before c1"},
      };
    struct arena a = {0};
    struct net n;
    struct small s;

    (void)state;
    small_net(&n, &a);
    small_platform(&s);
    for (size_t i = 0; i < ARRAY_LEN(parse); i++) {
        struct measured_costs k = {0};
        struct err e = {0};

        assert_int_equal(measure(&k, parse[i].text, &e), ERR_FORMAT);
        if (!strstr(e.text, parse[i].want))
            fail_msg("case %zu: %s", i, e.text);
        measured_free(&k);
    }
    for (size_t i = 0; i < ARRAY_LEN(match); i++) {
        struct measured_costs k = {0};
        struct platform_model m;
        struct err e = {0};

        nets_must(measure(&k, match[i].text, &e), &e);
        assert_int_equal(
            model_init(&m, &s.platform, &n, PRECISION_INT8, &k, &e),
            ERR_FORMAT);
        if (!strstr(e.text, match[i].want))
            fail_msg("case %zu: %s", i, e.text);
        model_fini(&m);
        measured_free(&k);
    }
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),      cmocka_unit_test(ways),
        cmocka_unit_test(missing_rate), cmocka_unit_test(held_by_none),
        cmocka_unit_test(measured),     cmocka_unit_test(wrong_measures),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
