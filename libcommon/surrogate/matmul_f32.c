/* SPDX-License-Identifier: MIT */
#define ELEMENT float
#define TYPED(name) name##_f32
#include "libcommon/surrogate/matmul_body.h"
