/* SPDX-License-Identifier: MIT */
#include "tools/eenn-train/teacher.h"

#include <stdlib.h>
#include <string.h>

#include "formats/trained.h"
#include "libcommon/base/log.h"
#include "libcommon/base/mem.h"
#include "libcommon/nn/graph/backbone.h"
#include "libcommon/nn/run/network.h"
#include "libcommon/nn/train/evaluate.h"
#include "libcommon/space/nettable.h"
#include "libcommon/space/space.h"

struct teacher {
    struct teacher_opts o;
    struct reader *reader;
    struct network network; /* without early exits; net.id is for messages */
    struct space *space;    /* of a supernet, or NULL */
    struct engine *g;
    float *kept;   /* (training samples, classes), or NULL */
    float *logits; /* (batch, classes) of kept ones */
};

/* ---- reading ---- */

/* Take the network of a record without its early exits. */
static void take_net(struct teacher *t, const struct net *from, const char *id)
{
    struct network *n = &t->network;

    net_backbone(&n->net, from, &n->arena);
    n->net.id = arena_strdup(&n->arena, id);
}

/* Make the largest network of the space that a supernet is of. */
static int take_supernet(struct teacher *t, const struct weights_info *w,
                         struct err *e)
{
    struct arena *a = &t->network.arena;
    struct net *whole = arena_alloc(a, 1, sizeof *whole);
    struct net_table *users = NULL;
    struct ints genome;
    int rc;

    if (!w->space)
        return err_set(e, ERR_FORMAT,
                       "these weights are not those of a supernet and come "
                       "without their network: it takes a trained stream");
    if (t->o.space && (rc = space_table_read(t->o.space, &users, e)) < 0)
        return rc;
    rc = space_open_spec(w->space, users, &t->space, e);
    net_table_free(users);
    if (rc < 0)
        return rc;
    genome.n = t->space->genes.n;
    genome.v = arena_alloc(a, genome.n, sizeof *genome.v);
    space_max_corner(t->space, genome.v);
    if ((rc = space_net_draft(t->space, &genome, NULL, a, whole, e)) < 0)
        return rc;
    input_map_copy(&t->network.input, &w->input, a);
    take_net(t, whole, w->space);
    return 0;
}

/* A trained stream has its network's id, status and input before the net. */
static int take_record(struct teacher *t, struct record *rec, struct err *e)
{
    struct network *n = &t->network;
    const struct trained *head;
    struct net *whole;

    if (rec->schema != &schema_weights && rec->schema != &schema_trained &&
        rec->schema != &schema_net && rec->schema != &schema_tensor)
        return 0;
    if (reader_decode(t->reader, rec, e) < 0)
        return e->code;
    if (rec->schema == &schema_weights || rec->schema == &schema_trained) {
        if (n->tensors)
            return reader_fail(
                t->reader, e,
                "a second network: a teacher is one (stream-pick "
                "takes one out)");
        n->tensors = tensors_new();
    }
    /* A table that is missing or wrong is the user's, not the stream's. */
    if (rec->schema == &schema_weights)
        return take_supernet(t, rec->data, e) < 0
                   ? err_prefix(e, "%.200s", t->o.path)
                   : 0;
    if (rec->schema == &schema_tensor) {
        const struct named_tensor *tensor = rec->data;

        return tensor->role == ROLE_MOMENTUM || tensors_add(n->tensors, tensor)
                   ? 0
                   : reader_fail(t->reader, e, "tensor %s comes twice",
                                 tensor->name);
    }
    if (rec->schema == &schema_net) {
        whole = arena_alloc(&n->arena, 1, sizeof *whole);
        net_copy(whole, rec->data, &n->arena);
        take_net(t, whole, whole->id);
        return 0;
    }
    head = rec->data;
    if (head->status != TRAINED_OK)
        return reader_fail(t->reader, e, "this network failed in training");
    input_map_copy(&n->input, &head->input, &n->arena);
    return 0;
}

static int read_network(struct teacher *t, struct err *e)
{
    struct record rec;
    int rc;

    if (!(t->reader = reader_open(&t->o.path, 1, weights_kinds, e)))
        return e->code;
    while ((rc = reader_next_raw(t->reader, &rec, e)) > 0)
        if ((rc = take_record(t, &rec, e)) < 0)
            return rc;
    if (rc == 0 && !t->network.tensors)
        return err_set(e, ERR_FORMAT, "%.200s: no network in it", t->o.path);
    return rc;
}

/* ---- the network ---- */

/* Returns 0 when the teacher is for the samples and classes of the data set. */
static int fits(const struct teacher *t, struct err *e)
{
    const struct network *n = &t->network;
    struct dataset *d = t->o.data;

    if (input_check_net(&d->input, d->name, &n->net, e) < 0 ||
        input_check_classes(&n->input, t->o.path, &d->class_names, d->name, e) <
            0)
        return err_prefix(e, "teacher");
    if (t->o.normalise)
        dataset_go_on(d, &n->input, t->o.path);
    else if (input_map_known(&n->input) &&
             !input_same_moments(&n->input, &d->input))
        log_warn("teacher %s was trained on samples of another mean and "
                 "deviation than it will see",
                 t->o.path);
    return 0;
}

int teacher_open(const struct teacher_opts *o, struct teacher **out,
                 struct err *e)
{
    const struct recipe *r = o->recipe;
    struct teacher *t = xcalloc(1, sizeof *t);
    int rc;

    *out = NULL;
    t->o = *o;
    if ((rc = read_network(t, e)) < 0 || (rc = fits(t, e)) < 0 ||
        (rc = network_engine(&t->network, (size_t)r->batch, o->threads, &t->g,
                             e)) < 0) {
        teacher_free(t);
        return rc;
    }
    if (t->space && r->recalibrate_images)
        recalibrate(t->g, &o->data->input, &o->data->split[SPLIT_TRAIN],
                    (size_t)r->recalibrate_images, (size_t)r->batch, r->seed);
    log_info("teacher: %s, %.4g MACs", t->network.net.id,
             (double)net_exit_at(&t->network.net, 0)->gamma);
    *out = t;
    return 0;
}

void teacher_free(struct teacher *t)
{
    if (!t)
        return;
    engine_free(t->g);
    network_free(&t->network);
    space_free(t->space);
    reader_close(t->reader);
    free(t->kept);
    free(t->logits);
    free(t);
}

struct reader *teacher_reader(const struct teacher *t)
{
    return t ? t->reader : NULL;
}

/* ---- its answers ---- */

static void keep_batch(void *ctx, const struct engine_outputs *o,
                       const int32_t *labels, size_t at)
{
    struct teacher *t = ctx;
    size_t classes = (size_t)o->classes;

    (void)labels;
    for (size_t i = 0; i < (size_t)o->n; i++)
        memcpy(t->kept + (at + i) * classes,
               o->out[0] + i * (size_t)o->units[0], classes * sizeof(float));
}

const float *teacher_logits(struct teacher *t, const struct epoch_batch *b)
{
    const struct split *train = &t->o.data->split[SPLIT_TRAIN];
    size_t batch = (size_t)t->o.recipe->batch;
    size_t classes = (size_t)t->network.net.classes;

    if (b->images) {
        engine_forward(t->g, b->images, (int)b->n, ENGINE_EVAL);
        return engine_logits(t->g, 0);
    }
    if (!t->kept) {
        t->kept = xcalloc(train->n, classes * sizeof *t->kept);
        t->logits = xcalloc(batch, classes * sizeof *t->logits);
        evaluate_split(t->g, &t->o.data->input, train, batch, keep_batch, t);
    }
    for (size_t i = 0; i < b->n; i++)
        memcpy(t->logits + i * classes, t->kept + b->index[i] * classes,
               classes * sizeof(float));
    return t->logits;
}
