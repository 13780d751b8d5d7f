/* SPDX-License-Identifier: MIT
 * A thousand genomes of ofa-mbv3, over several specs, still are the networks
 * that they were when a C file of the space's own built them: frozen hashes of
 * net ids, names of layers, whole records, arch ids and designs.  Printed by
 * this program with an argument, linked to the code as it was then:
 *     build/release/tests/test_space_frozen print */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "formats/net.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/mem.h"
#include "libcommon/space/place.h"
#include "tests/unit/nets.h"

enum { IDS, NAMES, RECORDS, ARCHES, DESIGNS, HASHES };

static const struct {
    const char *spec;
    const char *hashes[HASHES]; /* the first 16 digits of each */
} frozen[] = {
    {"ofa-mbv3",
     {"b2a7ea13bbdaf2b3", "a5e3921f2fe39ebf", "00f056b795525bc2",
      "e1c62724771398f3", "ef1daf242360fc6c"}},
    {"ofa-mbv3:width=0.5,exits=1",
     {"0d1fcabdcc76361c", "acf7e054b8dff3b1", "7bff112c8b249874",
      "3c94b82e1b567e49", "d0f2c37a4b356d54"}},
    {"ofa-mbv3:width=1.2,exits=2",
     {"cb9b5e3c42f54865", "3ced72aca2138f47", "f29be8c26f947d9a",
      "d93e643906935cf5", "35f0286a7d9b4d80"}},
    {"ofa-mbv3:res=160,exits=3",
     {"b958bbf666a4e27a", "7e4e780c7833d6f7", "28eee34955896a98",
      "ca22f8482b17e2f5", "54f0f6b9152d1418"}},
    {"ofa-mbv3:channels=1,res=28",
     {"8f889d70431ca345", "5a11b9336767bebb", "6b6823d3cb01bf29",
      "cec8f27fbd04c191", "ef1daf242360fc6c"}},
    {"ofa-mbv3:width=0.35,classes=100,res=96",
     {"02a91088139576d5", "f5345d05ed361fab", "d1c562ec35165098",
      "6f8020e1f47b360f", "ef1daf242360fc6c"}},
    {"ofa-mbv3:width=0.05,res=8,classes=1",
     {"19c7dd5a4edff58b", "af997ea824a510df", "7cc1074565af846e",
      "0e34b30868b5bc19", "ef1daf242360fc6c"}},
    {"ofa-mbv3:width=2.3,res=225,classes=1000,exits=3,channels=4",
     {"a7735e6c2a4cef63", "aec333ab3505cd59", "ba57d6b99c2c0d68",
      "a9073e0d03470b44", "54f0f6b9152d1418"}},
};

/* Hash 125 random genomes' networks, with pools by the one rule and the
 * other. */
static void hash_space(const char *spec, char out[HASHES][HASH_HEX])
{
    static const struct place_opts how[] = {{MACS_PAPER, POOL_DIVISORS},
                                            {MACS_TRUE, POOL_LEGACY}};
    struct rng r = rng_make(17, "frozen", 0, 0);
    struct hash *h[HASHES];
    struct arena a = {0};
    struct buf record = {0}, design = {0};
    struct space *s;
    struct ints genome;
    int64_t again[64];
    struct err e;

    for (int i = 0; i < HASHES; i++)
        h[i] = hash_new();
    nets_must(space_open(spec, &s, &e), &e);
    genome = (struct ints){xcalloc(s->genes.n, sizeof(int64_t)), s->genes.n};
    for (int i = 0; i < 125; i++) {
        struct net n;
        int rc;

        arena_reset(&a);
        genes_random(&s->genes, &r, genome.v);
        buf_clear(&design);
        space_describe(s, &genome, &design);
        hash_update(h[DESIGNS], design.data, design.len + 1);
        nets_must(space_parse_design(s, design.data, again, &e), &e);
        assert_memory_equal(again, genome.v, genome.n * sizeof *again);
        rc = place_net(s, &genome, &how[i % 2], &a, &n, &e);
        if (rc == PLACE_TOO_LARGE) {
            hash_update(h[IDS], e.text, strlen(e.text) + 1);
            continue;
        }
        nets_must(rc, &e);
        hash_update(h[IDS], n.id, strlen(n.id) + 1);
        hash_update(h[ARCHES], n.arch, strlen(n.arch) + 1);
        for (size_t k = 0; k < n.layers.n; k++)
            hash_update(h[NAMES], net_layer(&n, k)->name,
                        strlen(net_layer(&n, k)->name) + 1);
        buf_clear(&record);
        nets_must(schema_encode(&schema_net, &n, &record, &e), &e);
        hash_update(h[RECORDS], record.data, record.len);
    }
    for (int i = 0; i < HASHES; i++) {
        hash_final(h[i], out[i]);
        out[i][16] = '\0';
        hash_free(h[i]);
    }
    free(genome.v);
    space_free(s);
    buf_free(&record);
    buf_free(&design);
    arena_free(&a);
}

static void as_before(void **state)
{
    char now[HASHES][HASH_HEX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        hash_space(frozen[i].spec, now);
        for (int k = 0; k < HASHES; k++)
            assert_string_equal(now[k], frozen[i].hashes[k]);
    }
}

static int print(void)
{
    char now[HASHES][HASH_HEX];

    for (size_t i = 0; i < ARRAY_LEN(frozen); i++) {
        hash_space(frozen[i].spec, now);
        printf("    {\"%s\",\n     {", frozen[i].spec);
        for (int k = 0; k < HASHES; k++)
            printf("\"%s\"%s", now[k], k + 1 < HASHES ? ", " : "}},\n");
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_before)};

    (void)argv;
    return argc > 1
               ? print()
               : cmocka_run_group_tests_name("space_frozen", tests, NULL, NULL);
}
