/* SPDX-License-Identifier: MIT */
#include "formats/trained.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "formats/input.h"
#include "libcommon/base/hash.h"
#include "libcommon/base/log.h"
#include "libcommon/base/utf8.h"
#include "libcommon/io/stream.h"

#define EPOCHS_MAX 100000
#define TERMS_MAX 64

static const struct field param_fields[] = {
    FIELD(named_text, name, F_STR, "", "name of the option", .max_count = 64),
    FIELD(named_text, value, F_STR, "", "value of the option, given or default",
          .max_count = 256),
    FIELD_END,
};
static const struct schema schema_param = {
    .size = sizeof(struct named_text),
    .fields = param_fields,
};

static const struct field term_fields[] = {
    FIELD(named_real, name, F_STR, "", "name of the term", .max_count = 64,
          .since = "1.3"),
    FIELD(named_real, value, F_REAL, "", "mean over the training images",
          .since = "1.3"),
    FIELD_END,
};
static const struct schema schema_term = {
    .size = sizeof(struct named_real),
    .fields = term_fields,
};

static const struct field log_fields[] = {
    FIELD(trained_epoch, phase, F_STR, "", "phase: backbone, exits or peak",
          .max_count = 32),
    FIELD(trained_epoch, epoch, F_INT, "",
          "number of the epoch, from 0 over all phases", .max = EPOCHS_MAX),
    FIELD(trained_epoch, lr, F_REAL, "",
          "learning rate of the first step of the epoch", .max = 1e30),
    FIELD(trained_epoch, loss, F_REAL, "",
          "weighted sum of the terms, mean over the training images",
          .flags = F_NIL),
    FIELD(
        trained_epoch, loss_acc, F_REAL, "",
        "L_acc (Eq. 7), or the cross-entropy of the final exit in the backbone "
        "phase",
        .flags = F_NIL),
    FIELD(trained_epoch, loss_conf, F_REAL, "", "R (Eq. 9), nil if it is off",
          .flags = F_NIL),
    FIELD(trained_epoch, loss_cost, F_REAL, "", "L_cost (Eq. 17)",
          .flags = F_NIL),
    FIELD(trained_epoch, loss_peak, F_REAL, "", "L_peak (Eq. 18)",
          .flags = F_NIL),
    FIELD(trained_epoch, loss_distil, F_REAL, "",
          "distillation, nil if it is off", .flags = F_OPT | F_NIL,
          .since = "1.1"),
    FIELD(trained_epoch, val_loss, F_REAL, "", "L_acc on the validation split",
          .flags = F_NIL),
    FIELD(trained_epoch, val_accuracy, F_REALS, "(exits)",
          "accuracy of each exit on the whole validation split; nil for heads "
          "that are not attached yet or have stopped learning",
          .flags = F_NIL, .max = 1, .max_count = NET_MAX_EXITS),
    FIELD(trained_epoch, val_balanced, F_REALS, "(exits)",
          "balanced accuracy of each exit on the validation split; empty = not "
          "computed",
          .flags = F_OPT | F_NIL, .max = 1, .max_count = NET_MAX_EXITS,
          .since = "1.5"),
    FIELD(trained_epoch, images, F_REAL, "",
          "number of training images of the epoch", .max = INT_EXACT),
    FIELD(trained_epoch, terms, F_LIST, "",
          "terms of the loss that have no key of their own", .flags = F_OPT,
          .sub = &schema_term, .max_count = TERMS_MAX, .since = "1.3"),
    FIELD_END,
};

/* A term has one place: its own key, or one entry of the list. */
static int check_terms(const void *data, struct err *e)
{
    const struct trained_epoch *log = data;
    const struct named_real *t = log->terms.v;

    for (size_t i = 0; i < log->terms.n; i++) {
        if (!t[i].name[0] || !utf8_printable(t[i].name) ||
            strchr(t[i].name, ' '))
            return err_set(e, ERR_FORMAT, "term %zu has no usable name", i);
        for (const struct field *f = log_fields; f->key; f++)
            if (strcmp(f->key, t[i].name) == 0)
                return err_set(e, ERR_FORMAT, "term %s has a key of its own",
                               t[i].name);
        for (size_t j = 0; j < i; j++)
            if (strcmp(t[j].name, t[i].name) == 0)
                return err_set(e, ERR_FORMAT, "two terms called %s", t[i].name);
    }
    return 0;
}

const struct schema schema_trained_epoch = {
    .size = sizeof(struct trained_epoch),
    .fields = log_fields,
    .check = check_terms,
};

int trained_log_check(const struct list *log, struct err *e)
{
    const struct trained_epoch *l = log->v;

    for (size_t i = 0; i < log->n; i++)
        if (l[i].epoch != (int64_t)i)
            return err_set(e, ERR_FORMAT,
                           "log has epoch %" PRId64 " at place "
                           "%zu",
                           l[i].epoch, i);
    return 0;
}

static int check_trained(const void *data, struct err *e)
{
    const struct trained *t = data;

    if (!t->summary.net)
        return err_set(e, ERR_FORMAT, "no net id");
    if ((t->status == TRAINED_FAILED) != (t->reason != NULL))
        return err_set(e, ERR_FORMAT, "status %s %s a reason",
                       trained_status_names[t->status],
                       t->reason ? "with" : "without");
    if (trained_log_check(&t->log, e) < 0)
        return e->code;
    if (t->best_epoch != NIL_INT && t->best_epoch >= (int64_t)t->log.n)
        return err_set(e, ERR_FORMAT, "best epoch %" PRId64 " of %zu",
                       t->best_epoch, t->log.n);
    for (size_t i = 0; i < t->branches.n; i++) {
        const struct trained_branch *b = t->branches.v;

        if (b[i].epochs > (int64_t)t->log.n ||
            (b[i].best_epoch != NIL_INT &&
             b[i].best_epoch >= (int64_t)t->log.n))
            return err_set(e, ERR_FORMAT,
                           "branch %zu has epochs that are not in the log", i);
    }
    return 0;
}

static const struct field branch_fields[] = {
    FIELD(trained_branch, status, F_ENUM, "",
          "trained: for all epochs; stopped: early, without improvement; "
          "hopeless: dropped after its first epoch; diverged: stopped there",
          .names = branch_status_names, .since = "1.6"),
    FIELD(trained_branch, epochs, F_INT, "",
          "number of epochs that it was trained for", .max = EPOCHS_MAX,
          .since = "1.6"),
    FIELD(trained_branch, best_epoch, F_INT, "",
          "epoch that its weights are from, nil = those that the training "
          "started with",
          .flags = F_NIL, .max = EPOCHS_MAX, .since = "1.6"),
    FIELD_END,
};
static const struct schema schema_branch = {
    .size = sizeof(struct trained_branch),
    .fields = branch_fields,
};

static const struct field trained_fields[] = {
    FIELD(trained, summary, F_MAP, "", "the network and the id of its recipe",
          .sub = &schema_summary),
    FIELD(trained, status, F_ENUM, "", "failed: no trace and no tensors follow",
          .names = trained_status_names),
    FIELD(trained, reason, F_STR, "",
          "why the training failed, nil if it did not", .flags = F_NIL,
          .max_count = 1000),
    FIELD(trained, dataset, F_STR, "", "name of the data set"),
    FIELD(trained, seed, F_INT, "",
          "seed of the candidate, from the seed of the recipe and the arch or "
          "net id",
          .max = INT_EXACT),
    FIELD(trained, recipe, F_LIST, "",
          "training parameters; their hash is the recipe id",
          .sub = &schema_param, .max_count = 256),
    FIELD(trained, log, F_LIST, "(epochs)", "one entry per epoch",
          .sub = &schema_trained_epoch, .max_count = EPOCHS_MAX),
    FIELD(trained, best_epoch, F_INT, "",
          "epoch that the weights are from, nil = those that the training "
          "started with",
          .flags = F_NIL, .max = EPOCHS_MAX),
    FIELD(trained, input, F_MAP, "", "the inputs that the network expects",
          .sub = &schema_input, .flags = F_OPT, .since = "1.4"),
    FIELD(trained, branches, F_LIST, "(exits - 1)",
          "the early exits where each was trained as if it were alone, else "
          "empty",
          .sub = &schema_branch, .flags = F_OPT, .max_count = NET_MAX_EXITS,
          .since = "1.6"),
    FIELD_END,
};

const struct schema schema_trained = {
    .type = "trained",
    .size = sizeof(struct trained),
    .fields = trained_fields,
    .check = check_trained,
};

static size_t encoded(const struct schema *s, const void *data)
{
    struct buf b = {0};
    struct err never;
    size_t bytes;

    BUG_IF(schema_encode(s, data, &b, &never) < 0);
    bytes = b.len;
    buf_free(&b);
    return bytes;
}

size_t trained_log_room(size_t exits, bool distil, bool balanced,
                        const struct input_map *input)
{
    double accuracy[NET_MAX_EXITS] = {0};
    char phase[] = "backbone";
    const struct trained_epoch whole = {
        .phase = phase,
        .epoch = EPOCHS_MAX,
        .loss_distil = distil ? 1 : NAN,
        .val_accuracy = {accuracy, exits},
        .val_balanced = {accuracy, balanced ? exits : 0},
        .images = INT_EXACT};
    const size_t others = STREAM_MAX_SMALL / 64; /* the record's other keys */

    return (STREAM_MAX_SMALL - others - encoded(&schema_input, input)) /
           encoded(&schema_trained_epoch, &whole);
}

/* ---- order ---- */

enum { SEQ_START, SEQ_TRAINED, SEQ_NET, SEQ_TRACE, SEQ_TENSOR };

static int out_of_place(const struct schema *schema, struct err *e)
{
    return err_set(e, ERR_FORMAT, "a %s record where it cannot stand",
                   schema->type);
}

static int add_trace(struct trained_seq *s, const struct trace_head *t,
                     struct err *e)
{
    if (s->step != SEQ_NET || s->failed)
        return out_of_place(&schema_trace, e);
    if (!t->summary.net || strcmp(t->summary.net, s->net) != 0)
        return err_set(e, ERR_FORMAT,
                       "trace of net %s after the trained record of %s",
                       t->summary.net ? t->summary.net : "nil", s->net);
    if (t->exits != s->exits || t->classes != s->classes)
        return err_set(e, ERR_FORMAT,
                       "trace of %" PRId64 " exits and %" PRId64
                       " classes for a net of %" PRId64 " and %" PRId64,
                       t->exits, t->classes, s->exits, s->classes);
    s->step = SEQ_TRACE;
    trace_seq_begin(&s->trace, t);
    return 0;
}

/* A map `input` is of the images that the net takes. */
static int check_input(const struct trained_seq *s, const struct net *n,
                       struct err *e)
{
    const int64_t *in = s->input, *takes = n->input.v;

    if (in[0] && (in[0] != takes[0] || in[1] != takes[1] || in[2] != takes[2]))
        return err_set(
            e, ERR_FORMAT,
            "input of %" PRId64 "x%" PRId64 "x%" PRId64
            " for net %s, which takes %" PRId64 "x%" PRId64 "x%" PRId64,
            in[0], in[1], in[2], n->id, takes[0], takes[1], takes[2]);
    if (in[3] && in[3] != n->classes)
        return err_set(e, ERR_FORMAT,
                       "input with %" PRId64 " classes for net %s, which has "
                       "%" PRId64,
                       in[3], n->id, n->classes);
    return 0;
}

static int end_records(const void *state, struct err *e)
{
    const struct trained_seq *s = state;

    if (s->step == SEQ_TRAINED)
        return err_set(e, ERR_FORMAT,
                       "no net record after the trained record of %s", s->net);
    if (s->step >= SEQ_TRACE && !trace_seq_done(&s->trace))
        return err_set(e, ERR_FORMAT, "the trace of %s lacks exits", s->net);
    return 0;
}

static int add_record(void *state, const struct schema *schema,
                      const void *data, struct err *e)
{
    struct trained_seq *s = state;
    const struct trained *t = data;
    const struct net *n = data;

    if (schema == &schema_trained) {
        if (end_records(s, e) < 0)
            return e->code;
        *s = (struct trained_seq){
            .step = SEQ_TRAINED,
            .failed = t->status == TRAINED_FAILED,
        };
        snprintf(s->net, sizeof s->net, "%s", t->summary.net);
        s->branches = (int64_t)t->branches.n;
        if (input_map_known(&t->input)) {
            s->input[0] = t->input.size.v[0];
            s->input[1] = t->input.size.v[1];
            s->input[2] = t->input.channels;
            s->input[3] = (int64_t)t->input.classes.n;
        }
        return 0;
    }
    if (schema == &schema_net) {
        if (s->step != SEQ_TRAINED)
            return out_of_place(&schema_net, e);
        if (strcmp(n->id, s->net) != 0)
            return err_set(e, ERR_FORMAT,
                           "net %s after the trained record of %s", n->id,
                           s->net);
        if (check_input(s, n, e) < 0)
            return e->code;
        s->step = SEQ_NET;
        s->exits = (int64_t)n->exits.n;
        if (s->branches && s->branches != s->exits - 1)
            return err_set(e, ERR_FORMAT,
                           "%" PRId64 " branches of a net with %" PRId64
                           " exits",
                           s->branches, s->exits);
        s->classes = n->classes;
        return 0;
    }
    if (schema == &schema_trace)
        return add_trace(s, data, e);
    if (schema == &schema_exit_trace)
        return s->step == SEQ_TRACE ? trace_seq_add(&s->trace, data, e)
                                    : out_of_place(schema, e);
    /* Tensors come after the trace or, where there is none, after the net. */
    if (s->step < SEQ_NET || s->failed || !trace_seq_done(&s->trace))
        return out_of_place(schema, e);
    s->step = SEQ_TENSOR;
    return 0;
}

const struct order order_trained = {
    .size = sizeof(struct trained_seq),
    .decoded = 4, /* all but tensors */
    .add = add_record,
    .end = end_records,
};

static const struct schema *const records[] = {
    &schema_trained,    &schema_net,    &schema_trace,
    &schema_exit_trace, &schema_tensor, NULL};

const struct kind kind_trained = {
    .id = {"trained", 1, 7},
    .doc = "trained networks with their log, validation trace and weights",
    .records = records,
    .order = &order_trained,
};
