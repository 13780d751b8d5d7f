/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "formats/dataset.h"
#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "tools/eenn-train/train_branches.h"
#include "tools/eenn-train/train_write.h"

static uint64_t all_epochs(const struct recipe *r)
{
    return r->backbone_epochs + r->exits_epochs + r->peak_epochs;
}

static int epoch_done(void *ctx, const struct epoch_log *l,
                      struct train_state *s, struct err *e)
{
    struct work *w = ctx;
    struct trained_epoch record;
    struct arena arena = {0};
    char balanced[32] = "";
    int rc;

    if (l->val_balanced.n)
        snprintf(balanced, sizeof balanced, ", balanced %.4f",
                 l->val_balanced.v[l->val_balanced.n - 1]);
    log_info("epoch %" PRId64
             " (%s): lr %.4g, loss %.4f, validation loss %.4f, "
             "accuracy %.4f%s",
             l->epoch, l->phase, l->lr, epoch_terms_get(&l->terms, "loss"),
             l->val_loss, l->val_accuracy.v[l->val_accuracy.n - 1], balanced);
    epoch_record(l, &arena, &record);
    rc = epoch_lines_put(w->lines, "net", w->net->id, &schema_trained_epoch,
                         &record, e);
    arena_free(&arena);
    /* The epoch is not lost where its line could not be written. */
    checkpoint_set_logged(w->checkpoint, epoch_lines_bytes(w->lines));
    checkpoint_save(w->checkpoint, train_state_put, s);
    return rc;
}

static int trace_and_write(struct work *w, const struct train_output *out,
                           const struct net *net, struct trained_net *t,
                           struct err *e)
{
    if (!t->reason && (w->o.split != SPLIT_VAL || !t->trace.exits)) {
        net_trace_fini(&t->trace);
        eval_trace(t->g, net, &w->data.input, &w->data.split[w->o.split],
                   w->o.recipe, &t->trace);
    }
    if (!t->reason && !t->trace.finite)
        t->reason = xstrdup("an output is not a finite number" DIVERGED_HINT);
    if (t->reason) {
        log_warn("net %s failed: %s", net->id, t->reason);
        t->best_epoch = NIL_INT;
    } else if (t->n_branches) {
        branches_summary(net, t);
    } else if (t->best_epoch != NIL_INT) {
        log_info("net %s: weights of epoch %" PRId64, net->id, t->best_epoch);
    }
    return train_write(out, net, t, e);
}

/* The recipe lists the options as the records do.  Weights to start from and the
 * teacher enter it by their streams' digests, which are known once they have been
 * read: before the first network is trained. */
static int begin(struct work *w, struct err *e)
{
    const struct teacher_opts to = {
        .path = w->o.teacher,
        .space = w->o.space,
        .data = &w->data,
        .recipe = w->o.recipe,
        .threads = w->o.threads,
        .normalise = !w->init.path,
    };
    struct reader *inputs[WORK_INPUTS];
    char digest[HASH_HEX];
    size_t n;

    if (to.path && teacher_open(&to, &w->teacher, e) < 0)
        return e->code;
    recipe_list_options(&w->list, w->o.tool);
    if (w->init.path) {
        stream_reader_digest(reader_stream(w->init.reader), digest);
        recipe_list_add(&w->list, "init-weights", digest);
    }
    if (w->teacher) {
        stream_reader_digest(reader_stream(teacher_reader(w->teacher)), digest);
        recipe_list_add(&w->list, "teacher", digest);
    }
    if (w->checkpoint) {
        n = work_inputs(w, inputs); /* the networks do not count */
        checkpoint_key(w->o.tool, inputs + 1, n - 1, "", digest);
        checkpoint_load(w->checkpoint, digest);
    }
    return epoch_lines_begin(w->lines, checkpoint_logged(w->checkpoint), e);
}

/* Cut off the lines of --log about a training that the checkpoint gave up. */
static int cut_log(struct work *w, struct err *e)
{
    return epoch_lines_begin(w->lines,
                             w->checkpoint ? checkpoint_logged(w->checkpoint)
                                           : epoch_lines_bytes(w->lines),
                             e);
}

/* Train a network, from its state in a checkpoint if there is one. */
static int train(struct work *w, struct train_job *job, const struct net *net,
                 struct trained_net *t, struct err *e)
{
    int rc;

    job->resume = checkpoint_state(w->checkpoint, job->net_hash);
    if (cut_log(w, e) < 0)
        return e->code;
    progress_start(&w->progress, "samples",
                   all_epochs(w->o.recipe) * w->data.split[SPLIT_TRAIN].n,
                   w->o.progress);
    rc = train_net(job, net, t, e);
    if (rc == ERR_FORMAT && job->resume) {
        log_warn("%s: %s; net %s is trained anew", w->o.checkpoint, e->text,
                 net->id);
        checkpoint_give_up(w->checkpoint);
        job->resume = NULL;
        trained_net_fini(t);
        if ((rc = cut_log(w, e)) == 0)
            rc = train_net(job, net, t, e);
    }
    progress_end(&w->progress);
    checkpoint_forget(w->checkpoint);
    return rc;
}

int work_net(struct work *w, const struct record *rec, struct err *e)
{
    const struct net *net = w->net = rec->data;
    char hash[HASH_HEX];
    struct train_job job = {
        .data = &w->data,
        .recipe = w->o.recipe,
        .threads = w->o.threads,
        .cache_memory = w->o.cache_memory,
        .progress = &w->progress,
        .init = w->init.path ? init_weights_apply : NULL,
        .init_ctx = &w->init,
        .epoch_done = epoch_done,
        .ctx = w,
        .net_hash = hash,
    };
    const struct train_output out = {
        .w = w->out,
        .recipe = w->o.recipe,
        .list = &w->list,
        .data = &w->data,
        .split = w->o.split,
        .weights = w->o.weights,
    };
    struct trained_net t = {0};
    int rc;

    hash_hex(rec->bytes, rec->n, hash);
    if (input_check_net(&w->data.input, w->data.name, net, e) < 0)
        return reader_locate(w->nets, e);
    if ((rc = train_fits(&out, net, all_epochs(w->o.recipe), e)) < 0 ||
        (rc = init_weights_load(&w->init, net, &w->data, e)) < 0 ||
        (!w->list.n && (rc = begin(w, e)) < 0) ||
        (rc = checkpoint_pass(w->checkpoint, hash, w->out, e)) != 0)
        return rc;
    job.teacher = w->teacher;
    if ((rc = train(w, &job, net, &t, e)) >= 0) {
        if (w->init.heads.len)
            tool_report("net %s: weights of %s for the heads of early exits: "
                        "%s",
                        net->id, w->init.path, w->init.heads.data);
        checkpoint_begin_net(w->checkpoint, hash, w->out);
        rc = trace_and_write(w, &out, net, &t, e);
        checkpoint_end_net(w->checkpoint, w->out);
    }
    trained_net_fini(&t);
    if (rc >= 0)
        checkpoint_save(w->checkpoint, NULL, NULL);
    return rc;
}

size_t work_inputs(const struct work *w, struct reader *inputs[WORK_INPUTS])
{
    size_t n = 0;

    inputs[n++] = w->nets;
    inputs[n++] = w->dataset;
    if (w->init.reader)
        inputs[n++] = w->init.reader;
    if (w->teacher)
        inputs[n++] = teacher_reader(w->teacher);
    return n;
}

void work_fini(struct work *w)
{
    reader_close(w->nets);
    reader_close(w->dataset);
    writer_free(w->out);
    dataset_fini(&w->data);
    free(w->class_weights);
    init_weights_fini(&w->init);
    teacher_free(w->teacher);
    recipe_list_free(&w->list);
    epoch_lines_close(w->lines);
}
