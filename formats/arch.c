/* SPDX-License-Identifier: MIT */
#include "formats/arch.h"

#include "formats/summary.h"
#include "libcommon/space/genes.h"

static const struct field fields[] = {
    FIELD(arch, id, F_STR, "", "hash of space and genome"),
    FIELD(arch, space, F_STR, "", "canonical spec of the space",
          .max_count = 4096),
    FIELD(arch, genome, F_INTS, "(genes)",
          "choice index of each gene, 0 in unused slots",
          .max = GENE_CHOICES_MAX - 1, .max_count = GENES_MAX),
    FIELD(arch, origin, F_MAP, "", "where in a search it comes from",
          .sub = &schema_origin),
    FIELD(arch, design, F_STR, "", "the genome in readable form",
          .flags = F_OPT | F_NIL, .max_count = 65536),
    FIELD(arch, predicted_accuracy, F_REAL, "",
          "what the surrogate expected when it was chosen",
          .flags = F_OPT | F_NIL),
    FIELD(arch, predicted_macs, F_REAL, "MACs",
          "what the surrogate expected when it was chosen",
          .flags = F_OPT | F_NIL),
    FIELD_END,
};

static int check(const void *data, struct err *e)
{
    const struct arch *a = data;

    return arch_check(a->id, a->space, &a->genome, e);
}

const struct schema schema_arch = {
    .type = "arch",
    .size = sizeof(struct arch),
    .fields = fields,
    .check = check,
};

static const struct schema *const records[] = {&schema_arch, NULL};

const struct kind kind_arch = {
    .id = {"arch", 1, 0},
    .doc = "points of a search space",
    .records = records,
};
