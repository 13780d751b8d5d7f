/* SPDX-License-Identifier: MIT
 * Network tables: what is read, what is refused, the genes, designs and
 * networks that follow. */
#include "libcommon/space/nettable.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libcommon/base/mem.h"
#include "libcommon/space/place.h"
#include "libcommon/space/tables.h"
#include "tests/unit/nets.h"

#define MAGIC NET_TABLE_MAGIC "\n"
#define STEM "stem conv c=8 k=3 s=2\n"
#define FINAL "final gap\n"

/* ---- the text ---- */

static struct net_table *table_of(const char *text)
{
    struct net_table *t;
    struct err e;

    nets_must(net_table_parse(text, strlen(text), &t, &e), &e);
    return t;
}

static void canonical(void **state)
{
    static const char given[] = MAGIC
        "# a comment\r\n"
        "\r\n"
        " \t\n"
        "\tstem  conv k=3   c=016 s=1 act=relu depth=1\r\n"
        "s1 mb e=3,4 k=3 k2=5,7 e1=1 e2=3,4 depth=1,2 c=24 act=hswish se=0\n"
        "exits head=off,mean,nachos after=stem\n"
        "final conv c=64 k=1 mix=0";
    static const char want[] = MAGIC
        "stem conv c=16 k=3\n"
        "s1 mb c=24 depth=1,2 k=3 k2=5,7 e=3,4 e1=1 act=hswish\n"
        "final conv c=64 k=1\n"
        "exits after=stem head=off,gap,conv\n";
    struct net_table *t = table_of(given), *again;
    char hash[HASH_HEX], same[HASH_HEX];
    struct buf text = {0};

    (void)state;
    net_table_print(t, &text);
    assert_string_equal(text.data, want);
    again = table_of(text.data);
    net_table_hash(t, hash);
    net_table_hash(again, same);
    assert_string_equal(hash, same);
    assert_int_equal(t->lines[0].stage, 1);
    assert_int_equal(t->lines[1].stage, 2);
    net_table_free(again);
    net_table_free(t);
    buf_free(&text);
}

static void refused(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "line 1 is not '# nachos network space 1'"},
        {"# nachos network space 2\n", "line 1 is not"},
        {MAGIC, "no blocks"},
        {MAGIC FINAL, "no blocks"},
        {MAGIC STEM, "no line 'final'"},
        {MAGIC STEM FINAL FINAL, "line 4: final stands behind final"},
        {MAGIC STEM FINAL "s1 mb c=8 k=3 e=1", "line 4: s1 stands behind"},
        {MAGIC STEM STEM FINAL, "line 3: a second line named stem"},
        {MAGIC STEM "\n\na.b mb c=8 k=3 e=1\n" FINAL, "line 5: 'a.b' is no"},
        {MAGIC "exitus conv c=8 k=3\n" FINAL, "line 2: 'exitus' is no name"},
        {MAGIC "1 conv c=8 k=3\n" FINAL, "line 2: '1' is no name"},
        {MAGIC "stem\n" FINAL, "line 2: stem: '' is no kind of block"},
        {MAGIC "stem con c=8\n" FINAL,
         "stem: 'con' is no kind of block (conv, mb)"},
        {MAGIC STEM "final mb\n", "'mb' is no kind of final exit (conv, gap)"},
        {MAGIC "stem conv k=3\n" FINAL, "line 2: stem: c is missing"},
        {MAGIC "stem conv c=8\n" FINAL, "line 2: stem: k is missing"},
        {MAGIC STEM "s1 mb c=8 k=3\n" FINAL, "line 3: s1: e is missing"},
        {MAGIC "stem conv c=8 k=3 c=8\n" FINAL, "stem: c stands twice"},
        {MAGIC "s1 mb c=8 k=3 e=1 k2=3 k2=3\n" FINAL, "k2 stands twice"},
        {MAGIC "stem conv c=8,16 k=3\n" FINAL, "stem: c takes one value"},
        {MAGIC "stem conv c=8 k=3,5\n" FINAL, "stem: k takes one value"},
        {MAGIC "stem conv c=8 k=3 e=2\n" FINAL, "conv takes no key 'e'"},
        {MAGIC "stem conv c=8 k=3 k0=3\n" FINAL, "conv takes no key 'k0'"},
        {MAGIC "stem conv c=8 k=3 kx=3\n" FINAL, "conv takes no key 'kx'"},
        {MAGIC "stem conv c=8 k=3 c1=3\n" FINAL, "conv takes no key 'c1'"},
        {MAGIC "stem conv c=8 k=3 s\n" FINAL, "'s' is not KEY=VALUE"},
        {MAGIC "stem conv c=8 k=3 s=\n" FINAL, "'s=' is not KEY=VALUE"},
        {MAGIC "stem conv c=8 k=3 =2\n" FINAL, "'=2' is not KEY=VALUE"},
        {MAGIC "stem conv c=0 k=3\n" FINAL,
         "c=0: not a whole number from 1 to 4096"},
        {MAGIC "stem conv c=-8 k=3\n" FINAL, "c=-8: not a whole number"},
        {MAGIC "stem conv c=8e3 k=3\n" FINAL, "c=8e3: not a whole number"},
        {MAGIC "stem conv c=99999999999999999999 k=3\n" FINAL, "c=999999999"},
        {MAGIC "stem conv c=8 k=4\n" FINAL,
         "k=4: not an odd number from 1 to 15"},
        {MAGIC "stem conv c=8 k=17\n" FINAL, "k=17: not an odd number"},
        {MAGIC "stem conv c=8 k=3 s=9\n" FINAL, "s=9: not"},
        {MAGIC "stem conv c=8 k=3 act=tanh\n" FINAL, "there is no such act"},
        {MAGIC "s1 mb c=8 k=3 e=1 depth=0,1\n" FINAL, "depth=0: not a whole"},
        {MAGIC "s1 mb c=8 k=3 e=1 depth=33\n" FINAL, "depth=33: not a whole"},
        {MAGIC "s1 mb c=8 k=3,3 e=1\n" FINAL, "k: 3 behind 3: values are in"},
        {MAGIC "s1 mb c=8 k=5,3 e=1\n" FINAL, "k: 3 behind 5: values are in"},
        {MAGIC "s1 mb c=8 k=3,,5 e=1\n" FINAL, "k=: not an odd"},
        {MAGIC "s1 mb c=8 k=3, e=1\n" FINAL, "k=: not an odd"},
        {MAGIC "s1 mb c=8 k=3,13 e=1\n" FINAL, "k: sizes are at most 8 apart"},
        {MAGIC "s1 mb c=8 k=3 e=1 k3=5 depth=1,2\n" FINAL,
         "line 2: s1: k3: the largest depth is 2"},
        {MAGIC "s1 mb c=8 k=3 e=1 k99=5\n" FINAL,
         "k99: there are at most 32 blocks"},
        {MAGIC "s1 mb c=8 k=3 e=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17\n",
         "e has more than 16 values"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits after=stem\n",
         "line 5: head is missing"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits head=gap\n",
         "line 5: after is missing"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits after=s2 head=gap\n",
         "line 5: after=s2: there is no such block"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits after=s1 head=gap\n",
         "line 5: after=s1: the last block has the final exit"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits after=final head=gap\n",
         "line 5: after=final: there is no such block"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\ns2 mb c=8 k=3 e=1\n" FINAL
                    "exits after=s1,stem head=gap\n",
         "line 6: after: stem behind s1"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=gap after=stem\n",
         "after stands twice"},
        {MAGIC STEM FINAL "exits after=stem head=gap at=3\n",
         "exits takes after, head and width, not 'at'"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits after=stem head=none\n",
         "head=none: there is no such head"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=gap,off\n",
         "off comes first"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL "exits after=stem head=off\n",
         "head=off alone"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=gap,mean\n",
         "head mean stands twice"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=gap width=64\n",
         "width: no head has one"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=mix,gap width=64,96\n",
         "head gap has no width"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=mix,conv width=0\n",
         "width=0: not a whole number"},
        {MAGIC STEM "s1 mb c=8 k=3 e=1\n" FINAL
                    "exits after=stem head=conv width=63\n",
         "line 5: width=63: head conv takes multiples of"},
        {MAGIC STEM FINAL "exits after=stem head=gap\n"
                          "exits after=stem head=gap\n",
         "line 5: a second line of exits"},
    };
    struct net_table *t;
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        e.text[0] = '\0';
        if (net_table_parse(bad[i].text, strlen(bad[i].text), &t, &e) !=
            ERR_FORMAT)
            fail_msg("taken: %s", bad[i].text);
        assert_null(t);
        if (!strstr(e.text, bad[i].why))
            fail_msg("%s\nsays '%s', not '%s'", bad[i].text, e.text,
                     bad[i].why);
    }
    assert_int_equal(net_table_parse(MAGIC "\0", strlen(MAGIC) + 1, &t, &e),
                     ERR_FORMAT);
    assert_non_null(strstr(e.text, "NUL"));
}

/* As many lines and blocks as there may be, and one more. */
static void limits(void **state)
{
    struct buf text = {0};
    struct net_table *t;
    struct err e;

    (void)state;
    for (int blocks = 1; blocks <= 16; blocks += 15) {
        buf_clear(&text);
        buf_adds(&text, MAGIC);
        for (int i = 0; i < (blocks == 1 ? 64 : 32); i++)
            buf_addf(&text, "s%d mb c=8 k=3 e=1 depth=%d\n", i, blocks);
        buf_adds(&text, "x conv c=8 k=1\n" FINAL);
        assert_int_equal(net_table_parse(text.data, text.len, &t, &e),
                         ERR_FORMAT);
        assert_non_null(strstr(e.text, blocks == 1
                                           ? "line 66: more than 64 lines"
                                           : "line 34: more than 512 blocks"));
        text.len -= strlen("x conv c=8 k=1\n" FINAL);
        buf_adds(&text, FINAL);
        nets_must(net_table_parse(text.data, text.len, &t, &e), &e);
        net_table_free(t);
    }
    buf_free(&text);
}

/* Any byte may be anything: refused or understood, never a crash. */
static void any_bytes(void **state)
{
    struct rng r = rng_make(5, "test", 0, 0);

    (void)state;
    for (const struct built_in_table *b = built_in_tables; b->name; b++) {
        char *text = xstrdup(b->text);
        size_t n = strlen(text);

        for (int i = 0; i < 4000; i++) {
            size_t at = (size_t)rng_below(&r, n);
            char old = text[at];
            struct net_table *t;
            struct err e;

            text[at] = (char)rng_below(&r, i % 2 ? 256 : 128);
            if (net_table_parse(text, n, &t, &e) == 0)
                net_table_free(t);
            if (i % 50)
                text[at] = old;
        }
        free(text);
    }
}

/* ---- spaces ---- */

/* Writes the table into a file and opens it with these parameters. */
static int open_text(const char *text, const char *params, struct space **s,
                     struct err *e)
{
    char path[] = "/tmp/nettable-test.XXXXXX", spec[256];
    int fd = mkstemp(path), rc;
    FILE *f = fdopen(fd, "w");

    fputs(text, f);
    fclose(f);
    snprintf(spec, sizeof spec, "%s%s", path, params);
    rc = space_open(spec, s, e);
    remove(path);
    return rc;
}

static struct space *space_of(const char *text, const char *params)
{
    struct space *s;
    struct err e;

    nets_must(open_text(text, params, &s, &e), &e);
    return s;
}

/* Tables that differ in which genes and exits they have. */
static const char *const several[] = {
    /* depths and kernels of two digits, layers of their own, one head that has
     * several widths */
    MAGIC "stem conv c=8 k=3 s=2 depth=1,12\n"
          "a-1 mb c=16 k=7,11,13 e=1,12 k2=3 depth=2,3,4 act=silu\n"
          "B_2 mb c=24 k=3 e=2 s=2 se=4\n"
          "final conv c=40 k=3 mix=24 act=relu\n"
          "exits after=stem,a-1 head=off,mix width=8,16,24\n",
    /* exits that are always there, of several kinds */
    MAGIC "a mb c=16 k=3 e=2\nb mb c=16 k=3 e=1 s=2\nc mb c=8 k=3 e=1\n" FINAL
          "exits after=a,b head=gap,conv\n",
    /* of one kind and several widths */
    MAGIC "a mb c=16 k=3 e=2\nb conv c=16 k=3 s=2\n" FINAL
          "exits after=a head=dw width=8,16\n",
    /* of one kind, always */
    MAGIC "a conv c=16 k=3\nb mb c=16 k=3,5 e=2 depth=1,2 s=2\n" FINAL
          "exits after=a head=gap\n",
    /* no exits */
    MAGIC "a conv c=16 k=3 s=2 depth=1,2\n" FINAL,
    /* a mask, and heads without a width before those that have one */
    MAGIC "a mb c=16 k=3 e=2,3\nb mb c=8 k=1 e=1\n" FINAL
          "exits after=a head=off,gap\n",
};

/* Random designs as text and back; their networks are sound, and as many exits
 * as space_heads says. */
static void one_space(struct space *s, int rounds)
{
    static const struct place_opts how = {MACS_TRUE, POOL_DIVISORS};
    struct rng r = rng_make(3, "test", 0, 0);
    struct ints genome = {xcalloc(s->genes.n, sizeof(int64_t)), s->genes.n};
    int64_t *again = xcalloc(s->genes.n, sizeof *again);
    struct head_choice heads[NET_MAX_EXITS];
    struct arena a = {0};
    struct buf text = {0};
    struct net n;
    struct err e;

    for (int i = 0; i < rounds; i++) {
        if (i == 0)
            space_min_corner(s, genome.v);
        else if (i == 1)
            space_max_corner(s, genome.v);
        else
            genes_random(&s->genes, &r, genome.v);
        nets_must(genes_check(&s->genes, &genome, &e), &e);
        buf_clear(&text);
        space_describe(s, &genome, &text);
        nets_must(space_parse_design(s, text.data, again, &e), &e);
        assert_memory_equal(genome.v, again, genome.n * sizeof *again);
        buf_adds(&text, ",");
        assert_int_equal(space_parse_design(s, text.data, again, &e),
                         ERR_FORMAT);
        arena_reset(&a);
        assert_int_equal(place_net(s, &genome, &how, &a, &n, &e), 0);
        space_heads(s, &genome, heads);
        for (size_t k = 0; k + 1 < n.exits.n; k++)
            assert_int_equal(net_exit_at(&n, k)->confidence,
                             heads[k].head->confidence);
    }
    free(genome.v);
    free(again);
    arena_free(&a);
    buf_free(&text);
}

static void spaces(void **state)
{
    static const char *const params[] = {"", ":",
                                         ":res=49x10,channels=1,classes=12",
                                         ":res=128x1,width=0.3", ":res=1x40"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(several); i++)
        for (size_t k = 0; k < ARRAY_LEN(params); k++) {
            struct space *s = space_of(several[i], params[k]);

            one_space(s, 20);
            space_free(s);
        }
}

static void design_texts(void **state)
{
    static const struct {
        size_t table;
        const char *genome, *text;
    } want[] = {
        {0, "0000000001000", "d=1,2 k=7.3 e=1.1 exits=mix:8,off"},
        {0, "1221010101212",
         "d=12,4 k=13.3.11.7 e=12.1.12.1 exits=mix:24,mix:24"},
        {1, "01", "exits=gap,conv"},
        {2, "1", "exits=dw:16"},
        {3, "110", "d=2 k=53"},
        {4, "1", "d=2"},
        {5, "11", "e=3 exits=1"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        struct space *s = space_of(several[want[i].table], "");
        struct ints g = {xcalloc(s->genes.n, sizeof(int64_t)), s->genes.n};
        struct buf text = {0};
        struct err e;

        nets_must(space_parse_design(s, want[i].text, g.v, &e), &e);
        space_describe(s, &g, &text);
        assert_string_equal(text.data, want[i].text);
        buf_clear(&text);
        genome_print(&g, &text);
        assert_string_equal(text.data, want[i].genome);
        buf_free(&text);
        free(g.v);
        space_free(s);
    }
}

static void sizes_refused(void **state)
{
    static const struct {
        const char *text, *params, *why;
    } bad[] = {
        {MAGIC STEM "s1 mb c=4096 k=3 e=2,16 depth=1,2\n" FINAL, "",
         "s1 has up to"},
        {MAGIC "s1 mb c=4096 k=3,5 e=1\n" FINAL, ":res=4096,width=10",
         "is too large"},
        {MAGIC STEM FINAL, "", "nothing to choose"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":exits=1", "has no exits"},
        {MAGIC "a mb c=8 k=3 e=1,2\nb mb c=8 k=3 e=1\n" FINAL
               "exits after=a head=gap",
         ":exits=2", "exits=2: not a whole number from 1 to 1"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":res=7x7", "res=7x7: not"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":res=8x0", "res=8x0: not"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":res=8x5000", "res=8x5000: not"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":res=8x", "res=8x: not"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":res=8x8x8", "res=8x8x8: not"},
        {MAGIC "a mb c=8 k=3 e=1,2\n" FINAL, ":res", "'res' is not one of"},
    };
    struct space *s;
    struct err e;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (open_text(bad[i].text, bad[i].params, &s, &e) >= 0)
            fail_msg("taken: %s%s", bad[i].text, bad[i].params);
        if (!strstr(e.text, bad[i].why))
            fail_msg("'%s', not '%s'", e.text, bad[i].why);
    }
}

/* A spec out of a stream is opened by the user's table alone. */
static void from_streams(void **state)
{
    struct space *s = space_of(several[0], ":res=49x10,classes=12"), *again;
    struct net_table *other = table_of(several[1]);
    char *spec = xstrdup(s->spec);
    struct err e;

    (void)state;
    assert_non_null(strstr(spec, ":width=1,res=49x10,classes=12,exits=2"));
    assert_int_equal(space_open_spec(spec, NULL, &again, &e), ERR_ARG);
    assert_non_null(strstr(e.text, "--space=FILE"));
    assert_int_equal(space_open_spec(spec, other, &again, &e), ERR_FORMAT);
    assert_non_null(strstr(e.text, "another table"));
    nets_must(space_open_spec(spec, space_table(s), &again, &e), &e);
    assert_string_equal(again->spec, spec);
    space_free(again);
    spec[strlen(spec) - 1] = '9'; /* exits=9 */
    assert_int_equal(space_open_spec(spec, space_table(s), &again, &e),
                     ERR_FORMAT);
    for (size_t cut = strlen(spec); cut-- > 4;) {
        spec[cut] = '\0';
        assert_true(space_open_spec(spec, space_table(s), &again, &e) < 0);
    }
    free(spec);
    net_table_free(other);
    space_free(s);
}

/* mb32 is of the size that it is said to be. */
static void mb32_sizes(void **state)
{
    static const struct {
        const char *spec;
        int64_t least, most, params[2]; /* of backbone and final exit */
    } want[] = {
        {"mb32", 2217472, 17533440, {105194, 976906}},
        {"mb32:width=0.75", 1548160, 12622720, {68738, 638066}},
        {"mb32:width=0.5", 615936, 5499136, {29634, 273098}},
    };

    struct space *s;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        for (int large = 0; large < 2; large++) {
            struct arena a = {0};
            struct net n;
            int64_t macs, params;

            nets_ofa(&n, &a, want[i].spec, large ? NULL : "min");
            macs = net_exit_at(&n, n.exits.n - 1)->gamma;
            params = n.params;
            for (size_t x = 0; x + 1 < n.exits.n; x++) {
                const struct net_exit *exit = net_exit_at(&n, x);

                macs -= exit->head_macs;
                for (int64_t k = exit->first; k <= exit->last; k++)
                    params -= net_layer(&n, (size_t)k)->params;
            }
            assert_int_equal(macs, large ? want[i].most : want[i].least);
            assert_int_equal(params, want[i].params[large]);
            arena_free(&a);
        }
    s = space_of(built_in_tables[1].text, "");
    one_space(s, 100);
    space_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical),     cmocka_unit_test(refused),
        cmocka_unit_test(limits),        cmocka_unit_test(any_bytes),
        cmocka_unit_test(spaces),        cmocka_unit_test(design_texts),
        cmocka_unit_test(sizes_refused), cmocka_unit_test(from_streams),
        cmocka_unit_test(mb32_sizes),
    };

    return cmocka_run_group_tests_name("nettable", tests, NULL, NULL);
}
