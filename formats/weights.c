/* SPDX-License-Identifier: MIT */
#include "formats/weights.h"

#include <inttypes.h>
#include <string.h>

#include "formats/input.h"
#include "formats/order.h"
#include "formats/summary.h"
#include "libcommon/space/genes.h"

static const struct field epoch_fields[] = {
    FIELD(supernet_epoch, phase, F_STR, "", "name of the phase in the schedule",
          .max_count = 32, .since = "1.1"),
    FIELD(supernet_epoch, epoch, F_INT, "",
          "number of the epoch, from 0 over all phases",
          .max = SUPERNET_MAX_EPOCHS, .since = "1.1"),
    FIELD(supernet_epoch, lr, F_REAL, "",
          "learning rate of the first step of the epoch", .max = 1e30,
          .since = "1.1"),
    FIELD(supernet_epoch, loss, F_REAL, "",
          "mean over the steps of the epoch and their sub-networks",
          .min = -1e30, .max = 1e30, .since = "1.1"),
    FIELD_END,
};
const struct schema schema_supernet_epoch = {
    .size = sizeof(struct supernet_epoch),
    .fields = epoch_fields,
};

static const struct field weights_fields[] = {
    FIELD(weights_info, space, F_STR, "",
          "spec of the space of a supernet, or nil", .flags = F_NIL,
          .max_count = SPEC_MAX),
    FIELD(weights_info, net, F_STR, "id", "net id of a single network, or nil",
          .flags = F_NIL),
    FIELD(weights_info, recipe, F_STR, "id",
          "hash of the training parameters, or nil", .flags = F_NIL),
    FIELD(weights_info, epoch, F_INT, "",
          "number of epochs trained so far, nil = unknown", .flags = F_NIL,
          .max = INT_EXACT),
    FIELD(weights_info, log, F_LIST, "(epochs)",
          "training log of a supernet, one entry per epoch", .flags = F_OPT,
          .sub = &schema_supernet_epoch, .max_count = SUPERNET_MAX_EPOCHS,
          .since = "1.1"),
    FIELD(weights_info, input, F_MAP, "",
          "the inputs that the sub-networks expect", .sub = &schema_input,
          .flags = F_OPT, .since = "1.2"),
    FIELD_END,
};

static int check_weights(const void *data, struct err *e)
{
    const struct weights_info *w = data;
    const struct supernet_epoch *log = w->log.v;

    if (w->log.n && w->epoch != (int64_t)w->log.n)
        return err_set(e, ERR_FORMAT,
                       "a log of %zu epochs where %" PRId64 " were trained",
                       w->log.n, w->epoch == NIL_INT ? 0 : w->epoch);
    for (size_t i = 0; i < w->log.n; i++)
        if (log[i].epoch != (int64_t)i)
            return err_set(e, ERR_FORMAT,
                           "log has epoch %" PRId64 " at place "
                           "%zu",
                           log[i].epoch, i);
    return 0;
}

const struct schema schema_weights = {
    .type = "weights",
    .size = sizeof(struct weights_info),
    .fields = weights_fields,
    .check = check_weights,
};

static const struct field subnet_fields[] = {
    FIELD(subnet, phase, F_STR, "", "name of the phase that had just ended",
          .max_count = 32, .since = "1.1"),
    FIELD(subnet, epoch, F_INT, "", "number of epochs trained by then",
          .max = SUPERNET_MAX_EPOCHS, .since = "1.1"),
    FIELD(subnet, which, F_STR, "",
          "sub-network among those of the phase: smallest, largest or random",
          .max_count = 32, .since = "1.1"),
    FIELD(subnet, genome, F_INTS, "(genes)", "genome in the supernet's space",
          .max = GENE_CHOICES_MAX - 1, .max_count = GENES_MAX, .since = "1.1"),
    FIELD(subnet, macs, F_INT, "MACs",
          "MACs of the backbone and the final exit", .max = INT_EXACT,
          .since = "1.1"),
    FIELD(subnet, accuracy, F_REAL, "",
          "accuracy of the final exit on the validation split, batch norms "
          "re-calibrated",
          .max = 1, .since = "1.1"),
    FIELD(
        subnet, accuracy_as_cut, F_REAL, "",
        "accuracy of the final exit on the validation split, with the running "
        "statistics of the supernet",
        .max = 1, .since = "1.1"),
    FIELD(subnet, exits, F_REALS, "(early exits)",
          "accuracy of each early exit on the validation split, batch norms "
          "re-calibrated; absent without early exits",
          .flags = F_OPT, .max = 1, .max_count = NET_MAX_EXITS, .since = "1.4"),
    FIELD_END,
};

const struct schema schema_subnet = {
    .type = "subnet",
    .size = sizeof(struct subnet),
    .fields = subnet_fields,
};

static int check_tensor(const void *data, struct err *e)
{
    const struct named_tensor *t = data;

    return t->name[0] ? 0 : err_set(e, ERR_FORMAT, "a tensor without a name");
}

static const struct field tensor_fields[] = {
    FIELD(named_tensor, name, F_STR, "", "name in the bindings of a net",
          .max_count = 256),
    FIELD(named_tensor, role, F_ENUM, "",
          "param: trained parameter; stat: running mean or variance; momentum: "
          "state of the optimiser",
          .names = tensor_role_names),
    FIELD(named_tensor, value, F_TENSOR, "any shape", "finite numbers",
          .dtypes = 1 << DT_F32),
    FIELD_END,
};

const struct schema schema_tensor = {
    .type = "tensor",
    .size = sizeof(struct named_tensor),
    .fields = tensor_fields,
    .check = check_tensor,
};

static const struct schema *const records[] = {&schema_weights, &schema_subnet,
                                               &schema_tensor, NULL};

const struct kind kind_weights = {
    .id = {"weights", 1, 4},
    .doc = "named tensors: a supernet's or a network's parameters",
    .records = records,
    .order = &order_weights,
};

int weights_put(struct writer *w, char *name, enum tensor_role role,
                const int64_t *shape, size_t ndim, const float *values,
                struct err *e)
{
    struct named_tensor t = {
        .name = name,
        .role = role,
        .value = {.dtype = DT_F32, .ndim = (int)ndim, .data = values},
    };

    memcpy(t.value.shape, shape, ndim * sizeof *shape);
    return writer_put(w, &schema_tensor, &t, e);
}
