/* SPDX-License-Identifier: MIT
 * Networks by hand on PSoC 6 as measured, against tests/reference/
 * platform_costs.py: times, transfers, memory and storage in int8. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/platform/model.h"
#include "tests/unit/nets.h"
#include "tests/unit/platform_ref.h"
#include "tools/net-zoo/zoo.h"

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-12 * fabs(want)))
        fail_msg("%.17g is not %.17g", got, want);
}

static void zoo_net_of(const char *name, struct arena *a, struct net *n)
{
    struct zoo_net z;
    struct zoo_opts o;
    struct err e;

    assert_true(zoo_find(name, &z));
    o = zoo_defaults(&z);
    nets_must(zoo_parse_exits(&z, "all", &o, &e), &e);
    nets_must(zoo_make(&z, &o, a, n, &e), &e);
}

static void check(const struct platform *p, const struct platform_ref *r)
{
    struct arena a = {0};
    struct net n;
    struct platform_model m;
    struct err e = {0};
    size_t b = r->boundaries;

    zoo_net_of(r->name, &a, &n);
    nets_must(model_init(&m, p, &n, PRECISION_INT8, NULL, &e), &e);
    assert_int_equal(m.boundaries, b);
    for (size_t i = 0; i < b; i++) {
        for (size_t c = 0; c < 2; c++) {
            near(m.seconds[c * b + i], r->seconds[c][i]);
            near(m.branch_seconds[c * b + i], r->branch[c][i]);
        }
        near(model_transfer_seconds(&m, 0, 1, i), r->transfer[i]);
        assert_int_equal(m.storage[i], r->storage[i]);
        assert_int_equal(m.branch_storage[i], r->branch_storage[i]);
        assert_int_equal(m.branch_ram[i], r->branch_ram[i]);
        for (size_t j = i + 1; j < b; j++)
            assert_int_equal(m.ram[i * b + j], r->ram[i][j]);
    }
    model_fini(&m);
    arena_free(&a);
}

static void on_psoc6(void **state)
{
    struct processor c[2] = {
        {.name = (char *)"m0",
         .rates = {ref_rates_m0, ARRAY_LEN(ref_rates_m0)}},
        {.name = (char *)"m4",
         .rates = {ref_rates_m4, ARRAY_LEN(ref_rates_m4)}},
    };
    struct platform_link link = {.from = (char *)"m0",
                                 .to = (char *)"m4",
                                 .bytes_per_s = ref_bytes_per_s,
                                 .j_per_byte = NAN};
    struct platform p = {
        .name = (char *)"psoc6", .processors = {c, 2}, .links = {&link, 1}};
    struct err e = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        c[i].bytes_per_s = c[i].active_w = c[i].idle_w = NAN;
        c[i].memory = c[i].storage = NIL_INT;
    }
    nets_must(platform_check(&p, &e), &e);
    for (size_t i = 0; i < ARRAY_LEN(platform_ref); i++)
        check(&p, &platform_ref[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(on_psoc6)};

    return cmocka_run_group_tests_name("model_zoo", tests, NULL, NULL);
}
