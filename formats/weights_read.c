/* SPDX-License-Identifier: MIT */
#include "formats/weights.h"

#include <string.h>

#include "formats/trained.h"

const struct kind *const weights_kinds[] = {&kind_weights, &kind_trained, NULL};

/* The state of weights_read between records. */
struct weights_reading {
    const char *net;               /* id that is looked for, or NULL */
    struct tensors *first, *match; /* of the first network, of `net` */
    struct input_map input[2];     /* of the first network, of `net` */
    struct arena *arena;           /* of the inputs; NULL = not wanted */
    struct tensors *to;            /* where tensors go now, NULL = nowhere */
    size_t networks;               /* that did not fail */
    bool found;
};

static void keep_input(struct weights_reading *a, bool match,
                       const struct input_map *m)
{
    a->to = match ? a->match : a->first;
    if (a->arena)
        input_map_copy(&a->input[match], m, a->arena);
}

static int add_record(struct weights_reading *a, const struct record *rec,
                      struct err *e)
{
    const struct weights_info *weights = rec->data;
    const struct trained *net = rec->data;
    const struct named_tensor *t = rec->data;

    if (rec->schema == &schema_weights) {
        a->networks = 1;
        keep_input(a, false, &weights->input);
        return 0;
    }
    if (rec->schema == &schema_trained) {
        a->to = NULL;
        if (net->status == TRAINED_FAILED)
            return 0;
        if (!a->networks++)
            keep_input(a, false, &net->input);
        if (a->net && strcmp(net->summary.net, a->net) == 0 && !a->found) {
            a->found = true;
            keep_input(a, true, &net->input);
        }
    }
    if (rec->schema == &schema_tensor && a->to && t->role != ROLE_MOMENTUM &&
        !tensors_add(a->to, t))
        return err_set(e, ERR_FORMAT, "tensor %s comes twice", t->name);
    return 0;
}

int weights_read(struct reader *r, const char *net, struct tensors **t,
                 struct input_map *input, struct arena *arena, struct err *e)
{
    struct weights_reading a = {
        .net = net,
        .first = tensors_new(),
        .match = tensors_new(),
        .arena = arena,
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
        if (input)
            *input = a.input[a.found];
        rc = a.networks > 1;
    }
    tensors_free(a.first);
    tensors_free(a.match);
    return rc;
}
