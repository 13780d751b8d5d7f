/* SPDX-License-Identifier: MIT
 * What is asked of a platform, what is refused and what is warned of.  Streams
 * that readers refuse are in tests/formats/invalid. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/platform/platform.h"

#define TEXT(s) ((char *)(s))

static struct platform_rate rates[] = {
    {RATE_OTHER, PRECISION_FLOAT, 2e6},
    {RATE_CONV, PRECISION_FLOAT, 3e6},
    {RATE_LINEAR, PRECISION_INT8, 4e6},
};

struct made {
    struct processor processors[3];
    struct platform_pool pools[2];
    struct platform_link links[3];
    struct platform platform;
};

/* Three processors in a row, the first two of which share memory. */
static void make(struct made *m)
{
    *m = (struct made){
        .pools = {{TEXT("sram"), 100, 200}, {TEXT("dram"), 1000, NIL_INT}},
        .links = {{TEXT("p0"), TEXT("p1"), 1e6, 0, NAN, TEXT("bus")},
                  {TEXT("p1"), TEXT("p2"), 2e6, 0.5, 1e-6, NULL},
                  {TEXT("p2"), TEXT("p0"), 3e6, 0.25, NAN, NULL}},
    };
    for (int i = 0; i < 3; i++)
        m->processors[i] = (struct processor){
            .name = TEXT(i == 0   ? "p0"
                         : i == 1 ? "p1"
                                  : "p2"),
            .rates = {rates, ARRAY_LEN(rates)},
            .bytes_per_s = NAN,
            .active_w = NAN,
            .idle_w = NAN,
            .memory = NIL_INT,
            .storage = NIL_INT,
            .pool = i < 2 ? TEXT("sram") : NULL,
            .origin = i ? NULL : TEXT("guessed"),
        };
    m->platform = (struct platform){
        .name = TEXT("row"),
        .processors = {m->processors, 3},
        .pools = {m->pools, 2},
        .links = {m->links, 3},
        .source = TEXT("p0"),
        .sink = TEXT("p0"),
    };
}

static void looked_up(void **state)
{
    struct made m;
    const struct platform *p = &m.platform;
    struct err e = {0};

    (void)state;
    make(&m);
    assert_int_equal(platform_check(p, &e), 0);
    assert_int_equal(platform_processor(p, "p2"), 2);
    assert_int_equal(platform_processor(p, "sram"), -1);
    assert_int_equal(platform_processor(p, NULL), -1);
    assert_int_equal(platform_pool(p, "dram"), 1);
    assert_int_equal(platform_pool(p, NULL), -1);
    assert_ptr_equal(platform_link_of(p, 1, 2), &m.links[1]);
    assert_null(platform_link_of(p, 2, 1));
    assert_null(platform_link_of(p, 0, 2));
    assert_true(processor_rate(m.processors, RATE_CONV, PRECISION_FLOAT) ==
                3e6);
    assert_true(processor_rate(m.processors, RATE_LINEAR, PRECISION_FLOAT) ==
                2e6);
    assert_true(processor_rate(m.processors, RATE_LINEAR, PRECISION_INT8) ==
                4e6);
    assert_true(isnan(processor_rate(m.processors, RATE_CONV, PRECISION_INT8)));
    for (int i = 0; i < PRECISIONS; i++)
        assert_int_equal(precision_bytes[i],
                         strcmp(precision_names[i], "int8") ? 4 : 1);
}

/* What each case breaks of the platform of make(). */
static void no_processors(struct made *m)
{
    m->platform.processors.n = 0;
}
static void too_long(struct made *m)
{
    static char name[PLATFORM_MAX_NAME + 2];

    memset(name, 'x', PLATFORM_MAX_NAME + 1);
    m->processors[2].name = name;
}
static void no_name(struct made *m)
{
    m->platform.name = NULL;
}
static void slow(struct made *m)
{
    static struct platform_rate none[] = {{RATE_CONV, PRECISION_FLOAT, 0}};

    m->processors[1].rates = (struct list){none, 1};
}
static void slower(struct made *m)
{
    static struct platform_rate least[] = {
        {RATE_CONV, PRECISION_FLOAT, 1e-300}};

    m->processors[1].rates = (struct list){least, 1};
}
static void infinite(struct made *m)
{
    m->links[1].bytes_per_s = INFINITY;
}
static void late(struct made *m)
{
    m->links[1].latency_s = NAN;
}
static void negative(struct made *m)
{
    m->processors[1].idle_w = -1;
}
static void no_bytes(struct made *m)
{
    m->processors[1].bytes_per_s = 0;
}
static void no_call(struct made *m)
{
    m->processors[1].call_s = -0.5;
}
static void no_room(struct made *m)
{
    m->processors[1].storage = 0;
}
static void no_pool(struct made *m)
{
    m->platform.pools.n = 0;
}
static void cut_off(struct made *m)
{
    m->platform.links.n = 1;
    m->platform.sink = NULL;
}
static void cut_off_all(struct made *m)
{
    m->platform.source = m->platform.sink = NULL;
    m->links[1] = m->links[2];
    m->platform.links.n = 2;
}
static void no_return(struct made *m)
{
    m->platform.links.n = 2;
}
static void wrong_source(struct made *m)
{
    m->platform.source = TEXT("p9");
}

static void refused(void **state)
{
    static const struct {
        void (*spoil)(struct made *m);
        const char *want;
    } cases[] = {
        {no_processors, "0 processors, and there must be 1 to 16"},
        {too_long, "the name of a processor must be 1 to 64"},
        {no_name, "the name of a platform must be"},
        {slow, "processor p1: rate of conv in float: macs_per_s is 0, and must "
               "be 1e-6 or more"},
        {slower, "processor p1: rate of conv in float: macs_per_s is 1e-300"},
        {infinite, "link from p1 to p2: bytes_per_s is inf"},
        {late, "link from p1 to p2: latency_s is nan"},
        {negative, "processor p1: idle_w is -1, and must be 0 or more"},
        {no_bytes, "processor p1: bytes_per_s is 0, and must be 1e-6 or "
                   "more"},
        {no_call, "processor p1: call_s is -0.5"},
        {no_room, "processor p1: storage is 0, and must be above 0, or nil"},
        {no_pool, "processor p0: its pool sram is not among the pools"},
        {cut_off, "no links lead to processor p2 from p0: each processor needs "
                  "a link"},
        {cut_off_all, "no links lead to processor p2 from those before it"},
        {no_return, "no links lead from processor p1 to the sink p0: the "
                    "answer needs a way back"},
        {wrong_source, "the source p9 is no processor"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct made m;
        struct err e = {0};

        make(&m);
        cases[i].spoil(&m);
        assert_int_equal(platform_check(&m.platform, &e), ERR_FORMAT);
        if (!strstr(e.text, cases[i].want))
            fail_msg("case %zu: %s", i, e.text);
    }
}

/* A sink that is reached over another processor is reached; so is a processor
 * from the source alone. */
static void taken(void **state)
{
    struct made m;
    struct err e = {0};

    (void)state;
    make(&m);
    m.platform.source = TEXT("p1");
    assert_int_equal(platform_check(&m.platform, &e), 0);
    make(&m);
    m.platform.source = m.platform.sink = NULL;
    m.platform.links.n = 2;
    assert_int_equal(platform_check(&m.platform, &e), 0);
    make(&m);
    m.processors[1].rates.n = 0; /* all that is known may be measured */
    assert_int_equal(platform_check(&m.platform, &e), 0);
}

/* What platform_warn writes. */
static void warned(const struct platform *p, char *text, size_t size)
{
    FILE *to = tmpfile();
    int old = dup(STDERR_FILENO);
    size_t n;

    assert_non_null(to);
    dup2(fileno(to), STDERR_FILENO);
    platform_warn(p);
    dup2(old, STDERR_FILENO);
    close(old);
    rewind(to);
    n = fread(text, 1, size - 1, to);
    text[n] = '\0';
    fclose(to);
}

static void doubtful(void **state)
{
    static struct platform_rate low[] = {{RATE_OTHER, PRECISION_INT8, 75}};
    char text[2000];
    struct made m;

    (void)state;
    make(&m);
    warned(&m.platform, text, sizeof text);
    assert_string_equal(text, "");
    m.processors[1].rates = (struct list){low, 1};
    m.processors[2].bytes_per_s = 999;
    m.links[0].bytes_per_s = 50;
    warned(&m.platform, text, sizeof text);
    assert_non_null(strstr(text, "warning: platform row: processor p1: 75 MACs "
                                 "per second of other in int8: are these "
                                 "millions?\n"));
    assert_non_null(strstr(text, "processor p2: 999 bytes per second"));
    assert_non_null(strstr(text, "link from p0 to p1: 50 bytes per second"));
    low[0].macs_per_s = m.processors[2].bytes_per_s = m.links[0]
                                                          .bytes_per_s = 1000;
    warned(&m.platform, text, sizeof text);
    assert_string_equal(text, "");
}

static void copied(void **state)
{
    struct arena a = {0};
    struct platform copy;
    struct made m;
    struct err e = {0};

    (void)state;
    make(&m);
    platform_copy(&copy, &m.platform, &a);
    memset(&m, 0, sizeof m); /* nothing of it is borrowed */
    assert_int_equal(platform_check(&copy, &e), 0);
    assert_string_equal(copy.name, "row");
    assert_string_equal(platform_processor_at(&copy, 0)->origin, "guessed");
    assert_string_equal(platform_pool_at(&copy, 1)->name, "dram");
    assert_string_equal(platform_link_of(&copy, 0, 1)->origin, "bus");
    assert_true(platform_link_of(&copy, 1, 2)->latency_s == 0.5);
    assert_null(copy.origin);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looked_up), cmocka_unit_test(refused),
        cmocka_unit_test(taken),     cmocka_unit_test(doubtful),
        cmocka_unit_test(copied),
    };

    return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
