/* SPDX-License-Identifier: MIT
 * An ONNX model in memory: the graph as it stands in the file, its constants as
 * numbers.  This is the one place that knows Protocol Buffers; what the
 * operators mean is not known here.
 *
 * Example (const void *bytes, size_t n, struct err *e):
 *     struct onnx_model m = {0};
 *
 *     if (onnx_read(bytes, n, NULL, &m, e) < 0)
 *         return e->code;
 *     onnx_free(&m);
 */
#ifndef NET_IMPORT_ONNXREAD_H
#define NET_IMPORT_ONNXREAD_H

#include "libcommon/base/err.h"
#include "libcommon/base/values.h"
#include "tools/net-import/constant.h"

#define ONNX_MIN_OPSET 9
#define ONNX_MAX_OPSET 21
#define ONNX_MAX_BYTES (((size_t)1 << 31) - 1) /* of a file, as in ONNX */
#define ONNX_MAX_NODES 65536

struct onnx_attribute {
    const char *name;
    int64_t i;
    double f;
    const char *s;    /* "" where it is none */
    struct ints ints; /* n = 0: none */
    struct reals reals;
    struct constant *t; /* NULL = none */
    bool graph;         /* holds graphs, which are not read */
};

struct onnx_node {
    const char *name; /* its own, or that of its first output, or its number */
    const char *op;
    const char *domain;     /* "" = ONNX's own */
    struct strs in, out;    /* names of values, "" = left out */
    struct list attributes; /* struct onnx_attribute */
};

/* An input or output of the graph, or an initialiser. */
struct onnx_value {
    const char *name;
    struct constant *constant; /* of initialisers */
    bool shaped;               /* dims are known */
    int type;                  /* ONNX's number, 1 = float */
    size_t rank;
    int64_t dims[CONSTANT_MAX_RANK]; /* -1 where one is symbolic or unknown */
};

struct onnx_model {
    struct arena arena; /* holds what follows */
    const char *name;   /* of the graph, "" = none */
    const char *producer;
    int64_t opset;
    struct list nodes;     /* struct onnx_node */
    struct list inputs;    /* struct onnx_value, without those that initialisers
                            * give */
    struct list outputs;   /* struct onnx_value */
    struct list constants; /* struct onnx_value: initialisers that are read */
};

/* Read a model from memory; *m is zeroed before.  `folder` is where its external
 * data are, or NULL where it has no folder.  ERR_FORMAT when it is no ONNX model,
 * is cut off, needs an operator set that is not known, or has a tensor that is
 * not what it says, all of which are named in one message. */
int onnx_read(const void *bytes, size_t n, const char *folder,
              struct onnx_model *m, struct err *e) MUST_CHECK;
void onnx_free(struct onnx_model *m); /* a zeroed one is fine */

/* Return the attribute of that name, or NULL; its whole number or real, or the
 * default where there is none. */
const struct onnx_attribute *onnx_attribute(const struct onnx_node *n,
                                            const char *name);
int64_t onnx_int(const struct onnx_node *n, const char *name,
                 int64_t otherwise);
double onnx_real(const struct onnx_node *n, const char *name, double otherwise);

#endif
