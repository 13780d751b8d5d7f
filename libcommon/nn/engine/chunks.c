/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/engine/chunks.h"

#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/plan.h"

#define CHUNK_BYTES (256 * 1024)
#define MIN_ROWS 64

/* Sets the shape in which input k is stored: rows of an image, channels. */
static void input_shape(const struct engine_plan *plan,
                        const struct plan_node *n, size_t k, size_t *rows,
                        size_t *c)
{
    const int64_t *image = plan->net->input.v;
    int from = n->in[k].from;

    *rows = from == NET_IMAGE ? (size_t)(image[0] * image[1])
                              : plan->nodes[from].base_rows;
    *c = from == NET_IMAGE ? (size_t)image[2] : plan->nodes[from].base_c;
}

/* Returns true when a chunk may end inside an image: not where the operator
 * works on whole images, where an input has another number of rows per image,
 * or where an input's epilogue has factors per image. */
static bool splits_images(const struct engine_plan *plan,
                          const struct plan_node *n)
{
    if (!n->op->splits_images)
        return false;
    for (size_t k = 0; k < n->n_in; k++) {
        size_t rows, c;
        input_shape(plan, n, k, &rows, &c);
        if (rows != n->rows)
            return false;
        if (n->in[k].from != NET_IMAGE &&
            plan->nodes[n->in[k].from].pending_factors)
            return false;
    }
    return true;
}

/* Returns how many reals a row and the inputs that it is computed from have. */
static size_t row_size(const struct engine_plan *plan,
                       const struct plan_node *n)
{
    size_t size = n->c, rows, c;

    for (size_t k = 0; k < n->n_in; k++) {
        input_shape(plan, n, k, &rows, &c);
        size += rows * c / n->rows;
    }
    return size;
}

static struct node_geometry geometry_of(const struct engine_plan *plan,
                                        const struct plan_node *n)
{
    struct node_geometry geo = {
        .row_size = row_size(plan, n),
        .line = splits_images(plan, n) ? 1 : n->rows,
        .image_rows = n->rows,
        .images = (size_t)(plan->opts.batch + plan->opts.shards - 1) /
                  (size_t)plan->opts.shards,
        .budget = CHUNK_BYTES,
    };

    if (n->op->view) { /* rows of its stored numbers */
        geo.row_size = n->base_c;
        geo.image_rows = n->base_rows;
        geo.whole_images = true;
    }
    if (n->op->geometry)
        n->op->geometry(plan, n, &geo);
    return geo;
}

/* Returns the rows of a chunk: all are cut into chunks of about the same size, a
 * multiple of an image or a line.  Where rows are long, chunks are larger than the
 * cache, because a matmul of few rows is slow. */
static size_t chunk_of(const struct node_geometry *geo)
{
    size_t reals = geo->budget / sizeof(real), rows = geo->image_rows;
    size_t fit = reals / geo->row_size, all = geo->images * rows, unit, chunk;

    if (geo->whole_images) {
        fit = reals / (rows * geo->row_size);
        return (fit ? fit : 1) * rows;
    }
    unit = fit >= rows ? rows : geo->line;
    fit = fit < MIN_ROWS ? MIN_ROWS : fit;
    chunk = (all + fit - 1) / fit; /* how many chunks */
    chunk = (all + chunk - 1) / chunk;
    chunk = (chunk + unit - 1) / unit * unit;
    if (geo->line > 1 && chunk > rows)
        chunk = (chunk + rows - 1) / rows * rows;
    return chunk;
}

void chunks_choose(struct engine_plan *plan, struct plan_node *n)
{
    struct node_geometry geo = geometry_of(plan, n);

    n->chunk = chunk_of(&geo);
    for (size_t i = 0; i < NODE_SCRATCH && n->op->scratch[i]; i++) {
        size_t size = n->op->scratch[i](plan, n);
        if (size > plan->scratch[i])
            plan->scratch[i] = size;
    }
}

/* ---- sizes of scratch slots ---- */

size_t chunks_input_size(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    size_t most = 0;

    for (size_t k = 0; k < n->n_in; k++) {
        size_t rows, c, size;
        input_shape(plan, n, k, &rows, &c);
        size = n->chunk * (rows * c / n->rows + 1);
        most = size > most ? size : most;
    }
    return most;
}

size_t chunks_image_size(const struct engine_plan *plan,
                         const struct plan_node *n)
{
    size_t rows, c;

    input_shape(plan, n, 0, &rows, &c);
    return rows * c;
}

size_t chunks_output_size(const struct engine_plan *plan,
                          const struct plan_node *n)
{
    (void)plan;
    return n->chunk * n->c;
}

size_t chunks_output_image_size(const struct engine_plan *plan,
                                const struct plan_node *n)
{
    (void)plan;
    return n->rows * n->c;
}
