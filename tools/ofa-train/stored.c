/* SPDX-License-Identifier: MIT */
#include "tools/ofa-train/stored.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/base/mem.h"
#include "tools/ofa-train/superheads.h"

/* ---- reading ---- */

/* Holds the tensors until the stream has ended. */
struct reading {
    struct stored *s;
    const struct net_table *users;
    struct tensors *values; /* parameters and statistics */
    bool begun;
};

static int add_record(struct reading *a, const struct record *rec,
                      struct err *e)
{
    const struct weights_info *w = rec->data;
    const struct supernet_epoch *log;
    const struct subnet *row = rec->data;
    const struct named_tensor *t = rec->data;
    int rc;

    if (rec->schema == &schema_weights) {
        if (a->begun)
            return err_set(e, ERR_FORMAT, "a second supernet");
        a->begun = true;
        if (!w->space || !w->log.n)
            return err_set(e, ERR_FORMAT,
                           "these weights are not those of a supernet that can "
                           "be trained further");
        if ((rc = space_open_spec(w->space, a->users, &a->s->space, e)) < 0 ||
            (rc = supernet_new(a->s->space, 0, &a->s->supernet, e)) < 0)
            return rc;
        log = w->log.v;
        for (size_t i = 0; i < w->log.n; i++)
            history_epoch(&a->s->history, &log[i]);
        input_map_copy(&a->s->input, &w->input, &a->s->history.arena);
        a->s->recipe = arena_strdup(&a->s->history.arena, w->recipe);
        return 0;
    }
    if (rec->schema == &schema_subnet) {
        if (row->genome.n != a->s->space->genes.n)
            return err_set(e, ERR_FORMAT,
                           "a genome of %zu genes, the space has %zu",
                           row->genome.n, a->s->space->genes.n);
        history_subnet(&a->s->history, row);
        return 0;
    }
    if (!tensors_add(t->role == ROLE_MOMENTUM ? a->s->momentum : a->values, t))
        return err_set(e, ERR_FORMAT, "tensor %s comes twice", t->name);
    return 0;
}

static int no_tensor(const char *name, const char *why, struct err *e)
{
    return err_set(e, ERR_FORMAT, "tensor %s %s", name, why);
}

/* Add the heads to the supernet that there are tensors of. */
static int add_heads(const struct tensors *values, struct supernet *s,
                     struct err *e)
{
    bool *have = xcalloc(s->kinds * s->exits + 1, sizeof *have), any = false;
    int rc = superheads_in(s, values, have, e);

    for (size_t i = 0; i < s->kinds * s->exits; i++)
        any |= have[i];
    if (rc >= 0 && any)
        rc = superheads_add(s, have, 0, e);
    free(have);
    return rc;
}

/* Check that the tensors are those of the supernet as it is. */
static int check_tensors(const struct tensors *values, const struct supernet *s,
                         struct err *e)
{
    size_t n;
    struct bank_tensor *const *own = bank_all(s->bank, &n);

    for (size_t i = 0; i < n; i++) {
        const struct bank_tensor *to = own[i];
        const struct named_tensor *t = tensors_find(
            values, to->name, to->stat ? ROLE_STAT : ROLE_PARAM);

        if (!t)
            return no_tensor(to->name, "is missing", e);
        if (t->value.ndim != to->ndim ||
            memcmp(t->value.shape, to->shape,
                   (size_t)to->ndim * sizeof *to->shape))
            return no_tensor(to->name, "has not the shape it has in the space",
                             e);
    }
    for (size_t i = 0; i < tensors_count(values); i++) {
        const struct named_tensor *t = tensors_at(values, i);

        if (!bank_find(s->bank, t->name, t->role == ROLE_STAT))
            return no_tensor(t->name, "is none of the space's", e);
    }
    return 0;
}

int stored_fits(const struct tensors *values, const struct supernet *s,
                struct err *e)
{
    struct supernet *other;
    int rc = supernet_new(s->space, 0, &other, e);

    if (rc < 0)
        return rc;
    if ((rc = add_heads(values, other, e)) >= 0)
        rc = check_tensors(values, other, e);
    supernet_free(other);
    return rc;
}

int stored_take(const struct tensors *values, struct supernet *s, struct err *e)
{
    size_t n;
    struct bank_tensor *const *to;
    int rc = add_heads(values, s, e);

    if (rc < 0 || (rc = check_tensors(values, s, e)) < 0)
        return rc;
    to = bank_all(s->bank, &n);
    for (size_t i = 0; i < n; i++)
        memcpy(to[i]->value,
               tensors_find(values, to[i]->name,
                            to[i]->stat ? ROLE_STAT : ROLE_PARAM)
                   ->value.data,
               to[i]->n * sizeof *to[i]->value);
    return 0;
}

int stored_read(struct reader *r, const struct net_table *users,
                struct stored *s, struct err *e)
{
    struct reading a = {.s = s, .users = users, .values = tensors_new()};
    struct record rec;
    int rc;

    s->momentum = tensors_new();
    while ((rc = reader_next(r, &rec, e)) > 0)
        if (add_record(&a, &rec, e) < 0) {
            rc = reader_locate(r, e);
            break;
        }
    if (rc == 0 && !a.begun)
        rc = err_set(e, ERR_FORMAT, "no supernet in the input");
    if (rc == 0)
        rc = stored_take(a.values, s->supernet, e);
    tensors_free(a.values);
    return rc;
}

void stored_free(struct stored *s)
{
    supernet_free(s->supernet);
    space_free(s->space);
    history_free(&s->history);
    tensors_free(s->momentum);
    *s = (struct stored){0};
}

int stored_momentum(const struct tensors *from, struct sgd_slot *slots,
                    size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++) {
        const struct named_tensor *t = tensors_find(from, slots[i].name,
                                                    ROLE_MOMENTUM);

        if (!t || tensor_count(&t->value) != slots[i].n)
            return err_set(e, ERR_FORMAT,
                           "no optimiser's state for tensor %s: "
                           "its phase cannot be continued",
                           slots[i].name);
        memcpy(slots[i].momentum, t->value.data, tensor_bytes(&t->value));
    }
    return 0;
}

/* ---- writing ---- */

static int put_tensor(struct writer *w, const struct bank_tensor *t,
                      enum tensor_role role, const float *values, struct err *e)
{
    return weights_put(w, t->name, role, t->shape, (size_t)t->ndim, values, e);
}

int stored_put_history(struct writer *w, const struct supernet *s,
                       const struct supernet_history *h, const char *recipe,
                       const struct dataset *d, struct err *e)
{
    struct weights_info info = {
        .space = s->space->spec,
        .recipe = recipe,
        .epoch = (int64_t)h->epochs,
        .log = {h->log, h->epochs},
    };
    struct arena arena = {0};
    int rc;

    input_map_of(&info.input, &d->input, &d->class_names, &arena);
    rc = writer_put(w, &schema_weights, &info, e);
    arena_free(&arena);
    for (size_t i = 0; i < h->rows && rc >= 0; i++)
        rc = writer_put(w, &schema_subnet, &h->table[i], e);
    return rc;
}

int stored_put_tensors(struct writer *w, const struct supernet *s,
                       const struct sgd_slot *slots, size_t n, struct err *e)
{
    size_t count;
    struct bank_tensor *const *t = bank_all(s->bank, &count);
    int rc = 0;

    for (size_t i = 0; i < count && rc >= 0; i++)
        rc = put_tensor(w, t[i], t[i]->stat ? ROLE_STAT : ROLE_PARAM,
                        t[i]->value, e);
    for (size_t i = 0; i < n && rc >= 0; i++)
        rc = put_tensor(w, bank_find(s->bank, slots[i].name, false),
                        ROLE_MOMENTUM, slots[i].momentum, e);
    return rc;
}
