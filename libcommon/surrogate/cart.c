/* SPDX-License-Identifier: MIT
 * The model is an ensemble of fully grown regression trees (squared error).
 * Each tree sees all samples but only a random subset of the genes, of random
 * size (one tree alone sees every gene); the prediction is the trees' mean.
 * Genes are small integers, so the best split of a node comes from one
 * histogram per gene. */
#include "libcommon/surrogate/models.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/base/rng.h"
#include "libcommon/space/genes.h"
#include "libcommon/stats/stats.h"

#define MAX_BYTES ((size_t)48 << 20) /* of a saved model: one record */
#define NODE_BYTES 16

/* Nodes of a tree stand in preorder: the left child right after its parent. */
struct cart {
    size_t trees, genes;
    int32_t *start; /* (trees + 1) first node of each tree */
    int32_t *gene;  /* (nodes) split on it; -1 = leaf */
    int32_t *right; /* (nodes) right child; 0 in a leaf */
    double *value;  /* (nodes) left if the gene is <= value; in a leaf,
                             * the prediction */
    size_t n, cap;  /* nodes */
};

static void cart_free(void *model)
{
    struct cart *m = model;

    if (!m)
        return;
    free(m->start);
    free(m->gene);
    free(m->right);
    free(m->value);
    free(m);
}

static struct cart *cart_new(size_t trees, size_t genes, size_t nodes)
{
    struct cart *m = xcalloc(1, sizeof *m);

    m->trees = trees;
    m->genes = genes;
    m->cap = nodes;
    m->start = xcalloc(trees + 1, sizeof *m->start);
    m->gene = xcalloc(nodes, sizeof *m->gene);
    m->right = xcalloc(nodes, sizeof *m->right);
    m->value = xcalloc(nodes, sizeof *m->value);
    return m;
}

/* ---- growing ---- */

struct cart_work { /* a node still to be made of index[from..to-1] */
    uint32_t from, to;
    int32_t parent; /* whose right child it is; -1 = a left one */
};

struct grower {
    struct cart *m;
    double *y;       /* (n), centred */
    uint8_t *column; /* (genes, n) */
    int *choices;    /* (genes) 1 + the largest index seen */
    uint32_t *index; /* (n) samples, partitioned as nodes are made */
    uint32_t *gene;  /* (genes) shuffled; the first `use` are seen */
    size_t n, use;
    struct cart_work *stack; /* (n + 1) */
};

struct cart_split {
    int32_t gene; /* -1 = none */
    double threshold;
    double gain; /* sum_l^2 / n_l + sum_r^2 / n_r, maximised */
};

static void best_of_gene(const struct grower *g, const struct cart_work *w,
                         uint32_t gene, struct cart_split *best)
{
    const uint8_t *x = g->column + gene * g->n;
    double sum[GENE_CHOICES_MAX], left = 0, all = 0;
    uint32_t count[GENE_CHOICES_MAX], n_left = 0, n = w->to - w->from;
    int choices = g->choices[gene], last = -1;

    memset(sum, 0, (size_t)choices * sizeof *sum);
    memset(count, 0, (size_t)choices * sizeof *count);
    for (uint32_t i = w->from; i < w->to; i++) {
        uint32_t s = g->index[i];

        sum[x[s]] += g->y[s];
        count[x[s]]++;
        all += g->y[s];
    }
    for (int c = 0; c < choices; c++) {
        if (!count[c])
            continue;
        if (last >= 0) {
            double right = all - left;
            double gain = left * left / n_left + right * right / (n - n_left);

            if (gain > best->gain)
                *best = (struct cart_split){(int32_t)gene, (last + c) / 2.,
                                            gain};
        }
        left += sum[c];
        n_left += count[c];
        last = c;
    }
}

/* Move the samples that go left to the front; returns where the others
 * begin. */
static uint32_t partition(const struct grower *g, const struct cart_work *w,
                          const struct cart_split *s)
{
    const uint8_t *x = g->column + (size_t)s->gene * g->n;
    uint32_t at = w->from;

    for (uint32_t i = w->from; i < w->to; i++) {
        uint32_t t = g->index[i];

        if (x[t] <= s->threshold) {
            g->index[i] = g->index[at];
            g->index[at++] = t;
        }
    }
    return at;
}

static void grow_tree(struct grower *g, double mean)
{
    struct cart *m = g->m;
    size_t left = 1;

    g->stack[0] = (struct cart_work){0, (uint32_t)g->n, -1};
    for (size_t i = 0; i < g->n; i++)
        g->index[i] = (uint32_t)i;
    while (left) {
        struct cart_work w = g->stack[--left];
        struct cart_split s = {.gene = -1, .gain = -1};
        size_t node = m->n++;
        double sum = 0, first = g->y[g->index[w.from]];
        uint32_t i = w.from, middle;

        while (i < w.to && g->y[g->index[i]] == first)
            i++;
        for (size_t k = 0; i < w.to && k < g->use; k++) /* not pure */
            best_of_gene(g, &w, g->gene[k], &s);

        if (node == m->cap) {
            m->cap = 2 * m->cap + 16;
            m->gene = xreallocarray(m->gene, m->cap, sizeof *m->gene);
            m->right = xreallocarray(m->right, m->cap, sizeof *m->right);
            m->value = xreallocarray(m->value, m->cap, sizeof *m->value);
        }
        if (w.parent >= 0)
            m->right[w.parent] = (int32_t)node;
        m->gene[node] = s.gene;
        m->right[node] = 0;
        if (s.gene < 0) {
            for (i = w.from; i < w.to; i++)
                sum += g->y[g->index[i]];
            m->value[node] = mean + sum / (w.to - w.from);
            continue;
        }
        m->value[node] = s.threshold;
        middle = partition(g, &w, &s);
        g->stack[left++] = (struct cart_work){middle, w.to, (int32_t)node};
        g->stack[left++] = (struct cart_work){w.from, middle, -1};
    }
}

static void grower_init(struct grower *g, const struct samples *s, double mean)
{
    *g = (struct grower){.n = s->n, .use = s->genes};
    g->y = xcalloc(s->n, sizeof *g->y);
    g->column = xcalloc(s->n, s->genes);
    g->choices = xcalloc(s->genes, sizeof *g->choices);
    g->index = xcalloc(s->n, sizeof *g->index);
    g->gene = xcalloc(s->genes, sizeof *g->gene);
    g->stack = xcalloc(s->n + 1, sizeof *g->stack);
    for (size_t i = 0; i < s->n; i++) {
        g->y[i] = s->y[i] - mean;
        for (size_t k = 0; k < s->genes; k++) {
            int64_t x = s->x[i * s->genes + k];

            g->column[k * s->n + i] = (uint8_t)x;
            if (x >= g->choices[k])
                g->choices[k] = (int)x + 1;
        }
    }
    for (size_t k = 0; k < s->genes; k++)
        g->gene[k] = (uint32_t)k;
}

static int cart_fit(const struct samples *s, const struct fit_opts *o,
                    void **model, struct err *e)
{
    double mean = stats_mean(s->y, s->n);
    struct grower g;
    struct cart *m;

    if (s->n * 2 > MAX_BYTES / NODE_BYTES / o->trees)
        return err_set(e, ERR_ARG,
                       "%llu trees of %zu points are more than a record holds",
                       (unsigned long long)o->trees, s->n);
    grower_init(&g, s, mean);
    g.m = m = cart_new((size_t)o->trees, s->genes, s->n);
    for (size_t t = 0; t < m->trees; t++) {
        /* Each of several trees sees 1..genes of the genes, drawn anew. */
        if (m->trees > 1) {
            struct rng r = rng_make(o->seed, "cart", t, 0);

            for (size_t k = 0; k < s->genes; k++)
                g.gene[k] = (uint32_t)k;
            g.use = 1 + (size_t)rng_below(&r, s->genes);
            rng_shuffle(&r, g.gene, s->genes);
        }
        m->start[t] = (int32_t)m->n;
        grow_tree(&g, mean);
    }
    m->start[m->trees] = (int32_t)m->n;
    free(g.y);
    free(g.column);
    free(g.choices);
    free(g.index);
    free(g.gene);
    free(g.stack);
    *model = m;
    return 0;
}

enum { WALKS = 8 }; /* that are interleaved */

/* Add the tree's predictions for n genomes to y.  The genomes' walks are
 * interleaved, so that their waits for memory overlap.  The direction of a step
 * cannot be predicted, so it is computed without a branch. */
static void walk(const struct cart *m, size_t tree, const int64_t *genomes,
                 size_t n, double *y)
{
    size_t at[WALKS], moved = n;

    for (size_t k = 0; k < n; k++)
        at[k] = (size_t)m->start[tree];
    while (moved) {
        moved = 0;
        for (size_t k = 0; k < n; k++) {
            size_t i = at[k], turn;
            int32_t gene = m->gene[i];

            if (gene < 0)
                continue;
            turn = (double)genomes[k * m->genes + (size_t)gene] > m->value[i];
            at[k] = i + 1 + turn * ((size_t)m->right[i] - i - 1);
            moved++;
        }
    }
    for (size_t k = 0; k < n; k++)
        y[k] += m->value[at[k]];
}

/* Trees are the outer loop, so that one stays in cache while all genomes walk
 * it. */
static void cart_predict(const void *model, const int64_t *genomes, size_t n,
                         double *y)
{
    const struct cart *m = model;

    for (size_t i = 0; i < n; i++)
        y[i] = 0;
    for (size_t t = 0; t < m->trees; t++)
        for (size_t i = 0, k; i < n; i += k) {
            k = n - i < WALKS ? n - i : WALKS;
            walk(m, t, genomes + i * m->genes, k, y + i);
        }
    for (size_t i = 0; i < n; i++)
        y[i] /= (double)m->trees;
}

/* ---- in a stream ---- */

static void cart_save(const void *model, struct arena *a, struct list *arrays)
{
    const struct cart *m = model;
    int64_t nodes = (int64_t)m->n, starts = (int64_t)m->trees + 1;

    model_array_add(arrays, a, "start", DT_I32, 1, &starts, m->start);
    model_array_add(arrays, a, "gene", DT_I32, 1, &nodes, m->gene);
    model_array_add(arrays, a, "right", DT_I32, 1, &nodes, m->right);
    model_array_add(arrays, a, "value", DT_F64, 1, &nodes, m->value);
}

/* Returns true when every walk from the tree's first node stays in the tree and
 * ends: genes are in range, and children stand behind their parents. */
static bool tree_is_sound(const struct cart *m, size_t t)
{
    int32_t from = m->start[t], to = m->start[t + 1];

    if (from < 0 || from >= to || (size_t)to > m->n)
        return false;
    for (int32_t i = from; i < to; i++) {
        if (m->gene[i] < -1 || m->gene[i] >= (int32_t)m->genes)
            return false;
        if (m->gene[i] >= 0 &&
            (i + 1 >= to || m->right[i] <= i + 1 || m->right[i] >= to))
            return false;
    }
    return true;
}

static int cart_load(const struct list *arrays, size_t genes, void **model,
                     struct err *e)
{
    const struct tensor *start, *gene, *right, *value;
    struct cart *m;
    int64_t nodes;

    if (!(start = model_array(arrays, "start", DT_I32, 1, NULL, e)) ||
        !(gene = model_array(arrays, "gene", DT_I32, 1, NULL, e)))
        return ERR_FORMAT;
    nodes = gene->shape[0];
    if (start->shape[0] < 2 || nodes < 1)
        return err_set(e, ERR_FORMAT, "an ensemble without a tree");
    if (!(right = model_array(arrays, "right", DT_I32, 1, &nodes, e)) ||
        !(value = model_array(arrays, "value", DT_F64, 1, &nodes, e)))
        return ERR_FORMAT;
    m = cart_new((size_t)start->shape[0] - 1, genes, (size_t)nodes);
    m->n = (size_t)nodes;
    memcpy(m->start, start->data, tensor_bytes(start));
    memcpy(m->gene, gene->data, tensor_bytes(gene));
    memcpy(m->right, right->data, tensor_bytes(right));
    memcpy(m->value, value->data, tensor_bytes(value));
    for (size_t t = 0; t < m->trees; t++)
        if (!tree_is_sound(m, t)) {
            cart_free(m);
            return err_set(e, ERR_FORMAT, "tree %zu is not a tree", t);
        }
    *model = m;
    return 0;
}

const struct model_ops model_cart = {
    .name = "cart",
    .doc = "mean of regression trees over random subsets of the genes",
    .fit = cart_fit,
    .predict = cart_predict,
    .save = cart_save,
    .load = cart_load,
    .free = cart_free,
};
