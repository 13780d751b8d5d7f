/* SPDX-License-Identifier: MIT */
#include "tools/net-augment/augmenting.h"

#include <inttypes.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/set.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/graph/positions.h"
#include "tools/net-augment/listing.h"

/* What is known of the network whose records are coming. */
struct augmenting {
    const struct augment_job *j;
    struct reader *r;
    struct writer *w;   /* NULL with a list */
    struct buf trained; /* its record `trained`, as it came */
    bool skip;          /* it failed */
    bool open;          /* `net` has come: what follows belongs to it */
    const char *id;     /* of the network that came */
    const struct kind *kind;
    bool weights; /* it is of a trained stream */
    struct arena arena;
    struct net now;        /* with its exits */
    struct set bound;      /* tensors that it has in common with what came */
    size_t came;           /* of these, those that have come */
    struct candidates all; /* where exits are added */
    struct cut cut;        /* or which are kept */
};

/* ---- tensors ---- */

/* Write the tensors of the branches as training begins with them. */
static int put_branches(struct augmenting *u, struct err *e)
{
    const struct layer *first = net_layer(&u->now, 0);
    struct engine_opts o = {.batch = 1, .shards = 1, .threads = 1};
    struct engine *g = engine_new(&u->now, &o);
    const struct engine_param *p;
    size_t n;
    int rc = 0;

    engine_init(g, u->j->seed);
    p = engine_params(g, &n);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct ints *shape = &p[i].binding->shape;
        int head = net_head_of(&u->now, (size_t)(p[i].layer - first));

        if (head >= 0 && head + 1 < (int)u->now.exits.n)
            rc = weights_put(u->w, p[i].binding->tensor,
                             p[i].stat ? ROLE_STAT : ROLE_PARAM, shape->v,
                             shape->n, p[i].value, e);
    }
    engine_free(g);
    return rc;
}

/* ---- networks ---- */

/* End the network at hand, if there is one. */
static int close_net(struct augmenting *u, struct err *e)
{
    int rc = 0;

    bool without = u->j->keep && !u->came; /* as it came */

    if (u->open && u->weights && u->w && u->came < u->bound.n && !without)
        rc = err_set(e, ERR_FORMAT,
                     "net %s comes %s (eenn-train --weights=none?)", u->id,
                     u->came ? "with some of its weights only"
                             : "without weights");
    if (rc == 0 && u->open && u->weights && u->w && !u->j->keep)
        rc = put_branches(u, e);
    set_free(&u->bound);
    arena_reset(&u->arena);
    u->open = u->skip = u->weights = false;
    u->trained.len = u->came = 0;
    return rc;
}

/* Say how many exits there are now. */
static void say(const struct augmenting *u)
{
    const struct platform *on = u->j->fit.platform;
    const struct candidates *c = &u->all;
    const char *id = u->id;
    size_t taken = candidates_taken(c);
    int64_t macs = 0;

    for (size_t i = 0; i < c->n; i++)
        macs += c->v[i].dropped ? 0 : c->v[i].branch.macs;
    if (c->removed)
        log_warn(
            "net %.32s: its %zu early exits are left out; candidates stand "
            "in their place",
            id, c->removed);
    if (!taken)
        log_warn("net %.32s: there is no place for an early exit", id);
    log_info("net %.32s: %zu positions, %zu exits, whose branches have %" PRId64
             " MACs together, the backbone %" PRId64,
             id, c->n, taken, macs, net_prefix(&c->base, 0, MACS_TRUE));
    for (size_t p = on ? on->processors.n : 2; p <= (on ? on->processors.n : 3);
         p++)
        log_info("net %.32s: architectures with at most one classifier a "
                 "processor: %" PRId64 " on %zu processor%s",
                 id, positions_architectures(taken, p), p, p > 1 ? "s" : "");
}

/* Write `trained`: of a network whose exits are new, without what was said of the
 * one that came. */
static int put_trained(struct augmenting *u, const struct trained *was,
                       struct err *e)
{
    struct trained now = {.best_epoch = NIL_INT};

    if (u->j->keep) {
        now = *was;
        cut_trained(&now, &u->cut);
    } else {
        now.dataset = was->dataset;
        now.input = was->input;
        now.seed = (int64_t)u->j->seed;
    }
    summary_of_net(&now.summary, &u->now, now.summary.recipe, &u->arena);
    return writer_put(u->w, &schema_trained, &now, e);
}

/* Find what becomes of the network that came. */
static int change_net(struct augmenting *u, const struct net *net,
                      const struct summary *s, struct err *e)
{
    int rc;

    if (u->j->keep) {
        if ((rc = cut_choose(&u->cut, u->j->keep, net, s, e)) < 0)
            return rc;
        log_info("net %.32s: %zu of %zu early exits are kept", u->id,
                 (size_t)cut_exit(&u->cut, (int64_t)net->exits.n - 1),
                 net->exits.n - 1);
        return cut_net(&u->now, &u->cut, net, &u->arena, e);
    }
    if ((rc = candidates_find(&u->all, net, &u->j->candidates, &u->arena, e)) <
        0)
        return err_prefix(e, "net %.32s", u->id);
    if (u->j->fit.platform &&
        (rc = candidates_fit(&u->all, &u->j->fit, &u->arena, e)) < 0)
        return err_prefix(e, "net %.32s", u->id);
    say(u);
    if (u->j->list)
        list_candidates(&u->all, u->j->list);
    if ((rc = candidates_net(&u->all, &u->arena, &u->now, e)) < 0)
        err_prefix(e, "net %.32s", u->id);
    return rc;
}

static int one_net(struct augmenting *u, struct record *rec, struct err *e)
{
    struct net *net = arena_alloc(&u->arena, 1, sizeof *net);
    struct trained was = {0};
    int rc = reader_decode(u->r, rec, e);

    if (rc < 0)
        return rc;
    net_copy(net, rec->data, &u->arena);
    u->id = net->id;
    u->open = true;
    if (!u->weights)
        summary_of_net(&was.summary, net, NULL, &u->arena);
    else if ((rc = schema_decode(&schema_trained, u->trained.data,
                                 u->trained.len, &u->arena, &was, e)) < 0)
        return rc;
    if (change_net(u, net, &was.summary, e) < 0)
        return reader_locate(u->r, e);
    if (!u->w)
        return 0;
    /* Tensors of what was there before. */
    for (size_t i = 0; i < u->now.layers.n; i++) {
        const struct list *bindings = &net_layer(&u->now, i)->bindings;
        const struct binding *b = bindings->v;
        int head = net_head_of(&u->now, i);

        for (size_t k = 0; k < bindings->n; k++)
            if (u->j->keep || head < 0 || head + 1 == (int)u->now.exits.n)
                set_add(&u->bound, b[k].tensor, strlen(b[k].tensor));
    }
    if (u->weights && (rc = put_trained(u, &was, e)) < 0)
        return rc;
    return writer_put(u->w, &schema_net, &u->now, e);
}

/* Pass on what the kept exits said. */
static int pass_trace(struct augmenting *u, struct record *rec, struct err *e)
{
    int rc = reader_decode(u->r, rec, e);

    if (rc < 0)
        return rc;
    if (rec->schema == &schema_trace) {
        struct trace_head head = *(const struct trace_head *)rec->data;

        if (head.policy)
            return reader_fail(u->r, e,
                               "the trace is of a policy; of such a trace no "
                               "exits can be taken");
        summary_of_net(&head.summary, &u->now, head.summary.recipe, &u->arena);
        head.exits = (int64_t)u->now.exits.n;
        return writer_put(u->w, &schema_trace, &head, e);
    }
    struct exit_trace x = *(const struct exit_trace *)rec->data;

    x.exit = cut_exit(&u->cut, x.exit);
    return x.exit < 0 ? 0 : writer_put(u->w, &schema_exit_trace, &x, e);
}

static int one_record(struct augmenting *u, struct record *rec, struct err *e)
{
    const struct named_tensor *tensor;
    const struct trained *t;
    int rc;

    if (rec->schema == &schema_trained ||
        (rec->schema == &schema_net && !u->weights))
        if ((rc = close_net(u, e)) < 0)
            return rc;
    if (rec->schema == &schema_trained) {
        if ((rc = reader_decode(u->r, rec, e)) < 0)
            return rc;
        t = rec->data;
        u->weights = true;
        u->skip = t->status == TRAINED_FAILED;
        if (u->skip)
            log_warn("net %s failed in training and is left out: %s",
                     t->summary.net, t->reason);
        buf_add(&u->trained, rec->bytes, rec->n);
        return 0;
    }
    if (u->skip)
        return 0;
    if (rec->schema == &schema_net)
        return one_net(u, rec, e);
    if (!u->w)
        return 0;
    if (rec->schema != &schema_tensor)
        return u->j->keep ? pass_trace(u, rec, e) : 0;
    if ((rc = reader_decode(u->r, rec, e)) < 0)
        return rc;
    tensor = rec->data;
    if (tensor->role == ROLE_MOMENTUM ||
        set_find(&u->bound, tensor->name, strlen(tensor->name)) == SET_NONE)
        return 0;
    u->came++;
    return writer_put(u->w, &schema_tensor, tensor, e);
}

int augment_run(struct reader *r, const struct augment_job *j,
                struct writer **w, struct err *e)
{
    struct augmenting u = {.j = j, .r = r};
    struct record rec;
    int rc;

    while ((rc = reader_next_raw(r, &rec, e)) > 0) {
        if (!j->list && !*w &&
            !(*w = writer_open(j->output, rec.kind, &j->writer, e))) {
            rc = e->code;
            break;
        }
        u.w = *w;
        if (u.kind && u.kind != rec.kind) {
            rc = reader_fail(r, e, "a %s stream behind a %s stream",
                             rec.kind->id.name, u.kind->id.name);
            break;
        }
        u.kind = rec.kind;
        if ((rc = one_record(&u, &rec, e)) < 0)
            break;
    }
    if (rc == 0)
        rc = close_net(&u, e);
    set_free(&u.bound);
    buf_free(&u.trained);
    arena_free(&u.arena);
    return rc;
}
