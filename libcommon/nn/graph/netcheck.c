/* SPDX-License-Identifier: MIT
 * net_check: the one place that decides whether a graph can be trusted.  Each
 * step relies on the ones before it: links, shapes and bindings layer by layer
 * (an input's shape is settled before its readers look at it), then names,
 * exits, and costs last, when no product can overflow any more. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "libcommon/base/order.h"
#include "libcommon/nn/graph/cost.h"
#include "libcommon/nn/graph/op.h"
#include "libcommon/nn/graph/window.h"

/* Sets an error about layer l.  Its name may hold anything, so it is put in
 * front of the text and never read as a format. */
#define LAYER_ERR(e, l, ...)                \
    (err_set((e), ERR_FORMAT, __VA_ARGS__), \
     err_prefix((e), "layer %.*s", NET_MAX_NAME, (l)->name ? (l)->name : "?"))

/* There must be three sizes, each within its limit, and their product within
 * that of elements.  A flattened map may have more channels than a map. */
static bool shape_fine(const struct ints *s)
{
    if (s->n != 3)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (s->v[i] < 1)
            return false;
    if (s->v[0] > NET_MAX_SIDE || s->v[1] > NET_MAX_SIDE)
        return false;
    if (s->v[0] == 1 && s->v[1] == 1)
        return s->v[2] <= NET_MAX_ELEMENTS;
    return s->v[2] <= NET_MAX_CHANNELS &&
           s->v[2] <= NET_MAX_ELEMENTS / (s->v[0] * s->v[1]);
}

static bool name_fine(const char *s)
{
    size_t n = s ? strlen(s) : 0;

    for (size_t i = 0; i < n; i++)
        if (s[i] <= ' ' || s[i] > '~')
            return false;
    return n >= 1 && n <= NET_MAX_NAME;
}

/* ---- links ---- */

static int check_links(const struct net *n, size_t i, struct err *e)
{
    const struct layer *l = net_layer(n, i);

    if (!name_fine(l->name))
        return err_set(e, ERR_FORMAT, "layer %zu has no usable name", i);
    if (l->op < 0 || l->op >= OP_COUNT || l->act < 0 || l->act >= ACT_COUNT)
        return LAYER_ERR(e, l, "unknown op or activation");
    if (l->inputs.n < op_info(l->op)->min_inputs ||
        l->inputs.n > op_info(l->op)->max_inputs)
        return LAYER_ERR(e, l, "%zu inputs, operator %s takes %zu to %zu",
                         l->inputs.n, net_op_names[l->op],
                         op_info(l->op)->min_inputs,
                         op_info(l->op)->max_inputs);
    for (size_t k = 0; k < l->inputs.n; k++)
        if (l->inputs.v[k] < NET_IMAGE || l->inputs.v[k] >= (int64_t)i)
            return LAYER_ERR(e, l,
                             "reads layer %" PRId64 ", not an earlier "
                             "one",
                             l->inputs.v[k]);
    return 0;
}

/* ---- shapes ---- */

/* Ops that slide a window have kernel, stride and pad, others have none. */
static int check_window(const struct layer *l, struct err *e)
{
    int window = op_info(l->op)->window;
    int64_t max_pad;

    if (window == WINDOW_NONE)
        return l->kernel.n || l->stride.n || l->pad.n
                   ? LAYER_ERR(e, l, "operator %s takes no window",
                               net_op_names[l->op])
                   : 0;
    if (l->kernel.n != 2 || l->stride.n != 2 ||
        (l->pad.n != 2 && l->pad.n != 4))
        return LAYER_ERR(e, l,
                         "kernel and stride need two numbers each, pad two or "
                         "four");
    for (size_t k = 0; k < 2; k++) {
        int64_t kernel = l->kernel.v[k];
        int64_t before = layer_pad_before(l, k), after = layer_pad_after(l, k);
        int64_t pad = before > after ? before : after;

        if (kernel < 1 || kernel > NET_MAX_SIDE || l->stride.v[k] < 1 ||
            l->stride.v[k] > NET_MAX_SIDE || before < 0 || after < 0 ||
            pad >= kernel || kernel > window_padded(l->in.v[k], before, after))
            return LAYER_ERR(e, l, "impossible window");
        max_pad = window == WINDOW_UNPADDED ? 0 : kernel - 1;
        if (pad > max_pad)
            return LAYER_ERR(e, l,
                             "padding %" PRId64 ", operator %s takes at "
                             "most %" PRId64,
                             pad, net_op_names[l->op], max_pad);
    }
    if (l->pad.n == 4 && layer_pad_before(l, 0) == layer_pad_after(l, 0) &&
        layer_pad_before(l, 1) == layer_pad_after(l, 1))
        return LAYER_ERR(e, l,
                         "opposite sides are padded alike, so pad needs "
                         "two numbers, not four");
    return 0;
}

static int check_shapes(const struct net *n, size_t i, struct err *e)
{
    const struct layer *l = net_layer(n, i);
    const struct op_info *op = op_info(l->op);
    const struct ints *in = net_shape(n, l->inputs.v[0]);
    int64_t out[3];
    int rc;

    if (l->in.n != in->n || memcmp(l->in.v, in->v, in->n * sizeof *in->v) != 0)
        return LAYER_ERR(e, l, "input shape is not its input's");
    if (!shape_fine(&l->out))
        return LAYER_ERR(e, l, "impossible output shape");
    if ((rc = check_window(l, e)) < 0)
        return rc;

    if (op->groups ? l->groups != 1 && l->groups != l->in.v[2] : l->groups != 0)
        return LAYER_ERR(e, l, "groups %" PRId64, l->groups);
    if (op->mid ? l->mid < 1 || l->mid > NET_MAX_CHANNELS : l->mid != 0)
        return LAYER_ERR(e, l, "squeeze width %" PRId64, l->mid);
    if (l->norm && op->norm != MAY)
        return LAYER_ERR(e, l, "batch norm on %s", net_op_names[l->op]);
    if (l->act ? op->act == NEVER : op->act == ALWAYS)
        return LAYER_ERR(e, l, "activation %s on %s", net_act_names[l->act],
                         net_op_names[l->op]);

    out[2] = l->out.v[2];
    if (!op->shape(n, l, out))
        return LAYER_ERR(e, l,
                         "the inputs' shapes do not fit operator %s, or "
                         "not an output of %" PRId64 " channels",
                         net_op_names[l->op], l->out.v[2]);
    if (memcmp(out, l->out.v, sizeof out) != 0)
        return LAYER_ERR(e, l,
                         "output shape is (%" PRId64 ", %" PRId64 ", %" PRId64
                         "), should be (%" PRId64 ", %" PRId64 ", %" PRId64 ")",
                         l->out.v[0], l->out.v[1], l->out.v[2], out[0], out[1],
                         out[2]);
    return 0;
}

/* ---- bindings ---- */

static int check_bindings(const struct layer *l, struct err *e)
{
    struct param_slot slots[OP_MAX_SLOTS];
    size_t n = layer_slots(l, slots), have = 0;

    for (size_t i = 0; i < n; i++) {
        const struct param_slot *s = &slots[i];
        const struct binding *b = have < l->bindings.n
                                      ? (struct binding *)l->bindings.v + have
                                      : NULL;
        int64_t count = 1;

        if (!b || !b->slot || strcmp(b->slot, s->name) != 0) {
            if (s->optional)
                continue;
            return LAYER_ERR(e, l, "%s is not bound", s->name);
        }
        if (!name_fine(b->tensor))
            return LAYER_ERR(e, l, "%s is bound to no usable name", s->name);
        if (b->shape.n != s->ndim ||
            memcmp(b->shape.v, s->shape, s->ndim * sizeof *s->shape) != 0)
            return LAYER_ERR(e, l, "%s has the wrong shape", s->name);
        for (size_t k = 0; k < s->ndim; k++) {
            if (s->shape[k] > NET_MAX_ELEMENTS / count)
                return LAYER_ERR(e, l, "%s is too large", s->name);
            count *= s->shape[k];
        }
        if (b->offset.n && b->offset.n != s->ndim)
            return LAYER_ERR(e, l, "%s has a wrong offset", s->name);
        for (size_t k = 0; k < b->offset.n; k++)
            if (b->offset.v[k] < 0 || b->offset.v[k] > NET_MAX_ELEMENTS)
                return LAYER_ERR(e, l, "%s has a wrong offset", s->name);
        if (b->runs < 0 ||
            (b->runs > 1 && (s->transforms || s->shape[s->ndim - 1] % b->runs)))
            return LAYER_ERR(e, l, "%s has wrong runs", s->name);
        if (b->transforms.n > (s->transforms ? NET_MAX_TRANSFORMS : 0))
            return LAYER_ERR(e, l, "%s has transforms it cannot have", s->name);
        for (size_t k = 0; k < b->transforms.n; k++)
            if (!name_fine(b->transforms.v[k]))
                return LAYER_ERR(e, l, "%s has a nameless transform", s->name);
        have++;
    }
    if (have != l->bindings.n)
        return LAYER_ERR(e, l, "a binding too many");
    return 0;
}

/* ---- names ---- */

static int check_unique(const char **names, size_t n, const char *what,
                        struct err *e)
{
    if (n)
        qsort(names, n, sizeof *names, order_strings);
    for (size_t i = 1; i < n; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return err_set(e, ERR_FORMAT, "two %s named %s", what, names[i]);
    return 0;
}

static int check_names(const struct net *n, struct err *e)
{
    size_t max = n->layers.n * (OP_MAX_SLOTS + 1), tensors = 0;
    const char **names = xcalloc(max + 1, sizeof *names);
    int rc;

    for (size_t i = 0; i < n->layers.n; i++)
        names[i] = net_layer(n, i)->name;
    rc = check_unique(names, n->layers.n, "layers", e);
    for (size_t i = 0; rc == 0 && i < n->layers.n; i++)
        for (size_t k = 0; k < net_layer(n, i)->bindings.n; k++)
            names[tensors++] =
                ((struct binding *)net_layer(n, i)->bindings.v)[k].tensor;
    if (rc == 0)
        rc = check_unique(names, tensors, "bindings of a tensor", e);
    free(names);
    return rc;
}

/* ---- exits ---- */

static int check_exit(const struct net *n, size_t i, struct err *e)
{
    const struct net_exit *x = net_exit_at(n, i);
    const struct net_exit *before = i ? net_exit_at(n, i - 1) : NULL;
    bool final = i + 1 == n->exits.n;
    int64_t start = before ? before->last + 1 : 0;
    int64_t last_backbone = x->first > start ? x->first - 1
                            : before         ? before->tap
                                             : NET_IMAGE;
    const struct layer *head;

    if (x->first < start || x->last < x->first ||
        x->last >= (int64_t)n->layers.n || x->tap != last_backbone)
        return err_set(e, ERR_FORMAT, "exit %zu: impossible layers", i);
    if (final && x->last + 1 != (int64_t)n->layers.n)
        return err_set(e, ERR_FORMAT, "layers after the final exit");
    head = net_layer(n, (size_t)x->last);
    if (head->out.v[0] != 1 || head->out.v[1] != 1 ||
        head->out.v[2] != n->classes + x->confidence)
        return err_set(e, ERR_FORMAT,
                       "exit %zu: %" PRId64 " outputs for "
                       "%" PRId64 " classes%s",
                       i, head->out.v[2], n->classes,
                       x->confidence ? " and a confidence unit" : "");
    if (final && x->confidence)
        return err_set(e, ERR_FORMAT, "the final exit has a confidence unit");
    if (x->stage < (before ? before->stage : 0) || x->stage > NET_MAX_LAYERS)
        return err_set(e, ERR_FORMAT, "exit %zu: stage %" PRId64, i, x->stage);
    head = net_layer(n, (size_t)x->first);
    if (x->pool < 1 || x->pool > NET_MAX_SIDE ||
        (x->pool > 1 &&
         (!op_info(head->op)->exit_pool || head->kernel.v[0] != x->pool)))
        return err_set(e, ERR_FORMAT,
                       "exit %zu: pool %" PRId64 " is not its "
                       "first layer's",
                       i, x->pool);
    return 0;
}

/* A head reads its tap and its own layers, the backbone reads its own layers
 * only; every layer is read by another or ends an exit. */
static int check_flow(const struct net *n, struct err *e)
{
    bool *is_read = xcalloc(n->layers.n, sizeof *is_read);
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n->layers.n; i++) {
        const struct layer *l = net_layer(n, i);
        int head = net_head_of(n, i);

        for (size_t k = 0; k < l->inputs.n; k++) {
            int64_t from = l->inputs.v[k];
            bool own = head >= 0 && (from == net_exit_at(n, head)->tap ||
                                     from >= net_exit_at(n, head)->first);

            if (from >= 0)
                is_read[from] = true;
            if (head >= 0 ? !own
                          : from >= 0 && net_head_of(n, (size_t)from) >= 0)
                rc = LAYER_ERR(e, l, "reads across the border of a head");
        }
    }
    for (size_t i = 0; i < n->exits.n; i++)
        is_read[net_exit_at(n, i)->last] = true;
    for (size_t i = 0; rc == 0 && i < n->layers.n; i++)
        if (!is_read[i])
            rc = LAYER_ERR(e, net_layer(n, i), "is read by nobody");
    free(is_read);
    return rc;
}

/* ---- costs ---- */

/* Returns true when gamma and head_macs follow from the layers' costs by
 * `rule`. */
static bool exits_follow(const struct net *n, enum mac_rule rule)
{
    int64_t backbone = 0, heads = 0;
    size_t i = 0;

    for (size_t x = 0; x < n->exits.n; x++) {
        const struct net_exit *exit = net_exit_at(n, x);
        int64_t head = 0;

        for (; (int64_t)i <= exit->last; i++) {
            const struct layer *l = net_layer(n, i);

            *((int64_t)i < exit->first
                  ? &backbone
                  : &head) += rule == MACS_TRUE ? l->macs : l->macs_paper;
        }
        heads += head;
        if (exit->head_macs != head || exit->gamma != backbone + heads)
            return false;
    }
    return true;
}

static int check_costs(const struct net *n, struct err *e)
{
    int64_t macs = 0, paper = 0, params = 0, size = 0, prefix = 0, bytes = 0;
    size_t i = 0;

    for (size_t x = 0; x < n->exits.n; x++) {
        const struct net_exit *exit = net_exit_at(n, x);
        int64_t head = 0;

        for (; (int64_t)i <= exit->last; i++) {
            const struct layer *l = net_layer(n, i);

            if (l->macs != layer_macs(l) || l->params != layer_params(l) ||
                l->act_bytes != 4 * shape_count(&l->out))
                return LAYER_ERR(e, l,
                                 "macs, params or act_bytes are not what "
                                 "its shape says");
            if (l->macs_paper < 0 || l->macs_paper > NET_MAX_MACS)
                return LAYER_ERR(e, l, "macs_paper %" PRId64, l->macs_paper);
            if ((macs += l->macs) > NET_MAX_MACS ||
                (paper += l->macs_paper) > NET_MAX_MACS ||
                (params += l->params) > NET_MAX_ELEMENTS)
                return LAYER_ERR(e, l, "the network is too large");
            size += layer_size_bytes(l);
            if ((bytes += l->act_bytes) > 4 * NET_MAX_ELEMENTS)
                return LAYER_ERR(e, l, "the activations are too large");
            *((int64_t)i < exit->first ? &prefix : &head) += l->macs_paper;
        }
        if (exit->gamma_paper != prefix + head)
            return err_set(e, ERR_FORMAT,
                           "exit %zu: gamma_paper is not what its layers cost",
                           x);
    }
    if (!exits_follow(n, MACS_TRUE) && !exits_follow(n, MACS_PAPER))
        return err_set(e, ERR_FORMAT,
                       "gamma or head_macs are not what the layers cost");
    if (n->params != params || n->size_bytes != size ||
        n->peak_bytes != net_peak_bytes(n))
        return err_set(e, ERR_FORMAT,
                       "params, size_bytes or peak_bytes are "
                       "not what the layers need");
    return 0;
}

int net_check(const struct net *n, struct err *e)
{
    int rc;

    if (!shape_fine(&n->input) || n->input.v[2] > NET_MAX_CHANNELS)
        return err_set(e, ERR_FORMAT, "impossible input shape");
    if (n->classes < 1 || n->classes >= NET_MAX_CHANNELS)
        return err_set(e, ERR_FORMAT, "%" PRId64 " classes", n->classes);
    if (n->layers.n < 1 || n->layers.n > NET_MAX_LAYERS)
        return err_set(e, ERR_FORMAT, "%zu layers", n->layers.n);
    if (n->exits.n < 1 || n->exits.n > NET_MAX_EXITS)
        return err_set(e, ERR_FORMAT, "%zu exits", n->exits.n);
    for (size_t i = 0; i < n->layers.n; i++)
        if ((rc = check_links(n, i, e)) < 0 ||
            (rc = check_shapes(n, i, e)) < 0 ||
            (rc = check_bindings(net_layer(n, i), e)) < 0)
            return rc;
    if ((rc = check_names(n, e)) < 0)
        return rc;
    for (size_t i = 0; i < n->exits.n; i++)
        if ((rc = check_exit(n, i, e)) < 0)
            return rc;
    if ((rc = check_flow(n, e)) < 0)
        return rc;
    return check_costs(n, e);
}
