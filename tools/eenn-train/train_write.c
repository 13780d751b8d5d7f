/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/train_write.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "formats/trained.h"
#include "formats/weights.h"
#include "libcommon/base/mem.h"
#include "libcommon/io/stream.h"

/* These terms have keys of their own in the record. */
static const struct {
    const char *name;
    size_t at; /* of the member */
} keyed[] = {
    {"loss", offsetof(struct trained_epoch, loss)},
    {"loss_acc", offsetof(struct trained_epoch, loss_acc)},
    {"loss_conf", offsetof(struct trained_epoch, loss_conf)},
    {"loss_cost", offsetof(struct trained_epoch, loss_cost)},
    {"loss_peak", offsetof(struct trained_epoch, loss_peak)},
    {"loss_distil", offsetof(struct trained_epoch, loss_distil)},
};

static double *member(struct trained_epoch *e, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(keyed); i++)
        if (strcmp(keyed[i].name, name) == 0)
            return (double *)(void *)((char *)e + keyed[i].at);
    return NULL;
}

void epoch_record(const struct epoch_log *from, struct arena *a,
                  struct trained_epoch *to)
{
    struct named_real *further = arena_alloc(a, from->terms.n, sizeof *further);

    *to = (struct trained_epoch){
        .phase = from->phase,
        .epoch = from->epoch,
        .lr = from->lr,
        .val_loss = from->val_loss,
        .val_accuracy = from->val_accuracy,
        .val_balanced = from->val_balanced,
        .images = from->images,
        .terms = {further, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(keyed); i++)
        *member(to, keyed[i].name) = NAN;
    for (size_t i = 0; i < from->terms.n; i++) {
        double *own = member(to, from->terms.v[i].name);

        if (own)
            *own = from->terms.v[i].value;
        else
            further[to->terms.n++] = from->terms.v[i];
    }
}

static void own_reals(const struct reals *from, struct reals *to)
{
    *to = (struct reals){xcalloc(from->n, sizeof(double)), from->n};
    if (from->n)
        memcpy(to->v, from->v, from->n * sizeof(double));
}

int epoch_from_record(const struct trained_epoch *from, struct epoch_log *to,
                      struct err *e)
{
    static const char *const phases[] = {"backbone", "exits", "peak"};
    const struct named_real *further = from->terms.v;
    struct trained_epoch terms = *from;

    *to = (struct epoch_log){
        .epoch = from->epoch,
        .lr = from->lr,
        .images = from->images,
        .val_loss = from->val_loss,
    };
    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        if (strcmp(phases[i], from->phase) == 0)
            to->phase = phases[i];
    if (!to->phase)
        return err_set(e, ERR_FORMAT, "no phase %s", from->phase);
    for (size_t i = 0; i < ARRAY_LEN(keyed); i++)
        if (!isnan(*member(&terms, keyed[i].name)))
            epoch_terms_add(&to->terms, keyed[i].name,
                            *member(&terms, keyed[i].name));
    for (size_t i = 0; i < from->terms.n; i++) {
        enum loss_id t = 0;

        while (t < LOSS_COUNT && strcmp(losses_name(t), further[i].name) != 0)
            t++;
        if (t == LOSS_COUNT)
            return err_set(e, ERR_FORMAT, "no term %s", further[i].name);
        epoch_terms_add(&to->terms, losses_name(t), further[i].value);
    }
    own_reals(&from->val_accuracy, &to->val_accuracy);
    own_reals(&from->val_balanced, &to->val_balanced);
    return 0;
}

static struct tensor tensor_1d(enum dtype type, size_t n, const void *data)
{
    return (struct tensor){type, 1, {(int64_t)n}, data};
}

int train_fits(const struct train_output *o, const struct net *net,
               uint64_t epochs, struct err *e)
{
    /* A kibibyte is for the keys and names beside the numbers. */
    const size_t room = (STREAM_MAX_RECORD - 1024) / sizeof(float);
    size_t n = o->data->split[o->split].n, log;
    struct arena arena = {0};
    struct input_map input;

    input_map_of(&input, &o->data->input, &o->data->class_names, &arena);
    log = trained_log_room(net->exits.n, o->recipe->weight[LOSS_DISTIL] > 0,
                           recipe_balanced(o->recipe), &input);
    arena_free(&arena);
    if (epochs > log)
        return err_set(e, ERR_ARG,
                       "a log of %" PRIu64 " epochs is too large for a stream: "
                       "with %zu exits it may have %zu",
                       epochs, net->exits.n, log);
    if (trace_fits(n, (size_t)net->classes, e) < 0)
        return err_prefix(e, "split %s", split_names[o->split]);
    for (size_t i = 0; o->weights && i < net->layers.n; i++) {
        const struct layer *l = net_layer(net, i);
        const struct binding *b = l->bindings.v;

        for (size_t k = 0; k < l->bindings.n; k++) {
            int64_t count = 1;

            for (size_t d = 0; d < b[k].shape.n; d++)
                count *= b[k].shape.v[d];
            if ((uint64_t)count > room)
                return err_set(e, ERR_ARG,
                               "net %s: %s of layer %s has %" PRId64
                               " numbers, too many for a stream (64 MiB): use "
                               "--weights=none",
                               net->id, b[k].slot, l->name, count);
        }
    }
    return 0;
}

static int write_trace(const struct train_output *o, const struct net *net,
                       const struct net_trace *trace, const struct trained *r,
                       struct err *e)
{
    const struct split *s = &o->data->split[o->split];
    struct trace_head head = {
        .summary = r->summary,
        .split = (char *)split_names[o->split],
        .samples = (int64_t)s->n,
        .classes = net->classes,
        .exits = (int64_t)net->exits.n,
        .labels = tensor_1d(DT_I32, s->n, s->labels),
        .taken = tensor_1d(DT_U8, 0, NULL),
        .names = trace_names(&s->names, s->n),
        .dataset = r->dataset,
        .class_names = r->input.classes,
    };
    int rc = writer_put(o->w, &schema_trace, &head, e);

    for (size_t i = 0; rc >= 0 && i < net->exits.n; i++) {
        const float *c = trace->confidence[i];
        struct exit_trace x = {
            .exit = (int64_t)i,
            .logits = {DT_F32,
                       2,
                       {head.samples, net->classes},
                       trace->logits[i]},
            .confidence = tensor_1d(DT_F32, c ? s->n : 0, c),
        };

        rc = writer_put(o->w, &schema_exit_trace, &x, e);
    }
    return rc;
}

int train_write(const struct train_output *o, const struct net *net,
                const struct trained_net *t, struct err *e)
{
    struct arena arena = {0};
    struct trained_epoch *log = arena_alloc(&arena, t->n_log, sizeof *log);
    struct trained_branch *branches = arena_alloc(&arena, t->n_branches,
                                                  sizeof *branches);
    struct trained r = {
        .status = t->reason ? TRAINED_FAILED : TRAINED_OK,
        .reason = t->reason,
        .dataset = o->data->name,
        .seed = (int64_t)recipe_seed(o->recipe, net),
        .recipe = {(void *)o->list->v, o->list->n},
        .log = {log, t->n_log},
        .best_epoch = t->best_epoch,
        .branches = {branches, t->reason ? 0 : t->n_branches},
    };
    const struct engine_param *p = NULL;
    char id[HASH_HEX];
    size_t n = 0;
    int rc;

    input_map_of(&r.input, &o->data->input, &o->data->class_names, &arena);
    recipe_id(o->list, id);
    summary_of_net(&r.summary, net, id, &arena);
    for (size_t i = 0; i < t->n_log; i++)
        epoch_record(&t->log[i], &arena, &log[i]);
    for (size_t i = 0; i < t->n_branches; i++)
        branches[i] = (struct trained_branch){
            .status = t->branch[i].status,
            .epochs = t->branch[i].epochs,
            .best_epoch = t->branch[i].best_epoch,
        };
    if ((rc = writer_put(o->w, &schema_trained, &r, e)) >= 0 &&
        (rc = writer_put(o->w, &schema_net, net, e)) >= 0 && !t->reason &&
        (rc = write_trace(o, net, &t->trace, &r, e)) >= 0 && o->weights)
        p = engine_params(t->g, &n);
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        const struct ints *shape = &p[i].binding->shape;

        rc = weights_put(o->w, p[i].binding->tensor,
                         p[i].stat ? ROLE_STAT : ROLE_PARAM, shape->v, shape->n,
                         p[i].value, e);
    }
    arena_free(&arena);
    return rc < 0 ? rc : writer_flush(o->w, e);
}
