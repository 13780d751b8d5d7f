/* SPDX-License-Identifier: MIT
 * libFuzzer on the readers of network tables and of gene tables, and on the
 * designs and networks of what they take.
 *     make fuzz && build/fuzz/fuzz_space -max_total_time=60 corpus
 * (corpus: a folder with some tables, such as `ofa-sample --table' prints.) */
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/space/netspace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A random design is the same as text and back, and its network can be
 * counted, however large. */
static void one_design(const struct net_space *s, const struct genes *g)
{
    struct rng r = rng_make(1, "fuzz", 0, 0);
    int64_t *genome = xcalloc(g->n, sizeof *genome);
    int64_t *again = xcalloc(g->n, sizeof *again);
    struct arena a = {0};
    struct buf text = {0};
    struct net n;
    struct err e;

    genes_random(g, &r, genome);
    net_space_describe(s, genome, &text);
    if (net_space_parse(s, text.data ? text.data : "", again, g->n, &e) < 0)
        BUG(e.text);
    BUG_IF(memcmp(genome, again, g->n * sizeof *again));
    net_space_net(s, genome, NULL, &n, &a);
    net_cost(&n, MACS_TRUE);
    if (net_check(&n, &e) == 0)
        BUG_IF(net_exit_at(&n, n.exits.n - 1)->gamma < 0);
    free(genome);
    free(again);
    arena_free(&a);
    buf_free(&text);
}

static void one_table(struct net_table *t, const char *params)
{
    struct buf once = {0}, twice = {0}, spec = {0};
    struct genes genes = {0};
    struct net_table *again;
    struct net_space *s;
    struct err e;

    net_table_print(t, &once);
    if (net_table_parse(once.data, once.len, &again, &e) < 0)
        BUG(e.text);
    net_table_print(again, &twice);
    BUG_IF(strcmp(once.data, twice.data) != 0);
    net_table_free(again);
    if (net_space_open(t, params, &s, &genes, &spec, &e) == 0)
        one_design(s, &genes);
    net_space_free(s);
    genes_free(&genes);
    buf_free(&once);
    buf_free(&twice);
    buf_free(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct net_table *t;
    struct genes genes;
    struct err e;

    if (net_table_parse((const char *)data, size, &t, &e) == 0)
        one_table(t, size % 2 ? "width=0.5,res=12x10"
                              : "width=10,res=4096,classes=10000");
    if (genes_parse((const char *)data, size, &genes, &e) == 0)
        genes_free(&genes);
    return 0;
}
