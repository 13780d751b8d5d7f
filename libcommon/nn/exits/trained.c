/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/exits/trained.h"

#include <stddef.h>

const char *const trained_status_names[] = {"ok", "failed", NULL};
