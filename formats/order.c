/* SPDX-License-Identifier: MIT */
#include "formats/order.h"

#include <stdlib.h>

#include "libcommon/base/mem.h"

void order_begin(struct order_check *c, const struct kind *k)
{
    free(c->state);
    c->kind = k;
    c->records = 0;
    c->state = k->order ? xcalloc(1, k->order->size) : NULL;
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
