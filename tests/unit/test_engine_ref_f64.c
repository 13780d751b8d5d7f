/* SPDX-License-Identifier: MIT */
#define REF_TOLERANCE 1e-11
#include "tests/unit/engine_ref_check.h"
