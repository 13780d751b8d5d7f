/* SPDX-License-Identifier: MIT
 * Float's own distance from the double values: after twenty layers some 3e-5,
 * which depends on how a compiler fuses and orders additions. */
#define REF_TOLERANCE 1e-4
#include "tests/unit/engine_ref_check.h"
