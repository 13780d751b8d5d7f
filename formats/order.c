/* SPDX-License-Identifier: MIT */
#include "formats/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "formats/dataset.h"
#include "formats/trace.h"
#include "formats/weights.h"
#include "libcommon/base/mem.h"

void order_begin(struct order_check *c, const struct kind *k)
{
    free(c->state);
    c->kind = k;
    c->records = 0;
    c->state = k->order ? xcalloc(1, k->order->size) : NULL;
}

bool order_decodes(const struct order_check *c, const struct schema *s)
{
    size_t n = c->kind->order ? c->kind->order->decoded : 0;

    for (size_t i = 0; i < n; i++)
        if (s == c->kind->records[i])
            return true;
    return false;
}

int order_add(struct order_check *c, const struct schema *s, const void *data,
              struct err *e)
{
    if (!c->records++ && s != c->kind->records[0])
        return err_set(e, ERR_FORMAT, "a %s record before any %s record",
                       s->type, c->kind->records[0]->type);
    return c->kind->order ? c->kind->order->add(c->state, s, data, e) : 0;
}

int order_end(struct order_check *c, struct err *e)
{
    const struct order *o = c->kind->order;

    return o && o->end ? o->end(c->state, e) : 0;
}

void order_fini(struct order_check *c)
{
    free(c->state);
    c->state = NULL;
}

/* ---- dataset ---- */

struct dataset_seen {
    bool described;
    int64_t shape[3], classes;
    enum dtype dtype; /* of the samples */
    int64_t announced[SPLIT_COUNT];
    int64_t left[SPLIT_COUNT]; /* of them still to come */
    int last;                  /* split of the chunk before */
    bool named, grouped;       /* it had file names, names of groups */
};

static int dataset_add(void *state, const struct schema *schema,
                       const void *data, struct err *e)
{
    struct dataset_seen *s = state;
    const struct dataset_info *d = data;
    const struct dataset_chunk *c = data;
    int split;

    if (schema == &schema_dataset) {
        if (s->described)
            return err_set(e, ERR_FORMAT,
                           "a second record dataset: one "
                           "segment holds one set");
        s->described = true;
        s->classes = (int64_t)d->classes.n;
        s->dtype = d->input.kind == INPUT_IMAGE ? DT_U8 : DT_F32;
        memcpy(s->shape, d->shape.v, sizeof s->shape);
        for (size_t i = 0; i < d->splits.n; i++)
            s->announced[split_find(d->splits.v[i])] = d->samples.v[i];
        memcpy(s->left, s->announced, sizeof s->left);
        return 0;
    }

    split = split_find(c->split);
    if (c->images.dtype != s->dtype)
        return err_set(e, ERR_FORMAT,
                       "key `images`: dtype %s where the set has %s",
                       dtype_name(c->images.dtype), dtype_name(s->dtype));
    if (memcmp(s->shape, c->images.shape + 1, sizeof s->shape) != 0)
        return err_set(
            e, ERR_FORMAT,
            "key `images`: %" PRId64 "x%" PRId64 "x%" PRId64 " where %" PRId64
            "x%" PRId64 "x%" PRId64 " was announced",
            c->images.shape[1], c->images.shape[2], c->images.shape[3],
            s->shape[0], s->shape[1], s->shape[2]);
    if (split < s->last)
        return err_set(e, ERR_FORMAT, "samples of split %s after those of %s",
                       split_names[split], split_names[s->last]);
    if (s->last == split && s->left[split] < s->announced[split] &&
        (s->named != (c->names.ndim > 0) || s->grouped != (c->groups.ndim > 0)))
        return err_set(
            e, ERR_FORMAT, "%s in some chunks of split %s and not in others",
            s->named != (c->names.ndim > 0) ? "file names" : "groups",
            split_names[split]);
    s->named = c->names.ndim > 0;
    s->grouped = c->groups.ndim > 0;
    s->last = split;
    s->left[split] -= c->images.shape[0];
    if (s->left[split] < 0)
        return err_set(e, ERR_FORMAT, "more samples in split %s than announced",
                       split_names[split]);
    for (int64_t i = 0; i < c->labels.shape[0]; i++) {
        int32_t label;

        memcpy(&label, (const char *)c->labels.data + (size_t)i * sizeof label,
               sizeof label);
        if (label < 0 || label >= s->classes)
            return err_set(e, ERR_FORMAT,
                           "key `labels`: label %" PRId32 " of sample %" PRId64
                           " is not below the %" PRId64 " classes",
                           label, i, s->classes);
    }
    return 0;
}

static int dataset_end(const void *state, struct err *e)
{
    const struct dataset_seen *s = state;

    if (!s->described)
        return err_set(e, ERR_FORMAT, "the stream has no record dataset");
    for (int i = 0; i < SPLIT_COUNT; i++)
        if (s->left[i])
            return err_set(e, ERR_FORMAT,
                           "%" PRId64 " samples fewer in split "
                           "%s than announced",
                           s->left[i], split_names[i]);
    return 0;
}

const struct order order_dataset = {
    .size = sizeof(struct dataset_seen),
    .decoded = 2,
    .add = dataset_add,
    .end = dataset_end,
};

/* ---- weights ---- */

struct weights_seen {
    bool described, tensors;
};

static int weights_add(void *state, const struct schema *schema,
                       const void *data, struct err *e)
{
    struct weights_seen *s = state;

    (void)data;
    if (schema == &schema_subnet && s->tensors)
        return err_set(e, ERR_FORMAT, "a subnet record after a tensor");
    s->tensors |= schema == &schema_tensor;
    if (schema != &schema_weights)
        return 0;
    if (s->described)
        return err_set(e, ERR_FORMAT, "a second record weights in one segment");
    s->described = true;
    return 0;
}

static int weights_end(const void *state, struct err *e)
{
    const struct weights_seen *s = state;

    return s->described
               ? 0
               : err_set(e, ERR_FORMAT, "the stream has no record weights");
}

const struct order order_weights = {
    .size = sizeof(struct weights_seen),
    .add = weights_add,
    .end = weights_end,
};

/* ---- trace ---- */

static int trace_end(const void *state, struct err *e)
{
    if (!trace_seq_done(state))
        return err_set(e, ERR_FORMAT, "a trace lacks exit-trace records");
    return 0;
}

static int trace_add(void *state, const struct schema *schema, const void *data,
                     struct err *e)
{
    if (schema == &schema_exit_trace)
        return trace_seq_add(state, data, e);
    if (trace_end(state, e) < 0)
        return e->code;
    trace_seq_begin(state, data);
    return 0;
}

const struct order order_trace = {
    .size = sizeof(struct trace_seq),
    .decoded = 2,
    .add = trace_add,
    .end = trace_end,
};
