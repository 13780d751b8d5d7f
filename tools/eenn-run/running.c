/* SPDX-License-Identifier: MIT */
#include "tools/eenn-run/running.h"

#include <inttypes.h>
#include <math.h>

#include "formats/trained.h"
#include "libcommon/nn/engine/engine.h"
#include "tools/eenn-run/timing.h"

/* Is what running one network needs. */
struct net_run {
    struct reader *r;
    struct writer *w;
    const struct run_job *job;
};

/* ---- writing ---- */

static struct tensor shaped(enum dtype t, const void *data, int64_t n,
                            int64_t m)
{
    struct tensor x = {.dtype = t, .ndim = m ? 2 : 1, .data = data};
    x.shape[0] = n;
    x.shape[1] = m;
    return x;
}

static int put_exit(struct net_run *u, const struct net *net,
                    const struct inference *x, int64_t exit,
                    const float *logits, const float *confidence, struct err *e)
{
    int64_t n = (int64_t)x->samples;
    struct exit_trace t = {
        .exit = exit,
        .logits = shaped(DT_F32, logits, n, (int64_t)x->classes),
        .confidence = shaped(DT_F32, confidence ? (const void *)confidence : "",
                             confidence ? n : 0, 0),
    };

    for (size_t i = 0; i < x->samples * x->classes; i++)
        if (!isfinite(logits[i]))
            return err_set(
                e, ERR_FORMAT,
                "net %s answers sample %zu of split %s with a number "
                "that is not finite: the sample or the weights have "
                "numbers that are too large",
                net->id, i / x->classes, split_names[u->job->split]);
    return writer_put(u->w, &schema_exit_trace, &t, e);
}

static int put_trace(struct net_run *u, struct network *net,
                     const struct inference *x, const struct policy *p,
                     struct err *e)
{
    const struct split *split = &u->job->data->split[u->job->split];
    int64_t n = (int64_t)x->samples;
    struct input_map map = net->input;
    struct trace_head h = {
        .summary = net->summary,
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
        .dataset = u->job->data->name,
    };
    if (!input_map_known(&map))
        input_map_of(&map, &u->job->data->input, &u->job->data->class_names,
                     &net->arena);
    h.class_names = map.classes;
    int rc = writer_put(u->w, &schema_trace, &h, e);
    if (p)
        return rc < 0 ? rc
                      : put_exit(u, &net->net, x, -1, x->logits[0], NULL, e);
    for (size_t i = 0; i < x->exits && rc == 0; i++)
        rc = put_exit(u, &net->net, x, (int64_t)i, x->logits[i],
                      x->confidence[i], e);
    return rc;
}

/* ---- one network ---- */

/* A network_fn. */
static int run_net(void *ctx, struct network *net, struct err *e)
{
    struct net_run *u = ctx;
    const struct run_job *job = u->job;
    const struct dataset *data = job->data;
    const struct split *split = &data->split[job->split];
    const struct policy *p = NULL;
    struct engine *g = NULL;
    struct input_spec input;
    int rc = input_check_net(&data->input, data->name, &net->net, e);
    if (rc == 0)
        rc = input_for_net(&net->input, net->net.id, &data->input,
                           &data->class_names, data->name, &input, e);
    if (rc == 0)
        rc = trace_fits(split->n, (size_t)net->net.classes, e);
    if (rc == 0 && job->policies)
        rc = policies_choose(job->policies, &net->net, &net->summary, &p, e);
    if (rc == 0)
        rc = network_engine(net, job->batch, job->threads, &g, e);
    if (rc < 0)
        rc = reader_locate(u->r, e);
    if (rc == 0) {
        struct inference_job what = {
            .net = &net->net,
            .engine = g,
            .input = &input,
            .split = split,
            .batch = job->batch,
            .rule = p ? p->rule : NULL,
            .thresholds = p ? p->thresholds.v : NULL,
            .temperatures = p && p->temperatures.n ? p->temperatures.v : NULL,
            .timed = true,
            .repeat = job->repeat,
            .baseline = job->baseline,
            .progress = job->progress,
        };
        struct inference x;
        infer(&what, &x);
        rc = put_trace(u, net, &x, p, e);
        timing_report(&what, &x, &net->summary, p);
        inference_fini(&x);
    }
    engine_free(g);
    return rc;
}

int run_stream(struct reader *r, struct writer *w, const struct run_job *job,
               struct err *e)
{
    struct net_run u = {.r = r, .w = w, .job = job};

    return networks_read(r, run_net, &u, e);
}
