/* SPDX-License-Identifier: MIT
 * Inference that stops at an exit (engine.h): this file runs the nodes between
 * two exits, and saves what later segments read of images that are put
 * aside. */
#include "libcommon/nn/engine/engine.h"

#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/nn/engine/node_op.h"
#include "libcommon/nn/engine/run.h"
#include "libcommon/nn/engine/state.h"
#include "libcommon/nn/engine/value.h"

void engine_segment(struct engine *g, int i, const real *images, int n,
                    bool head)
{
    const struct net_exit *x = net_exit_at(g->plan.net, (size_t)i);
    int first = plan_segment_end(&g->plan, i - 1),
        end = plan_segment_end(&g->plan, i);
    int head_first = plan_node_after(&g->plan, x->first - 1);
    struct engine_pass p = i == 0 ? engine_pass_new(g, images, n)
                                  : engine_pass_again(g);

    if (i == 0 && g->plan.image_late) { /* later segments read the images */
        memcpy(g->buffers.image_copy, images,
               (size_t)n * plan_image_size(&g->plan) * sizeof *images);
        g->images = p.images = g->buffers.image_copy;
    }
    if (i == 0)
        run_eval_epilogues(&p);
    BUG_IF(n != p.n);
    run_forward(&p, first, head_first, RUN_ALL);
    if (head)
        run_forward(&p, head_first, end, RUN_ALL);
    g->segment = i;
    if (head)
        g->outs[i] = (real *)(uintptr_t)value_of(&p, g->plan.exit_node[i]).data;
}

size_t engine_segment_size(const struct engine *g, int i)
{
    size_t most = 0;

    for (int k = plan_segment_end(&g->plan, i - 1);
         k < plan_segment_end(&g->plan, i); k++) {
        const struct plan_node *n = &g->plan.nodes[k];
        if (n->live && n->rows * n->c > most)
            most = n->rows * n->c;
    }
    return most;
}

/* ---- images put aside ---- */

/* A share is what later segments read of a node, or of the image (node NULL): the
 * node's value where that is materialised, otherwise its stored numbers.  The
 * share of a view is its factors; the node that it is a view of has a share of its
 * own. */
struct state_share {
    const struct plan_node *node;
    real *rows; /* (n, size) */
    size_t size;
};

/* Sets *s to the next share of the segments up to node `end`; *at is 0 before
 * the first call.  Returns false when there are no more. */
static bool next_share(const struct engine *g, int end, int *at,
                       struct state_share *s)
{
    while (*at < end) {
        const struct plan_node *n = &g->plan.nodes[(*at)++];
        if (!n->live || !plan_read_after(&g->plan, *at - 1, end))
            continue;
        *s = (struct state_share){n, n->factors, n->factors ? n->c : 0};
        if (n->materialised || n->y)
            *s = (struct state_share){n, n->materialised ? n->z : n->y,
                                      n->rows * n->c};
        if (s->size)
            return true;
    }
    if (*at > end || !g->plan.image_late)
        return false;
    ++*at;
    *s = (struct state_share){NULL, g->buffers.image_copy,
                              plan_image_size(&g->plan)};
    return true;
}

size_t engine_state_size(struct engine *g, int i)
{
    struct state_share s;
    size_t size = 0;

    for (int at = 0; next_share(g, plan_segment_end(&g->plan, i), &at, &s);)
        size += s.size;
    return size;
}

void engine_save(struct engine *g, const int *keep, int n_keep, real *state)
{
    size_t size = engine_state_size(g, g->segment);
    int end = plan_segment_end(&g->plan, g->segment);
    struct state_share s;

    for (int at = 0; next_share(g, end, &at, &s); state += s.size) {
        int id = s.node ? (int)(s.node - g->plan.nodes) : NET_IMAGE;
        if (s.node && s.node->materialised && !g->flight.z[id]) {
            /* No node has read the value so far. */
            struct engine_pass p = engine_pass_again(g);
            struct value v = value_of(&p, id);

            for (int k = 0; k < n_keep; k++)
                value_load(&p, &v, (size_t)keep[k] * v.rows,
                           (size_t)(keep[k] + 1) * v.rows, NULL);
        }
        for (int k = 0; k < n_keep; k++)
            memcpy(state + (size_t)k * size, s.rows + (size_t)keep[k] * s.size,
                   s.size * sizeof *state);
    }
}

void engine_resume(struct engine *g, int i, const real *state, int n)
{
    size_t size = engine_state_size(g, i);
    struct state_share s;

    engine_pass_new(g, g->plan.image_late ? g->buffers.image_copy : NULL, n);
    for (int at = 0; next_share(g, plan_segment_end(&g->plan, i), &at, &s);
         state += s.size) {
        for (int k = 0; k < n; k++)
            memcpy(s.rows + (size_t)k * s.size, state + (size_t)k * size,
                   s.size * sizeof *state);
        if (s.node && s.node->materialised)
            g->flight.z[s.node - g->plan.nodes] = s.node->z;
    }
    g->segment = i;
}
