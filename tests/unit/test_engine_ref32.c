/* SPDX-License-Identifier: MIT
 * Float's own distance from the double values. */
#define REF_TOLERANCE 2e-5
#include "tests/unit/engine_ref_check.h"
