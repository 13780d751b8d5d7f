/* SPDX-License-Identifier: MIT
 * The parameters of a spec of a space of networks, behind the table's name:
 * "width=0.5,res=49x10,classes=12". */
#ifndef SPACE_NETPARAMS_H
#define SPACE_NETPARAMS_H

#include <stdint.h>

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

struct net_params {
    double width;     /* factor for channels */
    int64_t h, w;     /* of the image */
    int64_t channels; /* of the image */
    int64_t classes;
    int64_t exits; /* places of early exits, 0 in a table without exits */
};

/* The parameters with their defaults, for messages. */
#define NET_PARAMS "width=1,res=32,classes=10,exits=4,channels=3"

/* Read parameters ("" = all by default) of a table that has so many places of
 * exits.  ERR_ARG when one is unknown, given twice or out of range. */
int net_params_parse(const char *text, int64_t places, struct net_params *p,
                     struct err *e) MUST_CHECK;

/* Append them in their canonical form. */
void net_params_print(const struct net_params *p, struct buf *out);

#endif
