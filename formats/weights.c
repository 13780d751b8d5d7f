/* SPDX-License-Identifier: MIT */
#include "formats/weights.h"

#include "formats/order.h"
#include "formats/summary.h"

const char *const tensor_role_names[] = {"param", "stat", "momentum", NULL};

static const struct field weights_fields[] = {
    FIELD(weights_info, space, F_STR, "", "spec of the space they are a "
          "supernet of, or nil", .flags = F_NIL, .max_count = 4096),
    FIELD(weights_info, net, F_STR, "id", "net id when they are one net's, or "
          "nil", .flags = F_NIL),
    FIELD(weights_info, recipe, F_STR, "id", "hash of the training behind "
          "them, or nil", .flags = F_NIL),
    FIELD(weights_info, epoch, F_INT, "", "epochs trained so far, nil = "
          "unknown", .flags = F_NIL, .max = 9007199254740991.),
    FIELD_END
};

const struct schema schema_weights = {
    .type = "weights", .size = sizeof(struct weights_info),
    .fields = weights_fields,
};

static int check_tensor(const void *data, struct err *e)
{
    const struct named_tensor *t = data;

    return t->name[0] ? 0 : err_set(e, ERR_FORMAT, "a tensor without a name");
}

static const struct field tensor_fields[] = {
    FIELD(named_tensor, name, F_STR, "", "as in the bindings of a net",
          .max_count = 256),
    FIELD(named_tensor, role, F_ENUM, "", "param: trained; stat: running mean "
          "or variance; momentum: state of the optimiser",
          .names = tensor_role_names),
    FIELD(named_tensor, value, F_TENSOR, "any shape", "finite numbers",
          .dtypes = 1 << DT_F32),
    FIELD_END
};

const struct schema schema_tensor = {
    .type = "tensor", .size = sizeof(struct named_tensor),
    .fields = tensor_fields, .check = check_tensor,
};

static const struct schema *const records[] = {
    &schema_weights, &schema_tensor, NULL
};

const struct kind kind_weights = {
    .name = "weights", .major = 1, .minor = 0,
    .doc = "named tensors: a supernet's or a network's parameters",
    .records = records, .order = &order_weights,
};
