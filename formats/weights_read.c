/* SPDX-License-Identifier: MIT */
#include "formats/weights.h"

#include <string.h>

#include "formats/trained.h"

const struct kind *const weights_kinds[] = {&kind_weights, &kind_trained, NULL};

/* The state of weights_read between records. */
struct weights_reading {
    const char *net;               /* id that is looked for, or NULL */
    struct tensors *first, *match; /* of the first network, of `net` */
    struct tensors *to;            /* where tensors go now, NULL = nowhere */
    size_t networks;               /* that did not fail */
    bool found;
};

static int add_record(struct weights_reading *a, const struct record *rec,
                      struct err *e)
{
    const struct trained *net = rec->data;
    const struct named_tensor *t = rec->data;

    if (rec->schema == &schema_weights) {
        a->networks = 1;
        a->to = a->first;
        return 0;
    }
    if (rec->schema == &schema_trained) {
        a->to = NULL;
        if (net->status == TRAINED_FAILED)
            return 0;
        if (!a->networks++)
            a->to = a->first;
        if (a->net && strcmp(net->summary.net, a->net) == 0 && !a->found) {
            a->found = true;
            a->to = a->match;
        }
    }
    if (rec->schema == &schema_tensor && a->to && t->role != ROLE_MOMENTUM &&
        !tensors_add(a->to, t))
        return err_set(e, ERR_FORMAT, "tensor %s comes twice", t->name);
    return 0;
}

int weights_read(struct reader *r, const char *net, struct tensors **t,
                 struct err *e)
{
    struct weights_reading a = {
        .net = net,
        .first = tensors_new(),
        .match = tensors_new(),
    };
    struct tensors **from;
    struct record rec;
    int rc;

    while ((rc = reader_next(r, &rec, e)) > 0)
        if (add_record(&a, &rec, e) < 0) {
            rc = reader_locate(r, e);
            break;
        }
    from = a.found ? &a.match : &a.first;
    if (rc == 0 && a.networks > 1 && !a.found)
        rc = reader_fail(r, e, "%zu networks, and none of them is %s",
                         a.networks, net ? net : "asked for");
    if (rc == 0 && !tensors_count(*from))
        rc = reader_fail(r, e, "no tensors to start from");
    if (rc == 0) {
        *t = *from;
        *from = NULL;
        rc = a.networks > 1;
    }
    tensors_free(a.first);
    tensors_free(a.match);
    return rc;
}
