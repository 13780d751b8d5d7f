/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/train/checkpoint.h"

#include <stddef.h>

const char *const tensor_copy_names[] = {"now", "best", "teacher", "average",
                                         NULL};
