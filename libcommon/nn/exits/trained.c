/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/trained.h"

#include <stddef.h>

const char *const trained_status_names[] = {"ok", "failed", NULL};

const char *const branch_status_names[] = {"trained", "stopped", "hopeless",
                                           "diverged", NULL};
