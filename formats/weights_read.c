/* SPDX-License-Identifier: MIT */
#include "formats/weights.h"

#include <string.h>

#include "formats/trained.h"

const struct kind *const weights_kinds[] = {&kind_weights, &kind_trained, NULL};

/* What has been read so far. */
struct weights_reading {
    const char *net;            /* id that is looked for, or NULL */
    struct trained_seq seq;
    struct tensors *first, *match;  /* of the first network, of `net` */
    struct tensors *to;         /* where tensors go now, NULL = nowhere */
    size_t networks;            /* that did not fail */
    bool found;
};

static void begin_network(struct weights_reading *a, const struct trained *t)
{
    a->to = NULL;
    if (t->status == TRAINED_FAILED)
        return;
    if (!a->networks++)
        a->to = a->first;
    if (a->net && strcmp(t->summary.net, a->net) == 0 && !a->found) {
        a->found = true;
        a->to = a->match;
    }
}

static int add_record(struct weights_reading *a, const struct record *rec,
                      struct err *e)
{
    const struct named_tensor *t;

    if (rec->schema == &schema_weights) {
        a->networks = 1;
        a->to = a->first;
        return 0;
    }
    if (rec->kind == &kind_trained
        && trained_seq_add(&a->seq, rec->schema, rec->data, e) < 0)
        return e->code;
    if (rec->schema == &schema_trained)
        begin_network(a, rec->data);
    if (rec->schema != &schema_tensor)
        return 0;
    t = rec->data;
    if (a->to && t->role != ROLE_MOMENTUM && !tensors_add(a->to, t))
        return err_set(e, ERR_FORMAT, "tensor %s comes twice", t->name);
    return 0;
}

static int read_all(struct weights_reading *a, struct reader *r, struct err *e)
{
    struct record rec;
    int rc;

    while ((rc = reader_next(r, &rec, e)) > 0)
        if (add_record(a, &rec, e) < 0)
            return reader_locate(r, e);
    return rc < 0 ? rc : trained_seq_end(&a->seq, e);
}

static int choose(struct weights_reading *a, const struct reader *r, struct tensors **t,
                  struct err *e)
{
    struct tensors **from = a->found ? &a->match : &a->first;

    if (a->networks > 1 && !a->found)
        return reader_fail(r, e, "%zu networks, and none of them is %s",
                           a->networks, a->net ? a->net : "asked for");
    if (!tensors_count(*from))
        return reader_fail(r, e, "no tensors to start from");
    *t = *from;
    *from = NULL;
    return a->networks > 1;
}

int weights_read(struct reader *r, const char *net, struct tensors **t,
                 struct err *e)
{
    struct weights_reading a = {
        .net = net, .first = tensors_new(), .match = tensors_new(),
    };
    int rc = read_all(&a, r, e);

    if (rc >= 0)
        rc = choose(&a, r, t, e);
    tensors_free(a.first);
    tensors_free(a.match);
    return rc;
}
