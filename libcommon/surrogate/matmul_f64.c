/* SPDX-License-Identifier: MIT */
#define ELEMENT double
#define TYPED(name) name##_f64
#include "libcommon/surrogate/matmul_body.h"
