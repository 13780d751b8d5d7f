/* SPDX-License-Identifier: MIT */
#include "formats/arch.h"

#include <math.h>
#include <string.h>

#include "formats/summary.h"
#include "libcommon/base/mem.h"
#include "libcommon/search/result.h"
#include "libcommon/space/genes.h"

#define PREDICTIONS_MAX 256

static const struct field prediction_fields[] = {
    FIELD(prediction, name, F_STR, "", "name of the metric",
          .max_count = METRIC_NAME_MAX, .since = "1.1"),
    FIELD(prediction, value, F_REAL, "of the metric", "predicted value",
          .since = "1.1"),
    FIELD_END,
};

static const struct schema schema_prediction = {
    .size = sizeof(struct prediction),
    .fields = prediction_fields,
};

static const struct field fields[] = {
    FIELD(arch, id, F_STR, "", "arch id: hash of space and genome"),
    FIELD(arch, space, F_STR, "", "canonical spec of the space",
          .max_count = SPEC_MAX),
    FIELD(arch, genome, F_INTS, "(genes)",
          "choice index of each gene, 0 for genes not in use",
          .max = GENE_CHOICES_MAX - 1, .max_count = GENES_MAX),
    FIELD(arch, origin, F_MAP, "", "where in a search the design was proposed",
          .sub = &schema_origin),
    FIELD(arch, design, F_STR, "", "the genome in readable form",
          .flags = F_OPT | F_NIL, .max_count = 65536),
    FIELD(arch, predicted, F_LIST, "",
          "metrics that were predicted when the design was proposed",
          .sub = &schema_prediction, .max_count = PREDICTIONS_MAX,
          .flags = F_OPT, .since = "1.1"),
    FIELD(arch, predicted_accuracy, F_REAL, "",
          "before 1.1, instead of predicted; no longer written",
          .flags = F_OPT | F_NIL),
    FIELD(arch, predicted_macs, F_REAL, "MACs",
          "before 1.1, instead of predicted; no longer written",
          .flags = F_OPT | F_NIL),
    FIELD_END,
};

/* The two predictions of 1.0 join the list under the names that its writers
 * meant. */
static void upgrade(void *data, struct arena *a)
{
    struct arch *x = data;
    const struct prediction old[] = {
        {(char *)"accuracy", x->predicted_accuracy},
        {(char *)"macs", x->predicted_macs},
    };
    struct prediction *v = arena_alloc(a, ARRAY_LEN(old), sizeof *v);

    x->predicted_accuracy = x->predicted_macs = NAN;
    if (x->predicted.n)
        return;
    for (size_t i = 0; i < ARRAY_LEN(old); i++)
        if (!isnan(old[i].value))
            v[x->predicted.n++] = old[i];
    x->predicted.v = v;
}

static int check(const void *data, struct err *e)
{
    const struct arch *a = data;
    const struct prediction *p = a->predicted.v;

    for (size_t i = 0; i < a->predicted.n; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(p[i].name, p[j].name))
                return err_set(e, ERR_FORMAT, "two predictions of %s",
                               p[i].name);
    return arch_check(a->id, a->space, &a->genome, e);
}

const struct schema schema_arch = {
    .type = "arch",
    .size = sizeof(struct arch),
    .fields = fields,
    .upgrade = upgrade,
    .check = check,
};

static const struct schema *const records[] = {&schema_arch, NULL};

const struct kind kind_arch = {
    .id = {"arch", 1, 1},
    .doc = "points of a search space",
    .records = records,
};
