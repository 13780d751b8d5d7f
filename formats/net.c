/* SPDX-License-Identifier: MIT */
#include "formats/net.h"

#include <string.h>

#include "formats/summary.h"
#include "libcommon/space/genes.h"

#define SHAPE .min = 1, .max = NET_MAX_ELEMENTS, .max_count = 3
#define SIDES(lo, most) \
    .flags = F_OPT, .min = (lo), .max = NET_MAX_SIDE, .max_count = (most)

static const struct field binding_fields[] = {
    FIELD(binding, slot, F_STR, "", "name of the parameter in the layer",
          .max_count = 32),
    FIELD(binding, tensor, F_STR, "", "name of the stored tensor",
          .max_count = NET_MAX_NAME),
    FIELD(binding, shape, F_INTS, "(dims)",
          "dense shape that the layer computes with", .min = 1,
          .max = NET_MAX_ELEMENTS, .max_count = 4),
    FIELD(binding, offset, F_INTS, "(dims)",
          "first element along each axis of "
          "a larger stored tensor; absent = all 0",
          .flags = F_OPT, .max = NET_MAX_ELEMENTS, .max_count = 4),
    FIELD(binding, runs, F_INT, "",
          "equal parts of the last axis, of each of which the slice takes its "
          "share; absent = 1",
          .flags = F_OPT, .max = NET_MAX_ELEMENTS,
          .since = "net 1.4, trained 1.7, checkpoint 1.4"),
    FIELD(binding, transforms, F_STRS, "(n)",
          "names of the tensors with the kernel transforms, in order of use",
          .flags = F_OPT, .max_count = NET_MAX_TRANSFORMS),
    FIELD_END,
};
static const struct schema schema_binding = {
    .size = sizeof(struct binding),
    .fields = binding_fields,
};

static const struct field layer_fields[] = {
    FIELD(layer, name, F_STR, "", "name, unique in the net",
          .max_count = NET_MAX_NAME),
    FIELD(layer, op, F_ENUM, "", "operation", .names = net_op_names),
    FIELD(layer, inputs, F_INTS, "(n)",
          "indices of the earlier layers that are read, -1 = the input",
          .min = NET_IMAGE, .max = NET_MAX_LAYERS - 1,
          .max_count = NET_MAX_INPUTS),
    FIELD(layer, in, F_INTS, "(3)", "(h, w, c) of the first input", SHAPE),
    FIELD(layer, out, F_INTS, "(3)", "(h, w, c) of the output", SHAPE),
    FIELD(layer, kernel, F_INTS, "(2)", "(h, w) of the window", SIDES(1, 2)),
    FIELD(layer, stride, F_INTS, "(2)", "(h, w) of the stride", SIDES(1, 2)),
    FIELD(layer, pad, F_INTS, "(2) or (4)",
          "padding (top and bottom, left and right) or, where sides differ, "
          "(top, bottom, left, right)",
          SIDES(0, 4)),
    FIELD(layer, groups, F_INT, "", "conv: 1 = dense, channels = depthwise",
          .flags = F_OPT, .max = NET_MAX_CHANNELS),
    FIELD(layer, mid, F_INT, "", "se: width of the squeeze", .flags = F_OPT,
          .max = NET_MAX_CHANNELS),
    FIELD(layer, norm, F_BOOL, "", "batch norm after the op", .flags = F_OPT),
    FIELD(layer, act, F_ENUM, "", "activation after op and norm",
          .flags = F_OPT, .names = net_act_names),
    FIELD(layer, bindings, F_LIST, "(n)", "stored tensors of the parameters",
          .flags = F_OPT, .max_count = 8, .sub = &schema_binding),
    FIELD(layer, macs, F_INT, "MACs", "MACs at output size, rule `true`",
          .max = INT_EXACT),
    FIELD(layer, macs_paper, F_INT, "MACs", "MACs by the paper's rule",
          .max = INT_EXACT),
    FIELD(layer, params, F_INT, "", "number of trainable parameters",
          .max = INT_EXACT),
    FIELD(layer, act_bytes, F_INT, "bytes", "size of the output as float32",
          .max = INT_EXACT),
    FIELD_END,
};
static const struct schema schema_layer = {
    .size = sizeof(struct layer),
    .fields = layer_fields,
};

static const struct field exit_fields[] = {
    FIELD(net_exit, stage, F_INT, "", "position of the exit, from 0",
          .max = NET_MAX_LAYERS),
    FIELD(net_exit, tap, F_INT, "",
          "layer whose output the head reads, -1 = the input", .min = NET_IMAGE,
          .max = NET_MAX_LAYERS),
    FIELD(net_exit, first, F_INT, "", "first layer of the head",
          .max = NET_MAX_LAYERS),
    FIELD(net_exit, last, F_INT, "", "last layer of the head: the logits",
          .max = NET_MAX_LAYERS),
    FIELD(net_exit, confidence, F_BOOL, "",
          "whether the last output is the confidence unit"),
    FIELD(net_exit, pool, F_INT, "",
          "height of the window of the pooling layer in front of the head, "
          "1 = none",
          .min = 1, .max = NET_MAX_SIDE),
    FIELD(net_exit, violation, F_BOOL, "",
          "the cost by Eq. 13 is above that of the next exit", .flags = F_OPT),
    FIELD(net_exit, head_macs, F_INT, "MACs",
          "MACs of the head, by the MAC rule in force", .max = INT_EXACT),
    FIELD(net_exit, gamma, F_INT, "MACs",
          "backbone up to the exit and all heads up to it, by the MAC rule in "
          "force",
          .max = INT_EXACT),
    FIELD(
        net_exit, gamma_paper, F_INT, "MACs",
        "Eq. 13: backbone up to the exit and its own head, by the paper's rule",
        .max = INT_EXACT),
    FIELD_END,
};
static const struct schema schema_exit = {
    .size = sizeof(struct net_exit),
    .fields = exit_fields,
};

static const struct field net_fields[] = {
    FIELD(net, id, F_STR, "", "net id: hash of the graph"),
    FIELD(net, arch, F_STR, "", "arch id: hash of space and genome",
          .flags = F_OPT | F_NIL),
    FIELD(net, space, F_STR, "", "canonical spec of the space",
          .flags = F_OPT | F_NIL, .max_count = SPEC_MAX),
    FIELD(net, genome, F_INTS, "(genes)", "choice index of each gene",
          .flags = F_OPT, .max = GENE_CHOICES_MAX - 1, .max_count = GENES_MAX),
    FIELD(net, origin, F_MAP, "", "where in a search the design was proposed",
          .sub = &schema_origin),
    FIELD(net, input, F_INTS, "(3)", "(h, w, c) of a sample", SHAPE),
    FIELD(net, classes, F_INT, "", "number of classes", .min = 1,
          .max = NET_MAX_CHANNELS),
    FIELD(net, params, F_INT, "", "number of trainable parameters",
          .max = INT_EXACT),
    FIELD(net, peak_bytes, F_INT, "bytes",
          "peak memory of the activations of one sample", .max = INT_EXACT),
    FIELD(net, size_bytes, F_INT, "bytes",
          "size of parameters and running statistics as float32",
          .max = INT_EXACT),
    FIELD(net, exits, F_LIST, "(exits)", "exits in order, the final one last",
          .max_count = NET_MAX_EXITS, .sub = &schema_exit),
    FIELD(net, layers, F_LIST, "(layers)", "layers in order of execution",
          .max_count = NET_MAX_LAYERS, .sub = &schema_layer),
    FIELD_END,
};

static int check(const void *data, struct err *e)
{
    const struct net *n = data;
    char id[HASH_HEX];
    int rc;

    if ((rc = net_check(n, e)) < 0 || (rc = id_check(n->id, "id", e)) < 0 ||
        (rc = arch_check(n->arch, n->space, &n->genome, e)) < 0)
        return rc;
    net_id(n, id);
    if (strcmp(id, n->id) != 0)
        return err_set(e, ERR_FORMAT, "id %s is not the hash of the graph, %s",
                       n->id, id);
    return 0;
}

const struct schema schema_net = {
    .type = "net",
    .size = sizeof(struct net),
    .fields = net_fields,
    .check = check,
};

static const struct schema *const records[] = {&schema_net, NULL};

const struct kind kind_net = {
    .id = {"net", 1, 4},
    .doc = "layer graphs with exits",
    .records = records,
};
