/* SPDX-License-Identifier: MIT
 * The view of networks as graphs: layers, exits and sums. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/net.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"
#include "tools/eenn-report/report.h"

static const struct column layer_columns[] = {
    {"net", "design", COL_ID, 0, 0, 9, NULL},
    {"layer", "layer", COL_INT, 0, 0, 8, "number of the layer, from 0"},
    {"name", "name", COL_TEXT, 0, 0, 0, NULL},
    {"op", "op", COL_TEXT, 0, 0, 0, NULL},
    {"kernel", "kernel", COL_TEXT, 0, 0, 0, NULL},
    {"stride", "stride", COL_TEXT, 0, 0, 0, NULL},
    {"groups", "groups", COL_INT, 0, 0, 7,
     "groups of a convolution; as many as channels: depthwise"},
    {"in", "in", COL_TEXT, 0, 0, 5, "height, width and channels of the input"},
    {"out", "out", COL_TEXT, 0, 0, 0,
     "height, width and channels of the output"},
    {"norm", "norm", COL_BOOL, 0, 0, 6, "yes: batch norm behind the op"},
    {"act", "act", COL_TEXT, 0, 0, 4, "activation"},
    {"macs", "MACs", COL_INT, 0, 0, 0, NULL},
    {"params", "params", COL_INT, 0, 0, 0, "trainable parameters"},
    {"tap", NULL, COL_TEXT, 0, 0, 0, NULL},
    {"head", NULL, COL_INT, 0, 0, 0, NULL},
    {"exit", "exit", COL_TEXT, 0, 0, 0,
     "head: the layer is part of this exit's head; tap: these heads read it"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column exit_columns[] = {
    {"net", "design", COL_ID, 0, 0, 9, NULL},
    {"exit", "exit", COL_INT, 0, 0, 0, NULL},
    {"tap", "tap", COL_TEXT, 0, 0, 0, "layer that the head reads"},
    {"prefix", "prefix", COL_INT, 0, 0, 2,
     "MACs of the backbone up to the tap"},
    {"head_macs", "head MACs", COL_INT, 0, 0, 2, "MACs of the head"},
    {"gamma", "gamma", COL_INT, 0, 0, 0,
     "MACs of leaving here, all heads before this one included"},
    {"gamma_paper", "Eq.13", COL_INT, 0, 0, 3,
     "the same by Eq. 13, with the head of this exit alone"},
    {"share", "share %", COL_REAL, 100, 1, 0,
     "gamma as a share of the gamma of the final exit"},
    {"confidence", "confidence", COL_BOOL, 0, 0, 4,
     "yes: the head has a confidence unit"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

static const struct column net_columns[] = {
    {"net", "net", COL_ID, 0, 0, 0, "first digits of the net id"},
    {"iteration", "it", COL_INT, 0, 0, 5, "iteration of the search"},
    {"slot", "slot", COL_INT, 0, 0, 5,
     "place of the design within the iteration"},
    {"input", "input", COL_TEXT, 0, 0, 0,
     "height, width and channels of a sample"},
    {"classes", "classes", COL_INT, 0, 0, 0, NULL},
    {"layers", "layers", COL_INT, 0, 0, 0, NULL},
    {"exits", "exits", COL_INT, 0, 0, 0, "exits, the final one included"},
    {"macs", "MACs", COL_INT, 0, 0, 0, "of all layers, all heads included"},
    {"params", "params", COL_INT, 0, 0, 0, "trainable parameters"},
    {"peak_bytes", "peak kB", COL_REAL, 1e-3, 1, 3,
     "most memory of activations alive at once, for one sample"},
    {"size_bytes", "size kB", COL_REAL, 1e-3, 1, 3,
     "parameters and running statistics as float32"},
    {NULL, NULL, 0, 0, 0, 0, NULL},
};

struct net_view {
    struct table *layers, *exits, *nets;
};

/* The next cell: "32x32x3", or none where there are no numbers. */
static void sides(struct table *t, const struct ints *v)
{
    struct buf b = {0};

    for (size_t i = 0; i < v->n; i++)
        buf_addf(&b, "%s%" PRId64, i ? "x" : "", v->v[i]);
    table_text(t, v->n ? b.data : NULL);
    buf_free(&b);
}

static void add_net(struct net_view *v, const struct net *n)
{
    struct buf taps = {0};
    int64_t all = net_exit_at(n, n->exits.n - 1)->gamma, macs = 0;
    struct table *t = v->layers;

    for (size_t i = 0; i < n->layers.n; i++) {
        const struct layer *l = net_layer(n, i);
        int head = net_head_of(n, i);

        buf_clear(&taps);
        for (size_t k = 0; k < n->exits.n; k++)
            if (net_exit_at(n, k)->tap == (int64_t)i)
                buf_addf(&taps, "%s%zu", taps.len ? "," : "tap ", k + 1);
        report_design(t, n->arch, n->id, &n->origin);
        table_int(t, (int64_t)i);
        table_text(t, l->name);
        table_text(t, net_op_names[l->op]);
        sides(t, &l->kernel);
        sides(t, &l->stride);
        table_int(t, op_info(l->op)->groups ? l->groups : NIL_INT);
        sides(t, &l->in);
        sides(t, &l->out);
        table_bool(t, layer_has_norm(l));
        table_text(t, l->act ? net_act_names[l->act] : NULL);
        table_int(t, l->macs);
        table_int(t, l->params);
        table_text(t, taps.len ? taps.data + strlen("tap ") : NULL);
        table_int(t, head < 0 ? NIL_INT : head + 1);
        if (head >= 0)
            buf_addf(&taps, "head %d", head + 1);
        table_text(t, taps.len ? taps.data : NULL);
        macs += l->macs;
    }
    t = v->exits;
    for (size_t k = 0; k < n->exits.n; k++) {
        const struct net_exit *x = net_exit_at(n, k);

        report_design(t, n->arch, n->id, &n->origin);
        table_int(t, (int64_t)k + 1);
        table_text(t, x->tap == NET_IMAGE ? "input"
                                          : net_layer(n, (size_t)x->tap)->name);
        table_int(t, net_prefix(n, k, MACS_TRUE));
        table_int(t, x->head_macs);
        table_int(t, x->gamma);
        table_int(t, x->gamma_paper);
        table_real(t, all ? (double)x->gamma / (double)all : NAN);
        table_bool(t, x->confidence);
    }
    t = v->nets;
    table_text(t, n->id);
    table_int(t, n->origin.iteration);
    table_int(t, n->origin.slot);
    sides(t, &n->input);
    table_int(t, n->classes);
    table_int(t, (int64_t)n->layers.n);
    table_int(t, (int64_t)n->exits.n);
    table_int(t, macs);
    table_int(t, n->params);
    table_real(t, (double)n->peak_bytes);
    table_real(t, (double)n->size_bytes);
    buf_free(&taps);
}

int report_nets(struct reader *r, struct record *rec,
                const struct report_opts *o, struct report *rep, struct err *e)
{
    struct net_view v;
    int rc;

    if (o->draw || (o->view != VIEW_DEFAULT && o->view != VIEW_NET))
        return report_no_view(o, "net", e);
    v.layers = report_table(rep, "layers", layer_columns);
    v.exits = report_table(rep, "exits", exit_columns);
    v.nets = report_table(rep, "nets", net_columns);
    do {
        rc = 0;
        if (rec->schema == &schema_net && (rc = reader_decode(r, rec, e)) == 0)
            add_net(&v, rec->data);
    } while (rc == 0 && (rc = report_next(r, rec, o, e)) > 0);
    return rc;
}
