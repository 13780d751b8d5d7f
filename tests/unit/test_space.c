/* SPDX-License-Identifier: MIT
 * Spaces by spec and by file. */
#include "libcommon/space/space.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/arch.h"

static struct space *open_space(const char *spec)
{
    struct space *s;
    struct err e;

    if (space_open(spec, &s, &e) < 0)
        fail_msg("%s", e.text);
    return s;
}

/* ---- specs ---- */

static void canonical(void **state)
{
    static const struct {
        const char *given, *canonical;
    } specs[] = {
        {"ofa-mbv3", "ofa-mbv3:width=1,res=32,classes=10,exits=4"},
        {"ofa-mbv3:", "ofa-mbv3:width=1,res=32,classes=10,exits=4"},
        {"ofa-mbv3:exits=2,width=1.20",
         "ofa-mbv3:width=1.2,res=32,classes=10,exits=2"},
        {"ofa-mbv3:width=0.35,channels=3,classes=100",
         "ofa-mbv3:width=0.35,res=32,classes=100,exits=4"},
        {"ofa-mbv3:channels=1,res=28",
         "ofa-mbv3:width=1,res=28,classes=10,exits=4,channels=1"},
        {"ofa-mbv3:width=0.30000000000000004",
         "ofa-mbv3:width=0.30000000000000004,res=32,classes=10,exits=4"},
        {"ofa-mbv3:res=1.6e2", "ofa-mbv3:width=1,res=160,classes=10,exits=4"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct space *s = open_space(specs[i].given), *again;

        assert_string_equal(s->spec, specs[i].canonical);
        again = open_space(s->spec);
        assert_string_equal(again->spec, s->spec);
        space_free(s);
        space_free(again);
    }
}

static void refused(void **state)
{
    static const char *const bad[] = {
        "ofa-mbv3:width=0",
        "ofa-mbv3:width=-1",
        "ofa-mbv3:width=nan",
        "ofa-mbv3:width=inf",
        "ofa-mbv3:width=11",
        "ofa-mbv3:width=",
        "ofa-mbv3:width",
        "ofa-mbv3:width=1x",
        "ofa-mbv3:width= 1",
        "ofa-mbv3:width=0x1p0",
        "ofa-mbv3:res=7",
        "ofa-mbv3:res=32.5",
        "ofa-mbv3:res=99999",
        "ofa-mbv3:classes=0",
        "ofa-mbv3:exits=0",
        "ofa-mbv3:exits=5",
        "ofa-mbv3:channels=0",
        "ofa-mbv3:depth=3",
        "ofa-mbv3:res=32,res=32",
        "ofa-mbv3:res=32,",
        "ofa-mbv3:,res=32",
        "ofa-mbv3:res=32,,width=1",
        "ofa-mbv3:=1",
        "ofa-mbv4",
        "ofa-mbv3x",
        "",
        "table:mine:0123456789abcdef",
        "/no/such/file",
        "ofa-mbv3:width=0.50000000000000000000000000000000001",
    };
    struct space *s;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e.text[0] = '\0';
        if (space_open(bad[i], &s, &e) != ERR_ARG)
            fail_msg("'%s' gives %d: %s", bad[i], e.code, e.text);
        assert_null(s);
        assert_null(strchr(e.text, '\n'));
    }
}

/* What a stream may name: no files, nothing but the canonical spelling. */
static void from_streams(void **state)
{
    static const char *const bad[] = {
        "ofa-mbv3",
        "ofa-mbv3:width=1",
        "/etc/passwd",
        "",
        "table:a:0",
        "ofa-mbv3:width=1.0,res=32,classes=10,exits=4",
        "ofa-mbv3:width=1,res=32,classes=10,exits=9",
    };
    struct space *s;
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(space_open_spec(bad[i], NULL, &s, &e), ERR_FORMAT);
        assert_null(s);
    }
    assert_int_equal(space_open_spec("ofa-mbv3:width=1,res=32,classes=10,"
                                     "exits=4",
                                     NULL, &s, &e),
                     0);
    space_free(s);
}

static void sizes(void **state)
{
    struct space *s = open_space("ofa-mbv3"),
                 *one = open_space("ofa-mbv3:exits=1");
    uint64_t exact;

    (void)state;
    /* 7371^5 = 2.176e19, times 15 masks = 3.26e20 */
    assert_true(fabs(genes_log10_size(&s->genes, &exact) -
                     (5 * log10(7371) + log10(15))) < 1e-12);
    assert_int_equal(exact, 0);
    assert_true(fabs(genes_log10_size(&one->genes, &exact) - 5 * log10(7371)) <
                1e-12);
    assert_int_equal(exact, 0);
    assert_int_equal(s->genes.n, 49);
    assert_int_equal(one->genes.n, 46);
    space_free(s);
    space_free(one);
}

static void corners(void **state)
{
    struct space *s = open_space("ofa-mbv3:exits=3");
    int64_t v[48];
    struct ints genome = {v, 48};
    struct buf out = {0};
    struct err e;

    (void)state;
    space_min_corner(s, v);
    assert_int_equal(genes_check(&s->genes, &genome, &e), 0);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "d=2,2,2,2,2 k=33,33,33,33,33 "
                                  "e=33,33,33,33,33 exits=100");
    space_max_corner(s, v);
    assert_int_equal(genes_check(&s->genes, &genome, &e), 0);
    v[1] = 0, v[16] = 1;
    buf_clear(&out);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "d=4,4,4,4,4 k=3777,7777,7777,7777,7777 "
                                  "e=6666,6646,6666,6666,6666 exits=111");
    buf_free(&out);
    space_free(s);
}

/* Any genome as text and back. */
static void designs(void **state)
{
    static const char *const bad[] = {
        "",
        "d=2,2,2,2,2",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=000",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=0011",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=01",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,33,33 exits=002",
        "d=2,2,2,2,2 k=333,33,33,33,33 e=33,33,33,33,33 exits=001",
        "d=2,2,2,2,2 k=3,33,33,33,33 e=33,33,33,33,33 exits=001",
        "d=2,2,2,2,2 k=33,33,33,33,33 e=33,33,33,35,33 exits=001",
        "d=2,2,2,2,5 k=33,33,33,33,33 e=33,33,33,33,33 exits=001",
        "d=2,2,2,2 k=33,33,33,33 e=33,33,33,33 exits=001",
    };
    struct space *s = open_space("ofa-mbv3:exits=3");
    struct rng r = rng_make(4, "test", 0, 0);
    int64_t v[48], w[48];
    struct ints genome = {v, 48};
    struct buf text = {0};
    struct err e;

    (void)state;
    for (int i = 0; i < 500; i++) {
        genes_random(&s->genes, &r, v);
        buf_clear(&text);
        space_describe(s, &genome, &text);
        assert_int_equal(space_parse_design(s, text.data, w, &e), 0);
        assert_memory_equal(v, w, sizeof v);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (space_parse_design(s, bad[i], w, &e) != ERR_FORMAT)
            fail_msg("taken: %s", bad[i]);
    buf_free(&text);
    space_free(s);
}

/* ---- gene tables from files ---- */

static void table_file(void **state)
{
    char path[] = "/tmp/space-test.XXXXXX", id[HASH_HEX], again[HASH_HEX];
    static const char text[] = "# nachos space 1\nlr\t0\t0.1,0.01\n"
                               "layers\t0\t1,2,3\nk2\t0\t3,5\tlayers>=1\n";
    int fd = mkstemp(path);
    struct arena a = {0};
    static const char *const bad[] = {
        "lr=0.01",
        "lr=0.01 layers=1 k2=3",
        "lr=0.01 layers=2",
        "lr=1 layers=1",
        "lr=0.01 layers=1 lr=0.01",
        "lr layers=1",
        "=",
        "lr=0.01 layers=1 a=1",
    };
    struct space *s, *ofa;
    int64_t v[3] = {1, 1, 1}, w[3];
    struct ints genome = {v, 3};
    struct buf out = {0};
    struct net n;
    struct err e;

    (void)state;
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    s = open_space(path);
    assert_null(s->net);
    assert_memory_equal(s->spec, "table:space-test:", 17);
    assert_int_equal(strlen(s->spec), 17 + 16);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "lr=0.01 layers=2 k2=5");
    assert_int_equal(space_parse_design(s, out.data, w, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (space_parse_design(s, bad[i], w, &e) != ERR_FORMAT)
            fail_msg("taken: %s", bad[i]);
    v[1] = v[2] = 0;
    buf_clear(&out);
    space_describe(s, &genome, &out);
    assert_string_equal(out.data, "lr=0.01 layers=1");
    assert_int_equal(space_parse_design(s, " layers=1  lr=0.01 ", w, &e), 0);
    assert_memory_equal(v, w, sizeof v);
    space_arch_id(s, &genome, id);
    arch_id(s->spec, &genome, again);
    assert_string_equal(id, again);
    assert_int_equal(space_net(s, &genome, NULL, &a, &n, &e), ERR_ARG);
    assert_int_equal(space_open(s->spec, &ofa, &e), ERR_ARG);
    space_free(s);
    assert_int_equal(truncate(path, 20), 0);
    assert_int_equal(space_open(path, &s, &e), ERR_FORMAT);
    assert_int_equal(space_open("/tmp", &s, &e), ERR_SYS);
    unlink(path);
    buf_free(&out);
    arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical),    cmocka_unit_test(refused),
        cmocka_unit_test(from_streams), cmocka_unit_test(sizes),
        cmocka_unit_test(corners),      cmocka_unit_test(designs),
        cmocka_unit_test(table_file),
    };

    return cmocka_run_group_tests_name("space", tests, NULL, NULL);
}
