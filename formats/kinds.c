/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "formats/arch.h"
#include "formats/checkpoint.h"
#include "formats/dataset.h"
#include "formats/io.h"
#include "formats/net.h"
#include "formats/plan.h"
#include "formats/platform.h"
#include "formats/result.h"
#include "formats/surrogate.h"
#include "formats/trace.h"
#include "formats/trained.h"
#include "formats/weights.h"

/* Each kind has one line above, its header, and one below, its row. */

const struct kind *const kinds_all[] = {
    &kind_dataset,    &kind_arch,     &kind_net,    &kind_weights,
    &kind_trained,    &kind_trace,    &kind_result, &kind_surrogate,
    &kind_checkpoint, &kind_platform, &kind_plan,   NULL};

const struct kind *kind_find(const char *name)
{
    for (const struct kind *const *k = kinds_all; *k; k++)
        if (!strcmp((*k)->id.name, name))
            return *k;
    return NULL;
}
