/* SPDX-License-Identifier: MIT */
#include "libcommon/nn/kern/real.h"

const char REAL_GUARD = 0;
