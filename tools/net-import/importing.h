/* SPDX-License-Identifier: MIT
 * An ONNX model becomes a trained network: read, lowered, joined and made. */
#ifndef NET_IMPORT_IMPORTING_H
#define NET_IMPORT_IMPORTING_H

#include "libcommon/base/buf.h"
#include "tools/net-import/feed.h"
#include "tools/net-import/netmake.h"
#include "tools/net-import/onnxread.h"

struct onnx_opts {
    const char *folder; /* of external data, or NULL */
    int64_t size[3];    /* height, width, channels, where the model leaves them
                         * open; 0 = not given */
    bool keep_norm;     /* batch norms stay layers' own */
    struct net_feed feed;
};

/* A zeroed struct holds none. */
struct imported {
    struct onnx_model model;
    struct steps steps;
    struct arena arena;
    struct made_net made;   /* numbers of its tensors are the steps' */
    struct input_map input; /* not known where nobody says it */
    bool raw;               /* the model took pixels of a range as 0..255 */
    struct buf notes;       /* lines on what was done, for people */
};

/* Import the model from memory.  ERR_FORMAT names all that stands against it;
 * ERR_ARG: options do not fit the model. */
int import_onnx(const void *bytes, size_t n, const struct onnx_opts *o,
                struct imported *to, struct err *e) MUST_CHECK;
void imported_free(struct imported *m);

#endif
