/* SPDX-License-Identifier: MIT */
#include "tools/eenn-run/running.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/train/bind.h"
#include "tools/eenn-run/timing.h"

/* Holds the network whose records are being read. */
struct net_run {
    struct reader *r;
    struct writer *w;
    const struct run_job *job;
    struct arena arena; /* holds summary and net */
    struct summary summary;
    struct net net;
    struct input_map input; /* what it was trained on */
    struct tensors *tensors;
    bool open; /* there is one, and it did not fail */
};

/* ---- checking the policy ---- */

static int check_policy(const struct net_run *u, const struct policy *p,
                        struct err *e)
{
    const struct policies *all = u->job->policies;
    const char *net = u->net.id;
    if (!p && all->n == 0)
        return reader_fail(
            u->r, e, "no policy for net %s: the policy stream is empty", net);
    if (!p)
        return reader_fail(u->r, e,
                           "no policy for net %s: the policy is for %s%s", net,
                           all->v[0].net, all->n > 1 ? " and others" : "");
    if (!p->rule)
        return reader_fail(
            u->r, e, "the policy for net %s is of a training that failed", net);
    if (p->thresholds.n + 1 != u->net.exits.n)
        return reader_fail(u->r, e,
                           "the policy for net %s has thresholds for "
                           "%zu exits, the net has %zu",
                           net, p->thresholds.n + 1, u->net.exits.n);
    if (p->temperatures.n && p->temperatures.n != u->net.exits.n)
        return reader_fail(u->r, e,
                           "the policy for net %s has temperatures of "
                           "%zu exits, the net has %zu",
                           net, p->temperatures.n, u->net.exits.n);
    for (size_t i = 0; i + 1 < u->net.exits.n; i++)
        if (p->rule->confidence && !isnan(p->thresholds.v[i]) &&
            !net_exit_at(&u->net, i)->confidence)
            return reader_fail(u->r, e,
                               "exit %zu of net %s has no confidence "
                               "unit, which the rule %s needs",
                               i, net, p->rule->name);
    if (p->recipe && u->summary.recipe && strcmp(p->recipe, u->summary.recipe))
        log_warn("the policy for net %s was tuned on another training of it",
                 net);
    return 0;
}

/* ---- weights ---- */

static int make_engine(const struct net_run *u, struct engine **g,
                       struct err *e)
{
    if (!tensors_count(u->tensors))
        return reader_fail(u->r, e,
                           "net %s comes without weights (eenn-train "
                           "--weights=none?)",
                           u->net.id);
    struct engine_opts o = {.batch = (int)u->job->batch,
                            .threads = u->job->threads};
    size_t n;
    *g = engine_new(&u->net, &o);
    struct engine_param *p = engine_params(*g, &n);
    for (size_t i = 0; i < n; i++) {
        int rc = bind_take(u->tensors, &p[i], e);
        if (rc < 0) {
            err_prefix(e, "net %s", u->net.id);
            return reader_locate(u->r, e);
        }
        if (rc == 0)
            return reader_fail(u->r, e, "net %s: its weights lack tensor %s",
                               u->net.id, p[i].binding->tensor);
    }
    return 0;
}

/* ---- writing ---- */

static struct tensor shaped(enum dtype t, const void *data, int64_t n,
                            int64_t m)
{
    struct tensor x = {.dtype = t, .ndim = m ? 2 : 1, .data = data};
    x.shape[0] = n;
    x.shape[1] = m;
    return x;
}

static int put_exit(struct net_run *u, const struct inference *x, int64_t exit,
                    const float *logits, const float *confidence, struct err *e)
{
    int64_t n = (int64_t)x->samples;
    struct exit_trace t = {
        .exit = exit,
        .logits = shaped(DT_F32, logits, n, (int64_t)x->classes),
        .confidence = shaped(DT_F32, confidence ? (const void *)confidence : "",
                             confidence ? n : 0, 0),
    };
    return writer_put(u->w, &schema_exit_trace, &t, e);
}

static int put_trace(struct net_run *u, const struct inference *x,
                     const struct policy *p, struct err *e)
{
    const struct split *split = &u->job->data->split[u->job->split];
    int64_t n = (int64_t)x->samples;
    struct trace_head h = {
        .summary = u->summary,
        .split = (char *)split_names[u->job->split],
        .samples = n,
        .classes = (int64_t)x->classes,
        .exits = (int64_t)x->exits,
        .policy = p != NULL,
        .rule = p ? (char *)p->rule->name : NULL,
        .thresholds = p ? p->thresholds : (struct reals){0},
        .temperatures = p ? p->temperatures : (struct reals){0},
        .labels = shaped(DT_I32, split->labels, n, 0),
        .taken = shaped(DT_U8, p ? (void *)x->taken : "", p ? n : 0, 0),
        .names = trace_names(&split->names, split->n),
    };
    int rc = writer_put(u->w, &schema_trace, &h, e);
    if (p)
        return rc < 0 ? rc : put_exit(u, x, -1, x->logits[0], NULL, e);
    for (size_t i = 0; i < x->exits && rc == 0; i++)
        rc = put_exit(u, x, (int64_t)i, x->logits[i], x->confidence[i], e);
    return rc;
}

/* ---- one network ---- */

static int run_net(struct net_run *u, struct err *e)
{
    const struct run_job *job = u->job;
    const struct policy *p = NULL;
    struct input_spec input;
    int rc = input_check_net(&job->data->input, job->data->name, &u->net, e);
    if (rc == 0)
        rc = input_for_net(&u->input, u->net.id, &job->data->input,
                           &job->data->class_names, job->data->name, &input, e);
    if (rc == 0)
        rc = trace_fits(job->data->split[job->split].n, (size_t)u->net.classes,
                        e);
    if (rc < 0)
        rc = reader_locate(u->r, e);
    if (rc == 0 && job->policies) {
        p = policies_find(job->policies, &u->summary);
        rc = check_policy(u, p, e);
    }
    struct engine *g = NULL;
    if (rc == 0)
        rc = make_engine(u, &g, e);
    if (rc == 0) {
        struct inference_job what = {
            .net = &u->net,
            .engine = g,
            .input = &input,
            .split = &job->data->split[job->split],
            .batch = job->batch,
            .rule = p ? p->rule : NULL,
            .thresholds = p ? p->thresholds.v : NULL,
            .temperatures = p && p->temperatures.n ? p->temperatures.v : NULL,
            .repeat = job->repeat,
            .baseline = job->baseline,
            .progress = job->progress,
        };
        struct inference x;
        infer(&what, &x);
        rc = put_trace(u, &x, p, e);
        timing_report(&what, &x, &u->summary);
        inference_fini(&x);
    }
    engine_free(g);
    return rc;
}

/* Run the network whose records are complete, unless it failed in training, and
 * free it. */
static int close_net(struct net_run *u, struct err *e)
{
    int rc = u->open ? run_net(u, e) : 0;
    tensors_free(u->tensors);
    u->tensors = NULL;
    arena_reset(&u->arena);
    u->open = false;
    return rc;
}

static int one_record(struct net_run *u, struct record *rec, struct err *e)
{
    const struct named_tensor *tensor;
    const struct trained *t;
    int rc;

    if (rec->schema == &schema_trained && (rc = close_net(u, e)) < 0)
        return rc;
    if ((rc = reader_decode(u->r, rec, e)) < 0)
        return rc;
    t = rec->data;
    tensor = rec->data;
    if (rec->schema == &schema_trained) {
        u->open = t->status == TRAINED_OK;
        if (!u->open)
            log_warn("net %s failed in training and is not run: %s",
                     t->summary.net ? t->summary.net : "(no id)",
                     t->reason ? t->reason : "no reason given");
        u->tensors = tensors_new();
        summary_copy(&u->summary, &t->summary, &u->arena);
        input_map_copy(&u->input, &t->input, &u->arena);
    } else if (rec->schema == &schema_net) {
        net_copy(&u->net, rec->data, &u->arena);
    } else if (rec->schema == &schema_tensor && u->open &&
               tensor->role != ROLE_MOMENTUM &&
               !tensors_add(u->tensors, tensor)) {
        return reader_fail(u->r, e, "tensor %s comes twice", tensor->name);
    }
    return 0;
}

int run_stream(struct reader *r, struct writer *w, const struct run_job *job,
               struct err *e)
{
    struct net_run u = {.r = r, .w = w, .job = job};
    struct record rec;
    int rc;
    while ((rc = reader_next_raw(r, &rec, e)) > 0)
        if ((rc = one_record(&u, &rec, e)) < 0)
            break;
    if (rc == 0)
        rc = close_net(&u, e);
    tensors_free(u.tensors);
    arena_free(&u.arena);
    return rc;
}
