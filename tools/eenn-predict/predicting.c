/* SPDX-License-Identifier: MIT */
#include "tools/eenn-predict/predicting.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/base/pool.h"
#include "libcommon/nn/engine/engine.h"
#include "libcommon/nn/exits/calibration.h"
#include "libcommon/nn/run/inference.h"

/* A batch of files. */
struct sample_batch {
    const struct predict_job *job;
    struct engine *engine;
    struct sample_decoder *decoders; /* (threads) */
    char **paths;                    /* (n) borrowed from the list */
    size_t n;
    uint8_t *items;      /* (n) items; those of refused files are left out once
                          * all are decoded */
    struct err *errors;  /* (n) code 0: the file is an item */
    bool *changed;       /* (n) it had another size, rate or length */
    int32_t *labels;     /* (n) zeros */
    struct guess *guess; /* (top) */
    const float **order; /* (classes) logits, the largest first */
    struct buf lines;
};

/* ---- decoding ---- */

/* A pool_fn: decode file i of the batch into its item, or say why not. */
static void decode(void *ctx, int i, int worker)
{
    struct sample_batch *b = ctx;
    const struct input_spec *in = b->job->input;
    uint8_t *item = b->items + (size_t)i * input_item_bytes(in);

    if (sample_decode(&b->decoders[worker], in, b->paths[i], item,
                      &b->changed[i], &b->errors[i]) == 0)
        b->errors[i].code = 0;
}

/* ---- answers ---- */

/* Orders pointers to logits of one array: the largest first, the first of equal
 * ones first. */
static int likelier(const void *a, const void *b)
{
    const float *x = *(const float *const *)a, *y = *(const float *const *)b;

    if (*x > *y || *x < *y)
        return *x > *y ? -1 : 1;
    return (x > y) - (x < y);
}

/* Set the guesses to the classes of the largest logits. */
static void guess(struct sample_batch *b, const float *logits, size_t classes,
                  double temperature)
{
    double first;

    for (size_t i = 0; i < classes; i++)
        b->order[i] = logits + i;
    qsort(b->order, classes, sizeof *b->order, likelier);
    first = softmax_max(logits, classes, temperature);
    for (size_t k = 0; k < b->job->top; k++) {
        double behind = (double)*b->order[k] - (double)*b->order[0];

        b->guess[k].name = b->job->classes->v[b->order[k] - logits];
        b->guess[k].confidence = first * exp(behind / temperature);
    }
}

/* Append the answers, and report the files that have none, in order.  The
 * items are samples 0, 1, ... of x; macs are those of each exit. */
static void answer(struct sample_batch *b, const struct inference *x,
                   const double *macs, struct predict_outcome *outcome)
{
    const struct predict_job *job = b->job;
    const struct policy *p = job->policy;
    size_t k = 0;

    for (size_t i = 0; i < b->n; i++) {
        struct answer a = {
            .file = b->paths[i], .guess = b->guess, .guesses = job->top};
        bool has = !b->errors[i].code;
        const float *logits = has ? x->logits[0] + k * x->classes : NULL;

        for (size_t c = 0; has && c < x->classes && !b->errors[i].code; c++)
            if (!isfinite(logits[c]))
                err_set(&b->errors[i], ERR_FORMAT,
                        "%s: the network answers with a number that is not "
                        "finite: the file or the weights have numbers that are "
                        "too large",
                        b->paths[i]);
        if (b->errors[i].code) {
            log_error("%s", b->errors[i].text);
            if (outcome->code != ERR_SYS)
                outcome->code = b->errors[i].code;
            k += has;
            continue;
        }
        a.exit = x->taken[k];
        a.score = p ? x->score[k] : NAN;
        a.macs = macs[a.exit];
        guess(b, logits, x->classes,
              p && p->temperatures.n ? p->temperatures.v[a.exit] : 1);
        answers_add(job->format, job->classes, &a, &b->lines);
        outcome->answered++;
        k++;
    }
}

/* ---- batches ---- */

static void run_batch(struct sample_batch *b, struct predict_outcome *outcome)
{
    const struct predict_job *job = b->job;
    const struct policy *p = job->policy;
    const struct net *net = &job->network->net;
    struct split split = {.items = b->items, .labels = b->labels};
    double off[NET_MAX_EXITS], macs[NET_MAX_EXITS];
    struct inference_job what = {
        .net = net,
        .engine = b->engine,
        .input = job->input,
        .split = &split,
        .batch = job->batch,
        .rule = p ? p->rule : &halt_rules[HALT_MAX_SOFTMAX],
        .thresholds = p ? p->thresholds.v : off,
        .temperatures = p && p->temperatures.n ? p->temperatures.v : NULL,
        .scored = p != NULL,
        .progress = job->progress,
    };
    size_t bytes = input_item_bytes(job->input);
    struct halt_costs costs;
    struct inference x;

    pool_run(engine_pool(b->engine), (int)b->n, decode, b);
    /* Move the items to the front. */
    for (size_t i = 0; i < b->n; i++) {
        if (b->errors[i].code)
            continue;
        memmove(b->items + split.n++ * bytes, b->items + i * bytes, bytes);
        outcome->changed += b->changed[i] && job->input->resize == RESIZE_NONE;
    }
    progress_add(job->progress, b->n - split.n);
    for (size_t i = 0; i < NET_MAX_EXITS; i++)
        off[i] = NAN;
    infer(&what, &x);
    halt_costs_of(&costs, &job->network->summary, x.exits);
    halt_cost_leaving(&costs.v[COST_SEQUENTIAL], x.exits, what.thresholds,
                      macs);
    answer(b, &x, macs, outcome);
    inference_fini(&x);
}

int predict(const struct predict_job *job, struct output *out,
            struct predict_outcome *outcome, struct err *e)
{
    const struct samplelist *l = job->files;
    struct sample_batch b = {.job = job};
    struct arena arena = {0};
    int rc = network_engine(job->network, job->batch, job->threads, &b.engine,
                            e);

    if (rc == 0 && !input_floats(job->input) && job->input->c != 1 &&
        job->input->c != 3)
        rc = err_set(e, ERR_FORMAT,
                     "net %s takes images of %zu channels, a picture has 1 "
                     "or 3",
                     job->network->net.id, job->input->c);
    b.decoders = arena_alloc(&arena, (size_t)job->threads, sizeof *b.decoders);
    b.items = arena_alloc(&arena, job->batch, input_item_bytes(job->input));
    b.errors = arena_alloc(&arena, job->batch, sizeof *b.errors);
    b.changed = arena_alloc(&arena, job->batch, sizeof *b.changed);
    b.labels = arena_alloc(&arena, job->batch, sizeof *b.labels);
    b.guess = arena_alloc(&arena, job->top, sizeof *b.guess);
    b.order = arena_alloc(&arena, job->classes->n, sizeof *b.order);
    answers_head(job->format, job->classes, &b.lines);
    for (size_t at = 0; rc == 0 && at < l->n; at += b.n) {
        b.paths = l->v + at;
        b.n = l->n - at < job->batch ? l->n - at : job->batch;
        run_batch(&b, outcome);
        rc = output_write(out, b.lines.data, b.lines.len, e);
        buf_clear(&b.lines);
    }
    if (rc == 0 && outcome->answered) {
        answers_legend(job->format, &b.lines);
        rc = output_write(out, b.lines.data, b.lines.len, e);
    }
    for (int i = 0; i < job->threads; i++)
        sample_decoder_fini(&b.decoders[i]);
    engine_free(b.engine);
    buf_free(&b.lines);
    arena_free(&arena);
    return rc;
}
