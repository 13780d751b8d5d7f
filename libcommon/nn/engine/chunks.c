/* SPDX-License-Identifier: MIT
 * How much of a node is done at a time, so that it stays in cache, and the
 * scratch memory that takes. */
#include "libcommon/nn/engine/chunks.h"

#include "libcommon/nn/engine/multiply.h"
#include "libcommon/nn/engine/state.h"

/* Rows of stored numbers per chunk are chosen so that what a chunk touches
 * fits well into a second-level cache. */
#define CHUNK_BYTES (256 * 1024)

/* Depthwise convolution has little to do between its loads: its chunks are
 * closer to the first level. */
#define DEPTHWISE_BYTES (64 * 1024)

#define MIN_ROWS 64

static size_t patch_size(const struct plan_node *n)
{
    return n->kind == NODE_IM2COL
         ? (size_t)n->win.kh * (size_t)n->win.kw * (size_t)n->win.c : 0;
}

static void geometry_of(const struct engine *g, const struct plan_node *n,
                        size_t k, size_t *rows, size_t *c)
{
    int from = n->in[k].from;

    *rows = from == NET_IMAGE
          ? (size_t)(n->layer->in.v[0] * n->layer->in.v[1])
          : g->nodes[from].base_rows;
    *c = from == NET_IMAGE ? (size_t)n->layer->in.v[2] : g->nodes[from].base_c;
}

/* May a chunk end inside an image?  Not where the epilogue of an input or the
 * gradient of one goes by images. */
static bool splits_images(const struct engine *g, const struct plan_node *n)
{
    if (n->kind != NODE_MATMUL && n->kind != NODE_ADD && n->kind != NODE_COPY)
        return false;
    for (size_t k = 0; k < n->n_in; k++) {
        size_t rows, c;
        geometry_of(g, n, k, &rows, &c);
        if (rows != n->rows)
            return false;
        if (n->in[k].from != NET_IMAGE && g->nodes[n->in[k].from].pending_mul)
            return false;
    }
    return true;
}

/* Rows of which `fit` fit the cache, in equal chunks; each a multiple of
 * `unit`, and of many rows even where they are long: a product of few rows is
 * slow. */
static size_t equal_chunks(size_t rows, size_t fit, size_t unit)
{
    if (fit < MIN_ROWS)
        fit = MIN_ROWS;
    size_t chunks = (rows + fit - 1) / fit;
    size_t chunk = (rows + chunks - 1) / chunks;
    return (chunk + unit - 1) / unit * unit;
}

static size_t row_size(const struct engine *g, const struct plan_node *n)
{
    size_t size = n->c, rows, c;

    if (n->kind == NODE_IM2COL)
        return size + patch_size(n);
    if (n->kind == NODE_WINOGRAD)
        return 16 * (size + (size_t)n->win.c);
    for (size_t k = 0; k < n->n_in; k++) {
        geometry_of(g, n, k, &rows, &c);
        size += rows * c / n->rows;
    }
    return size;
}

/* Rows that go together at least: of an image, or any. */
static size_t line_size(const struct engine *g, const struct plan_node *n)
{
    if (n->kind == NODE_WINOGRAD)
        return winograd_columns(&n->win);
    if (n->kind == NODE_IM2COL || n->kind == NODE_DIRECT)
        return (size_t)n->win.ow;
    return splits_images(g, n) ? 1 : n->rows;
}

/* A Winograd node's rows are tiles. */
static size_t image_rows(const struct plan_node *n)
{
    return n->kind == NODE_WINOGRAD
         ? winograd_lines(&n->win) * winograd_columns(&n->win) : n->rows;
}

/* Rows of as many images of `size` as fit, at least of one. */
static size_t rows_of_images(size_t bytes, size_t rows, size_t size)
{
    size_t fit = bytes / sizeof(real) / size;

    return (fit ? fit : 1) * rows;
}

static void choose_chunk(const struct engine *g, struct plan_node *n)
{
    size_t budget = CHUNK_BYTES / sizeof(real);
    size_t images = n->kind == NODE_DIRECT ? 1
                  : (size_t)(g->opts.batch + g->opts.shards - 1) /
                    (size_t)g->opts.shards;

    if (node_is_view(n)) {              /* rows of its stored numbers */
        n->chunk = rows_of_images(CHUNK_BYTES, n->base_rows,
                                n->base_rows * n->base_c);
    } else if (n->kind == NODE_DEPTHWISE) {
        n->chunk = rows_of_images(DEPTHWISE_BYTES, n->rows,
                                n->rows * row_size(g, n));
    } else {
        size_t fit = budget / row_size(g, n), line = line_size(g, n);
        size_t rows = image_rows(n);
        n->chunk = equal_chunks(images * rows, fit, fit >= rows ? rows : line);
        if (line > 1 && n->chunk > rows)                /* whole images */
            n->chunk = (n->chunk + rows - 1) / rows * rows;
    }
}

static void need(struct engine *g, int which, size_t n)
{
    if (n > g->scratch_n[which])
        g->scratch_n[which] = n;
}

static void need_winograd(struct engine *g, const struct plan_node *n)
{
    size_t cin = (size_t)n->win.c;

    need(g, 0, winograd_buffer(&n->win));
    need(g, 2, 16 * winograd_plane(n->chunk, cin));
    need(g, 3, 16 * winograd_plane(n->chunk, n->c));
    if (!g->opts.training || !n->learns)
        return;
    need(g, 1, 2 * (size_t)n->win.ow * n->c);
    need(g, 4, winograd_buffer(&n->win));
    need(g, 5, 16 * cin * n->c);
}

static void need_direct(struct engine *g, const struct plan_node *n)
{
    need(g, 0, direct_buffer(&n->win));
    need(g, 1, n->chunk * n->c);
    need(g, 2, n->c * n->weight.in);
}

static void need_scratch(struct engine *g, const struct plan_node *n)
{
    size_t rows, c;

    if (n->kind == NODE_WINOGRAD) {
        need_winograd(g, n);
        return;
    }
    if (n->kind == NODE_DIRECT) {
        need_direct(g, n);
        return;
    }
    geometry_of(g, n, 0, &rows, &c);
    size_t image = rows * c;
    size_t chunk_in = n->chunk * (rows * c / n->rows + 1);
    for (size_t k = 1; k < n->n_in; k++) {
        geometry_of(g, n, k, &rows, &c);
        if (n->chunk * (rows * c / n->rows + 1) > chunk_in)
            chunk_in = n->chunk * (rows * c / n->rows + 1);
    }
    need(g, 0, n->kind == NODE_IM2COL ? image : chunk_in);
    need(g, 0, image);
    need(g, 1, n->chunk * n->c);
    need(g, 2, n->kind == NODE_DEPTHWISE ? chunk_in : image);
    need(g, 2, n->chunk * patch_size(n));
    need(g, 3, n->chunk * patch_size(n));
    need(g, 3, multiply_panel_size(g, n));
}

void chunks_choose(struct engine *g, struct plan_node *n)
{
    choose_chunk(g, n);
    need_scratch(g, n);
}
