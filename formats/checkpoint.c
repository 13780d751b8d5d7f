/* SPDX-License-Identifier: MIT */
#include "formats/checkpoint.h"

#include <inttypes.h>
#include <math.h>

#include "formats/trained.h"

#define EPOCHS_MAX 100000
#define NETS_MAX 1e9

/* ---- records ---- */

static const struct field head_fields[] = {
    FIELD(checkpoint_head, tool, F_STR, "",
          "program that trains: eenn-train or ofa-train", .max_count = 64),
    FIELD(checkpoint_head, key, F_STR, "id",
          "hash of tool, version, kernels, parameters and inputs"),
    FIELD(checkpoint_head, finished, F_INT, "", "number of finished networks",
          .max = NETS_MAX),
    FIELD(checkpoint_head, logged, F_INT, "bytes",
          "length of the part of the --log file that covers the epochs of this "
          "checkpoint",
          .max = INT_EXACT),
    FIELD_END,
};

static int check_head(const void *data, struct err *e)
{
    const struct checkpoint_head *h = data;

    return id_check(h->key, "key", e);
}

const struct schema schema_checkpoint = {
    .type = "checkpoint",
    .size = sizeof(struct checkpoint_head),
    .fields = head_fields,
    .check = check_head,
};

static const struct field branch_fields[] = {
    FIELD(branch_state, status, F_ENUM, "",
          "as in a trained record; trained: it still learns",
          .names = branch_status_names, .since = "1.3"),
    FIELD(branch_state, epochs, F_INT, "",
          "number of epochs that it was trained for", .max = EPOCHS_MAX,
          .since = "1.3"),
    FIELD(branch_state, waited, F_INT, "",
          "number of epochs since its last improvement", .max = EPOCHS_MAX,
          .since = "1.3"),
    FIELD(branch_state, best_epoch, F_INT, "",
          "epoch of its tensors in the copy best, nil = none yet",
          .flags = F_NIL, .max = EPOCHS_MAX, .since = "1.3"),
    FIELD(branch_state, best_loss, F_REAL, "",
          "its loss in its best epoch on the validation split", .flags = F_NIL,
          .since = "1.3"),
    FIELD(branch_state, best_accuracy, F_REAL, "",
          "its accuracy in its best epoch; its balanced accuracy where epochs "
          "are compared by that",
          .flags = F_NIL, .max = 1, .since = "1.3"),
    FIELD_END,
};
static const struct schema schema_branch = {
    .size = sizeof(struct branch_state),
    .fields = branch_fields,
};

static const struct field training_fields[] = {
    FIELD(training_state, net, F_STR, "id",
          "hash of the network's record in the input"),
    FIELD(training_state, phase, F_STR, "", "phase: backbone, exits or peak",
          .max_count = 32),
    FIELD(training_state, done, F_INT, "",
          "number of finished epochs of the phase", .min = 1,
          .max = EPOCHS_MAX),
    FIELD(training_state, waited, F_INT, "",
          "number of epochs since the last improvement", .max = EPOCHS_MAX),
    FIELD(training_state, best_epoch, F_INT, "",
          "epoch of the tensors in the copy best, nil = none yet",
          .flags = F_NIL, .max = EPOCHS_MAX),
    FIELD(training_state, best_loss, F_REAL, "",
          "L_acc of the best epoch on the validation split", .flags = F_NIL),
    FIELD(training_state, best_final, F_REAL, "",
          "accuracy of the final exit in the best epoch; its balanced accuracy "
          "where epochs are compared by that",
          .flags = F_NIL, .max = 1),
    FIELD(training_state, log, F_LIST, "(epochs)",
          "one entry per epoch so far, as in a trained record",
          .sub = &schema_trained_epoch, .max_count = EPOCHS_MAX),
    FIELD(training_state, branches, F_LIST, "(exits - 1)",
          "the early exits where each is trained as if it were alone, else "
          "empty",
          .sub = &schema_branch, .flags = F_OPT, .max_count = NET_MAX_EXITS,
          .since = "1.3"),
    FIELD_END,
};

static int check_training(const void *data, struct err *e)
{
    const struct training_state *t = data;

    if (id_check(t->net, "net", e) < 0 || trained_log_check(&t->log, e) < 0)
        return e->code;
    if (t->done > (int64_t)t->log.n || t->waited > t->done)
        return err_set(e, ERR_FORMAT,
                       "%" PRId64 " epochs waited of %" PRId64
                       " in the phase and %zu in the log",
                       t->waited, t->done, t->log.n);
    if (t->best_epoch != NIL_INT && t->best_epoch >= (int64_t)t->log.n)
        return err_set(e, ERR_FORMAT, "best epoch %" PRId64 " of %zu",
                       t->best_epoch, t->log.n);
    if (isnan(t->best_loss) != isnan(t->best_final) ||
        (!isnan(t->best_loss) && t->best_epoch == NIL_INT))
        return err_set(e, ERR_FORMAT, "the best epoch is described in part");
    for (size_t i = 0; i < t->branches.n; i++) {
        const struct branch_state *b = t->branches.v;

        if (isnan(b[i].best_loss) != isnan(b[i].best_accuracy) ||
            isnan(b[i].best_loss) != (b[i].best_epoch == NIL_INT) ||
            (b[i].best_epoch != NIL_INT &&
             b[i].best_epoch >= (int64_t)t->log.n) ||
            b[i].waited > b[i].epochs || b[i].epochs > t->done)
            return err_set(e, ERR_FORMAT,
                           "branch %zu does not agree with the log", i);
    }
    return 0;
}

const struct schema schema_training = {
    .type = "training",
    .size = sizeof(struct training_state),
    .fields = training_fields,
    .check = check_training,
};

static const struct field copy_fields[] = {
    FIELD(
        copy_head, which, F_ENUM, "",
        "now: current tensors, with the optimiser's momentum; best: tensors of "
        "the best epoch; teacher: tensors of the teacher that a supernet is "
        "distilled from; average: moving average of the tensors",
        .names = tensor_copy_names),
    FIELD_END,
};

const struct schema schema_copy = {
    .type = "copy",
    .size = sizeof(struct copy_head),
    .fields = copy_fields,
};

static const struct field finished_fields[] = {
    FIELD(finished_head, net, F_STR, "id",
          "hash of the network's record in the input"),
    FIELD(finished_head, logged, F_INT, "bytes",
          "length of the --log file at the end of the epochs of the network",
          .flags = F_OPT, .max = INT_EXACT),
    FIELD_END,
};

static int check_finished(const void *data, struct err *e)
{
    const struct finished_head *f = data;

    return id_check(f->net, "net", e);
}

const struct schema schema_finished = {
    .type = "finished",
    .size = sizeof(struct finished_head),
    .fields = finished_fields,
    .check = check_finished,
};

/* ---- their order ---- */

/* The step says what the last record was. */
enum { SEQ_START, SEQ_HEAD, SEQ_TRAINING, SEQ_WEIGHTS, SEQ_COPY, SEQ_FINISHED };

struct checkpoint_seq {
    int step;
    bool begun;      /* a training's state came */
    unsigned copies; /* bits 1u << enum tensor_copy */
    int64_t finished, announced;
    bool named; /* `finished` came, its network has not begun */
    struct trained_seq trained;
};

static int out_of_place(const struct schema *s, struct err *e)
{
    return err_set(e, ERR_FORMAT, "a %s record where it cannot stand", s->type);
}

static int add_copy(struct checkpoint_seq *s, const struct copy_head *c,
                    struct err *e)
{
    if (s->step < SEQ_TRAINING || s->step > SEQ_COPY)
        return out_of_place(&schema_copy, e);
    if (s->copies & 1u << c->which)
        return err_set(e, ERR_FORMAT, "copy %s comes twice",
                       tensor_copy_names[c->which]);
    s->copies |= 1u << c->which;
    s->step = SEQ_COPY;
    return 0;
}

static int add_finished(struct checkpoint_seq *s, struct err *e)
{
    if (s->named || order_trained.end(&s->trained, e) < 0)
        return s->named ? out_of_place(&schema_finished, e) : e->code;
    if (++s->finished > s->announced)
        return err_set(e, ERR_FORMAT,
                       "more finished networks than the %" PRId64 " announced",
                       s->announced);
    s->named = true;
    s->step = SEQ_FINISHED;
    return 0;
}

static int add_record(void *state, const struct schema *schema,
                      const void *data, struct err *e)
{
    struct checkpoint_seq *s = state;
    const struct checkpoint_head *h = data;
    int step = s->step;

    if (schema == &schema_checkpoint) {
        s->announced = h->finished;
        s->step = SEQ_HEAD;
        return step == SEQ_START ? 0 : out_of_place(schema, e);
    }
    if (schema == &schema_training || schema == &schema_weights) {
        s->step = schema == &schema_training ? SEQ_TRAINING : SEQ_WEIGHTS;
        s->begun = true;
        return step == SEQ_HEAD ? 0 : out_of_place(schema, e);
    }
    if (schema == &schema_subnet)
        return step == SEQ_WEIGHTS ? 0 : out_of_place(schema, e);
    if (schema == &schema_copy)
        return add_copy(s, data, e);
    if (schema == &schema_tensor && step != SEQ_FINISHED)
        return step == SEQ_COPY ? 0 : out_of_place(schema, e);
    if (schema == &schema_finished)
        return add_finished(s, e);
    /* What is left is of a finished network. */
    if (step != SEQ_FINISHED || s->named != (schema == &schema_trained))
        return out_of_place(schema, e);
    s->named = false;
    return order_trained.add(&s->trained, schema, data, e);
}

static int end_records(const void *state, struct err *e)
{
    const struct checkpoint_seq *s = state;

    if (s->step == SEQ_START)
        return err_set(e, ERR_FORMAT, "a checkpoint without any record");
    if (order_trained.end(&s->trained, e) < 0)
        return e->code;
    if (s->named || s->finished != s->announced)
        return err_set(e, ERR_FORMAT,
                       "%" PRId64 " finished networks where %" PRId64
                       " were announced",
                       s->finished - s->named, s->announced);
    if (s->begun && !(s->copies & 1u << COPY_NOW))
        return err_set(e, ERR_FORMAT, "no copy of the tensors as they are now");
    return 0;
}

static const struct order record_order = {
    .size = sizeof(struct checkpoint_seq),
    .decoded = 10, /* all but tensors */
    .add = add_record,
    .end = end_records,
};

static const struct schema *const records[] = {
    &schema_checkpoint, &schema_training,   &schema_weights, &schema_subnet,
    &schema_copy,       &schema_finished,   &schema_trained, &schema_net,
    &schema_trace,      &schema_exit_trace, &schema_tensor,  NULL};

const struct kind kind_checkpoint = {
    .id = {"checkpoint", 1, 4},
    .doc = "a training that is not over, to go on with",
    .records = records,
    .order = &record_order,
};
