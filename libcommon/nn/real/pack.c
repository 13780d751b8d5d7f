/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/real/flow.h"

/* Rows from which laying out a matrix costs little beside its product. */
#define WORTH_ROWS 24
/* Backward takes the matrix as it stands, which only hurts where its rows are
 * far apart. */
#define WIDE 128

static size_t inputs_of(const struct node *n)
{
    return n->weight.n / n->c;
}

void pack_forward(const struct engine *g, const struct node *n, size_t rows,
                  const real *x, real *y)
{
    size_t cin = inputs_of(n);

    if (n->weight.packed)
        g->k->gemm_packed(rows, n->c, cin, x, cin, n->weight.packed, 0, y,
                          n->c);
    else
        g->k->gemm(false, true, rows, n->c, cin, x, cin, n->weight.value, cin,
                   0, y, n->c);
}

void pack_backward(const struct engine *g, const struct node *n, size_t rows,
                   const real *dy, real beta, real *dx)
{
    size_t cin = inputs_of(n);

    if (n->weight.packed)
        g->k->gemm_packed(rows, cin, n->c, dy, n->c, n->weight.packed, beta, dx,
                          cin);
    else
        g->k->gemm(false, false, rows, cin, n->c, dy, n->c, n->weight.value,
                   cin, beta, dx, cin);
}

bool pack_wanted(const struct engine *g, const struct node *n, bool forward)
{
    return n && (n->kind == NODE_PRODUCT || n->kind == NODE_CONV) &&
           (size_t)g->n * n->rows >= WORTH_ROWS &&
           (forward || (n->in[0].from != NET_IMAGE && inputs_of(n) >= WIDE));
}

void pack_part(const struct engine *g, const struct node *n, bool forward,
               int shard)
{
    size_t cin = inputs_of(n);
    size_t columns = forward ? n->c : cin, k = forward ? cin : n->c;
    size_t panels = g->k->gemm_panels(columns);
    size_t s = (size_t)shard, shards = (size_t)g->opts.shards;

    g->k->gemm_pack(forward, columns, k, n->weight.value, cin,
                    panels * s / shards, panels * (s + 1) / shards,
                    g->packs[1]);
}

void pack_done(struct engine *g, struct node *n)
{
    real *swap = g->packs[0];

    g->packs[0] = g->packs[1];
    g->packs[1] = swap;
    n->weight.packed = g->packs[0];
}

size_t pack_size(const struct engine *g, const struct node *n)
{
    if (n->kind != NODE_PRODUCT && n->kind != NODE_CONV)
        return 0;
    size_t a = g->k->gemm_pack_size(n->c, inputs_of(n));
    size_t b = g->k->gemm_pack_size(inputs_of(n), n->c);
    return a > b ? a : b;
}
