/* SPDX-License-Identifier: MIT
 * Squeeze-and-excite: mul = hsigmoid(We relu(Wr mean(x) + br) + be), one
 * factor per image and channel.  A view: x's numbers with mul in the tail. */
#include <string.h>

#include "libcommon/nn/real/flow.h"
#include "libcommon/nn/real/ops.h"

/* A shard's part of the arrays: images [first, first + n). */
struct part {
    size_t first, n;
    size_t c, mid;
};

static struct part part_of(const struct engine *g, const struct node *n,
                           int shard)
{
    size_t first = shard_first(g, shard);

    return (struct part){ first, shard_first(g, shard + 1) - first, n->c,
                          (size_t)n->se->mid };
}

static void squeeze(const struct engine *g, const struct node *n,
                    const struct part *p, int worker)
{
    struct value v = value_of(g, n->in[0].from);

    for (size_t i = p->first; i < p->first + p->n; i++) {
        struct tail t = v.tail;
        const real *x = v.data + i * v.rows * v.c;
        if (v.keep) {
            x = value_load(g, &v, i * v.rows, (i + 1) * v.rows,
                           scratch_of(g, worker, 0));
            t = (struct tail){ 0 };
        }
        g->k->tail_mean(&t, v.rows, v.c, x, n->se->pool + i * v.c);
    }
}

void se_forward(const struct engine *g, struct node *n, int shard, int worker)
{
    struct part p = part_of(g, n, shard);
    struct se *s = n->se;
    const struct tail relu = { .act = ACT_RELU, .shift = s->reduce_bias };
    const struct tail gate = { .act = ACT_HSIGMOID, .shift = s->expand_bias };
    size_t at = p.first * p.c, at_mid = p.first * p.mid;

    if (p.n == 0)
        return;
    squeeze(g, n, &p, worker);
    pack_forward(g, &s->reduce, p.n, s->pool + at, s->hidden_pre + at_mid);
    g->k->tail_forward(&relu, p.n, p.mid, s->hidden_pre + at_mid, NULL,
                       s->hidden + at_mid);
    pack_forward(g, &s->expand, p.n, s->hidden + at_mid, s->mul_pre + at);
    g->k->tail_forward(&gate, p.n, p.c, s->mul_pre + at, NULL, s->mul + at);
}

/* From dmul to dpool, weights and biases on the way.  The second half of each
 * bias's sums is not needed. */
static void excite_backward(const struct engine *g, const struct node *n,
                            const struct part *p, int shard, double *sums)
{
    struct se *s = n->se;
    const struct tail relu = { .act = ACT_RELU, .shift = s->reduce_bias };
    const struct tail gate = { .act = ACT_HSIGMOID, .shift = s->expand_bias };
    size_t at = p->first * p->c, at_mid = p->first * p->mid;
    real *dmul = s->dmul + at, *dhidden = s->dhidden + at_mid;

    g->k->tail_backward(&gate, 1, p->n, p->c, s->mul_pre + at, NULL, dmul, sums,
                        sums + p->c);
    g->k->gemm(true, false, p->c, p->mid, p->n, dmul, p->c, s->hidden + at_mid,
               p->mid, 0, grad_block(g, &s->expand, shard), p->mid);
    pack_backward(g, &s->expand, p->n, dmul, 0, dhidden);
    sums += 2 * p->c;
    g->k->tail_backward(&relu, 1, p->n, p->mid, s->hidden_pre + at_mid, NULL,
                        dhidden, sums, sums + p->mid);
    g->k->gemm(true, false, p->mid, p->c, p->n, dhidden, p->mid, s->pool + at,
               p->c, 0, grad_block(g, &s->reduce, shard), p->c);
    pack_backward(g, &s->reduce, p->n, dhidden, 0, s->dpool + at);
}

/* d x = mul d + dpool / rows. */
static void hand_on(const struct engine *g, const struct node *n, int shard,
                    int worker, size_t image)
{
    const struct edge *e = &n->in[0];
    const real *mul = n->se->mul + image * n->c;
    real *add = n->se->dpool + image * n->c;
    size_t rows = n->base_rows, at = image * rows * n->c;
    real *dx = scratch_of(g, worker, 0);
    struct tail t = { .mul = mul };

    for (size_t i = 0; i < n->c; i++)
        add[i] /= (real)rows;
    if (n->shared_in == 0) {
        grad_finish_se(g, e->from, shard, image, mul, add);
        return;
    }
    memcpy(dx, n->d + at, rows * n->c * sizeof *dx);
    g->k->tail_backward(&t, 1, rows, n->c, dx, add, dx, NULL, NULL);
    grad_put(g, e, shard, image * rows, rows, dx);
}

static double *se_sums(const struct engine *g, const struct node *n, int shard)
{
    (void)g;
    return n->se->sums + (size_t)shard * 2 * (n->c + (size_t)n->se->mid);
}

void se_backward(const struct engine *g, struct node *n, int shard, int worker)
{
    struct part p = part_of(g, n, shard);
    double *sums = se_sums(g, n, shard);

    memset(sums, 0, 2 * (p.c + p.mid) * sizeof *sums);
    if (p.n == 0)
        return;
    excite_backward(g, n, &p, shard, sums);
    for (size_t i = p.first; n->in[0].grad && i < p.first + p.n; i++)
        hand_on(g, n, shard, worker, i);
}

static void merge(const struct engine *g, const struct node *n, size_t at,
                  size_t count, real *to)
{
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (int s = 0; s < g->opts.shards; s++)
            sum += se_sums(g, n, s)[at + i];
        to[i] = (real)sum;
    }
}

void se_merge(const struct engine *g, struct node *n)
{
    merge(g, n, 0, n->c, n->se->dexpand_bias);
    merge(g, n, 2 * n->c, (size_t)n->se->mid, n->se->dreduce_bias);
}
