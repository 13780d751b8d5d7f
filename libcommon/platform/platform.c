/* SPDX-License-Identifier: MIT */
#include "libcommon/platform/platform.h"

const char *const precision_names[] = {"float", "int8", NULL};
const int precision_bytes[PRECISIONS] = {4, 1};
