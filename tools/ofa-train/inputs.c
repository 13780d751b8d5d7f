/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/inputs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/base/log.h"
#include "libcommon/io/textfile.h"
#include "libcommon/space/netspace.h"

#define SCHEDULE_MAX ((size_t)1 << 20)

static const struct kind *const accepted[] = {&kind_weights, NULL};

static struct reader *add_reader(struct inputs *in, struct reader *r)
{
    if (r)
        in->reader[in->n_readers++] = r;
    return r;
}

/* ---- supernet and schedule ---- */

static int read_schedule(struct inputs *in, const struct sources *from,
                         struct err *e)
{
    struct buf text = {0};
    int rc = text_read(from->schedule, SCHEDULE_MAX, &text, e);

    in->schedule = text.data;
    if (rc < 0)
        return rc;
    if (phases_parse(&in->phases, in->now.space, text.data, text.len,
                     from->scale, e) < 0)
        return err_prefix(e, "%.200s", from->schedule);
    return 0;
}

int inputs_settle(struct inputs *in, const struct sources *from, struct err *e)
{
    if (!from->space || in->now.space || in->users)
        return 0;
    if (from->n_weights)
        return space_table_read(from->space, &in->users, e);
    if (space_open(from->space, &in->now.space, e) < 0)
        return e->code;
    if (!in->now.space->net)
        return err_set(e, ERR_ARG, "%s: a gene table has no networks",
                       from->space);
    return from->schedule && strcmp(from->schedule, "-") != 0
               ? read_schedule(in, from, e)
               : 0;
}

int inputs_open(struct inputs *in, const struct sources *from, struct err *e)
{
    const struct supernet_history *h = &in->now.history;
    struct stored *s = &in->now;
    struct reader *r;
    uint64_t all;
    int rc = inputs_settle(in, from, e);

    if (rc < 0)
        return rc;
    if (!s->space) {
        r = add_reader(
            in, reader_open(from->weights, from->n_weights, accepted, e));
        rc = r ? stored_read(r, in->users, s, e) : e->code;
    } else {
        rc = supernet_new(s->space, from->seed, &s->supernet, e);
    }
    if (rc >= 0 && !in->schedule)
        rc = read_schedule(in, from, e);
    if (rc < 0)
        return rc;

    /* The phases of the epochs trained so far must be those of the schedule's
     * first epochs. */
    all = phases_epochs(&in->phases);
    if (h->epochs > all)
        return err_set(e, ERR_ARG,
                       "%zu epochs are trained, the schedule "
                       "(%.200s) has %" PRIu64,
                       h->epochs, from->schedule, all);
    for (size_t i = 0; i < h->epochs; i++) {
        const char *name = phases_at(&in->phases, i)->name;

        if (strcmp(name, h->log[i].phase) != 0)
            return err_set(e, ERR_ARG,
                           "epoch %zu was of phase %s, the "
                           "schedule (%.200s) says %s",
                           i, h->log[i].phase, from->schedule, name);
    }
    return 0;
}

/* ---- images and teacher ---- */

int inputs_read(struct inputs *in, const struct sources *from, struct err *e)
{
    unsigned want = 1u << SPLIT_TRAIN | 1u << SPLIT_VAL;
    const struct supernet *s = in->now.supernet;
    struct reader *r = add_reader(in, dataset_open(from->dataset, e));
    char *path = from->teacher;
    struct arena arena = {0};
    struct net n;
    int rc;

    if (!r || dataset_read(r, want, &in->data, e) < 0)
        return e->code;
    dataset_keep_train(&in->data, from->train_images, from->seed);
    if ((rc = supernet_net(s, s->largest, &arena, &n, e)) >= 0)
        rc = input_check_net(&in->data.input, in->data.name, &n, e);
    arena_free(&arena);
    if (rc < 0)
        return rc;

    dataset_go_on(&in->data, &in->now.input, in->now.space->spec);
    if (!path)
        return 0;
    if (!(r = add_reader(in, reader_open(&path, 1, accepted, e))))
        return e->code;
    if ((rc = stored_read(r, in->now.space->net->table, &in->teacher, e)) < 0)
        return rc;
    if (strcmp(in->teacher.space->spec, in->now.space->spec) != 0)
        return err_set(e, ERR_FORMAT,
                       "%s: a supernet of %s cannot teach one of %s", path,
                       in->teacher.space->spec, in->now.space->spec);
    if (input_check_classes(&in->teacher.input, path, &in->data.class_names,
                            in->data.name, e) < 0)
        return e->code;
    if (input_map_known(&in->teacher.input) &&
        !input_same_moments(&in->teacher.input, &in->data.input))
        log_warn("teacher %s was trained on images of another mean and "
                 "deviation than it will see",
                 path);
    return 0;
}

void inputs_close(struct inputs *in)
{
    for (size_t i = 0; i < in->n_readers; i++)
        reader_close(in->reader[i]);
    dataset_fini(&in->data);
    phases_free(&in->phases);
    stored_free(&in->now);
    stored_free(&in->teacher);
    net_table_free(in->users);
    free(in->schedule);
}
