/* SPDX-License-Identifier: MIT */
#include "formats/networks.h"

#include "formats/trained.h"
#include "libcommon/base/log.h"

/* Holds the network whose records are being read. */
struct networks {
    struct reader *r;
    network_fn *fn;
    void *ctx;
    struct network now;
    bool open; /* there is one, and it did not fail */
};

/* Hand on the network whose records are complete, unless it failed in training,
 * and free it. */
static int close_network(struct networks *u, struct err *e)
{
    int rc = u->open ? u->fn(u->ctx, &u->now, e) : 0;

    network_free(&u->now);
    u->open = false;
    return rc;
}

static int one_record(struct networks *u, struct record *rec, struct err *e)
{
    struct network *n = &u->now;
    const struct named_tensor *tensor;
    const struct trained *t;
    int rc;

    if (rec->schema == &schema_trained && (rc = close_network(u, e)) < 0)
        return rc;
    if ((rc = reader_decode(u->r, rec, e)) < 0)
        return rc;
    t = rec->data;
    tensor = rec->data;
    if (rec->schema == &schema_trained) {
        u->open = t->status == TRAINED_OK;
        if (!u->open)
            log_warn("net %s failed in training and is not run: %s",
                     t->summary.net ? t->summary.net : "(no id)",
                     t->reason ? t->reason : "no reason given");
        n->tensors = tensors_new();
        summary_copy(&n->summary, &t->summary, &n->arena);
        input_map_copy(&n->input, &t->input, &n->arena);
    } else if (rec->schema == &schema_net) {
        net_copy(&n->net, rec->data, &n->arena);
    } else if (rec->schema == &schema_tensor && u->open &&
               tensor->role != ROLE_MOMENTUM &&
               !tensors_add(n->tensors, tensor)) {
        return reader_fail(u->r, e, "tensor %s comes twice", tensor->name);
    }
    return 0;
}

int networks_read(struct reader *r, network_fn *fn, void *ctx, struct err *e)
{
    struct networks u = {.r = r, .fn = fn, .ctx = ctx};
    struct record rec;
    int rc;

    while ((rc = reader_next_raw(r, &rec, e)) > 0)
        if ((rc = one_record(&u, &rec, e)) < 0)
            break;
    if (rc == 0)
        rc = close_network(&u, e);
    network_free(&u.now);
    return rc;
}
